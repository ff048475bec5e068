// What a person does to deliveries: try again now, hold, release, give up with a reason, send elsewhere, send again, let
// it go sooner or later.
//
// Refuses what does not fit the state ('delivery-not-waiting'), what is not there, and giving up without a reason. An
// object that is just being sent is left to end first. The last answer stays to be read, whatever is done.
import { priorities, type DeliveryAction, type Priority } from '#contract/shapes/couriers.ts';
import type { PeerAnswer } from '#contract/shapes/answer-keys.ts';
import type { Clock } from '#station/kit/clock.ts';
import { Problem } from '#station/kit/problem.ts';
import { stateAfter, type DeliveryEvent } from '#station/model/delivery-lifecycle.ts';
import type { Book } from '#station/records/index.ts';
import type { Mover, MovingRow, Outbox, Sets } from './outbox.ts';

export type DeliveryWish = {
  readonly action: DeliveryAction;
  /** Of 'cancel' and 'reroute': why. */
  readonly reason: string;
  readonly toDestinationId?: string | undefined;
  readonly priority?: Priority | undefined;
};

export type ByHandNeeds = { readonly book: Book; readonly clock: Clock; readonly outbox: Outbox };

type Row = MovingRow & {
  /** One whose destination left the settings can be given up, held or sent elsewhere, and nothing else. */
  readonly removed: number;
  /** A newer revision takes its place, its file was removed from here, or it is rejected or taken back: it cannot be sent again. */
  readonly past: number;
};

type Changed = { readonly changed: number; readonly destinationIds: readonly string[] };

const rowsOf = `SELECT delivery.id, delivery.examId, objectId, destinationId, delivery.state, removed,
    (delivery.revisionId IS NOT object.revisionId OR object.purgingAt IS NOT NULL OR object.state = 'rejected') AS past
  FROM delivery JOIN destination ON destination.id = destinationId JOIN object ON object.id = objectId`;

const events = {
  retry: 'retry',
  hold: 'hold',
  release: 'release',
  cancel: 'cancel',
  'send-again': 'send-again',
  reroute: 'rerouted',
  prioritise: 'prioritise',
} as const satisfies Readonly<Record<DeliveryAction, DeliveryEvent>>;

/** After these the destination is to be tried at once. */
const hurrying: ReadonlySet<DeliveryAction> = new Set(['retry', 'release', 'send-again', 'reroute', 'prioritise']);

/** Gives the destinations that are to be tried at once. */
export function changeDelivery(needs: ByHandNeeds, id: string, wish: DeliveryWish): Changed {
  const rows = needs.book.sql<Row>(`${rowsOf} WHERE delivery.id = ? || ''`).all(id);
  if (rows.length === 0) throw new Problem('not-found', { what: 'delivery' });
  return change(needs, rows, wish);
}

/** Changes those deliveries of an exam to which it applies. */
export function changeExam(
  needs: ByHandNeeds,
  { examId, destinationId }: { readonly examId: string; readonly destinationId?: string | undefined },
  wish: DeliveryWish,
): Changed {
  const rows = needs.book
    .sql<Row>(`${rowsOf} WHERE delivery.examId = ? || '' AND (? IS NULL OR destinationId = ?)`)
    .all(examId, destinationId ?? null, destinationId ?? null);
  if (rows.length === 0) throw new Problem('not-found', { what: 'delivery' });
  return change(needs, rows, wish);
}

function change(needs: ByHandNeeds, rows: readonly Row[], wish: DeliveryWish): Changed {
  const { clock, outbox } = needs;
  const { action } = wish;
  const reason = reasonOf(wish);
  const target = targetOf(needs, wish);
  const priority = priorityOf(wish);
  const fitting = rows.filter((row) => fits(row, action) && row.destinationId !== target);
  if (fitting.length === 0) throw new Problem('delivery-not-waiting', { state: rows[0]?.state ?? '' });
  const detail = {
    ...(target === undefined ? {} : { toDestinationId: target, reason }),
    ...(wish.priority === undefined || priority === undefined ? {} : { priority: wish.priority }),
  };
  outbox.change((mover) => {
    for (const row of fitting) {
      const sets = setsOf(action, row, clock.now(), { reason, priority });
      mover.move(row, events[action], sets, answerOf(wish, reason), detail);
      if (action === 'send-again') forgetAskings(needs.book, row.id);
      if (target !== undefined) sendTo(needs, mover, row.id, target);
    }
  });
  const concerned = target === undefined ? fitting.map((row) => row.destinationId) : [target];
  return { changed: fitting.length, destinationIds: hurrying.has(action) ? [...new Set(concerned)] : [] };
}

