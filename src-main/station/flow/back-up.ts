// A backup of a home in another folder, and a home made from it.
//
// A backup works while the station runs: a consistent copy of the book first, then the objects and recipes that it names,
// which never change. What is there already is not copied again. Every object is hashed while it is copied and compared
// with the book; the manifest is written last, so that a backup that was cut short does not count. Refuses to write over
// anything: a restored home must be new, and it has its name only when it is whole.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder, syncFolder, writeAtomically } from '#station/kit/files.ts';
import { isProblem, Problem } from '#station/kit/problem.ts';
import type { Clock } from '#station/kit/clock.ts';
import { copyBookOf, isSound, openBook, openBookCopy, type Book } from '#station/records/index.ts';
import { holdUndecided, settleDeliveries } from './after-recovery.ts';

export type BackupReport = {
  readonly at: string;
  readonly objects: number;
  readonly copied: number;
  /** Objects whose bytes are not what was received, or that are not there: not in the backup, unless it has them from before. */
  readonly damaged: number;
  readonly missing: number;
};

export type RestoreReport = BackupReport & {
  /** Exams that wait for a person because what became of them after the backup is not known. */
  readonly held: number;
};

type Manifest = { readonly version: 1; readonly at: string; readonly objects: number; readonly bookSha256: string };
type Piece = {
  readonly file: string;
  readonly sizeBytes: number | null;
  readonly from: number;
  readonly sha256: string | null;
};
type Copied = 'copied' | 'there' | 'damaged' | 'missing';

const atOnce = 4;
const pieceBytes = 2 ** 20;

