// R26: a steady day in short: objects come in, exams are approved, deliveries leave for a receiver in a process of its own, for
// half an hour, and every picture is looked at. Memory must not climb (linear fit after the warm-up), descriptors and temporary
// files stay flat; how late the event loop is comes from /metrics.
// `node test/soak/half-hour.ts [minutes]` prints one table.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makePicture, newSenderLog, sendUntilEnd } from '../crash/sender.ts';
import { startStation, type Ready } from '../crash/station-process.ts';
import { findBreaches, inWords } from '../faults/invariants.ts';
import { temporaryFolder } from '../peers/programs/temporary-folder.ts';

const minutes = Number(process.argv[2] ?? 30);
const mostMiBPerHour = 1;
/** What is learned, compiled and cached in the first part does not count as climbing. */
const warmUpShare = 1 / 3;
const lookEveryMs = Math.max(1_000, (minutes * 60_000) / 180);
const examEveryMs = 4_000;
const objectsEach = 5;

type Look = {
  readonly hours: number;
  readonly rssMiB: number;
  readonly descriptors: number;
  readonly parts: number;
  /** Since the look before, 99 of 100 turns; NaN when nobody says. */
  readonly lagMs: number;
};

const folder = await temporaryFolder('half-hour');
const home = path.join(folder.path, 'home');
const receiver = fork(path.join(import.meta.dirname, '../faults/soak-receiver.ts'), [path.join(folder.path, 'shelf')]);
const [{ port }] = (await once(receiver, 'message')) as [{ port: number }];
await mkdir(home);
const settings = path.join(folder.path, 'settings-in.json');
await writeFile(
  settings,
  JSON.stringify({
    station: { dicomHost: '127.0.0.1', quietTimeSeconds: 0 },
    destinations: [
      {
        ...{ id: 'archive', name: 'Archive', kind: 'archive', aeTitle: 'ARCHIVE', host: '127.0.0.1', port },
        ...{ required: true, confirm: 'query' },
      },
    ],
  }),
);
const station = startStation(home, settings);
const ready = await station.ready;
if (!ready) throw new Error(station.log());

