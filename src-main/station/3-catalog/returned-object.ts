// An object whose file went away on purpose is sent again: its new file is kept, and it is here as if it had never gone.
//
// So whatever is acknowledged is in the store, or proved at every required destination. Only where recipes speak of places
// in the former file and the new one is built otherwise is the new file not taken: then it left in that revision, and
// every required destination had proved it before it went.
import type { Book } from '#station/records/index.ts';
import type { Arrival } from './arrival.ts';

/** True when the file of the arrival was taken. Inside a transaction of the caller. */
export function takeBackPurged(book: Book, objectId: string, arrival: Arrival, now: string): boolean {
  const taken = book
    .sql(
      `UPDATE object SET file = :file, sizeBytes = :sizeBytes, dataSetOffset = :dataSetOffset, purgingAt = NULL,
         purgedAt = NULL, returnedAt = :now
       WHERE id = :objectId AND purgingAt IS NOT NULL
         AND (dataSetOffset = :dataSetOffset OR NOT EXISTS (SELECT 1 FROM revision WHERE revision.objectId = object.id))`,
    )
    .run({ objectId, now, file: arrival.file, sizeBytes: arrival.sizeBytes, dataSetOffset: arrival.dataSetOffset });
  return taken.changes > 0;
}
