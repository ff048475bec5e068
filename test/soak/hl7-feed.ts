// The hospital speaks to a station: how many messages a second it acknowledges durably, and that nothing which it
// acknowledged is lost over kills (kill -9) at random moments. `node test/soak/hl7-feed.ts [kills] [seconds]` prints a table.
import { findLost, newHospital, speakUntilEnd, writeFeedSettings, type Hospital } from '../crash/hl7-sender.ts';
import { startStation } from '../crash/station-process.ts';
import { freePort } from '../peers/programs/index.ts';
import { temporaryFolder } from '../peers/programs/temporary-folder.ts';

const kills = Number(process.argv[2] ?? 20);
const seconds = Number(process.argv[3] ?? 10);
const leastPerSecond = 200;

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const folder = await temporaryFolder('hl7-feed');

async function speak(port: number, hospital: Hospital, connections: number, forMs: number): Promise<number> {
  const over = new AbortController();
  const before = hospital.acknowledged.length;
  const began = performance.now();
  const speaking = Array.from({ length: connections }, () => speakUntilEnd(port, hospital, over.signal));
  await wait(forMs);
  const rate = ((hospital.acknowledged.length - before) * 1000) / (performance.now() - began);
  over.abort();
  await Promise.all(speaking);
  return rate;
}

async function start(settings: string) {
  const station = startStation(folder.path, settings);
  if (!(await station.ready)) throw new Error(station.log());
  return station;
}

try {
  const port = await freePort();
  const settings = await writeFeedSettings(folder.path, port);
  console.log('\nThe hospital speaks: patients and orders by turns, each answered when it is durable\n');
  console.log('| connections | messages a second | p50 | p99 | refused |');
  console.log('|---|---|---|---|---|');
  const all = newHospital();
  let slowest = Infinity;
  const station = await start(settings);
  for (const connections of [1, 4, 16]) {
    const hospital = { ...newHospital(), next: all.next };
    const rate = await speak(port, hospital, connections, seconds * 1000);
    const took = hospital.tookMs.toSorted((a, b) => a - b);
    const at = (share: number) => (took[Math.ceil(took.length * share) - 1] ?? 0).toFixed(1);
    console.log(`| ${connections} | ${rate.toFixed(0)} | ${at(0.5)} ms | ${at(0.99)} ms | ${hospital.refused} |`);
    all.acknowledged.push(...hospital.acknowledged);
    all.refused += hospital.refused;
    all.next = hospital.next;
    slowest = Math.min(slowest, rate);
  }
  if ((await station.end()) !== 0) throw new Error(station.log());

  for (let life = 0; life < kills; life++) {
    const one = await start(settings);
    const speaking = speak(port, all, 4, 600 + Math.random() * 1500);
    await wait(300 + Math.random() * 1200);
    await one.kill();
    await speaking;
  }
  const last = await start(settings);
  if ((await last.end()) !== 0) throw new Error(last.log());
  const lost = findLost(folder.path, all);
  console.log('\n| kills | acknowledged | refused | lost |');
  console.log('|---|---|---|---|');
  console.log(`| ${kills} | ${all.acknowledged.length} | ${all.refused} | ${lost.length} |`);
  process.exitCode = lost.length > 0 || all.refused > 0 || slowest < leastPerSecond ? 1 : 0;
} finally {
  await folder.close();
}
