// Lists of exams: filters, search, pages, totals. Every order and filter is an index of the book.
import type { ExamFilter } from '#contract/shapes/exam.ts';
import type { Book } from '#station/records/index.ts';
import type { ExamQuery } from './catalog.ts';
import { searchPatterns } from './search-text.ts';

/** `now` is the one parameter of those that have a `?`. */
const conditions: Readonly<Record<ExamFilter, string>> = {
  // What is still arriving is among them: it is shown while it comes.
  'needs-you': "stage = 'open'",
  arriving: "stage = 'open' AND completeAt > ?",
  held: "stage = 'held'",
  approved: "stage = 'approved'",
  rejected: "stage = 'rejected'",
  all: '1',
};

/** The ids of one page, newest first, and how many there are in all. */
export function listExamIds(
  book: Book,
  { filter, search, limit, offset }: ExamQuery,
  now: string,
): { readonly ids: string[]; readonly total: number } {
  const patterns = searchPatterns(search);
  const where = [conditions[filter], ...patterns.map(() => "searchText LIKE ? ESCAPE '\\'")].join(' AND ');
  const values = [...(conditions[filter].includes('?') ? [now] : []), ...patterns];
  const ids = book
    .sql<{ id: string }>(`SELECT id FROM exam WHERE ${where} ORDER BY lastArrivedAt DESC, id LIMIT ? OFFSET ?`)
    .all(...values, limit, offset)
    .map((row) => row.id);
  if (patterns.length === 0) return { ids, total: countExams(book, now)[filter] };
  const total = book.sql<{ exams: number }>(`SELECT count(*) AS exams FROM exam WHERE ${where}`).get(...values);
  return { ids, total: total?.exams ?? 0 };
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
    all: stages.reduce((sum, row) => sum + row.exams, 0),
  };
}
