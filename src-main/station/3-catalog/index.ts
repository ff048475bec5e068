// Objects become exams: indexed, found, duplicates recognised, problems named.
//
// Everything is read from the book each time; the catalogue keeps nothing in memory. What is written is written inside a
// transaction of the caller, so that it can span rooms.
import type { Clock } from '#station/kit/clock.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Attributes } from '#contract/shapes/identity.ts';
import type { ExamRow } from '#contract/shapes/exam.ts';
import type { Book } from '#station/records/index.ts';
import type { Catalog } from './catalog.ts';
import { countExam } from './exam-counts.ts';
import { countExams, listExamIds } from './exam-list.ts';
import { readExam, readObjectFile, readObjectRow } from './exam-pages.ts';
import { readExamRow } from './exam-rows.ts';
import { Ledger } from './ledger.ts';
import { StandingProblems } from './standing-problems.ts';

export type { Arrival, ArrivalSource, Recorded } from './arrival.ts';
export type { Catalog, ExamQuery, ObjectFile } from './catalog.ts';

export type CatalogOptions = {
  readonly book: Book;
  readonly clock: Clock;
  /** No new object for so long means that an exam is complete. Asked at each arrival, so that a setting counts at once. */
  readonly quietTimeMs: () => number;
};

export function openCatalog({ book, clock, quietTimeMs }: CatalogOptions): Catalog {
  const problems = new StandingProblems(book, clock);
  const ledger = new Ledger({ book, clock, quietTimeMs, problems });
  const rows = (ids: readonly string[]): ExamRow[] => {
    const now = clock.now();
    return ids.flatMap((id) => readExamRow(book, problems, { id, now }) ?? []);
  };
  return {
    record: (arrival) => book.transaction(() => ledger.record(arrival)),
    refreshProblems: (examId) =>
      book.transaction(() => {
        problems.refresh(examId);
        countExam(book, examId);
      }),
    standingProblems: (examId) => problems.read(examId, readCorrected(book, examId)),
    examRows: rows,
    list: (query) => {
      const { ids, total } = listExamIds(book, query, clock.now());
      return { exams: rows(ids), total, totals: countExams(book, clock.now()) };
    },
    totals: () => countExams(book, clock.now()),
    exam: (id) => {
      const [row] = rows([id]);
      if (!row) throw new Problem('not-found', { what: 'exam' });
      return readExam(book, row);
    },
    objectRow: (id) => readObjectRow(book, id),
    objectFile: (id) => readObjectFile(book, id),
    arrivedSince: (at) =>
      book.sql<{ objects: number }>('SELECT count(*) AS objects FROM object WHERE arrivedAt >= ?').get(at)?.objects ??
      0,
    nextQuietAt: () =>
      book
        .sql<{ at: string | null }>("SELECT min(completeAt) AS at FROM exam WHERE stage = 'open' AND completeAt > ?")
        .get(clock.now())?.at ?? null,
    markQuiet: (after) =>
      book
        .sql<{ id: string }>(
          `UPDATE exam SET version = version + 1 WHERE stage = 'open' AND completeAt > ? AND completeAt <= ?
           RETURNING id`,
        )
        .all(after, clock.now())
        .map((row) => row.id),
    problemsOfObject: (objectId) => {
      const { examId } = readObjectFile(book, objectId);
      return problems.ofObject(examId, objectId);
    },
    filesOfShard: (shard) =>
      new Map(
        book
          .sql<{ file: string; id: string }>('SELECT file, id FROM object WHERE file > ? AND file < ?')
          .all(`${shard}/`, `${shard}0`)
          .map((row) => [row.file, row.id]),
      ),
    shards: () => readShards(book),
    missingObjects: () =>
      book
        .sql<{ objectId: string }>(
          "SELECT objectId FROM problem WHERE code = 'object-file-missing' AND clearedAt IS NULL",
        )
        .all()
        .map((row) => row.objectId),
    fileMissing: (objectId, missing) => {
      const { examId } = readObjectFile(book, objectId);
      const subject = { examId, objectId };
      book.transaction(() => {
        if (problems.stands(subject, 'object-file-missing') === missing) return;
        if (missing) problems.raise(subject, { code: 'object-file-missing', params: { object: objectId } });
        else problems.clear(subject, 'object-file-missing');
        book.sql('UPDATE exam SET version = version + 1 WHERE id = ?').run(examId);
      });
    },
  };
}

function readCorrected(book: Book, examId: string): Attributes {
  const exam = book.sql<{ corrected: string }>('SELECT corrected FROM exam WHERE id = ?').get(examId);
  return exam ? (JSON.parse(exam.corrected) as Attributes) : {};
}

/** Hops from folder to folder over the index of file names. */
function readShards(book: Book): string[] {
  const shards: string[] = [];
  for (let from = ''; ;) {
    const next = book.sql<{ file: string }>('SELECT file FROM object WHERE file > ? ORDER BY file LIMIT 1').get(from);
    if (!next) return shards;
    const shard = next.file.slice(0, next.file.indexOf('/'));
    shards.push(shard);
    from = `${shard}0`;
  }
}
