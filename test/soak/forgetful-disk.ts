// Several devices store at once on a disk that fails or forgets what was not synced when the power is cut, many times over.
// `node test/soak/forgetful-disk.ts [lives] [seed]` prints one table. Exits with 1 when anything acknowledged was lost.
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { DiskFault } from '../faults/fault-disk.ts';
import { liveOnFaultDisk, prepareHome } from '../faults/fault-disk-run.ts';
import { randomFrom } from '../faults/random.ts';
import { temporaryFolder } from '../peers/programs/temporary-folder.ts';

const lives = Number(process.argv[2] ?? 1_000);
const firstSeed = Number(process.argv[3] ?? Date.now() % 1_000_000_000);
const kinds = ['power', 'EIO', 'ENOSPC'] as const;
type Kind = (typeof kinds)[number];

const folder = await temporaryFolder('forgetful-disk');
const counts = Object.fromEntries(
  kinds.map((kind) => [kind, { lives: 0, acknowledged: 0, refused: 0, breaches: 0 }]),
) as Record<Kind, { lives: number; acknowledged: number; refused: number; breaches: number }>;
try {
  const prepared = path.join(folder.path, 'prepared');
  await prepareHome(prepared);
  for (let number = 0; number < lives; number++) {
    const seed = firstSeed + number;
    const random = randomFrom(seed);
    const kind = random.pick(kinds);
    const power: DiskFault = { kind: 'power', atCall: random.below(150) };
    const faults: DiskFault[] = [power];
    if (kind !== 'power') {
      faults.push({ kind: 'error', atCall: random.below(100), code: kind, times: 1 + random.below(6) });
    }
    const home = path.join(folder.path, 'home');
    const life = { seed, associations: 1 + random.below(6), objectsEach: 1 + random.below(5), faults };
    const { acknowledged, refused, breaches } = await liveOnFaultDisk(prepared, home, life);
    const count = counts[kind];
    count.lives++;
    count.acknowledged += acknowledged;
    count.refused += refused;
    count.breaches += breaches.length;
    for (const words of breaches) console.log(`seed ${seed}: ${words}`);
    await rm(home, { recursive: true, force: true });
  }
} finally {
  await folder.close();
}

console.log(`\nA disk that forgets: ${lives} lives from seed ${firstSeed}\n`);
console.log('| fault | lives | acknowledged | refused or unanswered | breaches |\n|---|---|---|---|---|');
for (const kind of kinds) {
  const { lives: of, acknowledged, refused, breaches } = counts[kind];
  console.log(`| ${kind} | ${of} | ${acknowledged} | ${refused} | ${breaches} |`);
}
process.exitCode = Object.values(counts).some(({ breaches }) => breaches > 0) ? 1 : 0;
