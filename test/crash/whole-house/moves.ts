// Images change places: what the station wrote down of a rearrangement is taken over as places, and what people said goes
// with it as the model has it.
import { patientOf, textOf, type HeldExam } from './model.ts';
import type { Identity } from './people.ts';
import { Refused } from './station-host.ts';
import { takeOver } from './reopening.ts';
import type { Walk } from './walk.ts';

type Moved = {
  readonly objectId: string;
  readonly copyOf: string | null;
  readonly formerExamId: string;
  readonly formerObject: string;
  readonly examId: string;
  readonly study: string;
  readonly object: string;
};

export async function rearrange(
  walk: Walk,
  wish: { readonly kind: string; readonly toExamId?: string } & Record<string, unknown>,
): Promise<void> {
  const before = latestRearrangement(walk);
  const said = new Map([...walk.model.exams.values()].map((exam) => [exam.id, outgoing(walk, exam)]));
  const ones = new Map([...walk.model.exams.values()].map((exam) => [exam.id, patientsIn(walk, exam.id) <= 1]));
  let otherPatient = false;
  try {
    await walk.tell('rearranging.apply', { wish });
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== 'other-patient') throw error;
    otherPatient = true;
    await walk.tell('rearranging.apply', { wish, otherPatient });
  }
  const id = latestRearrangement(walk);
  if (id === undefined || id === before) return walk.say(`${wish.kind} was done and is not in the book`);
  const moved = adoptMoves(walk, id);
  const [first] = moved;
  if (!first) return;
  if (wish.kind === 'split' || wish.kind === 'split-by-patient') {
    const from = walk.model.exams.get(first.formerExamId);
    for (const examId of new Set(moved.map((row) => row.examId))) {
      const exam = walk.model.exam(examId);
      if (from && ones.get(from.id) === true) {
        exam.layers.push({ values: walk.model.said(from), by: `rearrangement ${id}` });
        walk.model.lookAt(exam);
      }
    }
    return;
  }
  const target = walk.model.exam(first.examId);
  if (otherPatient) {
    const values = said.get(target.id);
    if (values)
      walk.model.speak(target, {
        values: { ...patientOf(values), ...numberThatFollows(walk, target, values) },
        by: `rearrangement ${id}`,
      });
  }
}

/** Numbers of an order go with its patient: all images say that of the patient's own, where those say one and nobody another. */
export function numberThatFollows(walk: Walk, target: HeldExam, { PatientID }: Partial<Identity>): Partial<Identity> {
  if (target.order !== undefined || walk.model.said(target).AccessionNumber !== undefined) return {};
  const own = walk.model.objectsOf(target.id).filter(({ picture }) => picture.received.PatientID === PatientID);
  const [AccessionNumber, ...more] = new Set(own.map(({ picture }) => picture.received.AccessionNumber));
  return AccessionNumber !== undefined && more.length === 0 ? { AccessionNumber } : {};
}

/** Who an exam would leave as, by its first image that is not rejected. */
export function outgoing(walk: Walk, exam: HeldExam): Identity | undefined {
  const all = walk.model.objectsOf(exam.id);
  const first = all.find(({ state }) => state !== 'rejected') ?? all[0];
  return first && walk.model.identityOf(first);
}

function patientsIn(walk: Walk, examId: string): number {
  const living = walk.model.objectsOf(examId).filter(({ state }) => state !== 'rejected');
  return new Set(living.map(({ picture }) => textOf(picture.received))).size;
}

export function latestRearrangement(walk: Walk): string | undefined {
  const [row] = walk.house.rows<{ id: string }>(
    "SELECT id FROM rearrangement WHERE kind <> 'late' ORDER BY rowid DESC LIMIT 1",
  );
  return row?.id;
}

export function movesOf(walk: Walk, id: string): Moved[] {
  return walk.house.rows<Moved>('SELECT * FROM uid_map WHERE rearrangementId = ? ORDER BY place', id);
}

export function adoptMoves(walk: Walk, id: string): Moved[] {
  const moved = movesOf(walk, id);
  for (const { objectId, copyOf, examId, study, object: uid } of moved) {
    walk.model.exam(examId, study);
    const original = walk.model.objects.get(copyOf ?? objectId);
    if (!original) continue;
    if (copyOf === null) Object.assign(original, { examId, uid });
    else
      walk.model.objects.set(objectId, {
        ...{ ...original, id: objectId, uid, examId, state: 'received', loose: false },
        ...{ arrivedWhenRejected: undefined, purged: false },
      });
  }
  return moved;
}

export function goBack(walk: Walk, id: string): void {
  for (const { objectId, copyOf, formerExamId, formerObject: uid } of movesOf(walk, id)) {
    if (copyOf === null) {
      const object = walk.model.objects.get(objectId);
      if (object) Object.assign(object, { examId: formerExamId, uid });
      continue;
    }
    walk.model.objects.delete(objectId);
    const original = walk.model.objects.get(copyOf);
    if (original?.state === 'rejected') takeOver(walk, original, ['approved', 'rejected']);
  }
  for (const exam of walk.model.exams.values())
    exam.layers = exam.layers.filter(({ by }) => by !== `rearrangement ${id}`);
}
