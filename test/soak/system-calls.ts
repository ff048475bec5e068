// R3: EIO, ENOSPC or SIGKILL at each of the system calls by which a station keeps what devices store, and at calls of the
// start that mends what was left. `node test/soak/system-calls.ts [points]` prints one table; 300 points take about
// 15 minutes.
import path from 'node:path';
import {
  newSweep,
  settleSweep,
  straceIsMissing,
  straceKinds,
  stracePlaces,
  strikeAt,
  type StracePoint,
  type Sweep,
} from '../faults/strace.ts';
import { temporaryFolder } from '../peers/programs/temporary-folder.ts';

type Place = StracePoint['place'];
/** How the points of one fault are shared out, and how far apart they are: a start makes hundreds of calls. */
const shares: Readonly<Record<Place, number>> = { files: 0.3, book: 0.24, syncs: 0.12, journal: 0.12, start: 0.22 };
const steps: Readonly<Record<Place, number>> = { files: 1, book: 7, syncs: 1, journal: 1, start: 20 };
const missesInARow = 3;
const mostRounds = 4;

const wanted = Number(process.argv[2] ?? 300);
const missing = straceIsMissing();
if (missing !== undefined) {
  console.warn(`NOT VERIFIED: failing system calls: ${missing}`);
  process.exit(0);
}
type Count = { points: number; breaches: number; afterRecovery: number; readonly calls: Map<string, number> };
const counts = new Map<string, Count>();
const answers = { acknowledged: 0, refused: 0, unanswered: 0 };
const folder = await temporaryFolder('system-calls');
let homes = 0;
try {
  const each = Math.ceil(wanted / straceKinds.length);
  for (const kind of straceKinds) {
    let points = 0;
    for (let round = 0; round < mostRounds && points < each; round++) {
      for (const place of stracePlaces) {
        const most = Math.min(each - points, Math.ceil(each * shares[place]));
        points += await sweepPlace(kind, place, 1 + round, most);
      }
    }
  }
} finally {
  await folder.close();
}

/** A home of its own; gives how many points were reached. */
async function sweepPlace(kind: StracePoint['kind'], place: Place, first: number, most: number): Promise<number> {
  const sweep = newSweep(path.join(folder.path, `home-${homes++}`));
  const count: Count = { points: 0, breaches: 0, afterRecovery: 0, calls: new Map() };
  let misses = 0;
  // A start mends something only when the life before it was cut short.
  if (place === 'start') await strikeAt(sweep, { kind: 'SIGKILL', place: 'syncs', call: 3 });
  for (let call = first; count.points < most && misses < missesInARow; call += steps[place]) {
    const end = await strikeAt(sweep, { kind, place, call });
    count.breaches += end.breaches.length;
    for (const words of end.breaches) console.log(`${kind} at ${place} ${call} (${end.call}): ${words}`);
    misses = end.reached ? 0 : misses + 1;
    if (!end.reached) continue;
    count.points++;
    count.calls.set(end.call, (count.calls.get(end.call) ?? 0) + 1);
    if (place === 'start' && count.points % 4 === 0)
      await strikeAt(sweep, { kind: 'SIGKILL', place: 'syncs', call: 3 });
    if (count.points % 10 === 0) count.afterRecovery += await settled(sweep, `${kind} at ${place} up to ${call}`);
  }
  count.afterRecovery += await settled(sweep, `${kind} at ${place}`);
  add(`${kind} | ${place}`, count);
  for (const one of ['acknowledged', 'refused', 'unanswered'] as const) answers[one] += sweep.log[one].length;
  return count.points;
}

function add(name: string, { points, breaches, afterRecovery, calls }: Count): void {
  const sum = counts.get(name) ?? { points: 0, breaches: 0, afterRecovery: 0, calls: new Map<string, number>() };
  for (const [call, times] of calls) sum.calls.set(call, (sum.calls.get(call) ?? 0) + times);
  counts.set(name, {
    points: sum.points + points,
    breaches: sum.breaches + breaches,
    afterRecovery: sum.afterRecovery + afterRecovery,
    calls: sum.calls,
  });
}

async function settled(sweep: Sweep, when: string): Promise<number> {
  const breaches = await settleSweep(sweep);
  for (const words of breaches) console.log(`${when}, after a start without faults: ${words}`);
  return breaches.length;
}

console.log('\nR3: one system call fails, or is the last, while two devices store or while the station starts\n');
console.log('| fault | where | points | which calls | breaches at once | after recovery |\n|---|---|---|---|---|---|');
for (const [name, { points, breaches, afterRecovery, calls }] of counts) {
  const which = [...calls].map(([call, times]) => `${times} ${call}`).join(', ');
  console.log(`| ${name} | ${points} | ${which} | ${breaches} | ${afterRecovery} |`);
}
const sum = (of: (count: Count) => number) => [...counts.values()].reduce((all, count) => all + of(count), 0);
const points = sum((count) => count.points);
const breaches = sum((count) => count.breaches + count.afterRecovery);
const { acknowledged, refused, unanswered } = answers;
console.log(
  `\n${points} points, ${breaches} breaches; ${acknowledged} acknowledged, ${refused} refused, ${unanswered} unanswered`,
);
process.exitCode = breaches > 0 || points < wanted ? 1 : 0;
