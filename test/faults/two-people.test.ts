// Several people do things at the same exams in the same moment: a small walk for every run of the tests. Many more:
// `node test/soak/two-people.ts`.
import { expect, test } from 'vitest';
import { liveTogether } from './two-people-run.ts';

test('whatever two people do in the same moment could have been done one after the other', async () => {
  const { breaches, ends } = await liveTogether(1, 8);
  expect(breaches).toEqual([]);
  expect([...ends.values()].reduce((sum, n) => sum + n, 0)).toBeGreaterThan(14);
});
