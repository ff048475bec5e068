// Approval: what stands against it, the revisions of all that is undecided, and the rows that make it so.
//
// Revisions are made a few at a time with rests between them, so that an exam of 2,000 images stops nothing else.
// Nothing is written to the book before all of them are proved; then all of it is written or none.
import { createHash } from 'node:crypto';
import type { ApprovalForecast } from '#contract/shapes/exam.ts';
import { isAnotherPerson } from '#contract/shapes/other-person.ts';
import { Problem } from '#station/kit/problem.ts';
import { judgeApproval } from './approval-judgement.ts';
import { reasonsOf } from './decisions.ts';
import { findDisagreement, type ObjectFactsRead } from './exam-facts.ts';
import { readAppliedOrder } from './exam-orders.ts';
import { mergedIn, placeholdersOf, receivedAs } from './numbers-of-order.ts';
import { isOfSomebodyElse } from './order-rules.ts';
import { readObjectCorrections, standingOf } from './object-corrections.ts';
import { readProcedureCode, readProcedureCodes } from './procedure-codes.ts';
import type { LeavesAlso, PreparedApproval, PreparedRevision, RecordedApproval } from './review.ts';
import { makeRevision, type ExamDecision, type RevisionDesk, type Witnessed } from './revisions.ts';
import { objectsIn, readExam, receivedIdentities, type ExamRecord } from './tables.ts';

/** The exam as an approval sees it now. */
function look({ book, clock, ports }: RevisionDesk, examId: string) {
  const exam = readExam(book, examId);
  const undecided = objectsIn(book, examId, 'received');
  const conflicts = objectsIn(book, examId, 'conflict');
  const route = ports.routeOf(examId);
  const against = judgeApproval({
    now: clock.now(),
    held: exam.held,
    heldBy: exam.heldBy,
    completeAt: exam.completeAt,
    undecided: new Set(undecided.map(({ id }) => id)),
    conflicts: new Set(conflicts.map(({ id }) => id)),
    destinations: route.destinations,
    goesTo: route.to.length,
    missingDestinations: route.missing,
    standing: ports.standingProblems(examId),
  });
  return { exam, undecided, conflicts, route, against };
}

/** See Review.forecast. */
export function forecastApproval(desk: RevisionDesk, examId: string): ApprovalForecast {
  const { exam, undecided, conflicts, route, against } = look(desk, examId);
  const left = objectsIn(desk.book, examId, 'approved').length;
  const behind = undecided.length === 0 ? [] : ordersLeftBehind(desk, exam);
  return {
    objectsThatLeave: undecided.length,
    // Of what is in conflict nobody knows yet.
    objectsThatStay: exam.objects - left - undecided.length - conflicts.length,
    destinations: route.to,
    notTo: route.notTo,
    ...(behind.length > 0 && { ordersLeftBehind: behind }),
    against,
  };
}

const mostLeftBehind = 5;

/** Whose orders the images speak of, when it is somebody else who leaves and no order of theirs was given. */
function ordersLeftBehind({ book }: RevisionDesk, { id, corrected }: ExamRecord) {
  const order = readAppliedOrder(book, id);
  if (order && !isOfSomebodyElse(order, { chosen: corrected, reasons: reasonsOf(book, id) })) return [];
  const placeholders = placeholdersOf(book, id);
  const others = receivedAs(book, id).filter((received) =>
    isAnotherPerson(received, { ...received, ...corrected }, placeholders, mergedIn(book)),
  );
  const said = others.map(({ PatientName = '', PatientID = '', AccessionNumber = '' }) => ({
    ...{ PatientName, PatientID, AccessionNumber },
  }));
  return [...new Map(said.map((one) => [JSON.stringify(one), one])).values()].slice(0, mostLeftBehind);
}

/** See Review.prepareApproval. */
export async function prepareApproval(
  plainDesk: RevisionDesk,
  examId: string,
  by: string,
  also: LeavesAlso = { made: [], replaced: new Set() },
): Promise<PreparedApproval | { readonly kind: 'nothing-new' }> {
  const desk = { ...plainDesk, made: new Map(also.made.map((made) => [made.facts.objectId, made])) };
  const { exam, undecided, conflicts, against } = look(desk, examId);
  const nothingOpen = undecided.length + conflicts.length === 0;
  if (nothingOpen && objectsIn(desk.book, examId, 'approved').length > 0) return { kind: 'nothing-new' };
  const [first] = against;
  if (first) throw new Problem(first.code, first.params);
  // Of the moment in which the decision is read: what is decided from here on is not in what is made.
  const basis = basisOf(desk, exam, undecided);
  const decision = decisionOf(desk, exam);
  const facts: ObjectFactsRead[] = [];
  const witness = ({ objectId, verdict }: Witnessed) => {
    if (verdict.kind === 'proved') facts.push({ objectId, facts: verdict.facts });
  };
  const leaving = undecided.filter(({ id }) => !also.replaced.has(id));
  const objects = [...leaving, ...also.made.map(({ facts: { objectId: id } }) => ({ id }))];
  const revisions = await makeAll(desk, objects, { ...decision, witness });
  const disagreement = findDisagreement(facts);
  if (disagreement) {
    await dropRecipes(desk, revisions);
    throw new Problem('verification-failed', { ...disagreement, where: '' });
  }
  return { examId, by, revisions, basis };
}

