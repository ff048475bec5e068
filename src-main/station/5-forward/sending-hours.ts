// When a destination may be sent to, by its schedule and the local time of the station. Pure.
//
// What keeps to the schedule waits outside of its windows; a stat never does. The hour that a clock change leaves out or
// repeats is judged by what the clock on the wall shows.
import { priorities, weekdays, type SendingSchedule, type SendingWindow } from '#contract/shapes/couriers.ts';

export type SendingHours = {
  /** Places in `priorities` that may go now, most urgent first. */
  readonly allowed: readonly number[];
  /** When the rest may go, milliseconds since the epoch; null when all may. */
  readonly opensAtMs: number | null;
};

const all = priorities.map((_, place) => place);
const minuteMs = 60_000;
const dayMinutes = 1440;

export function sendingHoursAt(schedule: SendingSchedule | undefined, epochMs: number): SendingHours {
  if (!schedule || schedule.windows.some((window) => isInside(window, new Date(epochMs)))) {
    return { allowed: all, opensAtMs: null };
  }
  const keeping: ReadonlySet<string> = new Set(schedule.priorities);
  return {
    allowed: all.filter((place) => !keeping.has(priorities[place] ?? '')),
    opensAtMs: Math.min(...schedule.windows.map((window) => nextOpening(window, epochMs))),
  };
}

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** Monday is 0. */
const weekdayOf = (date: Date): number => (date.getDay() + 6) % 7;

function isInside({ days, from, until }: SendingWindow, at: Date): boolean {
  const minutes = at.getHours() * 60 + at.getMinutes();
  const today = weekdayOf(at);
  const [begin, end] = [minutesOf(from), minutesOf(until)];
  const beginsOn = (day: number) => days.includes(weekdays[(day + 7) % 7] ?? 'mon');
  if (end > begin) return beginsOn(today) && minutes >= begin && minutes < end;
  return (beginsOn(today) && minutes >= begin) || (beginsOn(today - 1) && minutes < end);
}

function nextOpening({ days, from }: SendingWindow, afterMs: number): number {
  const begin = minutesOf(from) % dayMinutes;
  for (let day = 0; day <= 8; day++) {
    const at = new Date(afterMs);
    at.setDate(at.getDate() + day + (from === '24:00' ? 1 : 0));
    const named = weekdays[(weekdayOf(at) + (from === '24:00' ? 6 : 0)) % 7] ?? 'mon';
    at.setHours(0, begin, 0, 0);
    if (days.includes(named) && at.getTime() > afterMs) return at.getTime();
  }
  return afterMs + minuteMs;
}
