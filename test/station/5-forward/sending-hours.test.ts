import { describe, expect, it } from 'vitest';
import type { SendingSchedule } from '#contract/shapes/couriers.ts';
import { sendingHoursAt } from '#station/5-forward/sending-hours.ts';

/** What the clock on the wall shows; 23 November 2026 is a Monday. */
const wall = (day: number, hours: number, minutes = 0) => new Date(2026, 10, day, hours, minutes).getTime();
const nights: SendingSchedule = {
  windows: [
    { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '20:00', until: '06:30' },
    { days: ['sun'], from: '00:00', until: '24:00' },
  ],
  priorities: ['routine', 'backlog'],
};
const opens = (epochMs: number) => sendingHoursAt(nights, epochMs).opensAtMs;

describe('the hours of a destination', () => {
  it('without a schedule everything goes at any time', () => {
    expect(sendingHoursAt(undefined, wall(23, 12))).toEqual({ allowed: [0, 1, 2, 3], opensAtMs: null });
  });

  it('outside of its windows only what does not keep to them goes', () => {
    expect(sendingHoursAt(nights, wall(23, 12))).toEqual({ allowed: [0, 1], opensAtMs: wall(23, 20) });
    expect(sendingHoursAt({ ...nights, priorities: ['urgent', 'backlog'] }, wall(23, 12)).allowed).toEqual([0, 2]);
  });

  it('a window over midnight belongs to the day on which it begins', () => {
    expect(opens(wall(23, 20))).toBeNull();
    expect(opens(wall(24, 6, 29))).toBeNull();
    expect(opens(wall(24, 6, 30))).toBe(wall(24, 20));
    // Friday's night lasts into Saturday; Saturday has none of its own.
    expect(opens(wall(28, 6))).toBeNull();
    expect(opens(wall(28, 21))).toBe(wall(29, 0));
  });

  it('a whole day is open to its end', () => {
    expect(opens(wall(29, 0))).toBeNull();
    expect(opens(wall(29, 23, 59))).toBeNull();
    expect(opens(wall(30, 0))).toBe(wall(30, 20));
  });

  it('the next opening is never now or before, and is open', () => {
    for (let minute = 0; minute < 7 * 1440; minute += 37) {
      const at = wall(23, 0) + minute * 60_000;
      const next = opens(at);
      if (next === null) continue;
      expect(next).toBeGreaterThan(at);
      expect(opens(next)).toBeNull();
    }
  });
});
