// Days of the hospital's clock, which is the clock of this machine. Pure.

/** YYYYMMDD of a moment, or of the day so many days after it. */
export function dayOf(epochMs: number, daysAfter = 0): string {
  const day = new Date(epochMs);
  // By the calendar: a day of the change to summer time has 23 hours.
  day.setDate(day.getDate() + daysAfter);
  const two = (number: number) => String(number).padStart(2, '0');
  return `${String(day.getFullYear()).padStart(4, '0')}${two(day.getMonth() + 1)}${two(day.getDate())}`;
}
