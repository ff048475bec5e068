// What the station does for itself while it runs: a snapshot of the book every hour, and a reading of every object over
// some days, to see whether the disk still holds what was received. Both give way to everything else.
//
// A snapshot is taken at once when the newest is older than an hour or the journal has a gap. A file that is missing or
// holds other bytes becomes a problem of its object; one that is whole again loses it.
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import { isProblem } from '#station/kit/problem.ts';
import {
  listSnapshots,
  openBookCopy,
  pruneJournal,
  pruneSnapshots,
  snapshotFile,
  type Book,
} from '#station/records/index.ts';
import type { Store } from '#station/2-store/index.ts';
import type { Catalog } from '#station/3-catalog/index.ts';

export type UpkeepParts = {
  readonly home: string;
  readonly book: Book;
  readonly store: Store;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly log: Log;
  /** True while devices send: the disk is theirs. */
  readonly isBusy: () => boolean;
  /** Hours in which every object is read once. Asked again and again, so that a setting counts at once. */
  readonly scrubHours: () => number;
  /** Exams whose problems changed. */
  readonly onChanged: (examIds: readonly string[]) => void;
};

export type UpkeepTruth = {
  readonly snapshotAt: string | null;
  readonly scrub: {
    readonly startedAt: string;
    readonly endedAt: string | null;
    readonly objects: number;
    readonly damaged: number;
    readonly missing: number;
  } | null;
};

export type Upkeep = {
  truth(): UpkeepTruth;
  /** Makes a snapshot now. */
  snapshot(): Promise<void>;
  /** Reads the next object of the round; false when the round ended with it. */
  scrubOne(): Promise<boolean>;
  close(): Promise<void>;
};

const hourMs = 3_600_000;
const lookMs = 60_000;
const firstLookMs = 5_000;
const busyMs = 2_000;
/** Under steady load at least this often. */
const patienceMs = 60_000;
const shortestRestMs = 20;
const longestRestMs = 60_000;
const leastSnapshots = 3;

type Round = {
  number: number;
  startedAt: string;
  endedAt: string | null;
  lastFile: string;
  objects: number;
  damaged: number;
  missing: number;
};
type Next = {
  id: string;
  examId: string;
  file: string;
  dataSetOffset: number;
  dataSetSha256: string;
  sizeBytes: number;
};

