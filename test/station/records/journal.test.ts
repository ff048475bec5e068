// The journal beside the book: what goes into it, and what is found when it is read.
import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  openBook,
  pruneJournal,
  readEnd,
  readJournal,
  type Book,
  type JournalFound,
  type JournalLine,
} from '#station/records/index.ts';
import { temporaryFolder, type TemporaryFolder } from '../../peers/programs/temporary-folder.ts';

let folder: TemporaryFolder;
let journal: string;
const books: Book[] = [];
beforeEach(async () => {
  folder = await temporaryFolder('journal');
  journal = path.join(folder.path, 'journal');
});
afterEach(async () => {
  for (const book of books.splice(0)) book.close();
  await folder.close();
});

const open = () => {
  const book = openBook(path.join(folder.path, 'catalog.db'), { journal });
  books.push(book);
  return book;
};
const close = () => books.splice(0).forEach((book) => book.close());
const write = (book: Book, id: string) =>
  book.transaction(() => book.sql('INSERT INTO command (id, at) VALUES (?, ?)').run(id, 'now'));

function read(after = 0): { lines: JournalLine[]; found: JournalFound } {
  const found: JournalFound = { last: 0, damaged: 0, whole: true };
  return { lines: [...readJournal(journal, after, found)], found };
}
const lastFile = () => path.join(journal, readdirSync(journal).sort().at(-1) ?? '');

it('what people decide is there as soon as it is done, one line for each transaction', () => {
  const book = open();
  write(book, 'first');
  book.transaction(() => {
    write(book, 'second');
    write(book, 'third');
  });
  expect(read()).toMatchObject({ found: { last: 2, damaged: 0, whole: true } });
  expect(read().lines.map(({ changes }) => changes.map(([, , row]) => row['id']))).toEqual([
    ['first'],
    ['second', 'third'],
  ]);
  expect(book.journalMark()).toBe(2);
});

it('what was rolled back never stood there', () => {
  const book = open();
  expect(() =>
    book.transaction(() => {
      write(book, 'first');
      throw new Error('no');
    }),
  ).toThrow('no');
  write(book, 'second');
  expect(read().lines.flatMap(({ changes }) => changes.map(([, , row]) => row['id']))).toEqual(['second']);
});

it('goes on after a restart, and after a line that was cut off', () => {
  write(open(), 'first');
  close();
  write(open(), 'second');
  close();
  appendFileSync(lastFile(), '{"n":3,"c":[["+","comm');
  const book = open();
  expect(book.journal?.hasGap).toBe(false);
  write(book, 'third');
  expect(read().lines.map(({ number }) => number)).toEqual([1, 2, 3]);
  expect(read().found.damaged).toBe(1);
  expect(read(2).lines.map(({ number }) => number)).toEqual([3]);
});

it('a change of one sign is found out, and the lines after it still count', () => {
  const book = open();
  for (const id of ['first', 'second', 'third']) write(book, id);
  close();
  const file = lastFile();
  writeFileSync(file, readFileSync(file, 'utf8').replace('second', 'sekond'));
  const { lines, found } = read();
  expect(lines.map(({ number }) => number)).toEqual([1, 3]);
  expect(found).toEqual({ last: 3, damaged: 1, whole: false });
});

it('the book notices that lines are missing, and that it is older than its journal', () => {
  const book = open();
  write(book, 'first');
  close();
  rmSync(journal, { recursive: true });
  const second = open();
  expect(second.journal).toMatchObject({ hasGap: true, isAhead: false });
  write(second, 'second');
  close();
  for (const name of readdirSync(folder.path)) if (name.startsWith('catalog')) rmSync(path.join(folder.path, name));
  expect(open().journal).toMatchObject({ hasGap: false, isAhead: true });
  expect(readEnd(journal)).toBe(2);
});

it('files that a kept copy of the book makes needless go, and not one that still holds a later line', () => {
  for (const id of ['first', 'second', 'third']) {
    write(open(), id);
    close();
  }
  const names = readdirSync(journal).sort();
  expect(names).toHaveLength(3);
  expect(pruneJournal(journal, 0)).toBe(0);
  expect(pruneJournal(journal, 2)).toBe(2);
  expect(readdirSync(journal)).toEqual([names[2]]);
  expect(read(2)).toMatchObject({ found: { last: 3, damaged: 0, whole: true } });
  // From the beginning something is missing now, and says so.
  expect(read().found.whole).toBe(false);
  // The newest stays, whatever a copy holds.
  expect(pruneJournal(journal, 99)).toBe(0);
  expect(open().journal).toMatchObject({ hasGap: false, isAhead: false });
});

it('every table is kept but those that are named as worked out anew', () => {
  const book = open();
  const triggers = book
    .sql<{ name: string; tbl_name: string }>("SELECT name, tbl_name FROM temp.sqlite_schema WHERE type = 'trigger'")
    .all();
  const kept = new Set(triggers.map((trigger) => trigger.tbl_name));
  const tables = book
    .sql<{ name: string }>(
      "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'",
    )
    .all()
    .map(({ name }) => name);
  const left = tables.filter((name) => !kept.has(name)).sort();
  expect(left).toEqual(
    [
      ...[
        'adoption',
        'attempt',
        'commitment',
        'commitment_item',
        'counting',
        'delivery_count',
        'exam_count',
        'folder_checked',
      ],
      ...['hl7_message', 'journal_mark', 'order_source', 'patient', 'scrub_round', 'series'],
      ...['destination_count', 'exam_waiting', 'outbox_exam', 'outbox_sum', 'outbox_total', 'proved_minute'],
      ...['waiting_bytes', 'prior_object', 'prior_study', 'seen_key_object'],
      ...['image_check', 'image_hint', 'image_fact_mark', 'image_sum'],
    ].sort(),
  );
});
