// A person says what becomes of images that came late: the same decision as before, or not after all; and that an exam
// is complete. Each is one transaction with the trail, and durable when it returns.
//
// None of it approves. "The same as before" is refused while a late image names somebody else: that is another question.
import type { Attributes, CorrectionReason } from '#contract/shapes/identity.ts';
import type { Catalog } from '#station/3-catalog/index.ts';
import { Problem } from '#station/kit/problem.ts';
import { refuseUnseen, type DecisionRooms } from './when-exam-corrected.ts';

export type LateRooms = DecisionRooms & { readonly catalog: Catalog };

type LateCommand = {
  readonly examId: string;
  readonly by: string;
  /** How many objects the screen showed. */
  readonly seenObjects?: number | undefined;
};

/**
 * The corrections of the exam count for its late images too; a repeat changes nothing.
 * @throws Problem 'not-found', 'late-other-patient', 'two-patients', 'changed-meanwhile'
 */
export function whenSameDecisionIsChosen(rooms: LateRooms, { examId, by, seenObjects }: LateCommand): void {
  const { book, catalog, review, audit } = rooms;
  book.transaction(() => {
    refuseUnseen(book, examId, seenObjects);
    const standing = catalog.standingProblems(examId);
    const other = standing.find(({ code, answered }) => code === 'late-other-patient' && !answered);
    if (other) throw new Problem('late-other-patient', other.params);
    const late = standing.find(({ code }) => code === 'late-undecided');
    if (!late) return;
    const { attributes, reason } = lastDecision(rooms, examId);
    const outcome = review.correct({ examId, attributes, reason, by });
    if (outcome.kind === 'unchanged') return;
    audit.append({ by, action: 'decision-repeated', examId, params: { objects: Number(late.params['images'] ?? 0) } });
    rooms.remember?.(examId, by);
    rooms.refreshProblems(examId);
    book.afterCommit(() => rooms.examChanged(examId));
  });
}

/** What followed the remembered decision and has not left waits for a person again, and nothing follows it any more. */
export function whenFollowingIsUndone(rooms: LateRooms, { examId, by }: LateCommand): void {
  const { book, catalog, audit } = rooms;
  book.transaction(() => {
    const objects = catalog.decisions.endOf(examId);
    if (objects === undefined) return;
    audit.append({ by, action: 'decision-undone', examId, params: { objects } });
    rooms.refreshProblems(examId);
    book.afterCommit(() => rooms.examChanged(examId));
  });
}

/** One remembered decision is deleted. @throws Problem 'not-found' */
export function whenDecisionIsForgotten(rooms: LateRooms, id: string, by: string): void {
  const { book, catalog, audit } = rooms;
  book.transaction(() => {
    const examId = catalog.decisions.end(id);
    if (examId === undefined) throw new Problem('not-found', { what: 'decision' });
    audit.append({ by, action: 'decision-forgotten', examId });
    rooms.refreshProblems(examId);
    book.afterCommit(() => rooms.examChanged(examId));
  });
}

/** Nobody waits for the quiet time of this exam any longer; what comes later begins it anew. @throws Problem 'not-found' */
export function whenExamIsComplete(rooms: LateRooms, { examId, by }: LateCommand): void {
  const { book, catalog, audit } = rooms;
  book.transaction(() => {
    catalog.exam(examId);
    if (!catalog.completeNow(examId)) return;
    audit.append({ by, action: 'exam-completed', examId });
    book.afterCommit(() => rooms.examChanged(examId));
  });
}

function lastDecision({ book }: LateRooms, examId: string): { attributes: Attributes; reason: CorrectionReason } {
  const row = book
    .sql<{ corrected: string; reason: CorrectionReason | null }>(
      `SELECT corrected, (SELECT reason FROM correction WHERE examId = exam.id ORDER BY at DESC, rowid DESC LIMIT 1) AS reason
       FROM exam WHERE id = ?`,
    )
    .get(examId);
  if (!row) throw new Problem('not-found', { what: 'exam' });
  return { attributes: JSON.parse(row.corrected) as Attributes, reason: row.reason ?? 'CORRECT' };
}
