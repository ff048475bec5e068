// The log of the book is synced beside the work: what is told to be durable is, and a failed sync is never believed again.
import { fdatasync, fdatasyncSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBook } from '#station/records/index.ts';
import { readJournal, type JournalFound } from '#station/records/journal.ts';
import { temporaryFolder, type TemporaryFolder } from '../../peers/programs/temporary-folder.ts';

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder('log-sync');
});
afterEach(() => folder.close());

const syncing = promisify(fdatasync);
const insert = `INSERT INTO patient (id, PatientID, IssuerOfPatientID, PatientName, PatientBirthDate, PatientSex)
  VALUES (?, ?, '', '', '', '')`;

function open(sync: (fd: number) => Promise<void> = syncing) {
  const fds: number[] = [];
  const file = path.join(folder.path, 'catalog.db');
  const book = openBook(file, { fdatasync: (fd) => (fds.push(fd), sync(fd)) });
  const add = (id: string) => book.transactionSoon(() => book.sql(insert).run(id, id)).durable;
  const ids = () => book.sql<{ id: string }>('SELECT id FROM patient ORDER BY id').all();
  return { book, fds, add, ids, logBytes: () => readFileSync(`${file}-wal`).length };
}

const leftOpen = () =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder.path);
    } catch {
      return false;
    }
  });

describe('a transaction that is soon durable', () => {
  it('is seen at once, and calls back only when it is durable', async () => {
    let finish = () => {};
    const { book, ids } = open(() => new Promise((resolve) => (finish = resolve)));
    let isTold = false;
    const { durable } = book.transactionSoon(() => {
      book.sql(insert).run('a', 'a');
      book.afterCommit(() => (isTold = true));
    });
    expect(ids()).toEqual([{ id: 'a' }]);
    await Promise.resolve();
    expect(isTold).toBe(false);
    finish();
    await durable;
    expect(isTold).toBe(true);
    book.close();
  });

  it('shares its sync with all that wait, but not with one that had begun before', async () => {
    const { book, fds, add } = open();
    await Promise.all([...Array(8).keys()].map((number) => add(String(number))));
    expect(fds).toHaveLength(2);
    book.close();
    expect(leftOpen()).toEqual([]);
  });

  it('is not told durable after a failed sync; the log is copied into the book and begun anew', async () => {
    let isBroken = true;
    const { book, add, ids, logBytes } = open((fd) => (isBroken ? Promise.reject(new Error('EIO')) : syncing(fd)));
    await expect(add('a')).rejects.toMatchObject({ code: 'disk-failed' });
    expect(logBytes()).toBe(0);
    isBroken = false;
    await add('b');
    expect(ids()).toEqual([{ id: 'a' }, { id: 'b' }]);
    book.close();
    expect(leftOpen()).toEqual([]);
  });

  it('is not there when its work throws, and what follows is synced in full', () => {
    const { book, fds, ids } = open();
    const fails = () =>
      book.transactionSoon(() => {
        book.sql(insert).run('a', 'a');
        throw new Error('no');
      });
    expect(fails).toThrow('no');
    expect(ids()).toEqual([]);
    expect(fds).toEqual([]);
    expect(book.sql('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
    book.close();
  });

  it('has its line in the journal when it is durable, and not before', async () => {
    let finish = () => {};
    const journal = path.join(folder.path, 'journal');
    const book = openBook(path.join(folder.path, 'catalog.db'), {
      journal,
      fdatasync: () => new Promise((resolve) => (finish = resolve)),
    });
    const note = (id: string) => book.sql("INSERT INTO command (id, at) VALUES (?, 'now')").run(id);
    const lines = () => [...readJournal(journal, 0, { last: 0, damaged: 0, whole: true })].map(({ number }) => number);
    const first = book.transactionSoon(() => note('a')).durable;
    expect(lines()).toEqual([]);
    finish();
    await first;
    expect(lines()).toEqual([1]);
    // One that is synced at once makes what was committed before it durable too.
    const second = book.transactionSoon(() => note('b')).durable;
    expect(lines()).toEqual([1]);
    book.transaction(() => note('c'));
    expect(lines()).toEqual([1, 2, 3]);
    finish();
    await second;
    expect(lines()).toEqual([1, 2, 3]);
    book.close();
  });

  it('stands without a line in the journal when its sync fails, and a gap is told', async () => {
    let isBroken = false;
    const file = path.join(folder.path, 'catalog.db');
    const journal = path.join(folder.path, 'journal');
    const book = openBook(file, {
      journal,
      fdatasync: (fd) => (isBroken ? Promise.reject(new Error('EIO')) : syncing(fd)),
    });
    const note = (id: string) =>
      book.transactionSoon(() => book.sql("INSERT INTO command (id, at) VALUES (?, 'now')").run(id)).durable;
    await note('a');
    expect(book.journal?.hasGap).toBe(false);
    isBroken = true;
    await expect(note('b')).rejects.toMatchObject({ code: 'disk-failed' });
    expect(book.journal?.hasGap).toBe(true);
    // What the log held went into the book.
    expect(readFileSync(`${file}-wal`)).toHaveLength(0);
    isBroken = false;
    await note('c');
    expect(book.sql('SELECT id FROM command ORDER BY id').all()).toEqual([{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
    const found: JournalFound = { last: 0, damaged: 0, whole: true };
    expect([...readJournal(journal, 0, found)].map(({ number }) => number)).toEqual([1, 3]);
    expect(found).toEqual({ last: 3, damaged: 0, whole: false });
    book.close();
    expect(leftOpen()).toEqual([]);
  });

  it('is not believed when the log fails to sync at once beside it', async () => {
    let isBroken = false;
    let finish = () => {};
    const book = openBook(path.join(folder.path, 'catalog.db'), {
      journal: path.join(folder.path, 'journal'),
      fdatasync: () => new Promise((resolve) => (finish = resolve)),
      fdatasyncNow: (fd) => {
        if (isBroken) throw new Error('EIO');
        fdatasyncSync(fd);
      },
    });
    const running = book.transactionSoon(() => book.sql("INSERT INTO command (id, at) VALUES ('a', 'now')").run());
    isBroken = true;
    // The end of the book syncs at once what nobody waited for.
    book.close();
    finish();
    await expect(running.durable).rejects.toMatchObject({ code: 'disk-failed' });
    expect(leftOpen()).toEqual([]);
  });
});
