// The order of an exam: given, taken back, given anew. Inside the transaction of the caller; nothing received is changed.
//
// What an order says as plain texts becomes a correction of the exam, so that it counts like one that was typed; the rest
// is made at the approval from the copy of the content that is kept here. Taking an order back restores exactly what stood
// before it, but for what a person has said since. Blanks of an order take nothing away.
import type { AppliedOrder } from '#contract/shapes/applied-order.ts';
import type { CorrectableKeyword } from '#contract/shapes/correctable.ts';
import type { Attributes, CorrectionReason } from '#contract/shapes/identity.ts';
import { isAnotherPerson, numbersOfOrder } from '#contract/shapes/other-person.ts';
import { orderContentShape, type OrderContent } from '#contract/shapes/order.ts';
import type { Clock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import { releasedObjects } from './after-release/release-corrections.ts';
import { reasonsOf, recordCorrection } from './decisions.ts';
import { mergedIn, numbersThatFollow, placeholdersOf, receivedAs, wentAlong } from './numbers-of-order.ts';
import { checkOrder, isOfSomebodyElse, madeStudyId, orderAsTyped, textsOfOrder } from './order-rules.ts';
import type { Attributed, Corrected, OrderCommand, OrderGiven, OrderTaken, Unchanged } from './review.ts';
import { isFirstTime, readExam, receivedValues } from './tables.ts';

type Desk = { readonly book: Book; readonly clock: Clock };

const unchanged: Unchanged = { kind: 'unchanged' };

type OrderRow = Omit<AppliedOrder, 'content'> & {
  readonly content: string;
  readonly correctionId: string | null;
  readonly correctedBefore: string;
};

const columns = `id, orderId, content, reason, StudyID, StudyInstanceUID, by, at, correctionId, correctedBefore`;

function readRow(book: Book, examId: string): OrderRow | undefined {
  return book.sql<OrderRow>(`SELECT ${columns} FROM applied_order WHERE examId = ? AND removedAt IS NULL`).get(examId);
}

/** The order that counts for an exam, or undefined. */
export function readAppliedOrder(book: Book, examId: string): AppliedOrder | undefined {
  const row = readRow(book, examId);
  if (!row) return undefined;
  const { correctionId: _correction, correctedBefore: _before, content, ...rest } = row;
  // What was kept before orders said more than then is read as if they had said nothing of it.
  return { ...rest, content: orderContentShape.parse(JSON.parse(content)) };
}

/** See Review.applyOrder. */
export function recordOrder(desk: Desk, command: OrderCommand): OrderGiven | Unchanged {
  const { book, clock } = desk;
  const { examId, orderId, content, by, commandId } = command;
  const now = clock.now();
  readExam(book, examId);
  checkOrder(content);
  const current = readRow(book, examId);
  const text = JSON.stringify(content);
  if (current?.orderId === orderId && current.content === text) return unchanged;
  refuseAfterApproval(book, examId);
  if (!isFirstTime(book, commandId, now)) return unchanged;
  if (current) takeBack(desk, examId, current, by);

  const exam = readExam(book, examId);
  const reason = command.reason ?? reasonFor(book, examId, content);
  const study = command.StudyInstanceUID ?? '';
  const StudyID = studyIdFor(book, examId, exam.corrected, content, { reason, study, now });
  const attributes: Attributed = textsOfOrder(content, StudyID, reason);
  const outcome = recordCorrection(desk, { examId, attributes, reason, by });
  const corrected: Corrected | null = outcome.kind === 'corrected' ? outcome : null;
  const id = newId(clock.epochMs());
  book
    .sql(
      `INSERT INTO applied_order (id, examId, orderId, content, reason, StudyID, StudyInstanceUID, correctionId,
         correctedBefore, by, at)
       VALUES (:id, :examId, :orderId, :text, :reason, :StudyID, :StudyInstanceUID, :correctionId, :before, :by, :now)`,
    )
    .run({
      ...{ id, examId, orderId, text, reason, StudyID, by, now },
      StudyInstanceUID: study,
      correctionId: corrected?.correctionId ?? null,
      before: JSON.stringify(exam.corrected),
    });
  book.sql('UPDATE exam SET version = version + 1 WHERE id = ?').run(examId);
  return { kind: 'given', reason, corrected, instead: current?.orderId ?? null };
}

/** See Review.removeOrder. */
export function recordOrderTaken(
  desk: Desk,
  { examId, by, commandId }: { readonly examId: string; readonly by: string; readonly commandId?: string | undefined },
): OrderTaken | Unchanged {
  const { book, clock } = desk;
  readExam(book, examId);
  const current = readRow(book, examId);
  if (!current) return unchanged;
  refuseAfterApproval(book, examId);
  if (!isFirstTime(book, commandId, clock.now())) return unchanged;
  takeBack(desk, examId, current, by);
  return { kind: 'taken', orderId: current.orderId };
}

/** See Review.orderThatCounts. */
export function readOrderThatCounts(book: Book, examId: string): AppliedOrder | undefined {
  const order = readAppliedOrder(book, examId);
  if (!order) return undefined;
  const typed = { chosen: readExam(book, examId).corrected, reasons: reasonsOf(book, examId) };
  return isOfSomebodyElse(order, typed) ? undefined : orderAsTyped(order, typed);
}

/** What has left bears the order; it is not forgotten here. */
function refuseAfterApproval(book: Book, examId: string): void {
  if (releasedObjects(book, examId).length > 0) throw new Problem('already-approved');
}

/** Restores the texts that stood before the order, except those that a person has spoken about since. */
function takeBack({ book, clock }: Desk, examId: string, current: OrderRow, by: string): void {
  const now = clock.now();
  const before = JSON.parse(current.correctedBefore) as Attributes;
  const exam = readExam(book, examId);
  const restored: Partial<Record<CorrectableKeyword, string>> = { ...exam.corrected };
  const set = current.correctionId === null ? [] : keywordsOf(book, 'id = ?', current.correctionId);
  const since = new Set(
    current.correctionId === null
      ? []
      : keywordsOf(
          book,
          `examId = ? AND undoneAt IS NULL AND rowid > (SELECT rowid FROM correction WHERE id = ?)`,
          examId,
          current.correctionId,
        ),
  );
  // A number that went with the patient was said by nobody.
  const isSaid = (keyword: CorrectableKeyword) => since.has(keyword) && !wentAlong(keyword, exam.corrected[keyword]);
  for (const keyword of new Set([...set, ...numbersOfOrder])) {
    if (isSaid(keyword) || (!set.includes(keyword) && !since.has(keyword))) continue;
    const was = before[keyword];
    if (was === undefined) delete restored[keyword];
    else restored[keyword] = was;
  }
  book.sql('UPDATE applied_order SET removedBy = ?, removedAt = ? WHERE id = ?').run(by, now, current.id);
  const numbers = numbersThatFollow(book, {
    ...{ examId, received: exam.received, chosen: { before, after: restored }, reason: 'CORRECT' },
    ...{ reasons: new Map(), said: Object.fromEntries([...since].filter(isSaid).map((keyword) => [keyword, ''])), now },
  });
  Object.assign(restored, numbers);
  book.sql('UPDATE exam SET corrected = ?, version = version + 1 WHERE id = ?').run(JSON.stringify(restored), examId);
  // Images that came before the order was given were seen with it, and not with what counts again now.
  book.sql('UPDATE correction SET undoneAt = ?, lastObject = 0 WHERE id = ?').run(now, current.correctionId);
}

function keywordsOf(book: Book, where: string, ...values: readonly string[]): CorrectableKeyword[] {
  const rows = book.sql<{ attributes: string }>(`SELECT attributes FROM correction WHERE ${where}`).all(...values);
  return rows.flatMap(({ attributes }) => Object.keys(JSON.parse(attributes) as object)) as CorrectableKeyword[];
}

/** CORRECT when the images bear the accession of another order: that was a wrong worklist item. */
function reasonFor(book: Book, examId: string, { AccessionNumber }: OrderContent): CorrectionReason {
  if (AccessionNumber === '') return 'COERCE';
  const others = receivedValues(book, examId, 'AccessionNumber').map((each) => each.trim());
  return others.some((each) => each !== '' && each !== AccessionNumber) ? 'CORRECT' : 'COERCE';
}

/** Requested Procedure ID; without it what the images say alike, unless that was another order's; else a made one. */
function studyIdFor(
  book: Book,
  examId: string,
  corrected: Attributes,
  content: OrderContent,
  { reason, study, now }: { readonly reason: CorrectionReason; readonly study: string; readonly now: string },
): string {
  if (content.RequestedProcedureID.trim() !== '') return content.RequestedProcedureID.trim();
  // Exams that leave under one study say one Study ID.
  const alike = study === '' ? undefined : studyIdUnder(book, study);
  if (alike) return alike;
  if (corrected.StudyID) return corrected.StudyID;
  const placeholders = placeholdersOf(book, examId);
  if (receivedAs(book, examId).some((received) => isAnotherPerson(received, content, placeholders, mergedIn(book))))
    return madeStudyId(now);
  const [only = '', ...more] = receivedValues(book, examId, 'StudyID').map((each) => each.trim());
  return only !== '' && more.length === 0 && reason === 'COERCE' ? only : madeStudyId(now);
}

const studyIdUnder = (book: Book, study: string): string | undefined =>
  book
    .sql<{ StudyID: string }>(
      `SELECT StudyID FROM applied_order WHERE StudyInstanceUID = ? AND StudyInstanceUID <> '' AND removedAt IS NULL
         AND StudyID <> '' ORDER BY at LIMIT 1`,
    )
    .get(study)?.StudyID;
