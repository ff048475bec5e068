// R3: EIO, ENOSPC or SIGKILL at each of the system calls by which a station keeps what devices store.
// `node test/soak/system-calls.ts [points]` prints one table; 300 points take about 15 minutes.
import path from 'node:path';
import { newSweep, settleSweep, straceIsMissing, straceKinds, strikeAt } from '../faults/strace.ts';
import { temporaryFolder } from '../peers/programs/temporary-folder.ts';

const wanted = Number(process.argv[2] ?? 300);
const missing = straceIsMissing();
if (missing !== undefined) {
  console.warn(`NOT VERIFIED: failing system calls: ${missing}`);
  process.exit(0);
}
const folder = await temporaryFolder('system-calls');
const sweep = newSweep(path.join(folder.path, 'home'));
const counts = new Map<string, { points: number; notReached: number; breaches: number; calls: Map<string, number> }>(
  straceKinds.map((kind) => [kind, { points: 0, notReached: 0, breaches: 0, calls: new Map() }]),
);
let atRest = 0;
try {
  const each = Math.ceil(wanted / straceKinds.length);
  for (const kind of straceKinds) {
    const count = counts.get(kind);
    if (!count) continue;
    for (let call = 1; count.points < each && count.notReached < 10 + each / 5; call++) {
      const end = await strikeAt(sweep, { kind, call });
      if (end.reached) count.points++;
      else count.notReached++;
      count.breaches += end.breaches.length;
      for (const words of end.breaches) console.log(`${kind} at call ${call} (${end.call}): ${words}`);
      if (end.reached) count.calls.set(end.call, (count.calls.get(end.call) ?? 0) + 1);
      if (call % 10 === 0) atRest += await settled(`${kind} up to call ${call}`);
    }
  }
  atRest += await settled('at the end');
} finally {
  await folder.close();
}

async function settled(when: string): Promise<number> {
  const breaches = await settleSweep(sweep);
  for (const words of breaches) console.log(`${when}: ${words}`);
  return breaches.length;
}

console.log('\nR3: one system call fails while two devices store\n');
console.log('| fault | points | which calls | breaches at once |\n|---|---|---|---|');
for (const [kind, { points, breaches, calls }] of counts) {
  const which = [...calls].map(([name, times]) => `${times} ${name}`).join(', ');
  console.log(`| ${kind} | ${points} | ${which} | ${breaches} |`);
}
const total = [...counts.values()].reduce((sum, { points }) => sum + points, 0);
console.log(
  `\n${total} points, ${sweep.log.acknowledged.length} acknowledged, ${sweep.log.refused.length} refused, ${sweep.log.unanswered.length} unanswered; breaches after recovery: ${atRest}`,
);
const breaches = atRest + [...counts.values()].reduce((sum, { breaches: found }) => sum + found, 0);
process.exitCode = breaches > 0 || total < wanted ? 1 : 0;
