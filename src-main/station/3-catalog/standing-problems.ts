// Problems that stand against exams and objects, as rows: raised once, cleared when their reason has gone, raised again
// when it comes back. Those that follow from the objects of an exam are worked out anew each time; the flaws of an
// object stay with it, and count for as long as it is not rejected.
import type { ProblemCode, ProblemNote, ProblemParams } from '#contract/problems.ts';
import type { Attributes } from '#contract/shapes/identity.ts';
import type { StandingProblem } from '#contract/shapes/problem.ts';
import type { Clock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import type { Book } from '#station/records/index.ts';
import { isAnswered, lateOtherPatient, problemsOfExam, type Identities } from './problems-of-exam.ts';

type ProblemRow = {
  readonly id: string;
  readonly objectId: string | null;
  readonly code: string;
  readonly params: string;
  readonly key: string;
  readonly since: string;
};

/** Worked out from the objects of an exam; every other code stays until something else clears it. */
const derivedCodes: readonly ProblemCode[] = [
  'no-patient-id',
  'no-patient-name',
  'two-patients',
  'late-other-patient',
  'placeholder-identity',
  'impossible-date',
  'invalid-sex',
  'same-uid-other-content',
  'rejected-earlier',
];

export type ProblemSubject = { readonly examId: string; readonly objectId: string | null };

export class StandingProblems {
  readonly #book: Book;
  readonly #clock: Clock;

  constructor(book: Book, clock: Clock) {
    this.#book = book;
    this.#clock = clock;
  }

  raise(subject: ProblemSubject, note: ProblemNote): void {
    const params = JSON.stringify(note.params);
    this.#book
      .sql(
        `INSERT INTO problem (id, examId, objectId, code, params, key, since) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (key) DO UPDATE SET params = excluded.params, clearedAt = NULL,
             since = CASE WHEN clearedAt IS NULL THEN since ELSE excluded.since END
           WHERE clearedAt IS NOT NULL OR params <> excluded.params`,
      )
      .run(newId(), subject.examId, subject.objectId, note.code, params, keyOf(subject, note), this.#clock.now());
  }

  clear(subject: ProblemSubject, code: ProblemCode): void {
    this.#book
      .sql('UPDATE problem SET clearedAt = ? WHERE examId = ? AND objectId IS ? AND code = ? AND clearedAt IS NULL')
      .run(this.#clock.now(), subject.examId, subject.objectId, code);
  }

  stands({ examId, objectId }: ProblemSubject, code: ProblemCode): boolean {
    return (
      this.#book
        .sql('SELECT 1 FROM problem WHERE examId = ? AND +objectId IS ? AND +code = ? AND clearedAt IS NULL')
        .get(examId, objectId, code) !== undefined
    );
  }

  /** Works out the derived problems of an exam anew; conflicts between objects are marked on the objects as well. */
  refresh(examId: string): void {
    const wanted = new Map<string, { readonly subject: ProblemSubject; readonly note: ProblemNote }>();
    const want = (objectId: string | null, note: ProblemNote) => {
      const subject = { examId, objectId };
      wanted.set(keyOf(subject, note), { subject, note });
    };
    for (const note of problemsOfExam(this.identities(examId), this.#today())) want(null, note);
    const surprise = this.#lateOtherPatient(examId);
    if (surprise) want(null, surprise);
    for (const twin of this.#markConflicts(examId)) {
      want(twin.id, { code: 'same-uid-other-content', params: { objects: twin.objects } });
    }
    for (const id of this.#rejectedEarlier(examId)) want(id, { code: 'rejected-earlier', params: { object: id } });
    const derived = new Set<string>(derivedCodes);
    for (const row of this.#rows(examId)) {
      const examLevel = row.objectId === null && row.code === 'illegal-value';
      if (!wanted.has(row.key) && (derived.has(row.code) || examLevel)) {
        this.#book.sql('UPDATE problem SET clearedAt = ? WHERE id = ?').run(this.#clock.now(), row.id);
      }
    }
    for (const { subject, note } of wanted.values()) this.raise(subject, note);
  }

  /** What stands now. @param corrected all corrections of the exam together */
  read(examId: string, corrected: Attributes): StandingProblem[] {
    const rows = this.#rows(examId);
    if (rows.length === 0) return [];
    const isCorrected = Object.keys(corrected).length > 0;
    const identities = isCorrected ? this.identities(examId) : [];
    return rows.map((row) => {
      const note = { code: row.code as ProblemCode, params: JSON.parse(row.params) as ProblemParams };
      const answered = isCorrected && isAnswered(note, corrected, identities);
      return { ...note, id: row.id, objectId: row.objectId, since: row.since, answered };
    });
  }

  /** What stands against one object: its own rows, and what its identity alone would raise. */
  ofObject(examId: string, objectId: string): ProblemNote[] {
    const object = this.#book.sql<{ received: string }>('SELECT received FROM object WHERE id = ?').get(objectId);
    const own = this.#rows(examId)
      .filter((row) => row.objectId === objectId)
      .map((row) => ({ code: row.code as ProblemCode, params: JSON.parse(row.params) as ProblemParams }));
    const said = object ? problemsOfExam([JSON.parse(object.received) as Attributes], this.#today()) : [];
    return [...own, ...said];
  }

  /** Every different set of values among the objects that are not rejected, in the order of arrival. */
  identities(examId: string): Identities {
    return this.#book
      .sql<{ received: string }>(
        `SELECT received, min(rowid) AS first FROM object WHERE examId = ? AND state <> 'rejected'
         GROUP BY receivedKey, received ORDER BY first`,
      )
      .all(examId)
      .map((row) => JSON.parse(row.received) as Attributes);
  }

  /** Only after a patient was chosen by a correction; without one, two patients show by themselves. */
  #lateOtherPatient(examId: string): ProblemNote | undefined {
    const chosen = this.#book
      .sql<{ lastObject: number | null; corrected: string }>(
        `SELECT max(lastObject) AS lastObject, corrected FROM exam JOIN correction ON correction.examId = exam.id
         WHERE exam.id = ? AND (attributes LIKE '%"Patient%' OR attributes LIKE '%"IssuerOfPatientID"%')`,
      )
      .get(examId);
    if (typeof chosen?.lastObject !== 'number') return undefined;
    const identities = this.#book
      .sql<{ received: string; late: number }>(
        `SELECT received, min(rowid) > ? AS late FROM object WHERE examId = ? AND state <> 'rejected'
         GROUP BY receivedKey, received`,
      )
      .all(chosen.lastObject, examId)
      .map(({ received, late }) => ({ late, identity: JSON.parse(received) as Attributes }));
    const of = (late: number) => identities.filter((row) => row.late === late).map((row) => row.identity);
    return lateOtherPatient(of(0), of(1), JSON.parse(chosen.corrected) as Attributes);
  }

  #today(): string {
    return this.#clock.now().slice(0, 10).replaceAll('-', '');
  }

  #rows(examId: string): ProblemRow[] {
    return this.#book
      .sql<ProblemRow>(
        `SELECT problem.id, problem.objectId, code, params, key, since FROM problem
         LEFT JOIN object ON object.id = problem.objectId
         WHERE problem.examId = ? AND clearedAt IS NULL AND (object.state IS NULL OR object.state <> 'rejected')
         ORDER BY problem.since, problem.id`,
      )
      .all(examId);
  }

  /** Undecided objects that share their UIDs with another one are in conflict; one that is alone again is not. */
  #markConflicts(examId: string): { id: string; objects: number }[] {
    const twins = this.#book
      .sql<{ id: string; objects: number }>(
        `SELECT object.id, objects FROM object JOIN (
           SELECT seriesId, SOPInstanceUID, count(*) AS objects FROM object
           WHERE examId = ? AND state <> 'rejected' GROUP BY seriesId, SOPInstanceUID HAVING count(*) > 1
         ) AS shared ON shared.seriesId = object.seriesId AND shared.SOPInstanceUID = object.SOPInstanceUID
         WHERE object.state <> 'rejected'`,
      )
      .all(examId);
    const inConflict = new Set(twins.map((twin) => twin.id));
    for (const { id } of this.#objectsInState(examId, 'conflict')) {
      if (!inConflict.has(id)) this.#book.sql("UPDATE object SET state = 'received' WHERE id = ?").run(id);
    }
    for (const { id } of twins) {
      this.#book.sql("UPDATE object SET state = 'conflict' WHERE id = ? AND state = 'received'").run(id);
    }
    return twins;
  }

  #objectsInState(examId: string, state: string): { id: string }[] {
    return this.#book.sql<{ id: string }>('SELECT id FROM object WHERE examId = ? AND state = ?').all(examId, state);
  }

  /** Undecided objects whose UIDs had been rejected before they came. */
  #rejectedEarlier(examId: string): string[] {
    return this.#book
      .sql<{ id: string }>(
        `SELECT DISTINCT late.id FROM object AS early
         JOIN object AS late ON late.seriesId = early.seriesId AND late.SOPInstanceUID = early.SOPInstanceUID
         WHERE early.examId = ? AND early.state = 'rejected' AND late.state IN ('received', 'conflict')
           AND late.arrivedAt > early.rejectedAt`,
      )
      .all(examId)
      .map((row) => row.id);
  }
}

function keyOf({ examId, objectId }: ProblemSubject, { code, params }: ProblemNote): string {
  // Its parameter counts: with it in the key, every new twin would make every problem of the others anew.
  if (code === 'same-uid-other-content') return `${examId}/${objectId ?? ''}/${code}`;
  return `${examId}/${objectId ?? ''}/${code}/${JSON.stringify(params)}`;
}
