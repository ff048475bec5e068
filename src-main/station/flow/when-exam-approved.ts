// An exam is approved: its revisions are made and verified, then one transaction records them, enqueues a delivery of
// each for every destination, and writes the trail. All of it or nothing.
//
// Approving twice is approving once. Two approvals of one exam follow each other. What arrives or is decided while the
// revisions are made is seen: they are made again. Refuses with the problem of what stands against it.
import { isProblem, Problem } from '#station/kit/problem.ts';
import type { RecordedRevision } from '#station/4-review/index.ts';
import type { SeenIdentity } from '#contract/shapes/seen-identity.ts';
import { refuseSharedStudy } from './adopted-study.ts';
import type { PresentationWay } from '#contract/shapes/markup.ts';
import type { Book } from '#station/records/index.ts';
import { refuseAnotherIdentity } from './seen-identity.ts';
import type { Made } from './what-is-made.ts';
import { refuseUnseen, type DecisionRooms } from './when-exam-corrected.ts';

export type ApprovalRooms = DecisionRooms & {
  /** Makes the deliveries, inside the transaction. */
  readonly enqueue: (
    examId: string,
    revisions: readonly RecordedRevision[],
    destinations: readonly { readonly id: string; readonly required: boolean }[],
  ) => void;
  /** Makes what was drawn into objects that leave too. Nothing is made without it. */
  readonly make?: (examId: string, by: string, way: PresentationWay | undefined) => Promise<Made>;
  /** Throws what the site has against it. Asked before anything is made, and again inside the transaction. */
  readonly refuse?: (examId: string) => void;
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
  /** How what was drawn leaves this time; as the site has it when nobody says. */
  readonly presentation?: PresentationWay | undefined;
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

function isOpen(book: Book, examId: string): boolean {
  const open = `SELECT 1 FROM object WHERE examId = ? || '' AND state IN ('received', 'conflict') AND sameAs IS NULL LIMIT 1`;
  return book.sql(open).get(examId) !== undefined;
}

async function approveOnce(rooms: ApprovalRooms, command: ApprovalCommand): Promise<boolean> {
  const { examId, by, seenObjects, seenIdentity, presentation } = command;
  const { book, review, audit } = rooms;
  // What an earlier approval made of drawings is counted by now: its repeat has seen fewer, and decides nothing.
  if (isOpen(book, examId)) refuseUnseen(book, examId, seenObjects);
  refuseAnotherIdentity(book, examId, seenIdentity);
  refuseSharedStudy(book, examId);
  rooms.refuse?.(examId);
  const made = review.forecast(examId).against.length > 0 ? undefined : await rooms.make?.(examId, by, presentation);
  let recorded = false;
  let prepared: Awaited<ReturnType<typeof review.prepareApproval>> | undefined;
  try {
    prepared = await review.prepareApproval(examId, by, made);
    if ('kind' in prepared) return true;
    const approval = prepared;
    recorded = book.transaction(() => {
      refuseUnseen(book, examId, seenObjects);
      refuseAnotherIdentity(book, examId, seenIdentity);
      refuseSharedStudy(book, examId);
      rooms.refuse?.(examId);
      if (made?.isStale() === true) return false;
      const outcome = review.recordApproval(approval, made?.admit);
      if (outcome.kind === 'changed-meanwhile') return false;
      refuseAnotherRoute(command.seenDestinations, outcome.destinations);
      rooms.enqueue(examId, outcome.revisions, outcome.destinations);
      const signaturesRemoved = approval.revisions.filter((revision) => revision.signatureRemoved).length;
      const corrected = approval.revisions.filter((revision) => revision.recipeFile !== null).length;
      const to = outcome.destinations.map(({ id }) => id).join(', ');
      const drawn: Readonly<Record<string, number>> =
        made && made.made.length > 0 ? { states: made.states, derived: made.baked } : {};
      const params = { objects: outcome.revisions.length, corrected, signaturesRemoved, to, ...drawn };
      audit.append({ by, action: 'exam-approved', examId, params });
      rooms.refreshProblems(examId);
      book.afterCommit(() => rooms.examChanged(examId));
      return true;
    });
    return recorded;
  } finally {
    // While nobody knows what a crash would leave, it may come back, and need its files; else the next start tidies up.
    if (!recorded && !book.isDoubtful) {
      if (prepared && !('kind' in prepared)) await review.discardApproval(prepared);
      await made?.discard();
    }
  }
}
