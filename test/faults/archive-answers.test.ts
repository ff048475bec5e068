// Each answer of an archive, once and always, ends as the rules want it. The whole table: test/soak/archive-answers.ts.
import { expect, test } from 'vitest';
import { answerRows, fates, tryEveryAnswer } from './archive-answers.ts';

test('what becomes of an object follows from what the archive answered, once and always', async () => {
  const seen = await tryEveryAnswer();
  expect(seen).toHaveLength(answerRows.length);
  const wrong = seen.filter(
    ({ class: classOf, seen: { once, always } }) => once !== fates[classOf].once || always !== fates[classOf].always,
  );
  expect(wrong).toEqual([]);
});
