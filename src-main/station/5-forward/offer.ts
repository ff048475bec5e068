// What forwarding offers to the house. Types only; the promises are in index.ts.
import type { DeliveryRow, DestinationStatus, OutboxPage } from '#contract/shapes/delivery.ts';
import type { DestinationTest, DestinationTestAsked, Settings } from '#contract/shapes/settings.ts';
import type { CommitmentReport } from '#station/dicom/network/index.ts';
import type { DeliveryWish } from './by-hand.ts';
import type { DeliveryQuery } from './outbox-pages.ts';

/** A revision that is to leave; all else of it stands in the book. */
export type RevisionToSend = { readonly id: string; readonly objectId: string };

export type Forward = {
  /**
   * Takes over the destinations and our AE title; the couriers start with the first call. A destination that is gone is
   * kept for its history and what still waits for it is blocked as 'destination-removed', until it comes back.
   */
  applySettings(settings: Settings): Promise<void>;
  /**
   * Makes one delivery for each destination; to be called inside the transaction of the approval, couriers wake after
   * it. Older revisions of the same objects that have not left yet are cancelled. Gives how many deliveries there are
   * now. Throws 'no-destination' when there is none, and 'rejected-earlier' when one of them was rejected after it left.
   * `destinations` says which ones and whether each is required, which stays with the delivery; without it every one, as
   * it is set.
   */
  enqueue(
    examId: string,
    revisions: readonly RevisionToSend[],
    options?: {
      readonly priority?: 0 | 1 | 2 | 3;
      readonly destinations?: readonly { readonly id: string; readonly required: boolean }[];
    },
  ): number;
  /** True when any destination holds, or may hold, a revision of the object: its SOP Instance UID is taken. */
  mayHaveLeft(objectId: string): boolean;
  /**
   * Cancels every delivery of objects that has not begun, because they were rejected; gives how many. One that is under
   * way ends first. Joins the caller's transaction, which has written the rejection down.
   * @param why 'taken-back': a note that nobody is told any more, because what it said is taken back
   */
  withdrawRejected(objectIds: readonly string[], why?: 'rejected' | 'taken-back'): number;
  /** What `withdrawRejected` cancelled waits again, because the rejection is taken back; gives how many. The same. */
  giveBack(objectIds: readonly string[]): number;
  /**
   * Takes back every delivery of an exam that only waits, because its approval is taken back; gives how many. Joins the
   * caller's transaction, which has made sure that nothing may have left.
   */
  withdraw(examId: string): number;
  /** For the listener: a commitment report on an association that a peer opened. Gives the DIMSE status to answer. */
  onCommitmentReport(
    report: CommitmentReport,
    peer: { readonly callingAeTitle: string; readonly address: string },
  ): number;
  deliveries(query: DeliveryQuery): { readonly deliveries: DeliveryRow[]; readonly total: number };
  outboxPage(query: { readonly open: boolean; readonly limit: number; readonly offset: number }): OutboxPage;
  destinationStatus(): DestinationStatus[];
  queueCounts(): { readonly waiting: number; readonly unconfirmed: number; readonly blocked: number };
  /** One C-ECHO or one small query, saved or not. Never throws for what the peer does; throws the Problem of its files. */
  testDestination(target: DestinationTestAsked, callingAeTitle: string): Promise<DestinationTest>;
  /** What a person does to one delivery. Throws 'not-found', 'delivery-not-waiting', 'input-invalid' (no reason, no target). */
  changeDelivery(id: string, wish: DeliveryWish): DeliveryRow;
  /** The same for all deliveries of an exam to which it applies; gives how many there were. */
  changeExam(
    which: { readonly examId: string; readonly destinationId?: string | undefined },
    wish: DeliveryWish,
  ): number;
  /** Stops sending to a destination after the object at hand, or goes on. Its queue is kept. */
  pause(destinationId: string, paused: boolean): void;
  /** Finishes the objects at hand, at most `withinMs` (default 10 000), then ends every association. */
  close(withinMs?: number): Promise<void>;
};
