// Objects whose file went away on purpose: said so to whoever asks for it, and taken back when it is sent again; then it is
// here as if it had never gone.
//
// So whatever is acknowledged is in the store, or proved at every required destination. Only where recipes speak of places
// in the former file and the new one is built otherwise is the new file not taken: then it left in that revision, and
// every required destination had proved it before it went.
import { Problem } from '#station/kit/problem.ts';
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

/** @throws Problem 'only-at-destination', 'no-longer-here' */
export function refusePurged(book: Book, objectId: string): void {
  const gone = book
    .sql<{ at: string; proofs: string | null }>(
      `SELECT purgingAt AS at, proofs FROM object
       LEFT JOIN purge ON purge.objectId = object.id AND purge.decidedAt = object.purgingAt
       WHERE object.id = ? || '' AND purgingAt IS NOT NULL`,
    )
    .get(objectId);
  if (!gone) return;
  const goneAt = gone.at;
  const names = (JSON.parse(gone.proofs ?? '[]') as readonly { readonly name: string }[]).map(({ name }) => name);
  throw names.length === 0
    ? new Problem('no-longer-here', { goneAt })
    : new Problem('only-at-destination', { goneAt, destinations: names.join(', ') });
}
