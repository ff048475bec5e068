// A device asks whether we hold what it sent. What "hold" means is set for each device: our own durable copy, read again and
// found whole; or the word of every required destination. What is gone from here on purpose was proved there before.
import type { Settings } from '#contract/shapes/settings.ts';
import { openVouching, type Vouching, type VouchingTerms } from '#station/1-receive/index.ts';
import type { Store } from '#station/2-store/index.ts';
import type { Purge } from '#station/6-purge/index.ts';
import type { SopReference } from '#station/dicom/network/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import { isProblem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';

export type VouchingRooms = {
  readonly book: Book;
  readonly store: Pick<Store, 'verifyDigest'>;
  readonly purge: Pick<Purge, 'isProvedEverywhere'>;
  readonly settings: () => Settings;
  readonly clock: Clock;
  readonly log: Log;
};

/** The caller starts and closes it. */
export function openVouchingFlow(rooms: VouchingRooms): Vouching {
  const { book, clock, log, settings } = rooms;
  return openVouching({
    ...{ book, clock, log },
    termsOf: (device) => termsOf(settings(), device),
    judge: (reference, mode) => judge(rooms, reference, mode),
  });
}

/** What a device was set to get; 'immediate' when nobody said anything. */
export function termsOf(
  { devices }: Settings,
  { aeTitle, address }: { readonly aeTitle: string; readonly address: string },
): VouchingTerms {
  const named = devices.filter((device) => device.decision === 'allow' && device.aeTitle.trim() === aeTitle.trim());
  const device = named.find(({ host }) => host === address) ?? named.find(({ host }) => host === undefined) ?? named[0];
  if (!device) return { mode: 'immediate' };
  const { commitment: mode = 'immediate', commitmentPort: port, host = address } = device;
  return port === undefined ? { mode } : { mode, reportTo: { host, port } };
}

/** PS3.3 C.14.1.1. */
const committed = 0;
const processingFailure = 0x0110;
const noSuchObject = 0x0112;
const classInstanceConflict = 0x0119;

type Held = {
  readonly id: string;
  readonly SOPClassUID: string;
  readonly state: string;
  readonly file: string;
  readonly dataSetOffset: number;
  readonly dataSetSha256: string;
  readonly purgedAt: string | null;
};

async function judge(
  { book, store, purge, log }: VouchingRooms,
  { sopClassUid, sopInstanceUid }: SopReference,
  mode: 'immediate' | 'deferred',
): Promise<number | null> {
  const known = book
    .sql<Held>(
      `SELECT id, SOPClassUID, state, file, dataSetOffset, dataSetSha256, purgedAt FROM object WHERE SOPInstanceUID = ?`,
    )
    .all(sopInstanceUid)
    // A rejected image whose time was over is nowhere any more.
    .filter(({ purgedAt, state }) => purgedAt === null || state !== 'rejected');
  if (known.length === 0) return noSuchObject;
  const held = known.filter(({ SOPClassUID }) => SOPClassUID === sopClassUid);
  if (held.length === 0) return classInstanceConflict;
  if (mode === 'deferred') {
    const leaving = held.filter(({ state }) => state !== 'rejected');
    if (leaving.length === 0) return processingFailure;
    const isProved = ({ id, state, purgedAt }: Held) =>
      purgedAt !== null || (state === 'approved' && purge.isProvedEverywhere(id));
    return leaving.every(isProved) ? committed : null;
  }
  for (const { id, file, dataSetOffset, dataSetSha256, purgedAt } of held) {
    if (purgedAt !== null) continue;
    try {
      if (!(await store.verifyDigest(file, dataSetOffset, dataSetSha256))) return processingFailure;
    } catch (error) {
      // Let go on purpose while it was read: proved elsewhere.
      const gone = book.sql('SELECT 1 FROM object WHERE id = ? AND purgingAt IS NOT NULL').get(id) !== undefined;
      if (gone) continue;
      if (!isProblem(error)) log.error('vouching-not-read', { objectId: id }, error);
      return processingFailure;
    }
  }
  return committed;
}
