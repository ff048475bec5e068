// What the model takes over from the station, where it cannot foretell it: which of several allowed states an object is in.
import type { HeldExam, HeldObject, State } from './model.ts';
import type { Walk } from './walk.ts';

export const anyState: readonly State[] = ['received', 'approved', 'rejected', 'conflict'];

/** What the station says of one object, which must be one of these. */
export function takeOver(walk: Walk, object: HeldObject, allowed: readonly State[]): void {
  const [row] = walk.house.rows<{ state: State; SOPInstanceUID: string }>(
    'SELECT state, SOPInstanceUID FROM object WHERE id = ?',
    object.id,
  );
  // Of two under one UID, one may have been given another.
  if (row && object.loose) object.uid = row.SOPInstanceUID;
  if (row && allowed.includes(row.state)) object.state = row.state;
  else walk.say(`object ${object.id} is ${row?.state ?? 'gone'}, and may be ${allowed.join(' or ')}`);
  object.arrivedWhenRejected = undefined;
}

/** The hospital said something: what was approved and never left waits again. */
export function acceptReopening(walk: Walk, exam: HeldExam): void {
  for (const object of walk.model.objectsOf(exam.id)) {
    if (object.state !== 'approved') continue;
    const [row] = walk.house.rows<{ state: State }>('SELECT state FROM object WHERE id = ?', object.id);
    if (row?.state !== 'received') continue;
    if (walk.house.archives.some(({ heardOf }) => heardOf.has(object.uid)))
      walk.say(`object ${object.id} left and is open again`);
    object.state = 'received';
  }
}
