// Random walks through the whole house: everything that devices, the hospital, people and archives do, in any order, with
// kills, jumps of the clock and lost books; a model says who each image belongs to. Prints a table, and for a walk that failed
// its seed and the fewest steps that fail. `node test/soak/whole-house.ts [walks] [steps] [seed]`.
import { stepsOf, type Step } from '../crash/whole-house/steps.ts';
import { StationHost } from '../crash/whole-house/station-host.ts';
import { isAlike, shrink, walkThrough } from '../crash/whole-house/walks.ts';

const walks = Number(process.argv[2] ?? 20);
const length = Number(process.argv[3] ?? 60);
const firstSeed = Number(process.argv[4] ?? Date.now() % 1_000_000);

const host = new StationHost();
const ends = new Map<string, number>();
const sum = { steps: 0, acknowledged: 0, arrived: 0, failed: 0 };
for (let seed = firstSeed; seed < firstSeed + walks; seed++) {
  const steps = stepsOf(seed, length);
  const outcome = await walkThrough(steps, host);
  sum.steps += outcome.steps;
  sum.acknowledged += outcome.acknowledged;
  sum.arrived += outcome.arrived;
  for (const [end, times] of outcome.ends) ends.set(end, (ends.get(end) ?? 0) + times);
  if (process.env['SAFELIGHT_WALK'] === 'plain')
    console.error(`seed ${seed}: ${outcome.steps} steps, ${outcome.arrived} came, ${outcome.breaches.length} breaches`);
  if (outcome.breaches.length === 0) continue;
  sum.failed++;
  console.error(`\nseed ${seed}:\n${outcome.breaches.join('\n')}`);
  if (process.env['SAFELIGHT_WALK'] === 'plain') continue;
  const walked = steps.slice(0, outcome.steps);
  const fails = async (some: readonly Step[]) =>
    isAlike((await walkThrough(some, host)).breaches, outcome.breaches.slice(0, 1));
  const shortest = await shrink(walked, fails);
  console.error(shortest.map((step) => JSON.stringify(step)).join('\n'));
  console.error((await walkThrough(shortest, host)).breaches.join('\n'));
}
console.log('| walks | steps | acknowledged | came to archives | failed |\n|---|---|---|---|---|');
console.log(`| ${walks} | ${sum.steps} | ${sum.acknowledged} | ${sum.arrived} | ${sum.failed} |`);
console.log('\n| step | how it ended |\n|---|---|');
for (const [kind, all] of Map.groupBy([...ends].sort(), ([end]) => end.split(' ')[0] ?? '')) {
  console.log(`| ${kind} | ${all.map(([end, times]) => `${end.slice(kind.length + 1)} ${times}`).join(', ')} |`);
}
process.exitCode = sum.failed > 0 ? 1 : 0;
await host.kill();
