// Days of the hospital's clock, which is the clock of this machine. Pure.
import { localDate } from '#station/kit/local-time.ts';

/** YYYYMMDD of a moment, or of the day so many days after it. */
export function dayOf(epochMs: number, daysAfter = 0): string {
  const day = new Date(epochMs);
  // By the calendar: a day of the change to summer time has 23 hours.
  day.setDate(day.getDate() + daysAfter);
  return localDate(day);
}
