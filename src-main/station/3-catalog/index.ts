// Objects become exams: indexed, found, duplicates recognised, problems named.
//
// Everything is read from the book each time; the catalogue keeps nothing in memory but how far today's arrivals are counted.
// What is written is written inside a transaction of the caller, so that it can span rooms.
import type { Clock } from '#station/kit/clock.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Attributes } from '#contract/shapes/identity.ts';
import type { Book } from '#station/records/index.ts';
import type { ArrivalSource } from './arrival.ts';
import { openArrivalCount } from './arrival-count.ts';
import type { Catalog } from './catalog.ts';
import { followLate } from './rearranging/late-arrivals.ts';
import { openDecisionMemory } from './decision-memory.ts';
import { readSourceFacts, sourcesOfExam } from './device-facts.ts';
import { countExam } from './exam-counts.ts';
import { countExams, listExamIds } from './exam-list.ts';
import { readExam, readObjectFile, readObjectRow } from './exam-pages.ts';
import { readExamRows } from './exam-rows.ts';
import { findHeld } from './held-already.ts';
import { Ledger } from './ledger.ts';
import { refusePurged } from './returned-object.ts';
import { StandingProblems } from './standing-problems.ts';

export { ourselves, type Arrival, type ArrivalSource, type Recorded } from './arrival.ts';
export {
  openConflicts,
  type ConflictCommand,
  type ConflictFinding,
  type Conflicts,
  type Decided,
  type Prints,
} from './conflicts.ts';
export type { Twin } from './twins.ts';
export {
  openRearranging,
  type Rearranged,
  type Rearranging,
  type RearrangeCommand,
  type Undone,
} from './rearranging/rearranging.ts';
export type { CopyWish, RenewedPlace, Wish } from './rearranging/operations.ts';
export { receivedAttributes } from './header-text.ts';
export type { SourceFacts } from './device-facts.ts';
export type { Catalog, ExamQuery, ObjectFile } from './catalog.ts';

export type CatalogOptions = {
  readonly book: Book;
  readonly clock: Clock;
  /** No new object for so long means that an exam is complete. Asked at each arrival, so that a setting counts at once. */
  readonly quietTimeMs: (source: ArrivalSource) => number;
  /** The modality that a source is expected to send, or undefined. */
  readonly expectedModality?: (source: ArrivalSource) => string | undefined;
  /** How long late images follow what a person decided. 24 h when it is not said. */
  readonly rememberedForMs?: () => number;
  /** Names and IDs that name nobody at this site, besides those that are known. */
  readonly placeholders?: () => readonly string[];
};

export function openCatalog(options: CatalogOptions): Catalog {
  const { book, clock, quietTimeMs, expectedModality = () => undefined } = options;
  const { rememberedForMs = () => 86_400_000 } = options;
  const problems = new StandingProblems(book, clock, options.placeholders);
  const ledger = new Ledger({ book, clock, quietTimeMs, expectedModality, problems });
  const rows = (ids: readonly string[]) => readExamRows(book, problems, { ids, now: clock.now() });
  const mark = (objectId: string, code: 'object-file-missing' | 'digest-mismatch', stands: boolean): void => {
    const { examId } = readObjectFile(book, objectId);
    const subject = { examId, objectId };
    book.transaction(() => {
      if (problems.stands(subject, code) === stands) return;
      if (stands) problems.raise(subject, { code, params: { object: objectId } });
      else problems.clear(subject, code);
      book.sql('UPDATE exam SET version = version + 1 WHERE id = ?').run(examId);
    });
  };
  return {
    record: (arrival) =>
      book.transaction(() => {
        const recorded = ledger.record(arrival);
        // What is written down again is put where it was by the steps that are brought in after it.
        if (recorded.kind === 'resent' || arrival.examId !== undefined) return recorded;
        return followLate({ book, problems, now: clock.now(), forMs: rememberedForMs() }, recorded, arrival);
      }),
    heldAlready: (content) => findHeld(book, problems, content),
    countAgain: (objectId, source) => ledger.countAgain(objectId, source),
    refreshProblems: (examId) =>
      book.transaction(() => {
        problems.refresh(examId);
        countExam(book, examId);
      }),
    standingProblems: (examId) => problems.read(examId, readCorrected(book, examId)),
    say: (examId, note) => problems.raise({ examId, objectId: null }, note),
    unsay: (examId, code) => problems.clear({ examId, objectId: null }, code),
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
    objectFile: (id) => {
      refusePurged(book, id);
      return readObjectFile(book, id);
    },
    arrivedSince: openArrivalCount(book),
    completeNow: (examId) =>
      book
        .sql('UPDATE exam SET completeAt = :now, version = version + 1 WHERE id = :examId AND completeAt > :now')
        .run({ now: clock.now(), examId }).changes > 0,
    decisions: openDecisionMemory(book, clock),
    sourceFacts: () => readSourceFacts(book),
    sourcesOfExam: (examId) => sourcesOfExam(book, examId),
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
          .sql<{ file: string; id: string }>(
            'SELECT file, id FROM object WHERE file > ? AND file < ? AND purgedAt IS NULL',
          )
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
    fileMissing: (objectId, missing) => mark(objectId, 'object-file-missing', missing),
    bytesChanged: (objectId, changed) => mark(objectId, 'digest-mismatch', changed),
    has: (objectId) => book.sql('SELECT 1 FROM object WHERE id = ?').get(objectId) !== undefined,
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
