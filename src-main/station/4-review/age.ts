// Patient's Age (0010,1010) from birth date and day of the study. Pure.
import { isCalendarDate } from '#contract/shapes/value-rules.ts';

/**
 * As AS (PS3.5 6.2): days in the first month, months until two years, then years; undefined when one of the days never was,
 * or the study was before the birth.
 * @param born YYYYMMDD
 * @param day YYYYMMDD
 */
export function ageAt(born: string, day: string): string | undefined {
  if (!isCalendarDate(born) || !isCalendarDate(day) || day < born) return undefined;
  const [from, to] = [partsOf(born), partsOf(day)];
  const months = (to.year - from.year) * 12 + to.month - from.month - (to.day < from.day ? 1 : 0);
  if (months === 0)
    return asText(
      (Date.UTC(to.year, to.month - 1, to.day) - Date.UTC(from.year, from.month - 1, from.day)) / 86_400_000,
      'D',
    );
  const years = Math.floor(months / 12);
  return years < 2 ? asText(months, 'M') : years > 999 ? undefined : asText(years, 'Y');
}

function asText(count: number, unit: 'D' | 'M' | 'Y'): string {
  return `${String(count).padStart(3, '0')}${unit}`;
}

function partsOf(date: string) {
  return { year: Number(date.slice(0, 4)), month: Number(date.slice(4, 6)), day: Number(date.slice(6, 8)) };
}
