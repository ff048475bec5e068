// The code of the procedure that an exam is described by. Inside the transaction of the caller.
//
// A code belongs to the description that it was chosen with and counts while that one stands: who takes the description back,
// types another one or gives the exam an order with one of its own has no code any more, and has it again with the text.
import type { CorrectionReason } from '#contract/shapes/identity.ts';
import { codeShape, type Code } from '#contract/shapes/order.ts';
import type { Clock } from '#station/kit/clock.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import { releasedObjects } from './after-release/release-corrections.ts';
import { checkCode } from './order-rules.ts';
import { isFirstTime, readExam } from './tables.ts';
import { codeItem, orderTags, type SetElement } from './set-elements.ts';

export type ProcedureCode = {
  readonly description: string;
  readonly code: Code;
  readonly reason: CorrectionReason;
};

type Row = Omit<ProcedureCode, 'code'> & { readonly code: string };

/**
 * Records, or with null takes away, the code of a description. False when it stood like that.
 * @throws Problem 'value-too-long', 'value-not-allowed' at ProcedureCodeSequence; 'already-approved'
 */
export function recordProcedureCode(
  { book, clock }: { readonly book: Book; readonly clock: Clock },
  said: {
    readonly examId: string;
    readonly description: string;
    readonly code: Code | null;
    readonly reason: CorrectionReason;
    readonly by: string;
    readonly commandId?: string | undefined;
  },
): boolean {
  const { examId, code, reason, by, commandId } = said;
  const description = said.description.normalize('NFC').trim();
  if (code !== null) checkCode(code, 'ProcedureCodeSequence');
  if (code !== null && description === '')
    throw new Problem('value-not-allowed', { keyword: 'StudyDescription', expected: 'notEmpty' });
  const before = readProcedureCodes(book, examId).find((row) => row.description === description);
  if ((before?.code ?? null) === (code === null ? null : JSON.stringify(code))) return false;
  if (releasedObjects(book, examId).length > 0) throw new Problem('already-approved');
  if (!isFirstTime(book, commandId && `${commandId} procedure`, clock.now())) return false;
  if (code === null) {
    book.sql('DELETE FROM procedure_code WHERE examId = ? AND description = ?').run(examId, description);
  } else {
    book
      .sql(
        `INSERT INTO procedure_code (examId, description, code, reason, by, at)
         VALUES (:examId, :description, :code, :reason, :by, :now)
         ON CONFLICT (examId, description) DO UPDATE SET code = :code, reason = :reason, by = :by, at = :now`,
      )
      .run({ examId, description, code: JSON.stringify(code), reason, by, now: clock.now() });
  }
  book.sql('UPDATE exam SET version = version + 1 WHERE id = ?').run(examId);
  return true;
}

/** What goes with a description of an exam, or undefined. */
export function readProcedureCode(book: Book, examId: string, description: string): ProcedureCode | undefined {
  const row = readProcedureCodes(book, examId).find((one) => one.description === description.trim());
  return row && { ...row, code: codeShape.parse(JSON.parse(row.code)) };
}

/** What goes with the description that stands for an exam now, or undefined. @throws Problem 'not-found' */
export function standingProcedure(book: Book, examId: string): ProcedureCode | undefined {
  const { corrected, received } = readExam(book, examId);
  return readProcedureCode(book, examId, corrected.StudyDescription ?? received.StudyDescription ?? '');
}

/** Of all descriptions, for the fingerprint of a decision. */
export const readProcedureCodes = (book: Book, examId: string): readonly Row[] =>
  book
    .sql<Row>('SELECT description, code, reason FROM procedure_code WHERE examId = ? ORDER BY description')
    .all(examId);

/**
 * What was done, said by a person, counts over what an order says of it. What was asked for is of the order; without one it
 * follows where an object names it at its top.
 */
export function elementsOfProcedure({ code, description, reason }: ProcedureCode, hasOrder: boolean): SetElement[] {
  const items = [codeItem(code)];
  const done: SetElement = {
    ...{ kind: 'put', reason },
    element: { tag: orderTags.ProcedureCodeSequence, vr: 'SQ', items },
  };
  if (hasOrder) return [done];
  return [
    done,
    {
      ...{ kind: 'put', reason, onlyWhereItStands: true },
      element: { tag: orderTags.RequestedProcedureCodeSequence, vr: 'SQ', items },
    },
    {
      ...{ kind: 'put', reason, onlyWhereItStands: true },
      element: { tag: orderTags.RequestedProcedureDescription, vr: 'LO', value: description },
    },
  ];
}
