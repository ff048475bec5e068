// What was fetched of earlier exams: files in a folder of their own, rows in tables of their own. A cache: it may be emptied
// at any time, is not synced, and nothing of the house counts, sends or keeps what is in it.
//
// Guarantees: bounded in bytes, what was looked at longest ago goes first; no study stays longer than the days that are
// set; nothing is taken that is not the object that was asked for, by its own header; what a crash left is swept at the
// next start. Refuses what would eat into the reserve of the disk.
import { mkdirSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { PriorsSetting, PriorWord } from '#contract/shapes/priors.ts';
import { buildFileMeta } from '#station/dicom/index.ts';
import type { ObjectTarget, SentObject } from '#station/dicom/network/index.ts';
import { laterBy, type Clock } from '#station/kit/clock.ts';
import { isId } from '#station/kit/ids.ts';
import { isProblem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import type { PriorContent } from './content.ts';
import { IncomingPrior, stored, type StudyOfObject } from './incoming-prior.ts';
import type { FoundStudy, ListedObject, PatientIdentity } from './ports.ts';

export type CacheNeeds = {
  readonly book: Book;
  readonly clock: Clock;
  /** Its folder, made when it is not there. */
  readonly folder: string;
  readonly setting: () => PriorsSetting;
  /** Throws Problem 'no-room' when so many bytes may not be taken. */
  readonly checkRoom: (bytes: number) => void;
};

/** What the archive said, and who was asked for. */
export type StudySaid = { readonly study: FoundStudy; readonly asked: PatientIdentity; readonly archive: string };

export type CachedStudy = {
  readonly id: string;
  readonly destinationId: string;
  readonly StudyInstanceUID: string;
  readonly said: StudySaid;
  readonly expected: number | null;
  readonly isComplete: boolean;
  readonly leftOut: number;
  readonly fetchedAt: string;
};

export type CachedObject = {
  readonly id: string;
  readonly studyId: string;
  readonly SeriesInstanceUID: string;
  readonly SOPInstanceUID: string;
  readonly TransferSyntaxUID: string;
  readonly sizeBytes: number;
  readonly dataSetOffset: number;
  readonly content: PriorContent;
};

type StudyRow = Omit<CachedStudy, 'said' | 'isComplete'> & { readonly said: string; readonly complete: number };
type ObjectRecord = Omit<CachedObject, 'content'> & { readonly content: string };

const sweepEveryMs = 3_600_000;
const studyColumns = 'id, destinationId, StudyInstanceUID, said, expected, complete, leftOut, fetchedAt';
const largerThanCache: PriorWord = { key: 'larger-than-cache', params: {} };
const noRoom: PriorWord = { key: 'no-room', params: {} };

export class PriorCache {
  readonly #needs: CacheNeeds;
  /** Whom the objects of a study name: read from all of them, and asked for by every list. */
  readonly #patients = new Map<string, readonly PatientIdentity[]>();
  #totalBytes = 0;
  #takeBackSweep = () => {};

  constructor(needs: CacheNeeds) {
    this.#needs = needs;
    mkdirSync(needs.folder, { recursive: true });
    this.#sweepLeftovers();
    this.#totalBytes =
      this.#book.sql<{ bytes: number | null }>('SELECT sum(sizeBytes) AS bytes FROM prior_study').get()?.bytes ?? 0;
    this.#sweep();
  }

  get #book(): Book {
    return this.#needs.book;
  }

  get totalBytes(): number {
    return this.#totalBytes;
  }

  pathOf(objectId: string): string {
    return path.join(this.#needs.folder, `${objectId}.dcm`);
  }

  study(id: string): CachedStudy | undefined {
    const row = this.#book.sql<StudyRow>(`SELECT ${studyColumns} FROM prior_study WHERE id = ?`).get(id);
    return row && asStudy(row);
  }

  /** Those that were fetched for a patient ID, the newest first. */
  studiesOf(PatientID: string): CachedStudy[] {
    return this.#book
      .sql<StudyRow>(`SELECT ${studyColumns} FROM prior_study WHERE PatientID = ? ORDER BY fetchedAt DESC LIMIT 500`)
      .all(PatientID)
      .map(asStudy);
  }

  /** Notes that a study is about to be fetched, or was looked at for somebody else. */
  begin(id: string, destinationId: string, said: StudySaid): void {
    const now = this.#needs.clock.now();
    const { PatientID, IssuerOfPatientID } = said.asked;
    this.#book
      .sql(
        `INSERT INTO prior_study (id, destinationId, StudyInstanceUID, PatientID, IssuerOfPatientID, said, fetchedAt, usedAt)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (destinationId, StudyInstanceUID) DO UPDATE SET
           said = excluded.said, PatientID = excluded.PatientID, IssuerOfPatientID = excluded.IssuerOfPatientID,
           usedAt = excluded.usedAt`,
      )
      .run(
        ...[id, destinationId, said.study.StudyInstanceUID, PatientID, IssuerOfPatientID],
        ...[JSON.stringify(said), now, now],
      );
  }

  expect(id: string, expected: number): void {
    this.#book.sql('UPDATE prior_study SET expected = ? WHERE id = ?').run(expected, id);
  }

  /** The archive has nothing more to give of it. */
  complete(id: string, leftOut: number): void {
    this.#book.sql('UPDATE prior_study SET complete = 1, leftOut = ? WHERE id = ?').run(leftOut, id);
  }

  used(id: string): void {
    this.#book.sql('UPDATE prior_study SET usedAt = ? WHERE id = ?').run(this.#needs.clock.now(), id);
  }

  objects(studyId: string): CachedObject[] {
    return this.#book
      .sql<ObjectRecord>('SELECT * FROM prior_object WHERE studyId = ? ORDER BY rowid')
      .all(studyId)
      .map((row) => ({ ...row, content: JSON.parse(row.content) as PriorContent }));
  }

  /** Whom the objects of a study name, each once. */
  patientsOf(studyId: string): readonly PatientIdentity[] {
    const known = this.#patients.get(studyId);
    if (known) return known;
    const patients = this.#book
      .sql<{ patient: string }>(
        "SELECT DISTINCT content ->> '$.patient' AS patient FROM prior_object WHERE studyId = ?",
      )
      .all(studyId)
      .map(({ patient }) => JSON.parse(patient) as PatientIdentity);
    this.#patients.set(studyId, patients);
    return patients;
  }

  count(studyId: string): number {
    return (
      this.#book.sql<{ n: number }>('SELECT count(*) AS n FROM prior_object WHERE studyId = ?').get(studyId)?.n ?? 0
    );
  }

  object(id: string): CachedObject | undefined {
    const row = this.#book.sql<ObjectRecord>('SELECT * FROM prior_object WHERE id = ?').get(id);
    return row && { ...row, content: JSON.parse(row.content) as PriorContent };
  }

  /** Where one object of a study goes. What it becomes is told once to `onEnd`: undefined, or why not. */
  target(
    study: StudyOfObject,
    asked: ListedObject,
    sent: Omit<SentObject, 'sopInstanceUid'>,
    onEnd: (why: PriorWord | undefined) => void,
  ): ObjectTarget {
    const head = buildFileMeta({ ...sent, sopInstanceUid: asked.SOPInstanceUID });
    return this.#target(study, asked, head, onEnd);
  }

  /** Takes a whole file. True when it is what was asked for and is kept. */
  async takeFile(
    study: StudyOfObject,
    asked: ListedObject,
    bytes: Buffer,
    onEnd: (why: PriorWord | undefined) => void,
  ): Promise<boolean> {
    const target = this.#target(study, asked, undefined, onEnd);
    try {
      await target.write([bytes]);
      return (await target.finish()) === stored;
    } catch {
      await target.discard();
      return false;
    }
  }

  drop(studyId: string): void {
    const objects = this.#book.sql<{ id: string }>('SELECT id FROM prior_object WHERE studyId = ?').all(studyId);
    const bytes = this.#book
      .sql<{ sizeBytes: number }>('SELECT sizeBytes FROM prior_study WHERE id = ?')
      .get(studyId)?.sizeBytes;
    this.#book.transaction(() => {
      this.#book.sql('DELETE FROM prior_object WHERE studyId = ?').run(studyId);
      this.#book.sql('DELETE FROM prior_study WHERE id = ?').run(studyId);
    });
    this.#patients.delete(studyId);
    this.#totalBytes -= bytes ?? 0;
    for (const { id } of objects) void rm(this.pathOf(id), { force: true }).catch(() => {});
  }

  close(): void {
    this.#takeBackSweep();
  }

  #target(
    study: StudyOfObject,
    asked: ListedObject,
    head: Buffer | undefined,
    onEnd: (why: PriorWord | undefined) => void,
  ): ObjectTarget {
    return new IncomingPrior(
      { study, asked, head, onEnd },
      {
        folder: this.#needs.folder,
        makeRoom: (objectBytes, newBytes) => this.#makeRoom(study.id, objectBytes, newBytes),
        keep: (object) => this.#insert({ studyId: study.id, ...asked, ...object }),
      },
    );
  }

  #insert(object: Omit<CachedObject, 'content'> & { readonly content: PriorContent }): void {
    const { id, studyId, SeriesInstanceUID, SOPInstanceUID, sizeBytes, dataSetOffset, TransferSyntaxUID } = object;
    // Nobody is told that it is safe: it may be lost and fetched again.
    const { durable } = this.#book.transactionSoon(() => {
      this.#book
        .sql(
          `INSERT INTO prior_object (id, studyId, SeriesInstanceUID, SOPInstanceUID, sizeBytes, dataSetOffset,
             TransferSyntaxUID, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          ...[id, studyId, SeriesInstanceUID, SOPInstanceUID, sizeBytes, dataSetOffset, TransferSyntaxUID],
          JSON.stringify(object.content),
        );
      const { changes } = this.#book
        .sql('UPDATE prior_study SET sizeBytes = sizeBytes + ? WHERE id = ?')
        .run(sizeBytes, studyId);
      // It went to make room for another meanwhile.
      if (changes === 0) throw new Error('the study is no longer here');
    });
    durable.catch(() => {});
    this.#patients.delete(studyId);
    this.#totalBytes += sizeBytes;
  }

  /** Room for an object that is so large by now; others go for it. Says why not. */
  #makeRoom(studyId: string, objectBytes: number, newBytes: number): PriorWord | undefined {
    const most = this.#needs.setting().mostMegabytes * 1_000_000;
    while (this.#totalBytes + objectBytes > most) {
      const oldest = this.#book
        .sql<{ id: string }>('SELECT id FROM prior_study WHERE id <> ? ORDER BY usedAt LIMIT 1')
        .get(studyId);
      if (!oldest) return largerThanCache;
      this.drop(oldest.id);
    }
    try {
      this.#needs.checkRoom(newBytes);
      return undefined;
    } catch (error) {
      if (isProblem(error)) return noRoom;
      throw error;
    }
  }

  #sweep(): void {
    const { clock, setting } = this.#needs;
    const before = laterBy(clock.now(), -setting().keepDays * 86_400_000);
    for (const { id } of this.#book.sql<{ id: string }>('SELECT id FROM prior_study WHERE fetchedAt < ?').all(before))
      this.drop(id);
    this.#takeBackSweep = clock.after(sweepEveryMs, () => this.#sweep());
  }

  /** Files without a row and rows without a file: a crash, or a book that was made anew. */
  #sweepLeftovers(): void {
    const files = new Set(readdirSync(this.#needs.folder));
    const rows = this.#book.sql<{ id: string; studyId: string }>('SELECT id, studyId FROM prior_object').all();
    for (const studyId of new Set(rows.filter(({ id }) => !files.has(`${id}.dcm`)).map((row) => row.studyId)))
      this.drop(studyId);
    const known = new Set(rows.map(({ id }) => `${id}.dcm`));
    for (const file of files) {
      const isOurs = isId(file.replace(/\.(dcm|part)$/, ''));
      if (isOurs && !known.has(file)) void rm(path.join(this.#needs.folder, file), { force: true }).catch(() => {});
    }
  }
}

const asStudy = ({ said, complete, ...row }: StudyRow): CachedStudy => ({
  ...row,
  said: JSON.parse(said) as StudySaid,
  isComplete: complete === 1,
});
