// Problems that stand against exams and objects, as rows: raised once, cleared when their reason has gone, raised again
// when it comes back. Those that follow from the objects of an exam are worked out anew each time; the flaws of an
// object stay with it, and count for as long as it is not rejected.
import type { ProblemCode, ProblemNote, ProblemParams } from '#contract/problems.ts';
import type { Attributes } from '#contract/shapes/identity.ts';
import type { StandingProblem } from '#contract/shapes/problem.ts';
import type { Clock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import type { Book } from '#station/records/index.ts';
import { formerPatientValues } from './former-patient.ts';
import { LateImages, lateCodes } from './late-images.ts';
import { isElsewhere, problemOfTwin, readTwins, type Twin } from './twins.ts';
import { withoutNotes } from './own-notes.ts';
import { sitePlaceholders } from './placeholder-identity.ts';
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
  'former-patient-value',
  'impossible-date',
  'invalid-sex',
  'same-uid-being-compared',
  'same-uid-other-content',
  'same-uid-other-values',
  'same-uid-other-patient',
  'same-uid-elsewhere',
  'rejected-earlier',
  'late-images',
  'late-undecided',
  'same-decision',
];

export type ProblemSubject = { readonly examId: string; readonly objectId: string | null };

export class StandingProblems {
  readonly #book: Book;
  readonly #clock: Clock;
  readonly #site: () => readonly string[];

  readonly late: LateImages;

