// Which shift an hour belongs to. Pure. A shift lasts until the next begins, over midnight too.
import type { Shift } from '#contract/shapes/statistics.ts';

/** The name of the shift of each hour of the day, 24 of them. Shifts begin at full hours. */
export function shiftOfHours(shifts: readonly Shift[]): readonly string[] {
  const inOrder = [...shifts].sort((a, b) => a.fromHour - b.fromHour);
  const last = inOrder.at(-1)?.name ?? '';
  return Array.from({ length: 24 }, (_, hour) => inOrder.findLast(({ fromHour }) => fromHour <= hour)?.name ?? last);
}
