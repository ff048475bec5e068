// The station starts: store and catalogue are compared. A file without a row is adopted, a row without a file becomes a
// problem, a row whose file is there again loses it. Nothing is deleted: what is no DICOM or half of an object, what was
// tried three times in vain, and recipes that no revision names go to lost+found/.
//
// Only folders that changed since they were compared are compared again, so that a start costs the same whatever was
// received before. What changes behind the back of a folder is found by the scrub.
import type { Log } from '#station/kit/log.ts';
import { isProblem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import type { Store } from '#station/2-store/index.ts';
import type { Catalog } from '#station/3-catalog/index.ts';
import path from 'node:path';
import { readPlaced } from './read-placed.ts';

export type StartRooms = {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly book: Book;
  readonly log: Log;
};

export type StartReport = { readonly adopted: number; readonly missing: number; readonly setAside: number };
type Counts = { adopted: number; missing: number; setAside: number };

const mostTries = 3;
/** A folder may change again within one tick of the file system's clock. */
const restingMs = 2000;

/** To be called before anything can arrive. */
export async function whenStationStarts(rooms: StartRooms): Promise<StartReport> {
  const { store, catalog, book, log } = rooms;
  const found: Counts = { adopted: 0, missing: 0, setAside: 0 };
  const unseen = new Set(catalog.shards());
  const checks = new FolderChecks(book);
  for await (const { folder, changedAtMs, files } of store.folders('objects')) {
    unseen.delete(folder);
    if (checks.isUnchanged(`objects/${folder}`, changedAtMs)) continue;
    const rows = catalog.filesOfShard(folder);
    const strangers = (await files()).filter((file) => !rows.delete(file));
    const settled = await adoptAll(rooms, strangers, found);
    found.missing += tellMissing(rooms, rows.values());
    if (settled) checks.passed(`objects/${folder}`, changedAtMs);
  }
  for (const shard of unseen) found.missing += tellMissing(rooms, catalog.filesOfShard(shard).values());
  for await (const { folder, changedAtMs, files } of store.folders('recipes')) {
    if (checks.isUnchanged(`revisions/${folder}`, changedAtMs)) continue;
    const named = recipesOf(book, folder);
    for (const file of await files()) {
      if (named.has(file)) continue;
      await store.setRecipeAside(file);
      found.setAside++;
    }
    checks.passed(`revisions/${folder}`, changedAtMs);
  }
  checks.write();
  tellFound(rooms);
  if (found.adopted + found.missing + found.setAside > 0) {
    log.warn('store-and-catalogue-differ', {
      count: found.adopted,
      reason: `missing ${found.missing}, set aside ${found.setAside}`,
    });
  }
  return found;
}

/** What was found so far is written down together, once for so many folders: each time is a sync of the book. */
const foldersAtOnce = 64;

class FolderChecks {
  readonly #book: Book;
  #passed: { readonly folder: string; readonly changedAtMs: number }[] = [];

  constructor(book: Book) {
    this.#book = book;
  }

  isUnchanged(folder: string, changedAtMs: number): boolean {
    const checked = this.#book
      .sql<{ changedAtMs: number }>('SELECT changedAtMs FROM folder_checked WHERE folder = ?')
      .get(folder);
    return checked?.changedAtMs === changedAtMs;
  }

  passed(folder: string, changedAtMs: number): void {
    if (Date.now() - changedAtMs < restingMs) return;
    this.#passed.push({ folder, changedAtMs });
    if (this.#passed.length >= foldersAtOnce) this.write();
  }

  /** Writes down what passed; what is not written is compared again at the next start. */
  write(): void {
    const passed = this.#passed.splice(0);
    if (passed.length === 0) return;
    this.#book.transaction(() => {
      for (const { folder, changedAtMs } of passed)
        this.#book
          .sql(
            `INSERT INTO folder_checked (folder, changedAtMs) VALUES (?, ?)
             ON CONFLICT (folder) DO UPDATE SET changedAtMs = excluded.changedAtMs`,
          )
          .run(folder, changedAtMs);
    });
  }
}

/** Those that were missing and are there again. */
function tellFound({ store, catalog, book }: StartRooms): void {
  book.transaction(() => {
    for (const objectId of catalog.missingObjects()) {
      if (store.has(catalog.objectFile(objectId).file)) catalog.fileMissing(objectId, false);
    }
  });
}

function tellMissing({ book, catalog }: StartRooms, objectIds: Iterable<string>): number {
  const ids = [...objectIds];
  if (ids.length > 0) book.transaction(() => ids.forEach((id) => catalog.fileMissing(id, true)));
  return ids.length;
}

/** False when one of them has to be tried again at the next start. */
async function adoptAll(rooms: StartRooms, files: readonly string[], found: Counts): Promise<boolean> {
  const { book, store, log } = rooms;
  const triesOf = new Map(
    files.map((file) => [
      file,
      book.sql<{ tries: number }>('SELECT tries FROM adoption WHERE file = ?').get(file)?.tries ?? 0,
    ]),
  );
  const count = (list: readonly string[]) =>
    book.transaction(() => {
      for (const file of list) {
        book.sql('INSERT INTO adoption VALUES (?, 1) ON CONFLICT (file) DO UPDATE SET tries = tries + 1').run(file);
      }
    });
  // All that were never tried share one transaction; one that was there when the station ended is tried alone.
  const fresh = files.filter((file) => triesOf.get(file) === 0);
  if (fresh.length > 0) count(fresh);
  let settled = true;
  for (const file of files) {
    const tries = triesOf.get(file) ?? 0;
    if (tries > 0 && tries < mostTries) count([file]);
    try {
      const adopted = tries < mostTries && (await adopt(rooms, file));
      if (!adopted) await store.setAside(file);
      if (adopted) found.adopted++;
      else found.setAside++;
      book.sql('DELETE FROM adoption WHERE file = ?').run(file);
    } catch (error) {
      log.error('adopting-failed', { objectId: path.basename(file, '.dcm') }, error);
      settled = false;
    }
  }
  return settled;
}

/** Writes a file down that was placed and not recorded. False when nothing can be made of it, or it is here already. */
async function adopt({ store, catalog, book }: StartRooms, file: string): Promise<boolean> {
  if (catalog.has(path.basename(file, '.dcm'))) return false;
  let placed;
  try {
    placed = await readPlaced(store, file);
  } catch (error) {
    if (isProblem(error, 'not-dicom') || isProblem(error, 'header-too-large')) return false;
    throw error;
  }
  const { arrival } = placed;
  // No sender had an answer for a file that neither book nor journal knows; a power cut may have left half of it.
  if (arrival.header.flaws.some(({ code }) => code === 'truncated' || code === 'unreadable-header')) return false;
  const recorded = book.transaction(() => catalog.record(arrival));
  // A repeat whose sender has its answer, or asks again.
  if (!recorded.fileTaken) await store.forget(file);
  return true;
}

function recipesOf(book: Book, folder: string): Set<string> {
  const rows = book
    .sql<{ file: string }>('SELECT recipeFile AS file FROM revision WHERE recipeFile > ? AND recipeFile < ?')
    .all(`${folder}/`, `${folder}0`);
  return new Set(rows.map(({ file }) => file));
}
