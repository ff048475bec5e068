// Numbers of an order are of its patient: where a correction makes the exam somebody else's, they go with the patient.
// Inside the transaction of the caller. See docs/decisions/0020-numbers-follow-the-patient.md.
//
// What somebody says of a number in the same correction stands. An exam that becomes again who an order, or its images,
// say it is of has their numbers again. Study ID is never left empty.
import { orderContentShape } from '#contract/shapes/order.ts';
import { isAnotherPerson, namesSomebody, numbersOfOrder } from '#contract/shapes/other-person.ts';
import type { Attributes, CorrectionReason } from '#contract/shapes/identity.ts';
import type { Book } from '#station/records/index.ts';
import { isOfSomebodyElse, madeStudyId } from './order-rules.ts';

type Standing = {
  readonly examId: string;
  readonly received: Attributes;
  /** What is said of all images over what they say, before and after the correction. */
  readonly chosen: { readonly before: Attributes; readonly after: Attributes };
  readonly reasons: ReadonlyMap<string, CorrectionReason>;
  readonly reason: CorrectionReason;
  readonly said: Attributes;
  readonly now: string;
};

/** What the numbers become, where nobody said it; nothing where the patient stays who it was. */
export function numbersThatFollow(book: Book, standing: Standing): Attributes {
  const { examId, received, chosen, said, now } = standing;
  const before = { ...received, ...chosen.before };
  const after = { ...received, ...chosen.after };
  const placeholders = placeholdersOf(book, examId);
  const areMerged = mergedIn(book);
  const order = readOrder(book, examId);
  const spoken = new Map([...standing.reasons, ...Object.keys(said).map((key) => [key, standing.reason] as const)]);
  const isElseOf = (chosen: Attributes, reasons: ReadonlyMap<string, CorrectionReason>) =>
    order !== undefined && isOfSomebodyElse(order, { chosen, reasons });
  const isVoid = isElseOf(after, spoken);
  const leavesOrder = isVoid && !isElseOf(before, standing.reasons);
  const named = receivedAs(book, examId).filter((identity) => namesSomebody(identity, placeholders));
  const ownOf = (who: Attributes) =>
    named.filter((identity) => !isAnotherPerson(identity, who, placeholders, areMerged));
  const own = ownOf(after);
  // Small steps may lead to another patient too.
  const changesOwner = own.length === 0 ? ownOf(before).length > 0 : ownOf(before).length === 0;
  // Images that came to an exam of somebody else, by whose name they are called from now on.
  const joinsOthers = named.some((identity) => {
    const becomesOther = (words: Attributes) =>
      isAnotherPerson(identity, { ...identity, ...words }, placeholders, areMerged);
    return becomesOther(chosen.after) && !becomesOther(chosen.before);
  });
  const isAnother = isAnotherPerson(before, after, placeholders, areMerged);
  const changes = leavesOrder || changesOwner || isAnother;
  if (!changes && !joinsOthers) return {};
  const numbers: Partial<Record<(typeof numbersOfOrder)[number], string>> = {};
  for (const keyword of numbersOfOrder) {
    if (said[keyword] !== undefined) continue;
    // What was typed for the exam stands for whoever joins it.
    if (!changes && chosen.before[keyword] !== undefined) continue;
    if (order && !isVoid && !isAnotherPerson(order.content, after, placeholders, areMerged)) {
      numbers[keyword] = keyword === 'StudyID' ? order.StudyID : order.content.AccessionNumber;
      continue;
    }
    const [only, ...more] = new Set(own.map((identity) => (identity[keyword] ?? '').trim()));
    if (more.length > 0) continue;
    numbers[keyword] = only !== undefined && !(leavesOrder && only === order?.StudyID) ? only : '';
    if (keyword === 'StudyID' && numbers[keyword] === '')
      numbers[keyword] = (before[keyword] ?? '') === '' ? '' : madeStudyId(now);
  }
  return Object.fromEntries(
    Object.entries(numbers).filter(([key, value]) => {
      const keyword = key as keyof Attributes;
      const stand = chosen.before[keyword] === undefined ? [before, ...named] : [before];
      return stand.some((identity) => value !== (identity[keyword] ?? '').trim());
    }),
  );
}

/** True for what stands in place of a number that went with its patient. */
export const wentAlong = (keyword: string, value: string | undefined): boolean =>
  keyword === 'AccessionNumber' ? value === '' : keyword === 'StudyID' && /^SL\d{12}$/.test(value ?? '');

/** Whether the hospital said of two IDs that they are one patient (ADT A40). */
export const mergedIn =
  (book: Book) =>
  (one: string, other: string): boolean =>
    book
      .sql(
        `SELECT 1 FROM hospital_patient AS a JOIN hospital_patient AS b
           ON coalesce(a.mergedInto, a.id) = coalesce(b.mergedInto, b.id)
         WHERE a.PatientID = ? AND b.PatientID = ? LIMIT 1`,
      )
      .get(one, other) !== undefined;

/** Names and IDs of the images that stand for nobody. */
export function placeholdersOf(book: Book, examId: string): ReadonlySet<string> {
  const rows = book
    .sql<{ value: string | null }>(
      `SELECT json_extract(params, '$.value') AS value FROM problem
       WHERE examId = ? AND +code = 'placeholder-identity' AND clearedAt IS NULL`,
    )
    .all(examId);
  return new Set(rows.flatMap(({ value }) => (value === null ? [] : [value.trim()])));
}

/** Every different identity that images of an exam brought; notes of ours tell of images and are none. */
export function receivedAs(book: Book, examId: string): Attributes[] {
  return book
    .sql<{ received: string }>(
      `SELECT received FROM object WHERE examId = ? AND sameAs IS NULL AND NOT EXISTS
         (SELECT 1 FROM rejection_note WHERE rejection_note.SOPInstanceUID = object.SOPInstanceUID)
       GROUP BY received ORDER BY min(rowid)`,
    )
    .all(examId)
    .map(({ received }) => JSON.parse(received) as Attributes);
}

function readOrder(book: Book, examId: string) {
  const row = book
    .sql<{ content: string; StudyID: string }>(
      'SELECT content, StudyID FROM applied_order WHERE examId = ? AND removedAt IS NULL',
    )
    .get(examId);
  return row && { content: orderContentShape.parse(JSON.parse(row.content)), StudyID: row.StudyID };
}
