// What a person decides about an exam and its objects, written down at once. All of it runs inside a transaction of the
// caller, which looks at problems, conflicts and counts of the exam afterwards; nothing that was received is changed.
import { findRejectReason } from '#contract/shapes/reject-reasons.ts';
import { keepsItsStudy } from '#contract/shapes/study-of-copies.ts';
import type { Attributes } from '#contract/shapes/identity.ts';
import type { CorrectableKeyword } from '#contract/shapes/correctable.ts';
import type { Clock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import { localDate } from '#station/kit/local-time.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import { findRejectedAfterLeaving, identityAsLeft } from './after-release/release-corrections.ts';
import { isRejectedForGood } from './after-release/release-rows.ts';
import { isReplaced } from './made-objects.ts';
import { numbersThatFollow } from './numbers-of-order.ts';
import { checkAttributes, entriesOf, mergeCorrections, withoutBlanks } from './correction-rules.ts';
import type { Corrected, CorrectionCommand, Judged, RejectionCommand, Unchanged } from './review.ts';
import { isFirstTime, leftValues, readExam, readObject, receivedValues } from './tables.ts';

type Desk = { readonly book: Book; readonly clock: Clock };

const unchanged: Unchanged = { kind: 'unchanged' };
const mostTextCharacters = 1024;

/** See Review.correct. */
export function recordCorrection({ book, clock }: Desk, command: CorrectionCommand): Corrected | Unchanged {
  const { examId, reason, by, commandId } = command;
  const now = clock.now();
  const exam = readExam(book, examId);
  const checked = checkAttributes(command.attributes, localDate(new Date(now)));
  if (!isFirstTime(book, commandId, now)) return unchanged;
  const known = { ...exam.received, ...exam.corrected };
  const spoken = withoutBlanks(checked, reason, known);
  const numbers = numbersThatFollow(book, {
    ...{ examId, received: exam.received, said: checked, reason, now, reasons: reasonsOf(book, examId) },
    chosen: { before: exam.corrected, after: { ...exam.corrected, ...spoken } },
  });
  const said: Attributes = { ...spoken, ...numbers };
  for (const [keyword, value] of entriesOf(said)) {
    if (leftValues(book, examId, keyword).some((left) => left.trim() !== value)) throw new Problem('already-approved');
  }
  const merged = mergeCorrections(exam.corrected, said, (keyword) => receivedValues(book, examId, keyword));
  refuseAnotherInStudy(book, examId, { ...exam.received, ...merged });
  // To choose the same again is a decision when a late image says somebody else, or when it was another person's.
  const asked = keywordsAskedAbout(book, examId);
  const isAsked = (keyword: CorrectableKeyword) => asked.includes(keyword);
  const answers = entriesOf(said).some(([keyword]) => isAsked(keyword));
  const confirms = isSame(merged, exam.corrected) && (answers || waitsForConfirmation(book, examId));
  if (isSame(merged, exam.corrected) && !confirms) return unchanged;

  const changed = entriesOf(said).filter(
    ([keyword]) => confirms || isAsked(keyword) || merged[keyword] !== exam.corrected[keyword],
  );
  const attributes = Object.fromEntries(changed);
  const previous = Object.fromEntries(changed.map(([keyword]) => [keyword, known[keyword] ?? '']));
  const correctionId = newId(clock.epochMs());
  book
    .sql(
      `INSERT INTO correction (id, examId, attributes, previous, reason, by, at, lastObject)
       SELECT :id, :examId, :attributes, :previous, :reason, :by, :now, coalesce(max(rowid), 0)
       FROM object WHERE examId = :examId`,
    )
    .run({
      ...{ id: correctionId, examId, reason, by, now },
      attributes: JSON.stringify(attributes),
      previous: JSON.stringify(previous),
    });
  book.sql('UPDATE exam SET corrected = ?, version = version + 1 WHERE id = ?').run(JSON.stringify(merged), examId);
  return { kind: 'corrected', correctionId, attributes, previous };
}

/** Archives know the study under whom it left: what is another patient's, or of another order, leaves in a study of its own. */
function refuseAnotherInStudy(book: Book, examId: string, next: Attributes): void {
  const known = findRejectedAfterLeaving(book, examId);
  if (known === undefined) return;
  const before = identityAsLeft(book, known);
  if (keepsItsStudy(before, next)) return;
  const inWords = ({ PatientName = '', PatientID = '' }: Attributes) => `${PatientName} (${PatientID})`;
  throw new Problem('released-under-another', { first: inWords(before), second: inWords(next) });
}

/** Values of a former patient: to say the same again is an answer. */
function keywordsAskedAbout(book: Book, examId: string): string[] {
  return book
    .sql<{ keyword: string }>(
      `SELECT json_extract(params, '$.keyword') AS keyword FROM problem
       WHERE examId = ? AND +code = 'former-patient-value' AND clearedAt IS NULL`,
    )
    .all(examId)
    .map(({ keyword }) => keyword);
}

function waitsForConfirmation(book: Book, examId: string): boolean {
  const waits = `SELECT 1 FROM problem WHERE examId = ? AND +code IN ('late-other-patient', 'late-undecided')
    AND clearedAt IS NULL`;
  return book.sql(waits).get(examId) !== undefined;
}

function isSame(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

/** See Review.reject. */
export function recordRejection({ book, clock }: Desk, command: RejectionCommand): Judged | Unchanged {
  const { objectId, reason, commandId } = command;
  const now = clock.now();
  const object = readObject(book, objectId);
  if (!findRejectReason(reason)) throw new Problem('reason-unknown', { reason: reason.slice(0, 16) });
  // What has left is taken back by a note to those who got it, not by forgetting it here.
  if (object.state === 'approved') throw new Problem('already-approved');
  // Why it stays would be forgotten, and with it what leaves in its place.
  if (isReplaced(book, objectId)) throw new Problem('replaced-by-derived');
  if (!isFirstTime(book, commandId, now) || object.sameAs !== null) return unchanged;
  const text = command.text.trim().slice(0, mostTextCharacters);
  const { changes } = book
    .sql(
      `UPDATE object SET state = 'rejected', rejectionReason = :reason, rejectionText = :text, rejectedAt = :now
       WHERE id = :objectId AND (state <> 'rejected' OR rejectionReason <> :reason OR rejectionText <> :text)`,
    )
    .run({ reason, text, now, objectId });
  if (changes === 0) return unchanged;
  return { kind: 'judged', examId: object.examId };
}

/** See Review.keep. */
export function recordKeeping({ book }: Desk, objectId: string): Judged | Unchanged {
  const object = readObject(book, objectId);
  // What counts for nothing beside another object is no image that could leave.
  if (object.state !== 'rejected' || object.sameAs !== null) return unchanged;
  // Others were told that it must not be used.
  if (isRejectedForGood(book, objectId)) throw new Problem('rejected-earlier', { object: objectId });
  if (isReplaced(book, objectId)) throw new Problem('replaced-by-derived');
  refuseGone(book, objectId);
  book
    .sql(
      `UPDATE object SET state = 'received', rejectionReason = NULL, rejectionText = NULL, rejectedAt = NULL WHERE id = ?`,
    )
    .run(objectId);
  return { kind: 'judged', examId: object.examId };
}

/** Its time was over, and its file is gone or about to go: without it the exam could never leave. */
function refuseGone(book: Book, objectId: string): void {
  const goneAt = book
    .sql<{ purgingAt: string | null }>('SELECT purgingAt FROM object WHERE id = ?')
    .get(objectId)?.purgingAt;
  if (typeof goneAt === 'string') throw new Problem('no-longer-here', { goneAt });
}

/** See Review.hold. */
export function recordHold({ book }: Desk, examId: string, held: boolean, by: string): Judged | Unchanged {
  const exam = readExam(book, examId);
  if (exam.held === held) return unchanged;
  book
    .sql('UPDATE exam SET held = ?, heldBy = ?, version = version + 1 WHERE id = ?')
    .run(held ? 1 : 0, held ? by : '', examId);
  return { kind: 'judged', examId };
}

/** The reason under which the corrected values of an exam were given: CORRECT as soon as one of them was an error. */
export function reasonsOf(book: Book, examId: string): ReadonlyMap<CorrectableKeyword, 'CORRECT' | 'COERCE'> {
  const reasons = new Map<CorrectableKeyword, 'CORRECT' | 'COERCE'>();
  const rows = book
    .sql<{ attributes: string; reason: 'CORRECT' | 'COERCE' }>(
      'SELECT attributes, reason FROM correction WHERE examId = ? AND undoneAt IS NULL ORDER BY at, rowid',
    )
    .all(examId);
  for (const { attributes, reason } of rows) {
    for (const keyword of Object.keys(JSON.parse(attributes) as object))
      reasons.set(keyword as CorrectableKeyword, reason);
  }
  return reasons;
}
