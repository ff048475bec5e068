// The log of the book is copied into the book by a thread of its own, and begun anew while others write.
import { statSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBook, type Book } from '#station/records/index.ts';
import { Checkpoints } from '#station/records/checkpoints.ts';
import { temporaryFolder, type TemporaryFolder } from '../../peers/programs/temporary-folder.ts';

let folder: TemporaryFolder;
let book: Book | undefined;
beforeEach(async () => {
  folder = await temporaryFolder('checkpoints');
});
afterEach(async () => {
  book?.close();
  book = undefined;
  await folder.close();
});

const file = () => path.join(folder.path, 'catalog.db');
function pagesInLog(): number {
  const db = new Database(file());
  const [length] = db.pragma('wal_checkpoint(NOOP)') as { log: number }[];
  db.close();
  return length?.log ?? Number.NaN;
}

const insert = "INSERT INTO command (id, at) VALUES (?, '')";

/** Writes as the arrivals do: each waits for the sync of the one before, and for a calm moment. */
async function write(to: Book, from: number, count: number): Promise<void> {
  for (let n = from; n < from + count; n++) {
    await to.calm;
    await to.transactionSoon(() => to.sql(insert).run(`${n}`.padStart(400, '0'))).durable;
  }
}

describe('the log of the book', () => {
  it('is copied while others write, is begun anew, and nothing is missing afterwards', async () => {
    const open = (book = openBook(file(), { longLogPages: 60 }));
    const emptyBytes = statSync(file()).size;
    // Somebody writes all the time: only a moment of calm lets the log begin anew.
    let written = 0;
    for (let copied = false; !copied;) {
      const copying = open.checkpointing;
      await write(open, written++, 1);
      copied = copying !== undefined && open.checkpointing === undefined;
    }
    expect(written).toBeGreaterThan(16);
    expect(statSync(file()).size).toBeGreaterThan(emptyBytes);
    await write(open, written++, 1);
    expect(pagesInLog()).toBeLessThan(60);
    open.close();
    book = openBook(file());
    expect(book.sql<{ n: number }>('SELECT count(*) AS n FROM command').get()?.n).toBe(written);
  });

  it('stays whole when the book is closed while it is copied', async () => {
    const open = openBook(file(), { longLogPages: 20 });
    await write(open, 0, 40);
    open.close();
    book = openBook(file());
    expect(book.sql<{ n: number }>('SELECT count(*) AS n FROM command').get()?.n).toBe(40);
  });

  it('is not doubted when a copy could not even begin', async () => {
    let failures = 0;
    const looked = { log: 100, checkpointed: 0 };
    const copyOf = (name: string) =>
      new Checkpoints({
        file: path.join(folder.path, name),
        logLength: () => looked,
        longLogPages: 1,
        onFailed: () => failures++,
      });
    const nowhere = copyOf('is-not-there.db');
    for (let n = 0; n < 16; n++) nowhere.committed();
    expect(nowhere.running).toBeDefined();
    await nowhere.running;
    expect(failures).toBe(0);
    expect(nowhere.calm).toBeUndefined();
    nowhere.close();
  });

  it('never fails a commit that stands, and is not looked at often', () => {
    let looks = 0;
    const logLength = () => {
      looks++;
      throw new Error('disk I/O error');
    };
    const checkpoints = new Checkpoints({ file: file(), logLength, onFailed: () => {} });
    for (let n = 0; n < 32; n++) checkpoints.committed();
    expect(looks).toBe(2);
    expect(checkpoints.running).toBeUndefined();
    checkpoints.close();
  });
});
