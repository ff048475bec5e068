// Images that left are corrected: copies take their place, or, where nothing left, they wait again themselves.
import { emptyIdentity, patientOf, type HeldExam } from './model.ts';
import { adoptMoves, latestRearrangement, movesOf, numberThatFollows, outgoing } from './moves.ts';
import type { Identity } from './people.ts';
import { acceptReopening, anyState, takeOver } from './reopening.ts';
import type { Done } from './step.ts';
import type { Walk } from './walk.ts';

export async function correctReleased(
  walk: Walk,
  exam: HeldExam,
  attributes: Partial<Identity>,
  to?: HeldExam,
): Promise<Done> {
  const before = latestRearrangement(walk);
  const said = new Map([...walk.model.exams.values()].map((each) => [each.id, outgoing(walk, each)]));
  const input = { id: exam.id, attributes, reason: 'CORRECT', ...(to ? { toExamId: to.id } : {}) };
  const { kind } = await walk.tell<{ kind: string }>('afterRelease.correct', input);
  const id = latestRearrangement(walk);
  if (id === undefined || id === before) {
    // Nothing had left: the images themselves wait again.
    if (kind === 'copied') walk.say('copies were made and are not in the book');
    acceptReopening(walk, exam);
    for (const object of walk.model.objectsOf(exam.id)) if (object.isDrawnOn) takeOver(walk, object, anyState);
    walk.model.speak(exam, { values: attributes, by: 'typed' });
    return 'done';
  }
  const were = new Map(
    movesOf(walk, id).map(({ objectId, copyOf }) => {
      const original = walk.model.objects.get(copyOf ?? '');
      return [objectId, original && walk.model.identityOf(original)] as const;
    }),
  );
  const moved = adoptMoves(walk, id);
  for (const { copyOf } of moved) {
    const original = walk.model.objects.get(copyOf ?? '');
    if (original) Object.assign(original, { state: 'rejected', arrivedWhenRejected: undefined });
  }
  const [first] = moved;
  const target = first && walk.model.exams.get(first.examId);
  if (!target) return 'done';
  const patient = to && patientOf(said.get(to.id) ?? emptyIdentity);
  const values = patient
    ? { ...patient, ...numberThatFollows(walk, target, patient) }
    : { ...were.get(first.objectId), ...attributes };
  walk.model.speak(target, { values, by: `rearrangement ${id}` });
  return 'done';
}
