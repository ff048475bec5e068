// What a person does to deliveries: try again now, hold, release, give up with a reason.
//
// Refuses what does not fit the state ('delivery-not-waiting'), what is not there, and giving up without a reason. An
// object that is just being sent is left to end first. The last answer stays to be read, whatever is done.
import type { PeerAnswer } from '#contract/shapes/answer-keys.ts';
import type { DeliveryState } from '#contract/shapes/delivery.ts';
import type { Clock } from '#station/kit/clock.ts';
import { Problem } from '#station/kit/problem.ts';
import { stateAfter } from '#station/model/delivery-lifecycle.ts';
import type { Book } from '#station/records/index.ts';
import type { MovingRow, Outbox, Sets } from './outbox.ts';

export type DeliveryAction = 'retry' | 'hold' | 'release' | 'cancel';

export type ByHandNeeds = { readonly book: Book; readonly clock: Clock; readonly outbox: Outbox };

/** One whose destination left the settings can be given up or held, and nothing else. */
type Row = MovingRow & { readonly removed: number };

const rowsOf = `SELECT delivery.id, examId, objectId, destinationId, delivery.state, removed
  FROM delivery JOIN destination ON destination.id = destinationId`;

/** Gives the destinations concerned. */
export function changeDelivery(
  needs: ByHandNeeds,
  id: string,
  action: DeliveryAction,
  reason: string,
): readonly string[] {
  const rows = needs.book.sql<Row>(`${rowsOf} WHERE delivery.id = ?`).all(id);
  if (rows.length === 0) throw new Problem('not-found', { what: 'delivery' });
  return change(needs, rows, action, reason).destinationIds;
}

/** Changes those deliveries of an exam to which it applies. */
export function changeExam(
  needs: ByHandNeeds,
  { examId, destinationId }: { readonly examId: string; readonly destinationId?: string | undefined },
  action: DeliveryAction,
  reason: string,
): { readonly changed: number; readonly destinationIds: readonly string[] } {
  const rows = needs.book
    .sql<Row>(`${rowsOf} WHERE examId = ? AND (? IS NULL OR destinationId = ?) AND delivery.state <> 'committed'`)
    .all(examId, destinationId ?? null, destinationId ?? null);
  if (rows.length === 0) throw new Problem('not-found', { what: 'delivery' });
  return change(needs, rows, action, reason);
}

function change({ clock, outbox }: ByHandNeeds, rows: readonly Row[], action: DeliveryAction, reason: string) {
  if (action === 'cancel' && reason.trim() === '') {
    throw new Problem('input-invalid', { field: 'reason', expected: 'why it need not be sent' });
  }
  const goesNowhere = (row: Row) => row.removed === 1 && (action === 'retry' || action === 'release');
  const fitting = rows.filter((row) => stateAfter(row.state, action) !== undefined && !goesNowhere(row));
  if (fitting.length === 0) throw new Problem('delivery-not-waiting', { state: rows[0]?.state ?? '' });
  outbox.change((mover) => {
    for (const row of fitting) {
      const answer: PeerAnswer | undefined =
        action === 'cancel' ? { key: 'cancelled-by-hand', params: { reason: reason.trim() } } : undefined;
      mover.move(row, action, setsOf(action, row.state, clock.now(), reason), answer);
    }
  });
  return { changed: fitting.length, destinationIds: [...new Set(fitting.map((row) => row.destinationId))] };
}

function setsOf(action: DeliveryAction, state: DeliveryState, now: string, reason: string): Sets {
  switch (action) {
    case 'cancel':
      return { cancelReason: reason.trim(), nextAttemptAt: null, commitmentId: null };
    case 'retry':
      return stateAfter(state, 'retry') === 'sent'
        ? { nextAttemptAt: now, commitmentId: null, unknownAttempts: 0 }
        : { nextAttemptAt: null, unknownAttempts: 0 };
    case 'hold':
    case 'release':
      return { nextAttemptAt: null };
  }
}
