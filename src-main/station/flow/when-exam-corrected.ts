// An exam is corrected: the correction, the trail and the problems of the exam change together, then the screens hear.
import type { Code } from '#contract/shapes/order.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import type { CorrectionCommand, Review } from '#station/4-review/index.ts';
import type { Audit } from '#station/audit/index.ts';

export type DecisionRooms = {
  readonly book: Book;
  readonly review: Review;
  readonly audit: Audit;
  /** Looks again at what stands against an exam. Runs inside the transaction. */
  readonly refreshProblems: (examId: string) => void;
  /** Called when the change is durable. */
  readonly examChanged: (examId: string) => void;
  /** Remembers the corrections of an exam for images that come later. Runs inside the transaction. */
  readonly remember?: (examId: string, by: string) => void;
};

/**
 * Refuses a decision about an exam of which the screen showed another number of objects: what came meanwhile, nobody has
 * looked at. Inside the transaction of the decision.
 */
export function refuseUnseen(book: Book, examId: string, seenObjects: number | undefined): void {
  if (seenObjects === undefined) return;
  const exam = book.sql<{ objects: number }>('SELECT objects FROM exam WHERE id = ?').get(examId);
  if (exam && exam.objects !== seenObjects) {
    throw new Problem('changed-meanwhile', { shown: seenObjects, now: exam.objects });
  }
}

export type ExamCorrection = CorrectionCommand & {
  /** Goes with the StudyDescription of the command; null: none does. Nothing is said of it when it is left out. */
  readonly procedureCode?: Code | null | undefined;
};

/**
 * Durable when it returns; a repeat with the same `commandId` changes nothing. Throws what Review.correct and
 * Review.sayProcedure throw, and 'changed-meanwhile'.
 */
export function whenExamCorrected(
  rooms: DecisionRooms,
  { procedureCode: code, ...command }: ExamCorrection,
  seenObjects?: number,
): void {
  const { book, review, audit } = rooms;
  const { examId, by, reason } = command;
  const description = command.attributes['StudyDescription'];
  book.transaction(() => {
    refuseUnseen(book, examId, seenObjects);
    const outcome = review.correct(command);
    const isCoded =
      code !== undefined && description !== undefined && review.sayProcedure({ ...command, description, code });
    if (isCoded) {
      const value = code === null ? '' : `${code.CodeValue} ${code.CodeMeaning}`;
      const params = { keyword: 'ProcedureCodeSequence', value, previous: '', reason };
      audit.append({ by, action: 'exam-corrected', examId, params });
    }
    if (outcome.kind === 'unchanged' && !isCoded) return;
    const changed = outcome.kind === 'unchanged' ? { attributes: {}, previous: {} } : outcome;
    for (const [keyword, value] of Object.entries(changed.attributes)) {
      const previous = (changed.previous as Readonly<Record<string, string>>)[keyword] ?? '';
      audit.append({ by, action: 'exam-corrected', examId, params: { keyword, value, previous, reason } });
    }
    rooms.remember?.(examId, by);
    rooms.refreshProblems(examId);
    book.afterCommit(() => rooms.examChanged(examId));
  });
}