/** What the exam says of its objects now. */
export function decisionOf(
  { book, ports }: RevisionDesk,
  { id, corrected }: Pick<ExamRecord, 'id' | 'corrected'>,
): ExamDecision {
  return {
    corrected,
    reasons: reasonsOf(book, id),
    former: receivedIdentities(book, id),
    order: readAppliedOrder(book, id),
    ofObjects: standingOf(book, id),
    procedureOf: (description) => readProcedureCode(book, id, description),
    placeholders: placeholdersOf(book, id),
    areMerged: mergedIn(book),
    around: ports.objectsAround?.(id) ?? [],
  };
}

/** So many at once share the synchronisation of the disk. */
const atOnce = 2;

/** All revisions, or none: when one fails the recipes of the others are dropped. */
async function makeAll(
  desk: RevisionDesk,
  objects: readonly { readonly id: string }[],
  decision: ExamDecision,
): Promise<PreparedRevision[]> {
  const revisions: PreparedRevision[] = [];
  let next = 0;
  let failure: { readonly error: unknown } | null = null;
  const work = async (): Promise<void> => {
    for (let object = objects[next++]; object && !failure; object = objects[next++]) {
      try {
        revisions.push(await makeRevision(desk, object.id, decision));
      } catch (error) {
        failure ??= { error };
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const failed = failure as { readonly error: unknown } | null;
  if (!failed) return revisions.toSorted((a, b) => (a.objectId < b.objectId ? -1 : 1));
  await dropRecipes(desk, revisions);
  throw failed.error;
}

/** See Review.recordApproval. */
export function recordApproval(desk: RevisionDesk, approval: PreparedApproval, admit?: () => void): RecordedApproval {
  const { book, clock } = desk;
  const { examId, by, revisions } = approval;
  const { exam, undecided, route, against } = look(desk, examId);
  if (against.length > 0 || basisOf(desk, exam, undecided) !== approval.basis) return { kind: 'changed-meanwhile' };
  admit?.();
  const now = clock.now();
  for (const revision of revisions) {
    const { id, objectId, SOPInstanceUID, SOPClassUID, TransferSyntaxUID } = revision;
    const { recipeFile, sizeBytes, dataSetOffset, dataSetSha256, attributes, verifiedAt, StudyInstanceUID } = revision;
    book
      .sql(
        `INSERT INTO revision (id, objectId, number, SOPInstanceUID, SOPClassUID, TransferSyntaxUID, recipeFile,
           sizeBytes, dataSetOffset, dataSetSha256, attributes, verifiedAt, createdAt, by, StudyInstanceUID)
         VALUES (:id, :objectId, (SELECT COALESCE(MAX(number), 0) + 1 FROM revision WHERE objectId = :objectId),
           :SOPInstanceUID, :SOPClassUID, :TransferSyntaxUID, :recipeFile, :sizeBytes, :dataSetOffset, :dataSetSha256,
           :attributes, :verifiedAt, :now, :by, :StudyInstanceUID)`,
      )
      .run({
        ...{ id, objectId, SOPInstanceUID, SOPClassUID, TransferSyntaxUID },
        ...{ recipeFile, sizeBytes, dataSetOffset, dataSetSha256, verifiedAt, now, by, StudyInstanceUID },
        attributes: JSON.stringify(attributes),
      });
    book.sql(`UPDATE object SET state = 'approved', revisionId = ? WHERE id = ?`).run(id, objectId);
  }
  book.sql('UPDATE exam SET approvedAt = ?, version = version + 1 WHERE id = ?').run(now, examId);
  const destinations = route.to.map(({ id, required }) => ({ id, required }));
  return { kind: 'approved', revisions, destinations };
}

/** See Review.discardApproval. */
export async function dropRecipes(desk: RevisionDesk, revisions: readonly PreparedRevision[]): Promise<void> {
  for (const { recipeFile } of revisions) if (recipeFile !== null) await desk.ports.dropRecipe(recipeFile);
}

/** What the revisions rest on: the same corrections, order and values of the same objects, filed where they were. */
function basisOf(
  { book, ports }: RevisionDesk,
  { id: examId, corrected }: ExamRecord,
  undecided: readonly { id: string; dataSetSha256: string }[],
): string {
  const order = readAppliedOrder(book, examId)?.id ?? null;
  const ofObjects = readObjectCorrections(book, examId);
  const procedures = readProcedureCodes(book, examId);
  const objects = undecided.map(({ id, dataSetSha256 }) => [id, dataSetSha256]);
  const around = ports.objectsAround?.(examId) ?? [];
  const reasons = [...reasonsOf(book, examId)];
  return createHash('sha256')
    .update(JSON.stringify([corrected, order, ofObjects, objects, around, procedures, reasons]))
    .digest('hex');
}
