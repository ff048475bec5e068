// Which days and hours a span covers, in days of the station's calendar. Pure: a day is a text 'YYYY-MM-DD', today is
// handed in.
//
// A span never makes more points than can be looked at: a unit that is too fine for it becomes the next coarser one.
import type { SpanAsked, TimeUnit } from '#contract/shapes/statistics.ts';
import { Problem } from '#station/kit/problem.ts';

export type Span = { readonly firstDay: string; readonly lastDay: string };

const dayMs = 86_400_000;
/** Ten years: more is no question about how a department works. */
const longestDays = 3660;
const mostPoints = 400;

const utc = (day: string): number => Date.parse(`${day}T00:00:00Z`);
const toDay = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** The day so many days later; earlier when negative. */
export const daysLater = (day: string, days: number): string => toDay(utc(day) + days * dayMs);

/** How many days it has, both ends counted. */
export const lengthOf = ({ firstDay, lastDay }: Span): number => (utc(lastDay) - utc(firstDay)) / dayMs + 1;

/** @throws Problem 'input-invalid' for a span from-to without its ends, with its ends the wrong way round, or too long */
export function spanOf({ span, month, from, to }: SpanAsked, today: string): Span {
  if (span === 'today') return { firstDay: today, lastDay: today };
  if (span === '7-days') return { firstDay: daysLater(today, -6), lastDay: today };
  if (span === '30-days') return { firstDay: daysLater(today, -29), lastDay: today };
  if (span === '12-months') return { firstDay: daysLater(today, -364), lastDay: today };
  if (span === 'month') {
    const firstDay = `${month ?? today.slice(0, 7)}-01`;
    return { firstDay, lastDay: daysLater(nextMonth(firstDay), -1) };
  }
  if (from === undefined || to === undefined || from > to) {
    throw new Problem('input-invalid', { field: 'from', expected: 'a first day that is not after the last' });
  }
  const asked = { firstDay: from, lastDay: to };
  if (lengthOf(asked) > longestDays) throw new Problem('input-invalid', { field: 'to', expected: 'ten years at most' });
  return asked;
}

/** What a point in time covers: as wished where it makes no more than 400 points, else the next coarser that does. */
export function unitFor(span: Span, wished: TimeUnit | undefined): TimeUnit {
  const days = lengthOf(span);
  const points: Readonly<Record<TimeUnit, number>> = { hour: days * 24, day: days, week: days / 7, month: days / 30 };
  const units = Object.keys(points) as TimeUnit[];
  const first = wished ?? (days === 1 ? 'hour' : days <= 62 ? 'day' : days <= 400 ? 'week' : 'month');
  return units.slice(units.indexOf(first)).find((unit) => points[unit] <= mostPoints) ?? 'month';
}

/** Where a point begins that an hour of a day lies in: a week on its Monday, a month on its first. */
export function pointOf(unit: TimeUnit, day: string, hour: number): string {
  if (unit === 'hour') return `${day}T${String(hour).padStart(2, '0')}:00`;
  if (unit === 'day') return day;
  if (unit === 'month') return `${day.slice(0, 7)}-01`;
  const weekday = (new Date(utc(day)).getUTCDay() + 6) % 7;
  return daysLater(day, -weekday);
}

/** Every point of a span in order, also those in which nothing happened. */
export function pointsOf(unit: TimeUnit, { firstDay, lastDay }: Span): readonly string[] {
  const points: string[] = [];
  for (let day = firstDay; day <= lastDay; day = daysLater(day, 1)) {
    for (const hour of unit === 'hour' ? hoursOfDay : [0]) {
      const point = pointOf(unit, day, hour);
      if (points.at(-1) !== point) points.push(point);
    }
  }
  return points;
}

export const hoursOfDay: readonly number[] = Array.from({ length: 24 }, (_, hour) => hour);

function nextMonth(day: string): string {
  return `${daysLater(`${day.slice(0, 7)}-28`, 4).slice(0, 7)}-01`;
}
