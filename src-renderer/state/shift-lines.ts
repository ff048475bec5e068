// Shifts as lines that people edit: 'Early; 6'. Pure.
import type { Shift } from '#contract/shapes/statistics.ts';

const mostShifts = 8;

export const writeShifts = (shifts: readonly Shift[]): string[] =>
  shifts.map(({ name, fromHour }) => `${name}; ${fromHour}`);

/** In the order of the lines; or the number of the first line, from 1, that cannot be taken. */
export function readShifts(lines: readonly string[]): Shift[] | number {
  const found: Shift[] = [];
  for (const [n, line] of lines.entries()) {
    const [, name = '', hour = ''] = /^\s*([^;]{1,32}?)\s*;\s*(\d{1,2})(?::00)?\s*$/.exec(line) ?? [];
    const fromHour = Number(hour);
    const isTaken = found.some((other) => other.name === name || other.fromHour === fromHour);
    if (name === '' || hour === '' || fromHour > 23 || isTaken || found.length === mostShifts) return n + 1;
    found.push({ name, fromHour });
  }
  return found.length === 0 ? 1 : found;
}