/** Throws 'not-found' when there is no home, 'book-damaged', 'disk-failed', 'no-room'. */
export async function backUpHome(home: string, target: string, clock: Clock): Promise<BackupReport> {
  if (!existsSync(path.join(home, 'catalog.db'))) throw new Problem('not-found', { what: 'catalog' });
  const at = clock.now();
  await makeFolder(target);
  const next = path.join(target, 'catalog.next.db');
  await rm(next, { force: true });
  await copyBookOf(home, next);
  const counts = await withBook(next, (book) => copyAll(book, home, target));
  await copyIfThere(path.join(home, 'settings.json'), path.join(target, 'settings.json'));
  const bookSha256 = (await digestFile(next, 0)) ?? '';
  await rename(next, path.join(target, 'catalog.db'));
  const manifest: Manifest = { version: 1, at, objects: counts.objects, bookSha256 };
  await writeAtomically(path.join(target, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return { at, ...counts };
}

/** Throws 'not-found' when there is no whole backup, 'input-invalid' when the home is there already, 'book-damaged'. */
export async function restoreHome(source: string, home: string, clock: Clock): Promise<RestoreReport> {
  const manifest = await readManifest(source);
  if (existsSync(home) && (await readdir(home)).length > 0) {
    throw new Problem('input-invalid', { field: '--home', expected: 'a folder that is new or empty' });
  }
  const from = path.join(source, 'catalog.db');
  if ((await digestFile(from, 0)) !== manifest.bookSha256 || !isSound(from)) {
    throw new Problem('book-damaged', { book: 'catalog of the backup' });
  }
  const work = `${home}.restoring`;
  await rm(work, { recursive: true, force: true });
  await makeFolder(work);
  const counts = await withBook(from, (book) => copyAll(book, source, work));
  await copyIfThere(path.join(source, 'settings.json'), path.join(work, 'settings.json'));
  await copyIfThere(from, path.join(work, 'catalog.db'));
  const book = openBook(path.join(work, 'catalog.db'));
  let held: number;
  try {
    held = book.transaction(() => {
      settleDeliveries(book, clock.now());
      // The folders are not those that were compared.
      book.sql('DELETE FROM folder_checked').run();
      return holdUndecided(book);
    });
  } finally {
    book.close();
  }
  await syncFolder(work);
  if (existsSync(home)) await rmdir(home);
  await rename(work, home);
  await syncFolder(path.dirname(home));
  return { at: manifest.at, ...counts, held };
}

async function readManifest(source: string): Promise<Manifest> {
  try {
    const read = JSON.parse(await readFile(path.join(source, 'manifest.json'), 'utf8')) as Partial<Manifest>;
    if (read.version === 1 && typeof read.bookSha256 === 'string' && typeof read.at === 'string')
      return read as Manifest;
  } catch {
    // told below
  }
  throw new Problem('not-found', { what: 'backup' });
}

async function withBook<T>(file: string, work: (book: Book) => Promise<T>): Promise<T> {
  const book = openBookCopy(file);
  try {
    return await work(book);
  } finally {
    book.close();
  }
}

async function copyAll(book: Book, from: string, to: string) {
  const counts = { objects: 0, copied: 0, damaged: 0, missing: 0 };
  const folders = new Set<string>();
  const count = (done: Copied) => {
    if (done === 'copied') counts.copied++;
    else if (done !== 'there') counts[done]++;
  };
  for (const pieces of batches(piecesOf(book), atOnce)) {
    for (const folder of new Set(pieces.map(({ file }) => path.dirname(path.join(to, file))))) {
      if (folders.has(folder)) continue;
      folders.add(folder);
      await makeFolder(folder);
    }
    for (const done of await Promise.all(pieces.map((piece) => copyOne(piece, from, to)))) count(done);
    counts.objects += pieces.filter(({ sha256 }) => sha256 !== null).length;
  }
  for (const folder of folders) await syncFolder(folder);
  return counts;
}

/** Objects with what they must be, then recipes. */
function* piecesOf(book: Book): Generator<Piece> {
  const most = 1000;
  for (let after = '', more = true; more;) {
    const rows = book
      .sql<{ file: string; sizeBytes: number; dataSetOffset: number; dataSetSha256: string }>(
        'SELECT file, sizeBytes, dataSetOffset, dataSetSha256 FROM object WHERE file > ? AND purgedAt IS NULL ORDER BY file LIMIT ?',
      )
      .all(after, most);
    for (const { file, sizeBytes, dataSetOffset, dataSetSha256 } of rows) {
      yield { file: `objects/${file}`, sizeBytes, from: dataSetOffset, sha256: dataSetSha256 };
    }
    after = rows.at(-1)?.file ?? '';
    more = rows.length === most;
  }
  for (let after = '', more = true; more;) {
    const rows = book
      .sql<{ file: string }>('SELECT recipeFile AS file FROM revision WHERE recipeFile > ? ORDER BY recipeFile LIMIT ?')
      .all(after, most);
    for (const { file } of rows) yield { file: `revisions/${file}`, sizeBytes: null, from: 0, sha256: null };
    after = rows.at(-1)?.file ?? '';
    more = rows.length === most;
  }
}

function* batches<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function copyOne({ file, sizeBytes, from, sha256 }: Piece, source: string, target: string): Promise<Copied> {
  const to = path.join(target, file);
  const there = await stat(to).catch(() => undefined);
  if (there && (sizeBytes === null || there.size === sizeBytes)) return 'there';
  try {
    return await copyHashed(path.join(source, file), to, from, sha256);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'missing';
    throw problemOf(error);
  }
}

async function copyHashed(source: string, to: string, from: number, sha256: string | null): Promise<Copied> {
  const part = `${to}.part`;
  const reading = await open(source, 'r');
  try {
    const writing = await open(part, 'w', 0o600);
    try {
      const hash = createHash('sha256');
      const buffer = Buffer.allocUnsafe(pieceBytes);
      for (let at = 0; ;) {
        const { bytesRead } = await reading.read(buffer, 0, pieceBytes, at);
        if (bytesRead === 0) break;
        hash.update(buffer.subarray(Math.min(bytesRead, Math.max(0, from - at)), bytesRead));
        for (let written = 0; written < bytesRead;) {
          written += (await writing.write(buffer, written, bytesRead - written, at + written)).bytesWritten;
        }
        at += bytesRead;
      }
      await writing.datasync();
      if (sha256 !== null && hash.digest('hex') !== sha256) {
        await rm(part);
        return 'damaged';
      }
    } finally {
      await writing.close();
    }
    await rename(part, to);
    return 'copied';
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  } finally {
    await reading.close();
  }
}

async function copyIfThere(from: string, to: string): Promise<void> {
  if (existsSync(from)) await copyHashed(from, to, 0, null);
}

async function digestFile(file: string, start: number): Promise<string | undefined> {
  const hash = createHash('sha256');
  const handle = await open(file, 'r').catch(() => undefined);
  if (!handle) return undefined;
  for await (const piece of handle.createReadStream({ start, highWaterMark: pieceBytes })) hash.update(piece as Buffer);
  return hash.digest('hex');
}

function problemOf(error: unknown): unknown {
  if (isProblem(error)) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Problem('no-room', { freeBytes: 0, neededBytes: 0 }, { cause: error });
  }
  return new Problem('disk-failed', { operation: 'copy' }, { cause: error });
}