  /** @param site asked at each look for what names nobody here, besides what is known */
  constructor(book: Book, clock: Clock, site: () => readonly string[] = () => []) {
    this.#book = book;
    this.#clock = clock;
    this.#site = site;
    this.late = new LateImages(book);
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
    const [identities, site] = [this.identities(examId), sitePlaceholders(this.#site())];
    for (const note of problemsOfExam(identities, this.#today(), site)) want(null, note);
    for (const note of formerPatientValues(this.#book, examId, identities, site)) want(null, note);
    const surprise = this.#lateOtherPatient(examId);
    if (surprise) want(null, surprise);
    for (const note of this.late.problems(examId, surprise !== undefined)) want(null, note);
    for (const twin of this.#markConflicts(examId)) {
      const code = problemOfTwin(this.#book, twin, this.#today());
      want(twin.objectId, { code, params: code === 'rejected-earlier' ? { object: twin.objectId } : {} });
    }
    const derived = new Set<string>(derivedCodes);
    const rows = this.#rows(examId);
    for (const { code, objectId } of rows) {
      // Looked for when an object arrives, and here only whether it still is so.
      if (code !== 'same-uid-elsewhere' || objectId === null || !isElsewhere(this.#book, objectId)) continue;
      want(objectId, { code, params: {} });
    }
    for (const row of rows) {
      const examLevel = row.objectId === null && row.code === 'illegal-value';
      if (!wanted.has(row.key) && (derived.has(row.code) || examLevel)) {
        this.#book.sql('UPDATE problem SET clearedAt = ? WHERE id = ?').run(this.#clock.now(), row.id);
      }
    }
    const standing = new Map(rows.map((row) => [row.key, row.params]));
    for (const [key, { subject, note }] of wanted) {
      if (standing.get(key) !== JSON.stringify(note.params)) this.raise(subject, note);
    }
  }

  /** The same for what came late only: an image that says what others said, and no more. */
  refreshLate(examId: string): void {
    const subject = { examId, objectId: null };
    const notes = this.late.problems(examId, this.stands(subject, 'late-other-patient'));
    for (const code of lateCodes) if (!notes.some((note) => note.code === code)) this.clear(subject, code);
    for (const note of notes) this.raise(subject, note);
  }

  /** What stands now. @param corrected all corrections of the exam together */
  read(examId: string, corrected: Attributes): StandingProblem[] {
    return this.#judge(this.#rows(examId), examId, corrected);
  }

  /** The same of many exams, for lists: of those that say the same of several objects of an exam only the first. */
  readFirst(exams: ReadonlyMap<string, Attributes>): Map<string, StandingProblem[]> {
    const rows = this.#book
      .sql<Omit<ProblemRow, 'key'> & { examId: string }>(
        `SELECT problem.examId, problem.id, problem.objectId, code, params, since, min(since || problem.id) AS first
         FROM problem LEFT JOIN object ON object.id = problem.objectId
         WHERE problem.examId IN (SELECT value FROM json_each(?)) AND clearedAt IS NULL
           AND (object.state IS NULL OR object.state <> 'rejected')
         GROUP BY problem.examId, code, params ORDER BY first`,
      )
      .all(JSON.stringify([...exams.keys()]));
    const ofExam = Map.groupBy(rows, ({ examId }) => examId);
    return new Map([...ofExam].map(([id, found]) => [id, this.#judge(found, id, exams.get(id) ?? {})]));
  }

  #judge(rows: readonly Omit<ProblemRow, 'key'>[], examId: string, corrected: Attributes): StandingProblem[] {
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
    const said = object
      ? problemsOfExam([JSON.parse(object.received) as Attributes], this.#today(), sitePlaceholders(this.#site()))
      : [];
    return [...own, ...said];
  }

  /** Every different set of values among the objects that are not rejected, in the order of arrival. */
  identities(examId: string): Identities {
    const { and, values } = withoutNotes(this.#book, examId);
    return this.#book
      .sql<{ received: string }>(
        `SELECT received, min(rowid) AS first FROM object WHERE examId = ? AND state <> 'rejected' ${and}
         GROUP BY receivedKey, received ORDER BY first`,
      )
      .all(examId, ...values)
      .map((row) => JSON.parse(row.received) as Attributes);
  }

  /** Only after a patient was chosen by a correction; without one, two patients show by themselves. */
  #lateOtherPatient(examId: string): ProblemNote | undefined {
    const chosen = this.#book
      .sql<{ lastObject: number | null; corrected: string }>(
        `SELECT max(lastObject) AS lastObject, corrected FROM exam JOIN correction ON correction.examId = exam.id
         WHERE exam.id = ? || '' AND (attributes LIKE '%"Patient%' OR attributes LIKE '%"IssuerOfPatientID"%')`,
      )
      .get(examId);
    if (typeof chosen?.lastObject !== 'number') return undefined;
    const { and, values } = withoutNotes(this.#book, examId);
    const identities = this.#book
      .sql<{ received: string; late: number }>(
        `SELECT received, min(rowid) > ? AS late FROM object WHERE examId = ? AND state <> 'rejected' ${and}
         GROUP BY receivedKey, received`,
      )
      .all(chosen.lastObject, examId, ...values)
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
         WHERE problem.examId = ? || '' AND clearedAt IS NULL AND (object.state IS NULL OR object.state <> 'rejected')
         ORDER BY problem.since, problem.id`,
      )
      .all(examId);
  }

  /** Undecided objects that share their UIDs with another one are in conflict; one that is alone again is not. */
  #markConflicts(examId: string): readonly Twin[] {
    const twins = readTwins(this.#book, examId);
    const standing = twins.filter(({ against }) => against === 'standing');
    const inConflict = new Set(standing.flatMap(({ objectId, firstId }) => [firstId, objectId]));
    for (const { id } of this.#objectsInState(examId, 'conflict')) {
      if (!inConflict.has(id)) this.#book.sql("UPDATE object SET state = 'received' WHERE id = ?").run(id);
    }
    for (const id of inConflict) {
      this.#book.sql("UPDATE object SET state = 'conflict' WHERE id = ? AND state = 'received'").run(id);
    }
    return twins;
  }

  #objectsInState(examId: string, state: string): { id: string }[] {
    return this.#book.sql<{ id: string }>('SELECT id FROM object WHERE examId = ? AND state = ?').all(examId, state);
  }
}

function keyOf({ examId, objectId }: ProblemSubject, { code, params }: ProblemNote): string {
  // Their parameters count: with them in the key, each new one would make the problem anew.
  const inPlace = code.startsWith('same-uid-') || lateCodes.includes(code);
  if (inPlace) return `${examId}/${objectId ?? ''}/${code}`;
  return `${examId}/${objectId ?? ''}/${code}/${JSON.stringify(params)}`;
}
