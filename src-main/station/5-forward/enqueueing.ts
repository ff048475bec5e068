// Deliveries of revisions as rows: one for each destination, in the order in which they are to leave. In a transaction of the
// caller.
//
// Refuses a destination that is gone, an exam that has none, and what was rejected under the same UID before.
import type { Clock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import { placesOf } from './leaving-order.ts';
import { isRejected } from './rejected.ts';

export type LeavingRevision = { readonly id: string; readonly objectId: string };
export type ChosenDestination = { readonly id: string; readonly required: boolean };

export type EnqueueingDesk = {
  readonly book: Book;
  readonly clock: Clock;
  /** Takes back what waits of older revisions of the same object. */
  readonly supersede: (revision: LeavingRevision) => void;
};

export type EnqueueWish = {
  readonly examId: string;
  readonly revisions: readonly LeavingRevision[];
  readonly priority: number;
  /** All that are set when it is absent. */
  readonly chosen?: readonly ChosenDestination[] | undefined;
};

/** Gives how many were made. @throws Problem 'route-not-ready', 'no-destination', 'rejected-earlier' */
export function writeDeliveries(
  { book, clock, supersede }: EnqueueingDesk,
  { examId, revisions, priority, chosen }: EnqueueWish,
): number {
  const all = book
    .sql<{ id: string; required: number }>(
      `SELECT id, setting ->> '$.required' AS required FROM destination WHERE removed = 0 ORDER BY rowid`,
    )
    .all()
    .map(({ id, required }) => ({ id, required: required === 1 }));
  const gone = chosen?.find(({ id }) => !all.some((one) => one.id === id));
  if (gone) throw new Problem('route-not-ready', { destination: gone.id });
  const destinations = chosen ?? all;
  if (destinations.length === 0) throw new Problem('no-destination');
  const places = placesOf(
    revisions.map(({ id }) => ({
      id,
      sopClassUid: book.sql<{ uid: string }>('SELECT SOPClassUID AS uid FROM revision WHERE id = ?').get(id)?.uid ?? '',
    })),
  );
  const rejected = revisions.find(({ id }) => isRejected(book, uidOf(book, id)));
  if (rejected) throw new Problem('rejected-earlier', { object: rejected.objectId });
  for (const revision of revisions) supersede(revision);
  const now = clock.now();
  let made = 0;
  for (const destination of destinations) {
    for (const revision of revisions) {
      made += book
        .sql(
          `INSERT INTO delivery (id, examId, objectId, revisionId, destinationId, required, priority, place, state, createdAt)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'ready', ?) ON CONFLICT (revisionId, destinationId) DO NOTHING`,
        )
        .run(
          newId(),
          examId,
          revision.objectId,
          revision.id,
          destination.id,
          destination.required ? 1 : 0,
          priority,
          places.get(revision.id) ?? 0,
          now,
        ).changes;
    }
  }
  return made;
}

function uidOf(book: Book, revisionId: string): string {
  return (
    book.sql<{ uid: string }>('SELECT SOPInstanceUID AS uid FROM revision WHERE id = ?').get(revisionId)?.uid ?? ''
  );
}
