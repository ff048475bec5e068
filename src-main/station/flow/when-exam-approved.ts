// An exam is approved: its revisions are made and verified, then one transaction records them, enqueues a delivery of
// each for every destination, and writes the trail. All of it or nothing.
//
// Approving twice is approving once. Two approvals of one exam follow each other. What arrives or is decided while the
// revisions are made is seen: they are made again. Refuses with the problem of what stands against it.
import { isProblem, Problem } from '#station/kit/problem.ts';
import type { RecordedRevision } from '#station/4-review/index.ts';
import type { SeenIdentity } from '#contract/shapes/seen-identity.ts';
import { refuseSharedStudy } from './adopted-study.ts';
import { refuseAnotherIdentity } from './seen-identity.ts';
import { refuseUnseen, type DecisionRooms } from './when-exam-corrected.ts';

export type ApprovalRooms = DecisionRooms & {
  /** Makes the deliveries, inside the transaction. */
  readonly enqueue: (
    examId: string,
    revisions: readonly RecordedRevision[],
    destinations: readonly { readonly id: string; readonly required: boolean }[],
  ) => void;
};

const mostAttempts = 5;

export type ApprovalCommand = {
  readonly examId: string;
  readonly by: string;
  /** How many objects the screen showed; 'changed-meanwhile' when it is another number by now. */
  readonly seenObjects?: number | undefined;
  /** Where the screen said that it goes; 'route-changed-meanwhile' when a rule says something else by now. */
  readonly seenDestinations?: readonly string[] | undefined;
  /** Who the screen said that it is; 'identity-changed-meanwhile' when it is somebody else by now. */
  readonly seenIdentity?: SeenIdentity | undefined;
};

/** Durable when it resolves. Throws what Review.prepareApproval throws, and 'still-arriving' when the exam never rests. */
export async function whenExamApproved(rooms: ApprovalRooms, command: ApprovalCommand): Promise<void> {
  const { examId, by } = command;
  try {
    await rooms.review.inTurn(examId, async () => {
      for (let attempt = 0; attempt < mostAttempts; attempt++) {
        if (await approveOnce(rooms, command)) return;
      }
      throw new Problem('still-arriving', { seconds: 1 });
    });
  } catch (error) {
    if (isProblem(error, 'verification-failed') || isProblem(error, 'correction-impossible')) {
      const { code, params } = error;
      rooms.audit.append({ by, action: 'approval-refused', examId, params: { ...params, code } });
      rooms.examChanged(examId);
    }
    throw error;
  }
}

/** A rule of hours may turn between the forecast and the approval: nothing goes where nobody saw that it goes. */
function refuseAnotherRoute(seen: readonly string[] | undefined, now: readonly { readonly id: string }[]): void {
  if (seen === undefined) return;
  const found = now.map(({ id }) => id);
  if (new Set(seen).symmetricDifference(new Set(found)).size > 0) throw new Problem('route-changed-meanwhile');
}

async function approveOnce(rooms: ApprovalRooms, command: ApprovalCommand): Promise<boolean> {
  const { examId, by, seenObjects, seenIdentity } = command;
  const { book, review, audit } = rooms;
  refuseUnseen(book, examId, seenObjects);
  refuseAnotherIdentity(book, examId, seenIdentity);
  refuseSharedStudy(book, examId);
  const prepared = await review.prepareApproval(examId, by);
  if ('kind' in prepared) return true;
  let recorded = false;
  try {
    recorded = book.transaction(() => {
      refuseUnseen(book, examId, seenObjects);
      refuseAnotherIdentity(book, examId, seenIdentity);
      refuseSharedStudy(book, examId);
      const outcome = review.recordApproval(prepared);
      if (outcome.kind === 'changed-meanwhile') return false;
      refuseAnotherRoute(command.seenDestinations, outcome.destinations);
      rooms.enqueue(examId, outcome.revisions, outcome.destinations);
      const signaturesRemoved = prepared.revisions.filter((revision) => revision.signatureRemoved).length;
      const corrected = prepared.revisions.filter((revision) => revision.recipeFile !== null).length;
      const to = outcome.destinations.map(({ id }) => id).join(', ');
      const params = { objects: outcome.revisions.length, corrected, signaturesRemoved, to };
      audit.append({ by, action: 'exam-approved', examId, params });
      rooms.refreshProblems(examId);
      book.afterCommit(() => rooms.examChanged(examId));
      return true;
    });
    return recorded;
  } finally {
    if (!recorded) await review.discardApproval(prepared);
  }
}
