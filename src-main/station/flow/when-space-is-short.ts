// Room becomes short: it is told, what may go goes, imports wait, and the reserve is given back when nothing else is left.
// Room is there again: all of it goes on by itself.
//
// The level is looked at every few seconds, the rate of intake once a minute over what arrived since, retention once an
// hour and while room is short every minute. Intake itself asks the store before each object and waits for nobody.
import { problemKinds } from '#contract/problems.ts';
import type { Settings, StationSetting } from '#contract/shapes/settings.ts';
import type { ExamRetention, ProofPage, PurgePreview } from '#contract/shapes/space.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import { isProblem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import type { SpaceLimits, Store } from '#station/2-store/index.ts';
import type { Catalog } from '#station/3-catalog/index.ts';
import { openPurge, type Purge, type Purged } from '#station/6-purge/index.ts';
import type { Audit } from '#station/audit/index.ts';
import { IntakeRate } from './intake-rate.ts';

export type SpaceRooms = {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly book: Book;
  readonly audit: Pick<Audit, 'append'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: () => Settings;
  /** Who sits at the station. */
  readonly by: () => string;
  readonly onExamsChanged: (examIds: readonly string[]) => void;
  readonly onStationChanged: () => void;
};

export type SpaceKeeper = {
  /** Begins to look. To be called when everything is open. */
  start(): void;
  /** Takes over the limits of the settings. */
  apply(settings: Settings): void;
  readonly purge: Purge;
  /** Keeps an exam here for ever, or takes that back; durable when it returns. */
  pin(examId: string, pinned: boolean): void;
  /** True while room is short, so that what may go goes sooner. */
  isShort(): boolean;
  /** Waits a moment, and until so many bytes may be taken, or until the signal says so. */
  whenRoom(bytes: number, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};

/** What the desk asks. */
export type RetentionDesk = {
  ofExam(examId: string): ExamRetention;
  pin(examId: string, pinned: boolean): void;
  preview(): PurgePreview;
  proofs(query: { search: string; limit: number; offset: number }): ProofPage;
};

export function retentionDesk({ purge, pin, isShort }: SpaceKeeper): RetentionDesk {
  return {
    ofExam: (examId) => purge.explain(examId, isShort()),
    pin,
    preview: () => purge.preview(isShort()),
    proofs: purge.proofs,
  };
}

const lookEveryMs = 2_000;
const waitEveryMs = 1_000;
const rateEveryMs = 60_000;
const sweepEveryMs = 3_600_000;
const sweepWhenShortMs = 60_000;
/** So that a station that just starts has its disk for what it starts. */
const reserveAfterMs = 60_000;
/** The reserve is a file of its own only where it is a small part of the volume. */
const largestReserveShare = 0.02;

/** The keeper and the purge it drives. The caller calls `purge.finish()` before anything can arrive, and closes it. */
export function openSpaceKeeper(rooms: SpaceRooms): SpaceKeeper {
  const { store, catalog, book, audit, clock, log, settings } = rooms;
  const purge = openPurge({
    book,
    clock,
    log,
    setting: () => settings().station.retention,
    hasProblem: (examId) =>
      catalog.standingProblems(examId).some(({ code, answered }) => !answered && problemKinds[code].weight === 'stop'),
    removeFiles: store.removeFiles,
    onPurged: (purged) => writeTrail(audit, purged),
    onChanged: rooms.onExamsChanged,
  });
  const rate = new IntakeRate(book, clock);
  const startedMs = clock.monotonicMs();
  let closed = false;
  let state = store.space().state;
  let rateAtMs = Number.NEGATIVE_INFINITY;
  let sweptAtMs = startedMs;
  let sweeping: Promise<void> | undefined;
  let reserving: Promise<void> | undefined;
  let takeBack = () => {};

  const isShort = () => store.space().state !== 'well';

  const look = () => {
    const nowMs = clock.monotonicMs();
    if (nowMs - rateAtMs >= rateEveryMs) {
      rateAtMs = nowMs;
      store.setIntakeRate(rate.bytesPerHour());
    }
    const space = store.space();
    if (space.state !== state) {
      log[space.state === 'well' ? 'info' : 'warn']('room', { reason: space.state, sizeBytes: space.freeBytes });
      state = space.state;
      rooms.onStationChanged();
    }
    keepReserve(space);
    const due = nowMs - sweptAtMs >= (space.state === 'well' ? sweepEveryMs : sweepWhenShortMs);
    if (due && !sweeping) {
      sweeping = sweep()
        .catch((error: unknown) => log.error('sweep-failed', {}, error))
        .finally(() => {
          sweptAtMs = clock.monotonicMs();
          sweeping = undefined;
        });
    }
  };

  const sweep = async () => {
    const reports = [await purge.sweep({ shortOfRoom: false })];
    if (isShort()) reports.push(await purge.sweep({ shortOfRoom: true, isEnough: () => !isShort() }));
    const objects = reports.reduce((sum, report) => sum + report.objects, 0);
    const sizeBytes = reports.reduce((sum, report) => sum + report.sizeBytes, 0);
    if (objects > 0) log.info('purged', { count: objects, sizeBytes });
  };

  /** Held while there is room, given back when the volume is nearly full in spite of everything. */
  const keepReserve = ({ freeBytes, totalBytes, state: level }: ReturnType<Store['space']>) => {
    const { reserveBytes } = settings().station.space;
    if (reserving || clock.monotonicMs() - startedMs < reserveAfterMs) return;
    const wanted = reserveBytes <= totalBytes * largestReserveShare ? reserveBytes : 0;
    if (freeBytes < reserveBytes / 4 || wanted === 0) reserving = store.reserve.release();
    else if (level === 'well' && freeBytes > 4 * reserveBytes) {
      reserving = store.reserve.hold(wanted).catch((error: unknown) => log.warn('reserve-not-held', reasonOf(error)));
    }
    void reserving?.finally(() => (reserving = undefined));
  };

  const round = () => {
    if (closed) return;
    try {
      look();
    } catch (error) {
      log.error('space-not-read', {}, error);
    }
    takeBack = clock.after(lookEveryMs, round);
  };

  return {
    start: round,
    apply: (next) => store.setLimits(limitsOf(next.station)),
    purge,
    pin: (examId, pinned) => {
      book.transaction(() => {
        purge.pin(examId, pinned);
        audit.append({ by: rooms.by(), action: pinned ? 'exam-pinned' : 'exam-unpinned', examId });
        book.afterCommit(() => rooms.onExamsChanged([examId]));
      });
    },
    isShort,
    whenRoom: async (bytes, signal) => {
      do await waitALittle(clock, signal);
      while (!closed && !signal.aborted && !hasRoom(store, bytes));
    },
    close: async () => {
      closed = true;
      takeBack();
      await purge.close();
      await sweeping;
      await reserving;
    },
  };
}

/** What a person set, as the store judges by it. */
export function limitsOf({ space }: Pick<StationSetting, 'space'>): SpaceLimits {
  return {
    reserveBytes: space.reserveBytes,
    redShare: space.redPercent / 100,
    redBytes: space.redBytes,
    amberShare: space.amberPercent / 100,
    redInodeShare: space.redInodePercent / 100,
    amberHours: space.amberHours,
  };
}

function waitALittle(clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const takeBack = clock.after(waitEveryMs, done);
    signal.addEventListener('abort', done, { once: true });
    function done() {
      takeBack();
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}

function hasRoom(store: Store, bytes: number): boolean {
  try {
    store.checkRoom(bytes);
    return true;
  } catch (error) {
    if (isProblem(error, 'no-room')) return false;
    throw error;
  }
}

function writeTrail(audit: SpaceRooms['audit'], { examId, objects, sizeBytes, reason }: Purged): void {
  audit.append({ by: 'station', action: 'objects-purged', examId, params: { objects, sizeBytes, reason } });
}

const reasonOf = (error: unknown) => ({ reason: String((error as NodeJS.ErrnoException).code ?? 'unknown') });
