// An approval as a person makes it who looks at the banner, and what the model expects of what leaves by it.
import { textOf, type HeldExam, type HeldObject } from './model.ts';
import type { Identity } from './people.ts';
import { anyState, takeOver } from './reopening.ts';
import { Refused } from './station-host.ts';
import type { Done } from './step.ts';
import type { Walk } from './walk.ts';

const patient = ['PatientID', 'PatientName', 'PatientBirthDate'] as const;

type ExamRead = {
  readonly corrected: Partial<Identity>;
  readonly receivedValues: Partial<Record<string, readonly string[]>>;
  readonly counts: { readonly objects: number };
};

/** Looks at the banner, and approves whom it shows. */
export async function approveShown(walk: Walk, exam: HeldExam, presentation: 'state' | 'baked'): Promise<Done> {
  const id = exam.id;
  const { corrected, receivedValues, counts } = await walk.house.ask<ExamRead>('exams.read', { id });
  const seenIdentity = Object.fromEntries(
    patient.flatMap((keyword) => {
      const [only, ...others] =
        corrected[keyword] === undefined ? (receivedValues[keyword] ?? []) : [corrected[keyword]];
      return only === undefined || others.length > 0 ? [] : [[keyword, only]];
    }),
  );
  for (const object of walk.model.objectsOf(id)) if (object.loose) takeOver(walk, object, anyState);
  const leaving = walk.model.objectsOf(id).filter(({ state }) => state === 'received');
  const command = { id, seenObjects: counts.objects, seenIdentity, presentation };
  try {
    await walk.tell('exams.approve', command);
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== 'second-identifier-missing') throw error;
    const [first] = leaving;
    const text = first ? walk.model.identityOf(first).PatientID : '';
    await walk.house.ask('exams.checkIdentity', { id, text, how: 'typed' });
    await walk.tell('exams.approve', command);
  }
  if (leaving.length === 0) {
    // Copies of what was made may leave alone.
    noteApproval(walk, exam, leaving);
    return 'nothing';
  }
  judgeApproval(walk, exam, leaving, seenIdentity);
  noteApproval(walk, exam, leaving);
  return 'done';
}

/** An approval that should not have been. */
function judgeApproval(
  walk: Walk,
  exam: HeldExam,
  leaving: readonly HeldObject[],
  seen: Readonly<Record<string, string | undefined>>,
): void {
  const all = leaving.map((object) => walk.model.identityOf(object));
  const patients = new Set(all.map(({ PatientID }) => PatientID));
  if (patients.size > 1) walk.say(`I2 one approval let images of ${[...patients].join(' and ')} go`);
  if (exam.stale !== undefined) walk.say(`I2 approved, and nobody had looked at ${exam.stale}`);
  for (const [n, identity] of all.entries()) {
    const received = leaving[n]?.picture.received ?? identity;
    for (const keyword of patient)
      if (seen[keyword] !== undefined && seen[keyword] !== identity[keyword])
        walk.say(`I2 the banner showed ${keyword} ${seen[keyword]}, and ${identity[keyword]} was decided`);
    if (textOf(received) !== textOf(identity) && !exam.spokenOf.has(textOf(received)))
      walk.say(`I2 an image of ${received.PatientID} left as ${identity.PatientID}, and nobody had said so`);
    const [word] = identity.PatientName.split('^');
    // What left of an exam under a number that was merged later is the archive's to merge; what follows goes there too.
    if (word !== undefined && walk.merged.has(word) && !hasLeft(walk, exam))
      walk.say(`I2 ${word} is somebody else by now, and was approved`);
  }
}

/** It goes where the rules sent it at that moment, and nowhere else. */
function judgeRoute(walk: Walk, { id, uid }: HeldObject): void {
  const to = walk.house
    .rows<{ id: string }>(
      `SELECT destinationId AS id FROM delivery JOIN object ON object.id = objectId AND object.revisionId = delivery.revisionId
       WHERE objectId = ?`,
      id,
    )
    .map((row) => row.id);
  if (new Set(to).symmetricDifference(new Set(walk.goesTo)).size > 0)
    walk.say(`${uid} goes to ${to.join(', ')}, and the rules say ${walk.goesTo.join(', ')}`);
}

const hasLeft = (walk: Walk, exam: HeldExam): boolean =>
  walk.model
    .objectsOf(exam.id)
    .some(({ uid }) => walk.house.archives.some(({ heardOf }) => heardOf.has(uid) && walk.model.expected.has(uid)));

export function noteApproval(walk: Walk, exam: HeldExam, leaving: readonly HeldObject[]): void {
  const studies = [exam.study, exam.order?.study ?? exam.study];
  for (const object of leaving) {
    const isHidden = object.redactions.length > 0 || object.isCropped;
    takeOver(walk, object, isHidden ? ['rejected'] : object.isDrawnOn ? ['approved', 'rejected'] : ['approved']);
    const identity = walk.model.identityOf(object);
    exam.left.push(identity);
    if (object.state !== 'approved') continue;
    judgeRoute(walk, object);
    const { pixelSha256 } = object.picture;
    walk.model.expect(object.uid, { identity, studies, pixelSha256 });
  }
  // Notes, states and pictures that were made earlier and stand in the exam as copies now.
  const others = walk.house.rows<{ id: string; SOPInstanceUID: string }>(
    `SELECT id, SOPInstanceUID FROM object WHERE examId = ? AND state = 'approved'
     AND id NOT IN (SELECT objectId FROM made_object) AND id NOT IN (SELECT objectId FROM note_object WHERE objectId IS NOT NULL)`,
    exam.id,
  );
  const [first] = leaving;
  for (const { id, SOPInstanceUID } of others) {
    if (walk.model.objects.has(id) || walk.model.expected.has(SOPInstanceUID)) continue;
    const accessions = exam.left.map(({ AccessionNumber }) => AccessionNumber);
    const identity = first ? walk.model.identityOf(first) : walk.model.said(exam);
    walk.model.expect(SOPInstanceUID, { identity, studies, accessions });
  }
  const made = walk.house.rows<{ SOPInstanceUID: string; kind: string; sources: string }>(
    `SELECT object.SOPInstanceUID, made_object.kind, sources FROM made_object JOIN object ON object.id = objectId
     WHERE made_object.examId = ? AND object.state = 'approved'`,
    exam.id,
  );
  for (const { SOPInstanceUID, kind, sources } of made) {
    const [meant = ''] = JSON.parse(sources) as string[];
    const source = leaving.find(({ id }) => id === meant);
    if (!source) continue;
    const identity = walk.model.identityOf(source);
    const black = kind === 'baked' && !source.isCropped ? source.redactions : [];
    walk.model.expect(SOPInstanceUID, { identity, studies, black });
  }
}
