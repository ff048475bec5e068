// The next objects for a destination, each with an attempt of its own, as rows. What cannot go as it is goes in another form
// or is moved out of the way, so that it keeps nothing else.
//
// Guarantees: of one SOP Instance UID only one digest is ever given out for a destination; what was rejected is never given
// out. No byte may leave before what is written here is durable.
import type { Clock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import type { Book } from '#station/records/index.ts';
import type { Claim, Claimed, ClaimWish, Mover } from './claim.ts';
import { notAccepted, ownFault } from './classification.ts';
import { isRejected } from './rejected.ts';
import type { WaitingQueue } from './waiting-queue.ts';

export type ClaimingDesk = { readonly book: Book; readonly clock: Clock; readonly queue: WaitingQueue };

const mostBlockedAtOnce = 1000;

type WishOf = { readonly destinationId: string; readonly wish: ClaimWish };

/** Those that can never go, or not as they are, are moved out of the way; in a transaction of the caller. */
export function claimNext(desk: ClaimingDesk, mover: Mover, wish: WishOf): Claimed {
  const claimed = findNext(desk, mover, wish);
  mover.begin(claimed.claims);
  return claimed;
}

function findNext({ book, clock, queue }: ClaimingDesk, mover: Mover, { destinationId, wish }: WishOf): Claimed {
  const claims: Claim[] = [];
  const now = clock.now();
  const ready = wish.sharedBy > 1 ? queue.countReady(destinationId, wish.allowed, wish.mostObjects * wish.sharedBy) : 0;
  const most =
    wish.sharedBy > 1 ? Math.max(1, Math.min(wish.mostObjects, Math.ceil(ready / wish.sharedBy))) : wish.mostObjects;
  let bytes = 0;
  for (let blocked = 0; blocked < mostBlockedAtOnce;) {
    const waiting = queue.next(destinationId, wish.allowed, most, wish.before);
    if (waiting.length === 0) return { claims, more: false, otherKind: false };
    for (const row of waiting) {
      const fits = wish.fits(row.SOPClassUID, row.TransferSyntaxUID);
      if (fits === 'not-proposed') return { claims, more: claims.length > 0, otherKind: true };
      const kind = { sopClassUid: row.SOPClassUID, transferSyntaxUid: row.TransferSyntaxUID };
      if (isRejected(book, row.SOPInstanceUID)) {
        const { answer } = ownFault('was-rejected');
        blocked += mover.move(row, 'refused', { nextAttemptAt: null }, answer) ? 1 : 0;
        continue;
      }
      const against =
        fits !== 'yes' ? notAccepted(fits, kind) : hasOtherDigest(book, row) ? ownFault('identity-conflict') : null;
      const instead =
        against && wish.instead?.(row, (dataSetSha256) => hasOtherDigest(book, { ...row, dataSetSha256 }));
      if (instead?.kind === 'to-make') {
        blocked += mover.move(row, 'prepare', { nextAttemptAt: null }, instead.answer) ? 1 : 0;
        book.afterCommit(instead.begin);
        continue;
      }
      if (against && instead?.kind !== 'made') {
        const { answer } = instead ?? against;
        blocked += mover.move(row, 'refused', { nextAttemptAt: null }, answer) ? 1 : 0;
        continue;
      }
      const form = instead?.kind === 'made' ? instead.form : row;
      if (claims.length > 0 && bytes + form.sizeBytes > wish.mostBytes) return { claims, more: true, otherKind: false };
      const attemptId = newId();
      book
        .sql(`INSERT INTO attempt (id, deliveryId, SOPInstanceUID, dataSetSha256, startedAt) VALUES (?, ?, ?, ?, ?)`)
        .run(attemptId, row.id, row.SOPInstanceUID, form.dataSetSha256, now);
      claims.push({ ...row, ...form, deliveryId: row.id, attemptId, attempts: row.attempts + 1 });
      bytes += form.sizeBytes;
      if (claims.length >= most) return { claims, more: true, otherKind: false };
    }
    if (claims.length > 0) return { claims, more: true, otherKind: false };
  }
  return { claims, more: true, otherKind: false };
}

function hasOtherDigest(book: Book, row: Pick<Claim, 'SOPInstanceUID' | 'dataSetSha256' | 'destinationId'>): boolean {
  const other = book
    .sql(
      // No JOIN: SQLite would look at the values to plan and prepare it anew for each object.
      `SELECT 1 FROM attempt WHERE SOPInstanceUID = ? AND dataSetSha256 <> ?
       AND (SELECT destinationId FROM delivery WHERE delivery.id = deliveryId) = ?
       AND outcome IN ('underway', 'sent', 'sent-with-warning', 'unknown') LIMIT 1`,
    )
    .get(row.SOPInstanceUID, row.dataSetSha256, row.destinationId);
  return other !== undefined;
}
