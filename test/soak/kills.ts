// R1, the receive part: the station is killed (kill -9) at random moments while three devices send; what was acknowledged
// is there afterwards, and it accepts again soon. `node test/soak/kills.ts [kills]` prints one table.
import { newSenderLog } from '../crash/sender.ts';
import { liveAndDie } from '../crash/lives.ts';
import { startStation } from '../crash/station-process.ts';
import { findBreaches, inWords } from '../faults/invariants.ts';
import { temporaryFolder } from '../peers/programs/temporary-folder.ts';

const kills = Number(process.argv[2] ?? 40);
const most = { p95Ms: 3_000 };

const folder = await temporaryFolder('kills');
try {
  const log = newSenderLog();
  const starts: number[] = [];
  for (let number = 0; number < kills; number++) {
    const tookMs = await liveAndDie(folder.path, log, number);
    if (tookMs !== undefined) starts.push(tookMs);
  }
  const last = startStation(folder.path);
  if (!(await last.ready)) throw new Error(last.log());
  if ((await last.end()) !== 0) throw new Error(last.log());
  const evidence = { home: folder.path, acknowledged: log.acknowledged, ended: 'orderly' } as const;
  const breaches = inWords(await findBreaches(evidence));
  for (const words of breaches) console.log(words);

  starts.sort((a, b) => a - b);
  const percentile = (share: number) => Math.round(starts[Math.ceil(starts.length * share) - 1] ?? 0);
  console.log('\nR1, receive part: killed while three devices send\n');
  console.log('| kills | acknowledged | unanswered | refused | accepting again p50 | p95 | slowest | breaches |');
  console.log('|---|---|---|---|---|---|---|---|');
  const { acknowledged, unanswered, refused } = log;
  console.log(
    `| ${kills} | ${acknowledged.length} | ${unanswered.length} | ${refused.length} | ${percentile(0.5)} ms | ${percentile(0.95)} ms | ${percentile(1)} ms | ${breaches.length} |`,
  );
  process.exitCode = breaches.length + refused.length > 0 || percentile(0.95) > most.p95Ms ? 1 : 0;
} finally {
  await folder.close();
}