export function openUpkeep(parts: UpkeepParts): Upkeep {
  const { home, book, store, catalog, clock, log, isBusy } = parts;
  const folder = path.join(home, 'snapshots');
  const timers = new Map<string, () => void>();
  let closed = false;
  let underway: Promise<unknown> = Promise.resolve();
  let patientSinceMs = clock.monotonicMs();
  let newest = listSnapshots(folder)[0]?.at ?? null;

  const snapshot = async (): Promise<void> => {
    const at = clock.now();
    const file = snapshotFile(folder, at);
    // Twice within a second: the newer one counts.
    await rm(file, { force: true });
    await book.copyTo(file);
    book.journal?.bridgeGap();
    newest = at;
    pruneSnapshots(folder);
    log.info('snapshot-made', {});
    dropOldJournal();
  };
  /** What stands in the oldest snapshot that is kept by the clock needs no line of its own any more. */
  const dropOldJournal = (): void => {
    const kept = listSnapshots(folder).filter((snapshot) => snapshot.beforeMigration === null);
    const oldest = kept.at(-1);
    // One alone may be damaged, and nobody has read it since.
    if (oldest === undefined || kept.length < leastSnapshots) return;
    try {
      const copy = openBookCopy(oldest.file);
      const mark = copy.journalMark();
      copy.close();
      const dropped = pruneJournal(path.join(home, 'journal'), mark);
      if (dropped > 0) log.info('journal-files-dropped', { count: dropped });
    } catch (error) {
      // Nothing hangs on it: they stay.
      log.error('journal-files-stay', {}, error);
    }
  };
  const isDue = () => {
    const ageMs = newest === null ? Number.POSITIVE_INFINITY : clock.epochMs() - Date.parse(newest);
    return ageMs >= hourMs || ageMs < 0 || book.journal?.hasGap === true;
  };

  const lastRound = () => book.sql<Round>('SELECT * FROM scrub_round ORDER BY number DESC LIMIT 1').get();
  const round = (): Round => {
    const last = lastRound();
    if (last && last.endedAt === null) return last;
    const now = clock.now();
    book.sql('INSERT INTO scrub_round (number, startedAt) VALUES (?, ?)').run((last?.number ?? 0) + 1, now);
    return {
      number: (last?.number ?? 0) + 1,
      startedAt: now,
      endedAt: null,
      lastFile: '',
      objects: 0,
      damaged: 0,
      missing: 0,
    };
  };
  const scrubOne = async (): Promise<boolean> => {
    const running = round();
    const next = book
      .sql<Next>(
        'SELECT id, examId, file, dataSetOffset, dataSetSha256, sizeBytes FROM object WHERE file > ? AND purgingAt IS NULL ORDER BY file LIMIT 1',
      )
      .get(running.lastFile);
    if (!next) {
      book.sql('UPDATE scrub_round SET endedAt = ? WHERE number = ?').run(clock.now(), running.number);
      if (running.objects > 0) log.info('scrub-round-over', { count: running.objects });
      return false;
    }
    const state = await readOne(next);
    const missing = state === 'missing';
    const damaged = state === 'damaged';
    book.transaction(() => {
      book
        .sql(
          `UPDATE scrub_round SET lastFile = ?, objects = objects + 1, bytes = bytes + ?, damaged = damaged + ?,
             missing = missing + ? WHERE number = ?`,
        )
        .run(next.file, next.sizeBytes, damaged ? 1 : 0, missing ? 1 : 0, running.number);
      if (state === 'unread') return;
      // It may have been replaced, or let go, while it was read.
      const stays = book.sql('SELECT 1 FROM object WHERE id = ? AND file = ? AND purgingAt IS NULL');
      if (!stays.get(next.id, next.file)) return;
      catalog.fileMissing(next.id, missing);
      catalog.bytesChanged(next.id, damaged);
    });
    if (missing || damaged) {
      log.error('object-not-whole', { objectId: next.id, reason: state });
      parts.onChanged([next.examId]);
    }
    return true;
  };
  const readOne = async ({ file, dataSetOffset, dataSetSha256 }: Next) => {
    try {
      return (await store.verifyDigest(file, dataSetOffset, dataSetSha256)) ? 'whole' : 'damaged';
    } catch (error) {
      if (isProblem(error, 'object-file-missing')) return 'missing';
      log.error('scrub-failed', {}, error);
      return 'unread';
    }
  };
  /** So long that a round takes as long as it may. */
  const restMs = (): number => {
    const count = book.sql<{ n: number }>('SELECT max(rowid) AS n FROM object').get()?.n ?? 0;
    return Math.min(longestRestMs, Math.max(shortestRestMs, (parts.scrubHours() * hourMs) / Math.max(1, count)));
  };

  const soon = (name: string, ms: number, work: () => Promise<number>) => {
    if (closed) return;
    timers.set(
      name,
      clock.after(ms, () => {
        underway = underway
          .then(() => (closed ? 0 : work()))
          .catch((error: unknown) => {
            log.error(`${name}-failed`, {}, error);
            return lookMs;
          })
          .then((next) => soon(name, next, work));
      }),
    );
  };
  soon('snapshot', firstLookMs, async () => {
    if (isDue()) await snapshot();
    return lookMs;
  });
  soon('scrub', lookMs, async () => {
    const last = lastRound();
    if (last?.endedAt && clock.epochMs() - Date.parse(last.startedAt) < parts.scrubHours() * hourMs)
      return longestRestMs;
    if (isBusy() && clock.monotonicMs() - patientSinceMs < patienceMs) return busyMs;
    patientSinceMs = clock.monotonicMs();
    return (await scrubOne()) ? restMs() : longestRestMs;
  });

  return {
    truth: () => {
      const last = book
        .sql<NonNullable<UpkeepTruth['scrub']>>(
          'SELECT startedAt, endedAt, objects, damaged, missing FROM scrub_round ORDER BY number DESC LIMIT 1',
        )
        .get();
      return { snapshotAt: newest, scrub: last ?? null };
    },
    snapshot,
    scrubOne,
    close: async () => {
      closed = true;
      for (const takeBack of timers.values()) takeBack();
      await underway;
    },
  };
}