function fits(row: Row, action: DeliveryAction): boolean {
  if (stateAfter(row.state, events[action]) === undefined) return false;
  if (row.removed === 1 && (action === 'retry' || action === 'release' || action === 'send-again')) return false;
  return !(row.past === 1 && (action === 'send-again' || action === 'reroute'));
}

function reasonOf({ action, reason }: DeliveryWish): string {
  const said = reason.trim();
  if (said === '' && (action === 'cancel' || action === 'reroute')) {
    throw new Problem('input-invalid', { field: 'reason', expected: 'why it need not be sent there' });
  }
  return said;
}

function targetOf({ book }: ByHandNeeds, { action, toDestinationId }: DeliveryWish): string | undefined {
  if (action !== 'reroute') return undefined;
  if (toDestinationId === undefined) {
    throw new Problem('input-invalid', { field: 'toDestinationId', expected: 'the destination it is to go to' });
  }
  const found = book.sql('SELECT 1 FROM destination WHERE id = ? AND removed = 0').get(toDestinationId);
  if (found === undefined) throw new Problem('not-found', { what: 'destination' });
  return toDestinationId;
}

function priorityOf({ action, priority }: DeliveryWish): number | undefined {
  if (action !== 'prioritise') return undefined;
  if (priority === undefined)
    throw new Problem('input-invalid', { field: 'priority', expected: priorities.join(', ') });
  return priorities.indexOf(priority);
}

function answerOf({ action, toDestinationId = '' }: DeliveryWish, reason: string): PeerAnswer | undefined {
  if (action === 'cancel') return { key: 'cancelled-by-hand', params: { reason } };
  if (action === 'reroute') return { key: 'sent-elsewhere', params: { destination: toDestinationId, reason } };
  return undefined;
}

function setsOf(
  action: DeliveryAction,
  { state }: Row,
  now: string,
  { reason, priority }: { readonly reason: string; readonly priority: number | undefined },
): Sets {
  switch (action) {
    case 'cancel':
    case 'reroute':
      return { cancelReason: reason, nextAttemptAt: null, commitmentId: null };
    case 'retry':
      return stateAfter(state, 'retry') === 'sent'
        ? { nextAttemptAt: now, commitmentId: null, unknownAttempts: 0 }
        : { nextAttemptAt: null, unknownAttempts: 0 };
    case 'send-again':
      return anew;
    case 'prioritise':
      return { priority: priority ?? 2 };
    case 'hold':
    case 'release':
      return { nextAttemptAt: null };
  }
}

/** As if it had never been sent; the attempts stay. */
const anew: Sets = {
  ...{ nextAttemptAt: null, unknownAttempts: 0, askedTimes: 0, commitmentId: null, cancelReason: null },
  ...{ sentAt: null, confirmedAt: null, confirmedBy: null },
};

/** A report on what it was asked before would prove the sending that is about to be. */
function forgetAskings(book: Book, deliveryId: string): void {
  book.sql('DELETE FROM commitment_item WHERE deliveryId = ?').run(deliveryId);
}

/** The same revision to another destination, as needed there as it was here. One that was given up there goes again. */
function sendTo({ book, clock, outbox }: ByHandNeeds, mover: Mover, deliveryId: string, to: string): void {
  const there = book
    .sql<MovingRow>(
      `SELECT id, examId, objectId, destinationId, state FROM delivery WHERE destinationId = ?
       AND revisionId = (SELECT revisionId FROM delivery WHERE id = ?)`,
    )
    .get(to, deliveryId);
  if (there === undefined) outbox.copyTo(deliveryId, to, clock.now());
  else if (there.state === 'cancelled') mover.move(there, 'send-again', anew);
}
