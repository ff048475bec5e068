// Several people at one station in the same moment, over many seeds: what was done could have been done one after the other.
// Prints a table, and for each breach its seed. `node test/soak/two-people.ts [lives] [moments] [seed]`.
import { liveTogether } from '../faults/two-people-run.ts';

const lives = Number(process.argv[2] ?? 40);
const moments = Number(process.argv[3] ?? 40);
const firstSeed = Number(process.argv[4] ?? 1);

const ends = new Map<string, number>();
const sum = { failed: 0, arrived: 0 };
for (let seed = firstSeed; seed < firstSeed + lives; seed++) {
  const { breaches, ends: some, arrived } = await liveTogether(seed, moments);
  sum.arrived += arrived;
  for (const [end, times] of some) ends.set(end, (ends.get(end) ?? 0) + times);
  if (breaches.length === 0) continue;
  sum.failed++;
  console.error(`\nseed ${seed}:\n${breaches.join('\n')}`);
}
console.log('| lives | moments each | came to the archive | failed |\n|---|---|---|---|');
console.log(`| ${lives} | ${moments} | ${sum.arrived} | ${sum.failed} |`);
console.log('\n| deed | how it ended |\n|---|---|');
for (const [name, all] of Map.groupBy([...ends].sort(), ([end]) => end.split(' ')[0] ?? '')) {
  console.log(`| ${name} | ${all.map(([end, times]) => `${end.slice(name.length + 1)} ${times}`).join(', ')} |`);
}
process.exitCode = sum.failed > 0 ? 1 : 0;
