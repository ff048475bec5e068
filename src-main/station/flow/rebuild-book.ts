// A book that is deleted or damaged is made anew: from the newest sound snapshot, the journal and the object files, or
// from the files and what there is of the journal. See docs/decisions/0009-rebuild.md.
//
// The old book goes to lost+found/ and the new one takes its place only when it is whole and durable, so that a rebuild
// that is cut short begins again. What may have left is never sent under another identity: open deliveries leave again
// as the same bytes under the same UID, and an exam whose history is not known is held until a person releases it.
import { copyFile, open, readdir, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '#station/kit/clock.ts';
import { syncFolder } from '#station/kit/files.ts';
import type { Log } from '#station/kit/log.ts';
import { isProblem } from '#station/kit/problem.ts';
import { openStore, moveToLostAndFound, type Store } from '#station/2-store/index.ts';
import { openCatalog, openRearranging, type Catalog, type Rearranging } from '#station/3-catalog/index.ts';
import { openAudit } from '#station/audit/index.ts';
import {
  hasJournal,
  isSound,
  listSnapshots,
  openBook,
  readJournal,
  Replay,
  snapshotFile,
  type Book,
  type JournalFound,
} from '#station/records/index.ts';
import { holdUndecided, settleDeliveries } from './after-recovery.ts';
import { readPlaced, type ArrivalFact, type Placed } from './read-placed.ts';

export type RebuildReport = {
  /** What it was begun with: a snapshot (its time), the book itself, or nothing. */
  readonly base: string;
  /** Objects in the new book, and how many of them were read from their files. */
  readonly objects: number;
  readonly adopted: number;
  /** Files whose bytes are not what was received. */
  readonly damaged: number;
  /** Arrivals that the journal knows and that have no file. */
  readonly missing: number;
  readonly setAside: number;
  /** Rows that the journal gave back, and those that speak of what is not there. */
  readonly restored: number;
  readonly leftOut: number;
  /** False when lines of the journal are missing or changed. */
  readonly journalWhole: boolean;
  /** Exams that wait for a person because what became of them is not known. */
  readonly held: number;
};

export type RebuildOptions = {
  readonly home: string;
  readonly clock: Clock;
  readonly log: Log;
  /** The book is sound and only lacks its last changes. */
  readonly fromBook?: boolean;
  readonly quietTimeMs?: number;
};

const atOnce = 16;
const inOneTransaction = 512;
const bookFiles = ['catalog.db', 'catalog.db-wal', 'catalog.db-shm'];

/** True when there is no book, and things that only a book can have known. */
async function isGone(home: string): Promise<boolean> {
  if (existsSync(path.join(home, 'catalog.db'))) return false;
  if (hasJournal(path.join(home, 'journal')) || listSnapshots(path.join(home, 'snapshots')).length > 0) return true;
  const objects = path.join(home, 'objects');
  for (const shard of await readdir(objects).catch(() => [])) {
    if ((await readdir(path.join(objects, shard)).catch(() => [])).length > 0) return true;
  }
  return false;
}

/**
 * Opens the book of a home with its journal. One that is gone is rebuilt before; one that is older than its journal is
 * brought up to date. Throws what openBook throws: a damaged book is rebuilt only when somebody asks for it.
 */
export async function openRecoveredBook(options: RebuildOptions): Promise<Book> {
  const { home, log } = options;
  if (await isGone(home)) await rebuildBook(options);
  const open = () =>
    openBook(path.join(home, 'catalog.db'), {
      journal: path.join(home, 'journal'),
      onTellingFailed: (error) => log.error('telling-failed', {}, error),
    });
  const book = open();
  if (book.journal?.isAhead !== true) return book;
  book.close();
  await rebuildBook({ ...options, fromBook: true });
  return open();
}

/** The home must be locked by the caller, and nothing in it open. Throws 'disk-failed', 'no-room'; the old book stays then. */
export async function rebuildBook(options: RebuildOptions): Promise<RebuildReport> {
  const { home, clock, log } = options;
  const work = path.join(home, 'catalog.rebuilt.part');
  const startedMs = clock.monotonicMs();
  await dropWork(work);
  const base = await chooseBase(options, work);
  const moment = { at: clock.now() };
  const book = openBook(work, { synchronous: 'unsafe' });
  const store = await openStore({ home, clock, log });
  let report: RebuildReport;
  try {
    const arrivalClock: Clock = { ...clock, now: () => moment.at };
    const quietTimeMs = options.quietTimeMs ?? 10_000;
    const catalog = openCatalog({ book, clock: arrivalClock, quietTimeMs: () => quietTimeMs });
    const rooms = { book, store, catalog, log };
    const found: JournalFound = { last: 0, damaged: 0, whole: true };
    const mark = book.journalMark();
    const facts = gatherFacts(book, path.join(home, 'journal'), mark, found);
    const read = await adoptFiles(rooms, facts, moment);
    moment.at = clock.now();
    const rearranging = openRearranging({
      ...{ book, clock, mayHaveLeft: () => false, refreshProblems: catalog.refreshProblems },
    });
    // Step by step, so that what speaks of an exam that a person made finds it.
    const replay = new Replay(book, ([kind, table, row]) => {
      if (kind !== '-') rearranging.restore({ table, row });
    });
    replayAll(book, replay, path.join(home, 'journal'), mark);
    const journalWhole = found.whole && found.damaged === 0;
    const held = settle({ ...rooms, rearranging }, moment.at, journalWhole, read.unknown);
    const missing = facts.withoutObject();
    for (const objectId of missing.slice(0, 100)) log.error('object-lost', { objectId });
    const objects = book.sql<{ n: number }>('SELECT count(*) AS n FROM object').get()?.n ?? 0;
    const { adopted, damaged, setAside } = read;
    report = {
      ...{ base, objects, adopted, damaged, missing: missing.length, setAside },
      ...{ restored: replay.applied, leftOut: replay.leftOut, journalWhole, held },
    };
    const params = { base, objects, damaged, missing: missing.length, held };
    openAudit({ book, clock }).append({ by: 'recovery', action: 'catalog-rebuilt', params });
    book.sql('UPDATE journal_mark SET number = ? WHERE id = 1').run(Math.max(mark, found.last));
    await book.copyTo(snapshotFile(path.join(home, 'snapshots'), clock.now()));
  } finally {
    await store.close();
    book.close();
  }
  await swap(home, work);
  log.warn('catalog-rebuilt', { count: report.objects, tookMs: Math.round(clock.monotonicMs() - startedMs) });
  return report;
}

async function dropWork(work: string): Promise<void> {
  for (const end of ['', '-wal', '-shm', '-journal']) await rm(work + end, { force: true });
}

async function chooseBase({ home, fromBook }: RebuildOptions, work: string): Promise<string> {
  if (fromBook) {
    const book = openBook(path.join(home, 'catalog.db'));
    try {
      await book.copyTo(work);
    } finally {
      book.close();
    }
    return 'book';
  }
  for (const { file, at } of listSnapshots(path.join(home, 'snapshots'))) {
    if (!isSound(file)) continue;
    await copyFile(file, work);
    try {
      openBook(work, { synchronous: 'unsafe' }).close();
      return at;
    } catch {
      await dropWork(work);
    }
  }
  return 'nothing';
}

type Facts = {
  of(objectId: string): ArrivalFact | undefined;
  /** True for a second name of bytes that arrived under another: its row is made with the rearrangement. */
  isCopy(objectId: string): boolean;
  /** Arrivals that no row stands for. */
  withoutObject(): string[];
};

/** In a table of its own: a million of them would be too many for memory. */
function gatherFacts(book: Book, journal: string, after: number, found: JournalFound): Facts {
  book
    .sql(
      `CREATE TEMP TABLE fact (id TEXT PRIMARY KEY, examId TEXT, sourceId TEXT, transferSyntaxUid TEXT, sha256 TEXT,
         arrivedAt TEXT) WITHOUT ROWID`,
    )
    .run();
  const sources = new Map<string, ArrivalFact['source']>();
  const copies = new Set<string>();
  for (const { id, ...source } of book
    .sql<{ id: string; kind: 'dicom'; label: string; address: string | null }>(
      'SELECT id, kind, label, address FROM source',
    )
    .all()) {
    sources.set(id, source);
  }
  book.transaction(() => {
    for (const { changes } of readJournal(journal, after, found)) {
      for (const [kind, table, row] of changes) {
        if (kind === '+' && table === 'source') {
          const { id, kind: of, label, address } = row;
          const source: ArrivalFact['source'] = {
            kind: of === 'dicom' || of === 'picture' ? of : 'file',
            label: String(label),
            address: typeof address === 'string' ? address : null,
          };
          sources.set(String(id), source);
          // Under its own id, because decisions speak of it; what it sent is counted anew.
          const seenAt = String(row['firstSeenAt'] ?? '');
          book
            .sql(
              `INSERT OR IGNORE INTO source (id, kind, label, address, firstSeenAt, lastSeenAt, objects)
               VALUES (?, ?, ?, ?, ?, ?, 0)`,
            )
            .run(String(id), source.kind, source.label, source.address, seenAt, seenAt);
        }
        // Gone on purpose: nobody misses its file.
        if (kind === '=' && table === 'object' && typeof row['purgedAt'] === 'string') {
          book.sql('DELETE FROM temp.fact WHERE id = ?').run(row['id'] ?? '');
        }
        if (kind === '+' && table === 'uid_map' && typeof row['copyOf'] === 'string')
          copies.add(String(row['objectId']));
        if (kind !== '+' || table !== 'arrival') continue;
        book
          .sql('INSERT OR REPLACE INTO temp.fact VALUES (?, ?, ?, ?, ?, ?)')
          .run(
            ...(['id', 'examId', 'sourceId', 'TransferSyntaxUID', 'dataSetSha256', 'arrivedAt'] as const).map(
              (name) => row[name] ?? '',
            ),
          );
      }
    }
  });
  return {
    isCopy: (objectId) => copies.has(objectId),
    of: (objectId) => {
      const row = book
        .sql<Omit<ArrivalFact, 'source' | 'dataSetSha256'> & { sourceId: string; sha256: string }>(
          'SELECT examId, sourceId, transferSyntaxUid, sha256, arrivedAt FROM temp.fact WHERE id = ?',
        )
        .get(objectId);
      if (!row) return undefined;
      const { sourceId, sha256, ...fact } = row;
      return { ...fact, dataSetSha256: sha256, source: sources.get(sourceId) ?? null };
    },
    withoutObject: () =>
      book
        .sql<{ id: string }>('SELECT id FROM temp.fact WHERE id NOT IN (SELECT id FROM object)')
        .all()
        .map(({ id }) => id),
  };
}

type Rooms = { readonly book: Book; readonly store: Store; readonly catalog: Catalog; readonly log: Log };

async function adoptFiles({ book, store, catalog, log }: Rooms, facts: Facts, moment: { at: string }) {
  const counts = {
    adopted: 0,
    damaged: 0,
    setAside: 0,
    /** Objects of which the journal says nothing. */ unknown: [] as string[],
  };
  const aside: string[] = [];
  let waiting: Placed[] = [];
  const record = () => {
    const batch = waiting;
    waiting = [];
    book.transaction(() => {
      for (const { arrival, arrivedAt, sound } of batch) {
        moment.at = arrivedAt;
        const { fileTaken, objectId } = catalog.record(arrival);
        if (!fileTaken) aside.push(arrival.file);
        else counts.adopted++;
        if (!sound) counts.damaged++;
        if (fileTaken && !sound) catalog.bytesChanged(objectId, true);
        if (fileTaken && arrival.examId === undefined) counts.unknown.push(objectId);
      }
    });
  };
  const readOne = async (file: string): Promise<Placed | undefined> => {
    try {
      return await readPlaced(store, file, facts.of(path.basename(file, '.dcm')));
    } catch (error) {
      // One that cannot be read now is seen again at the next start.
      if (isProblem(error, 'not-dicom') || isProblem(error, 'header-too-large')) aside.push(file);
      else log.error('adopting-failed', { objectId: path.basename(file, '.dcm') }, error);
      return undefined;
    }
  };
  for await (const { folder, files } of store.folders('objects')) {
    const rows = catalog.filesOfShard(folder);
    const strangers = (await files())
      .filter((file) => !rows.has(file) && !facts.isCopy(path.basename(file, '.dcm')))
      .sort();
    for (let at = 0; at < strangers.length; at += atOnce) {
      const read = await Promise.all(strangers.slice(at, at + atOnce).map(readOne));
      for (const placed of read) {
        if (!placed) continue;
        if (catalog.has(placed.arrival.objectId)) aside.push(placed.arrival.file);
        else waiting.push(placed);
      }
      if (waiting.length >= inOneTransaction) record();
    }
  }
  record();
  for (const file of aside) await store.setAside(file);
  counts.setAside = aside.length;
  return counts;
}

function replayAll(book: Book, replay: Replay, journal: string, after: number): void {
  book.transaction(() => {
    for (const { changes } of readJournal(journal, after, { last: 0, damaged: 0, whole: true })) replay.apply(changes);
  });
}

/** Makes the rows fit each other again. Gives how many exams were put aside. */
function settle(
  { book, catalog, rearranging }: Rooms & { readonly rearranging: Rearranging },
  now: string,
  journalWhole: boolean,
  unknown: readonly string[],
): number {
  return book.transaction(() => {
    book
      .sql(
        // Copies got their rows last, however old they are: what came after a decision is told by its time.
        `UPDATE correction SET lastObject = coalesce(
           (SELECT min(object.rowid) - 1 FROM object WHERE object.examId = correction.examId AND arrivedAt > correction.at),
           (SELECT max(object.rowid) FROM object WHERE object.examId = correction.examId), 0) WHERE undoneAt IS NULL`,
      )
      .run();
    settleDeliveries(book, now);
    let held = 0;
    if (!journalWhole) held = holdUndecided(book);
    else for (const objectId of unknown) held += holdUndecided(book, objectId);
    const decided = book
      .sql<{ id: string }>(
        `SELECT id FROM exam WHERE held = 1 OR corrected <> '{}' OR approvedAt IS NOT NULL
           OR EXISTS (SELECT 1 FROM object WHERE object.examId = exam.id AND state <> 'received')`,
      )
      .all();
    for (const { id } of decided) catalog.refreshProblems(id);
    rearranging.settleAll();
    return held;
  });
}

async function swap(home: string, work: string): Promise<void> {
  const handle = await open(work, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  for (const name of bookFiles) {
    if (existsSync(path.join(home, name))) await moveToLostAndFound(home, path.join(home, name));
  }
  await rename(work, path.join(home, 'catalog.db'));
  await syncFolder(home);
}
