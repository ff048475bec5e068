// An exam is corrected: the correction, the trail and the problems of the exam change together, then the screens hear.
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

/**
 * Durable when it returns; a repeat with the same `commandId` changes nothing. Throws what Review.correct throws, and
 * 'changed-meanwhile'.
 */
export function whenExamCorrected(rooms: DecisionRooms, command: CorrectionCommand, seenObjects?: number): void {
  const { book, review, audit } = rooms;
  const { examId, by, reason } = command;
  book.transaction(() => {
    refuseUnseen(book, examId, seenObjects);
    const outcome = review.correct(command);
    if (outcome.kind === 'unchanged') return;
    for (const [keyword, value] of Object.entries(outcome.attributes)) {
      const previous = (outcome.previous as Readonly<Record<string, string>>)[keyword] ?? '';
      audit.append({ by, action: 'exam-corrected', examId, params: { keyword, value, previous, reason } });
    }
    rooms.remember?.(examId, by);
    rooms.refreshProblems(examId);
    book.afterCommit(() => rooms.examChanged(examId));
  });
}
