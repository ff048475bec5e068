// Who may have got objects that were rejected since, and what of it is still on its way. Reads only.
import type { Book } from '#station/records/index.ts';

export type MayHaveGot = {
  readonly destinationId: string;
  /** Something of them is being sent, or its proof is open: a note would come before what it speaks of is known there. */
  readonly underWay: boolean;
  /** It is in the settings. */
  readonly there: boolean;
};

/** Each destination once, in the order of the settings. One whose answer was never heard counts as one that got it. */
export function whoMayHaveGot(book: Book, objectIds: readonly string[]): MayHaveGot[] {
  const found = new Map<string, MayHaveGot>();
  const destinations = book
    .sql<{ id: string; removed: number }>('SELECT id, removed FROM destination ORDER BY rowid')
    .all();
  for (const objectId of objectIds) {
    const rows = book
      .sql<{ destinationId: string; state: string; left: number }>(
        `SELECT destinationId, state, sentAt IS NOT NULL OR EXISTS (SELECT 1 FROM attempt WHERE deliveryId = delivery.id
           AND outcome IN ('underway', 'sent', 'sent-with-warning', 'unknown')) AS left
         FROM delivery WHERE objectId = ?`,
      )
      .all(objectId);
    for (const { destinationId, state, left } of rows) {
      if (left === 0) continue;
      const underWay = ['sending', 'sent', 'commit-requested'].includes(state);
      const before = found.get(destinationId);
      const there = destinations.some(({ id, removed }) => id === destinationId && removed === 0);
      found.set(destinationId, { destinationId, underWay: underWay || before?.underWay === true, there });
    }
  }
  return destinations.flatMap(({ id }) => found.get(id) ?? []);
}
