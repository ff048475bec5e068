// What makes a book safe to go on with when it may not know everything that was done: nothing that may have left is ever
// sent under another identity (I2). Both run inside a transaction of the caller.
import { newId } from '#station/kit/ids.ts';
import type { Book } from '#station/records/index.ts';

/**
 * Puts exams aside in which something is undecided: it may have been approved and sent, and nobody here knows. A person
 * looks and releases them. Gives how many. @param objectId only the exam of this object
 */
export function holdUndecided(book: Book, objectId?: string): number {
  const hold = `UPDATE exam SET held = 1, heldBy = 'recovery' WHERE held = 0 AND undecided + conflicts > 0`;
  if (objectId === undefined) return book.sql(hold).run().changes;
  return book.sql(`${hold} AND id = (SELECT examId FROM object WHERE object.id = ?)`).run(objectId).changes;
}

/**
 * What waited may have left meanwhile, and what was asked for may have been answered: it leaves again as the same bytes
 * under the same UID, or is asked for again. An attempt stands for all that may have been, so that no other bytes ever
 * leave under that UID; what was withdrawn before its first attempt has not left.
 */
export function settleDeliveries(book: Book, now: string): void {
  book
    .sql(
      `UPDATE delivery SET commitmentId = NULL, nextAttemptAt = iif(state IN ('sent', 'commit-requested'), :now, NULL),
         state = CASE WHEN state IN ('sending', 'backoff') THEN 'ready' WHEN state = 'commit-requested' THEN 'sent' ELSE state END
       WHERE state IN ('ready', 'sending', 'backoff', 'sent', 'commit-requested')`,
    )
    .run({ now });
  book.sql(`UPDATE attempt SET outcome = 'unknown', endedAt = ? WHERE outcome = 'underway'`).run(now);
  const without = book
    .sql<{ id: string; state: string; createdAt: string; SOPInstanceUID: string; dataSetSha256: string }>(
      `SELECT delivery.id, state, delivery.createdAt, SOPInstanceUID, dataSetSha256
       FROM delivery JOIN revision ON revision.id = revisionId
       WHERE NOT EXISTS (SELECT 1 FROM attempt WHERE deliveryId = delivery.id)
         AND NOT (state = 'cancelled' AND attempts = 0)`,
    )
    .all();
  for (const { id, state, createdAt, SOPInstanceUID, dataSetSha256 } of without) {
    book
      .sql(
        `INSERT INTO attempt (id, deliveryId, SOPInstanceUID, dataSetSha256, startedAt, endedAt, outcome, answer)
         VALUES (?, ?, ?, ?, ?, ?, ?, '{"key":"interrupted","params":{}}')`,
      )
      .run(
        newId(),
        id,
        SOPInstanceUID,
        dataSetSha256,
        createdAt,
        now,
        state === 'sent' || state === 'committed' ? 'sent' : 'unknown',
      );
  }
}