async function ask<T>(to: Ready, method: string, route: string, body?: object): Promise<T> {
  const answer = await fetch(new URL(`api${route}`, to.url), {
    method,
    headers: { authorization: `Bearer ${to.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${route}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** A technologist who looks at each exam and its pictures, and approves it. */
async function decide(to: Ready): Promise<number> {
  const { exams } = await ask<{ exams: { id: string }[] }>(to, 'GET', '/exams?filter=needs-you&limit=100');
  for (const { id } of exams) {
    const exam = await ask<{ series: { objects: { id: string }[] }[] }>(to, 'GET', `/exams/${id}`);
    for (const object of exam.series.flatMap(({ objects }) => objects)) await fetchPictures(to, object.id);
    await ask(to, 'POST', `/exams/${id}/approval`, {}).catch((error: unknown) => wentWrong.add(String(error)));
  }
  return exams.length;
}
const wentWrong = new Set<string>();
let pictures = 0;

/** What the window fetches to show an image: the small picture, then the first frame. */
async function fetchPictures(to: Ready, objectId: string): Promise<void> {
  for (const route of ['thumbnail', 'frames/0']) {
    const answer = await fetch(new URL(`api/objects/${objectId}/${route}`, to.url), { headers: bearer(to) });
    const { byteLength } = await answer.arrayBuffer();
    if (answer.ok && byteLength > 0) pictures++;
    else wentWrong.add(`${route}: ${answer.status}`);
  }
}
const bearer = ({ token }: Ready) => ({ authorization: `Bearer ${token}` });

/** Asking begins the count anew. */
async function lagMs(to: Ready): Promise<number> {
  const answer = await fetch(new URL('metrics', to.url), { headers: bearer(to) });
  const said = /^safelight_event_loop_lag_seconds\{quantile="0\.99"\} (\S+)$/m.exec(await answer.text());
  return said ? Number(said[1]) * 1000 : Number.NaN;
}

async function look(to: Ready): Promise<Look> {
  const status = readFileSync(`/proc/${station.pid}/status`, 'latin1');
  return {
    hours: (performance.now() - began) / 3_600_000,
    rssMiB: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024,
    descriptors: readdirSync(`/proc/${station.pid}/fd`).length,
    parts: readdirSync(path.join(home, 'incoming')).length,
    lagMs: await lagMs(to),
  };
}

/** Least squares: what one more hour adds. */
function slope(looks: readonly Look[], of: (one: Look) => number): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(looks.map(({ hours }) => hours)), mean(looks.map(of))];
  const above = looks.reduce((sum, one) => sum + (one.hours - x) * (of(one) - y), 0);
  return above / looks.reduce((sum, { hours }) => sum + (hours - x) ** 2, 0);
}

const log = newSenderLog();
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const began = performance.now();
const endsAt = began + minutes * 60_000;
const looks: Look[] = [];
const working = async () => {
  while (performance.now() < endsAt) {
    const next = performance.now() + examEveryMs;
    await sendUntilEnd(
      { port: ready.dicomPort, aeTitle: ready.aeTitle },
      log,
      AbortSignal.timeout(60_000),
      objectsEach,
      makePicture,
    );
    await decide(ready);
    await pause(Math.max(0, next - performance.now()));
  }
};
const looking = async () => {
  while (performance.now() < endsAt) {
    looks.push(await look(ready));
    await pause(lookEveryMs);
  }
};
await Promise.all([working(), looking()]);
for (let tries = 0; tries < 120 && (await decide(ready)) > 0; tries++) await pause(500);
type Health = { readonly queue: { waiting: number; unconfirmed: number; blocked: number } };
const waiting = async () => {
  const asked = await ask<Health>(ready, 'GET', '/health').catch((error: unknown) => void wentWrong.add(String(error)));
  return asked ? asked.queue.waiting + asked.queue.unconfirmed + asked.queue.blocked : 1;
};
for (let tries = 0; tries < 60 && (await waiting()) > 0; tries++) await pause(500);
await pause(1_000);
const last = await look(ready);
const ended = await station.end();

const settled = looks.filter(({ hours }) => hours >= (minutes / 60) * warmUpShare);
const first = settled[0] ?? last;
const evidence = {
  home,
  acknowledged: log.acknowledged,
  ended: 'orderly',
  drained: true,
  required: ['archive'],
} as const;
const bounded = [{ name: 'descriptors', before: first.descriptors, after: last.descriptors }];
const breaches = inWords(await findBreaches({ ...evidence, bounded }));
receiver.kill('SIGTERM');
await once(receiver, 'exit');
await folder.close();

const climbs = slope(settled, ({ rssMiB }) => rssMiB);
const numbers = (of: (one: Look) => number) => {
  const values = settled.map(of);
  return `${Math.round(Math.min(...values))} to ${Math.round(Math.max(...values))}`;
};
for (const words of [...breaches, ...wentWrong].slice(0, 20)) console.log(words);
if (ended !== 0) console.log(station.log().slice(-2_000));
for (const line of station
  .log()
  .split('\n')
  .filter((one) => one.includes('incident'))
  .slice(0, 5))
  console.log(line);
console.log(`\nR26: ${minutes} min of receiving, approving and forwarding (first third: warm-up)\n`);
console.log('| figure | at the end of the warm-up | range since | at the end | slope |\n|---|---|---|---|---|');
console.log(
  `| resident memory, MiB | ${Math.round(first.rssMiB)} | ${numbers((one) => one.rssMiB)} | ${Math.round(last.rssMiB)} | ${climbs.toFixed(2)} MiB/h |`,
);
console.log(
  `| descriptors | ${first.descriptors} | ${numbers((one) => one.descriptors)} | ${last.descriptors} | ${slope(settled, ({ descriptors }) => descriptors).toFixed(2)} /h |`,
);
const lags = settled.map((one) => one.lagMs).filter((ms) => !Number.isNaN(ms));
const late = lags.length > 0 ? `${Math.round(Math.min(...lags))} to ${Math.round(Math.max(...lags))}` : 'not told';
console.log(`| event loop late, p99, ms | ${Math.round(first.lagMs)} | ${late} | ${Math.round(last.lagMs)} | |`);
console.log(`| temporary files | ${first.parts} | ${numbers((one) => one.parts)} | ${last.parts} | |`);
console.log(
  `\n${log.acknowledged.length} acknowledged, ${pictures} pictures fetched, ${log.refused.length} refused; breaches: ${breaches.length}; ended with ${ended}`,
);
if (minutes < 30) console.log('Under 30 minutes the slope says little: it is printed, and not judged.');
const isWell = breaches.length === 0 && ended === 0 && (minutes < 30 || climbs < mostMiBPerHour);
process.exitCode = isWell ? 0 : 1;
