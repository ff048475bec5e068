// An exam is given to an order, taken from it, or single objects of it are corrected: what is decided, the trail and the
// problems of the exam change together, then the screens hear.
import type { OrderContent } from '#contract/shapes/order.ts';
import { Problem } from '#station/kit/problem.ts';
import type { ObjectsCommand } from '#station/4-review/index.ts';
import type { CorrectionReason } from '#contract/shapes/identity.ts';
import { studyOfOrder } from './adopted-study.ts';
import { refuseUnseen, type DecisionRooms } from './when-exam-corrected.ts';

export type OrderRooms = DecisionRooms & {
  /** What an order says now; undefined when there is no such order. */
  readonly findOrder: (orderId: string) => { readonly content: OrderContent } | undefined;
  /** True when exams leave under the Study Instance UID of their order. */
  readonly adoptsStudyUid: () => boolean;
  /** Ends what is remembered of an exam for images that come later. Runs inside the transaction. */
  readonly forget?: (examId: string) => void;
  /** What the hospital said of the order before is dealt with. Runs inside the transaction. */
  readonly orderSettled?: (examId: string) => void;
  /** The study of the order is another patient's here: the exam keeps its own. Runs inside the transaction. */
  readonly studyNotAdopted?: (examId: string, patientId: string) => void;
};

export type GiveOrder = {
  readonly examId: string;
  readonly orderId: string;
  readonly reason?: CorrectionReason | undefined;
  readonly by: string;
  readonly seenObjects?: number | undefined;
  readonly commandId?: string | undefined;
};

/** Durable when it returns. Throws what Review.applyOrder throws, 'not-found' and 'changed-meanwhile'. */
export function whenOrderIsGiven(rooms: OrderRooms, { seenObjects, ...command }: GiveOrder): void {
  const { book, review, audit } = rooms;
  const { examId, orderId, by } = command;
  book.transaction(() => {
    refuseUnseen(book, examId, seenObjects);
    const order = rooms.findOrder(orderId);
    if (!order) throw new Problem('not-found', { what: 'order' });
    const { content } = order;
    const { StudyInstanceUID, takenBy } = studyOfOrder(book, { examId, content, adopts: rooms.adoptsStudyUid() });
    const outcome = review.applyOrder({ ...command, content, StudyInstanceUID });
    if (outcome.kind === 'unchanged') return;
    rooms.orderSettled?.(examId);
    if (takenBy !== null) rooms.studyNotAdopted?.(examId, takenBy);
    const { reason, corrected, instead } = outcome;
    const accession = content.AccessionNumber;
    audit.append({
      ...{ by, action: 'order-applied', examId },
      params: {
        ...{ order: orderId, accession, reason },
        ...(instead !== null && { instead }),
        ...(StudyInstanceUID !== '' && { study: StudyInstanceUID }),
      },
    });
    for (const [keyword, value] of Object.entries(corrected?.attributes ?? {})) {
      const previous = (corrected?.previous as Readonly<Record<string, string>>)[keyword] ?? '';
      audit.append({ by, action: 'exam-corrected', examId, params: { keyword, value, previous, reason } });
    }
    rooms.remember?.(examId, by);
    rooms.refreshProblems(examId);
    book.afterCommit(() => rooms.examChanged(examId));
  });
}

/** Durable when it returns. Throws what Review.removeOrder throws, and 'changed-meanwhile'. */
export function whenOrderIsTaken(
  rooms: OrderRooms,
  { seenObjects, ...command }: Omit<GiveOrder, 'orderId' | 'reason'>,
): void {
  const { book, review, audit } = rooms;
  const { examId, by } = command;
  book.transaction(() => {
    refuseUnseen(book, examId, seenObjects);
    const accession = review.decided(examId).appliedOrder?.content.AccessionNumber ?? '';
    const outcome = review.removeOrder(command);
    if (outcome.kind === 'unchanged') return;
    audit.append({ by, action: 'order-removed', examId, params: { order: outcome.orderId, accession } });
    rooms.forget?.(examId);
    rooms.orderSettled?.(examId);
    rooms.refreshProblems(examId);
    book.afterCommit(() => rooms.examChanged(examId));
  });
}

/** Durable when it returns; gives the exam. Throws what Review.correctObjects throws. */
export function whenObjectsAreCorrected(rooms: DecisionRooms, command: ObjectsCommand): string {
  const { book, review, audit } = rooms;
  const { by, reason } = command;
  return book.transaction(() => {
    const outcome = review.correctObjects(command);
    if (outcome.kind === 'unchanged') return examOf(book, command.objectIds[0] ?? '');
    const { examId, objects } = outcome;
    for (const [keyword, value] of Object.entries({ ...command.attributes, ...command.codes })) {
      const text = value === null ? '' : typeof value === 'string' ? value : `${value.CodeValue} ${value.CodeMeaning}`;
      const how = value === null ? 'as received' : 'set';
      audit.append({ by, action: 'objects-corrected', examId, params: { keyword, value: text, how, objects, reason } });
    }
    rooms.refreshProblems(examId);
    book.afterCommit(() => rooms.examChanged(examId));
    return examId;
  });
}

function examOf(book: DecisionRooms['book'], objectId: string): string {
  const object = book.sql<{ examId: string }>('SELECT examId FROM object WHERE id = ?').get(objectId);
  if (!object) throw new Problem('not-found', { what: 'object' });
  return object.examId;
}
