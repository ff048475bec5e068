// Any correction at all: 100 here, a thousand in test/soak/random-corrections.
import { expect, test } from 'vitest';
import { randomFrom } from '../../faults/random.ts';
import { openSmallHouse } from './house.ts';
import { correctAtRandom } from './random-corrections.ts';

test('what was chosen leaves, what had come is kept, and what is taken back is as if it had never been', async () => {
  const house = await openSmallHouse();
  try {
    const outcome = await correctAtRandom(house, 100, randomFrom(20_261_123));
    expect(outcome.corrected + outcome.setBack).toBe(100);
    expect(Math.min(outcome.corrected, outcome.becameUnicode, outcome.setBack)).toBeGreaterThan(5);
  } finally {
    await house.close();
  }
});
