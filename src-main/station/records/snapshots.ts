// Snapshots: consistent copies of the book in one file each, below snapshots/. A snapshot has its name only when it is
// whole and durable; what a crash left half made is dropped when the next one is made.
//
// Kept are the newest three and the first of each of the last seven days; those made before a migration stay.
import Database from 'better-sqlite3';
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';

export type Snapshot = {
  readonly file: string;
  /** ISO time at which it was begun. */
  readonly at: string;
  /** The version of the book before a migration, or null for one that the clock made. */
  readonly beforeMigration: number | null;
};

const snapshotName = /^(\d{8}T\d{6})Z(?:-book(\d+))?\.db$/;
const newestKept = 3;
const daysKept = 7;
/** 256 kB at a time: others get their turn in between. */
const pagesAtATime = 64;

/** Newest first. */
export function listSnapshots(folder: string): Snapshot[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names
    .flatMap((name): Snapshot[] => {
      const [, stamp = '', version] = snapshotName.exec(name) ?? [];
      if (stamp === '') return [];
      const at = stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3T$4:$5:$6.000Z');
      return [{ file: path.join(folder, name), at, beforeMigration: version === undefined ? null : Number(version) }];
    })
    .sort((a, b) => (a.file < b.file ? 1 : -1));
}

const stampOf = (iso: string) => iso.replace(/[-:]/g, '').replace(/\.\d+/, '');

/** Copies the book while it is being used. Durable when it resolves; when it rejects nothing of it is left. */
export async function copyBook(db: Database.Database, file: string, pages = pagesAtATime): Promise<void> {
  const part = `${file}.part`;
  mkdirSync(path.dirname(file), { recursive: true });
  rmSync(part, { force: true });
  try {
    await db.backup(part, { progress: () => Math.min(pages, 2 ** 31 - 1) });
    finish(part, file);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

/** Copies the book of a home that a station may be using. Durable when it resolves. */
export async function copyBookOf(home: string, file: string): Promise<void> {
  const db = new Database(path.join(home, 'catalog.db'), { readonly: true, fileMustExist: true });
  try {
    // All of it at once: what the station writes meanwhile would make it begin again.
    await copyBook(db, file, Number.MAX_SAFE_INTEGER);
  } finally {
    db.close();
  }
}

/** The name that a snapshot begun at `now` gets. */
export const snapshotFile = (folder: string, now: string): string => path.join(folder, `${stampOf(now)}.db`);

/** Removes what is not to be kept, and what was left half made. */
export function pruneSnapshots(folder: string): void {
  const byClock = listSnapshots(folder).filter((snapshot) => snapshot.beforeMigration === null);
  const kept = new Set(byClock.slice(0, newestKept).map(({ file }) => file));
  const firstOfDay = new Map<string, string>();
  for (const { at, file } of byClock) firstOfDay.set(at.slice(0, 10), file);
  for (const file of [...firstOfDay.values()].slice(0, daysKept)) kept.add(file);
  for (const { file } of byClock) if (!kept.has(file)) rmSync(file, { force: true });
  for (const name of readdirSync(folder)) {
    if (/\.part(?:-journal)?$/.test(name)) rmSync(path.join(folder, name), { force: true });
  }
}

/** The book as it is before a migration changes it; nothing for a book that is new. Blocks until it is durable. */
export function snapshotBeforeMigration(db: Database.Database, now: string): void {
  const version = Number(db.pragma('user_version', { simple: true }));
  if (version === 0 || db.memory) return;
  const folder = path.join(path.dirname(db.name), 'snapshots');
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${stampOf(now)}-book${version}.db`);
  const part = `${file}.part`;
  rmSync(part, { force: true });
  try {
    db.prepare('VACUUM INTO ?').run(part);
    finish(part, file);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

/** True when it can be read from end to end. */
export function isSound(file: string): boolean {
  let db: Database.Database | undefined;
  try {
    db = new Database(file, { readonly: true, fileMustExist: true });
    return db.pragma('quick_check(1)', { simple: true }) === 'ok';
  } catch {
    return false;
  } finally {
    db?.close();
  }
}

/** One file, durable, under its name. */
function finish(part: string, file: string): void {
  const copy = new Database(part);
  try {
    copy.pragma('journal_mode = DELETE');
    // A small one is proved at once; a large one would keep everybody waiting and is proved when it is needed.
    if (statSync(part).size < 32 * 2 ** 20 && copy.pragma('quick_check(1)', { simple: true }) !== 'ok') {
      throw new Database.SqliteError('the copy is damaged', 'SQLITE_CORRUPT');
    }
  } finally {
    copy.close();
  }
  syncPath(part);
  renameSync(part, file);
  if (process.platform !== 'win32') syncPath(path.dirname(file));
}

function syncPath(file: string): void {
  const fd = openSync(file, process.platform === 'win32' ? 'r+' : 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
