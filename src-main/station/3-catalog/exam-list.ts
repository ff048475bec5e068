// Lists of exams: filters, search, pages, totals. Every order and filter is an index of the book.
import type { ExamFilter } from '#contract/shapes/exam.ts';
import type { Book } from '#station/records/index.ts';
import type { ExamQuery } from './catalog.ts';
import { indexQueryOf, isShort, patternOf, searchWords } from '#station/kit/search-text.ts';

/** `now` is the one parameter of those that have a `?`. */
const conditions: Readonly<Record<ExamFilter, string>> = {
  // What is still arriving is among them: it is shown while it comes.
  'needs-you': "stage = 'open'",
  arriving: "stage = 'open' AND completeAt > ?",
  held: "stage = 'held' AND emptied = 0",
  approved: "stage = 'approved'",
  // One whose images were all moved elsewhere is shown nowhere.
  rejected: "stage = 'rejected' AND emptied = 0",
  all: 'emptied = 0',
};

type Page = { readonly ids: string[]; readonly total: number };

/** With more exams than this a word is so common that the newest ones with it are found sooner by walking the newest. */
const mostByIndex = 2000;

/** The ids of one page, newest first, and how many there are in all. */
export function listExamIds(book: Book, { filter, search, limit, offset }: ExamQuery, now: string): Page {
  const words = searchWords(search);
  const nowToo = conditions[filter].includes('?') ? [now] : [];
  const page = (where: readonly string[], values: readonly string[]) =>
    book
      .sql<{ id: string }>(
        `SELECT id FROM exam WHERE ${where.join(' AND ')} ORDER BY lastArrivedAt DESC, id LIMIT ? OFFSET ?`,
      )
      .all(...values, limit, offset)
      .map((row) => row.id);
  if (words.length === 0) {
    return { ids: page([conditions[filter]], nowToo), total: countExams(book, now)[filter] };
  }
  const short = words.filter(isShort);
  const long = words.filter((word) => !isShort(word));
  const count = (where: readonly string[], values: readonly string[]) =>
    book.sql<{ exams: number }>(`SELECT count(*) AS exams FROM exam WHERE ${where.join(' AND ')}`).get(...values)
      ?.exams ?? 0;
  const walking = [conditions[filter], ...words.map(() => like)];
  const walkingValues = [...nowToo, ...words.map(patternOf)];
  if (long.length === 0) return { ids: page(walking, walkingValues), total: count(walking, walkingValues) };

  const query = indexQueryOf(long);
  const found = countByIndex(book, query);
  const indexed = [conditions[filter], ...short.map(() => like), byIndex];
  const indexedValues = [...nowToo, ...short.map(patternOf), query];
  return {
    ids: found > mostByIndex ? page(walking, walkingValues) : page(indexed, indexedValues),
    total: filter === 'all' && short.length === 0 ? found : count(indexed, indexedValues),
  };
}

const like = "searchText LIKE ? ESCAPE '\\'";
const byIndex = 'exam.rowid IN (SELECT rowid FROM exam_search WHERE exam_search MATCH ?)';

function countByIndex(book: Book, query: string): number {
  const row = book
    .sql<{ exams: number }>('SELECT count(*) AS exams FROM exam_search WHERE exam_search MATCH ?')
    .get(query);
  return row?.exams ?? 0;
}

/** How many exams each filter shows. */
export function countExams(book: Book, now: string): Record<ExamFilter, number> {
  const stages = book.sql<{ stage: string; exams: number }>('SELECT stage, exams FROM exam_count').all();
  const of = (stage: string) => stages.find((row) => row.stage === stage)?.exams ?? 0;
  const arriving =
    book.sql<{ exams: number }>("SELECT count(*) AS exams FROM exam WHERE stage = 'open' AND completeAt > ?").get(now)
      ?.exams ?? 0;
  return {
    'needs-you': of('open'),
    arriving,
    held: of('held'),
    approved: of('approved'),
    rejected: of('rejected'),
    all: stages.reduce((sum, row) => sum + (row.stage === 'empty' ? 0 : row.exams), 0),
  };
}
