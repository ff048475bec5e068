// Why an exam stays here, as one line.
import type { RetentionNote } from '#contract/shapes/space.ts';
import { fill, sayWhen } from './formats.ts';
import { en } from './en.ts';

export function sayRetention({ reason, objects, destination, at }: RetentionNote, now: number): string {
  const when = at === null ? '' : sayWhen(at, now);
  return en.room.note(objects, fill(en.room.reasons[reason], { destination, when }));
}
