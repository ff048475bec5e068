// An object is rejected or kept after all, an exam is put aside or taken back: one transaction with the trail.
import type { Judged, RejectionCommand, Unchanged } from '#station/4-review/index.ts';
import type { AuditEntry, AuditParams } from '#station/audit/index.ts';
import type { DecisionRooms } from './when-exam-corrected.ts';

/** Durable when it returns; a repeat changes nothing. Throws what Review.reject throws. */
export function whenObjectRejected(rooms: DecisionRooms, command: RejectionCommand): void {
  const { objectId, reason, text, by } = command;
  const params: AuditParams = text === '' ? { reason } : { reason, text };
  judge(rooms, () => rooms.review.reject(command), { by, action: 'object-rejected', objectId, params });
}

/** Durable when it returns; keeping what is not rejected changes nothing. */
export function whenObjectKept(rooms: DecisionRooms, objectId: string, by: string): void {
  judge(rooms, () => rooms.review.keep(objectId), { by, action: 'object-kept', objectId });
}

/** Durable when it returns; holding twice is holding once. */
export function whenExamHeld(rooms: DecisionRooms, examId: string, held: boolean, by: string): void {
  judge(rooms, () => rooms.review.hold(examId, held, by), { by, action: held ? 'exam-held' : 'exam-released' });
}

function judge(rooms: DecisionRooms, decide: () => Judged | Unchanged, entry: AuditEntry): void {
  rooms.book.transaction(() => {
    const outcome = decide();
    if (outcome.kind === 'unchanged') return;
    const { examId } = outcome;
    rooms.audit.append({ ...entry, examId });
    rooms.refreshProblems(examId);
    rooms.book.afterCommit(() => rooms.examChanged(examId));
  });
}
