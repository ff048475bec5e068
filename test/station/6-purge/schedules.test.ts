// Whatever becomes of the proofs of an exam, in whatever order: what is not proved everywhere is never forgotten.
import { expect, it } from 'vitest';
import { runSchedules } from './schedules.ts';

/** More by hand: node test/soak/commitment-schedules.ts */
const schedules = 1000;

it(`0 wrong purges in ${schedules} schedules of late, lost, repeated, partial and foreign reports`, async () => {
  const purged = await runSchedules(schedules);
  // Else nothing was proved by it.
  expect(purged).toBeGreaterThan(schedules / 10);
  console.warn(`${schedules} schedules: ${purged} images purged, 0 wrongly`);
});
