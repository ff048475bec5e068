// A short walk through the whole house, the same one each time; long ones: `node test/soak/whole-house.ts`.
import { afterAll, expect, it } from 'vitest';
import { StationHost } from './station-host.ts';
import { shrink, walkThrough } from './walks.ts';
import type { Step, StepKind } from './steps.ts';

const host = new StationHost();
afterAll(() => host.kill());

const step = (kind: StepKind, a = 0, b = 0, c = 1): Step => ({ kind, a, b, c });

it(
  'whatever devices, hospital and people do, what is kept and what leaves is what was decided, also after a kill',
  { timeout: 120_000 },
  async () => {
    const walk = [
      ...[step('receiveNew', 0, 2), step('receiveTwoPatients', 1), step('orderArrives', 2), step('applyOrder', 8, 0)],
      ...[step('draw', 2, 4), step('killNext', 4), step('approve', 8, 1), step('quiet'), step('receiveLate', 0)],
      ...[step('splitByPatient', 8), step('correct', 16, 3), step('approve', 8, 1), step('correctAfterRelease', 0, 4)],
      ...[step('approve', 8, 1), step('reject', 1)],
    ];
    const { breaches, arrived, steps } = await walkThrough(walk, host);
    expect(breaches).toEqual([]);
    expect(steps).toBe(walk.length);
    expect(arrived).toBeGreaterThan(4);
  },
);

it('a walk that failed is told in the fewest steps', async () => {
  const steps = [1, 2, 3, 4, 5, 6, 7].map((a) => step('quiet', a));
  const fails = (some: readonly Step[]) => Promise.resolve([2, 6].every((n) => some.some(({ a }) => a === n)));
  expect((await shrink(steps, fails)).map(({ a }) => a)).toEqual([2, 6]);
});
