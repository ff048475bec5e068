// A thousand random corrections with orders given and taken back: what leaves, what is kept of what had come, undo to the byte.
// Prints one table. `node test/soak/random-corrections.ts [total] [seed]`.
import { randomFrom } from '../faults/random.ts';
import { openSmallHouse } from '../station/4-review/house.ts';
import { correctAtRandom } from '../station/4-review/random-corrections.ts';

const total = Number(process.argv[2] ?? 1000);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000_000);
const house = await openSmallHouse();
try {
  const { corrected, becameUnicode, setBack } = await correctAtRandom(house, total, randomFrom(seed));
  console.log(
    '| seed | corrections | left as chosen | of these became ISO_IR 192 | set back, left byte for byte | wrong |',
  );
  console.log('|---|---|---|---|---|---|');
  console.log(`| ${[seed, total, corrected, becameUnicode, setBack, 0].join(' | ')} |`);
} catch (error) {
  console.error(`seed ${seed}:`, error);
  process.exitCode = 1;
} finally {
  await house.close();
}
