// What people said of a picture goes with its copies: its side and the other values of single objects, and what is drawn and
// covered on it. A copy has the received bytes, which know nothing of it.
//
// Once, when the copies are made, inside the transaction of the caller; a rebuilt book reads the rows again from the journal.
import { newId } from '#station/kit/ids.ts';
import type { Book } from '#station/records/index.ts';
import type { Move, Step } from './steps.ts';

/**
 * @param options.drawn also what was drawn: not for copies of what has left, beside which copies of what was made of
 *   drawings leave
 */
export function carryWhatWasSaid(book: Book, moves: readonly Move[], options: { readonly drawn: boolean }): void {
  for (const { objectId, copy, to } of moves) {
    if (!copy) continue;
    copyValues(book, { from: sourceOf(book, copy.of), objectId, examId: to.examId });
    if (!options.drawn) continue;
    book
      .sql(
        `INSERT OR IGNORE INTO object_markup (objectId, markup, by, at)
         SELECT ?, markup, by, at FROM object_markup WHERE objectId = ?`,
      )
      .run(objectId, copy.of);
  }
}

/**
 * Codes of procedures that were chosen for an exam go with its images: each counts where its description stands. What the
 * exam they come to says of a description itself stays.
 */
export function carryProcedures(book: Book, steps: readonly Step[]): void {
  for (const { formerExamId, examId } of pairsOf(steps)) {
    book
      .sql(
        `INSERT OR IGNORE INTO procedure_code (examId, description, code, reason, by, at)
         SELECT ?, description, code, reason, by, at FROM procedure_code WHERE examId = ?`,
      )
      .run(examId, formerExamId);
  }
}

/** What came so goes back with the images: the same word of the same person at the same time. */
export function takeProceduresBack(book: Book, steps: readonly Step[]): void {
  for (const { formerExamId, examId } of pairsOf(steps)) {
    book
      .sql(
        `DELETE FROM procedure_code WHERE examId = :examId AND EXISTS (SELECT 1 FROM procedure_code AS former
           WHERE former.examId = :formerExamId AND former.description = procedure_code.description
             AND former.code = procedure_code.code AND former.by = procedure_code.by AND former.at = procedure_code.at)`,
      )
      .run({ examId, formerExamId });
  }
}

const pairsOf = (steps: readonly Step[]): readonly Pick<Step, 'examId' | 'formerExamId'>[] => [
  ...new Map(
    steps
      .filter(({ examId, formerExamId }) => examId !== formerExamId)
      .map(({ examId, formerExamId }) => [`${formerExamId} ${examId}`, { examId, formerExamId }] as const),
  ).values(),
];

type Copied = { readonly from: string; readonly objectId: string; readonly examId: string };

function copyValues(book: Book, { from, ...to }: Copied): void {
  const rows = book
    .sql<Readonly<Record<'attributes' | 'codes' | 'reason' | 'by' | 'at', string>>>(
      'SELECT attributes, codes, reason, by, at FROM object_correction WHERE objectId = ? ORDER BY rowid',
    )
    .all(from);
  for (const row of rows) {
    book
      .sql(
        `INSERT INTO object_correction (id, examId, objectId, attributes, codes, reason, by, at)
         VALUES (:id, :examId, :objectId, :attributes, :codes, :reason, :by, :at)`,
      )
      .run({ ...row, ...to, id: newId() });
  }
}

/** Of a derived picture the values were said of what it was made of. */
function sourceOf(book: Book, objectId: string): string {
  const made = book
    .sql<{ source: string | null }>(
      `SELECT json_extract(sources, '$[0]') AS source FROM made_object WHERE objectId = ? AND kind = 'baked'`,
    )
    .get(objectId);
  return made?.source ?? objectId;
}
