// All the ways in for objects, wired once: what arrives, from files and from drops, and the look at two under one UID.
import path from 'node:path';
import { openImports, type Imports } from '#station/1-receive/index.ts';
import type { Store } from '#station/2-store/index.ts';
import { openConflicts, type Catalog } from '#station/3-catalog/index.ts';
import type { Audit } from '#station/audit/index.ts';
import type { FrameReader } from '#station/dicom/codecs/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { ClosingStack } from '#station/kit/closing.ts';
import type { Log } from '#station/kit/log.ts';
import type { Book } from '#station/records/index.ts';
import type { Changes } from './changes.ts';
import type { Latency } from './latency.ts';
import { openDrops, type Drops } from './when-files-are-dropped.ts';
import { openArrivals, type Arrivals } from './when-object-arrives.ts';
import { openConflictFlow, type ConflictFlow } from './when-objects-conflict.ts';
import type { SpaceKeeper } from './when-space-is-short.ts';

export type IntakeRooms = {
  readonly home: string;
  readonly store: Store;
  readonly catalog: Catalog;
  readonly book: Book;
  readonly audit: Audit;
  readonly frames: FrameReader;
  readonly clock: Clock;
  readonly log: Log;
  readonly commits: Latency;
  readonly changes: Pick<Changes, 'exams' | 'imports'>;
  readonly space: Pick<SpaceKeeper, 'whenRoom'>;
  /** Told after the commit, and when an exam has become quiet. */
  readonly onChanged: (examIds: readonly string[]) => void;
};

export type Intake = {
  readonly conflictFlow: ConflictFlow;
  readonly arrivals: Arrivals;
  readonly imports: Imports;
  readonly drops: Drops;
};

/** @param opened closes what is opened here, before the book and the store */
export async function openIntake(opened: ClosingStack, rooms: IntakeRooms): Promise<Intake> {
  const { store, catalog, book, audit, frames, clock, log, commits, changes } = rooms;
  const conflictFlow = opened.add(
    openConflictFlow({
      ...{ book, catalog, audit, frames, log },
      conflicts: openConflicts({ book, clock }),
      pathOf: store.pathOf,
      examChanged: (examId) => changes.exams([examId]),
    }),
  );
  const arrivals = opened.add(
    await openArrivals({
      ...{ store, catalog, book, audit, clock, log, commits },
      onChanged: rooms.onChanged,
      onTwins: (examIds) => conflictFlow.look(examIds),
    }),
  );
  const imports = opened.add(
    openImports({
      clock,
      log,
      arriveFile: arrivals.arriveFile,
      whenRoom: (signal) => rooms.space.whenRoom(0, signal),
      onChanged: (importId) => changes.imports([importId]),
    }),
  );
  const drops = await openDrops(path.join(rooms.home, 'uploads'), {
    checkRoom: async (bytes) => store.checkRoom(bytes),
    importFiles: imports.beginFiles,
  });
  return { conflictFlow, arrivals, imports, drops };
}
