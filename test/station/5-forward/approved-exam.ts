// A book with approved exams in it, and the bytes of their revisions, as forwarding finds them.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { settingsShape, type Settings } from '#contract/shapes/settings.ts';
import { newId, newUid } from '#station/kit/ids.ts';
import { Book, openBook } from '#station/records/index.ts';
import type { RevisionBytes, RevisionToSend } from '#station/5-forward/index.ts';

export const ctClass = '1.2.840.10008.5.1.4.1.1.2';
export const explicitLittle = '1.2.840.10008.1.2.1';

export type SampleObject = {
  readonly sopClass?: string;
  readonly syntax?: string;
  readonly uid?: string;
  readonly bytes?: Buffer;
  /** Makes the data set with the UIDs that the exam gives it. */
  readonly make?: (uids: ObjectUids) => Buffer;
};

export type RevisedObject = {
  readonly uid: string;
  readonly sopClass: string;
  readonly syntax: string;
  readonly bytes?: Buffer;
};

export type ObjectUids = {
  readonly StudyInstanceUID: string;
  readonly SeriesInstanceUID: string;
  readonly SOPInstanceUID: string;
};

export type ApprovedExam = {
  readonly id: string;
  readonly StudyInstanceUID: string;
  readonly revisions: readonly (RevisionToSend & { readonly uid: string })[];
};

let template: Buffer | undefined;

/** A copy of one that went through all migrations: they take ten times as long, and schedules need thousands. */
function bookInMemory(): Book {
  if (!template) {
    const folder = mkdtempSync(path.join(tmpdir(), 'safelight-template-'));
    const file = path.join(folder, 'catalog.db');
    openBook(file).close();
    template = readFileSync(file);
    rmSync(folder, { recursive: true });
    // In memory there is no log beside it (the two versions of the file format: 1 is without).
    template.fill(1, 18, 20);
  }
  const db = new Database(template);
  db.pragma('foreign_keys = ON');
  return new Book(db);
}

export class Shelf {
  readonly book: Book;
  readonly #bytes = new Map<string, RevisionBytes & { bytes: Buffer }>();

  constructor(file = ':memory:') {
    this.book = file === ':memory:' ? bookInMemory() : openBook(file);
  }

  /** An exam with one series, approved at `at`. */
  exam(objects: readonly SampleObject[], at = '2026-11-23T07:00:00.000Z'): ApprovedExam {
    const [id, source, patient, series] = [newId(), newId(), newId(), newId()];
    const StudyInstanceUID = newUid();
    const { book } = this;
    book
      .sql(
        `INSERT INTO source (id, kind, label, address, firstSeenAt, lastSeenAt, objects) VALUES (?, 'dicom', ?, '127.0.0.1', ?, ?, 1)`,
      )
      .run(source, id, at, at);
    book.sql(`INSERT INTO patient VALUES (?, ?, '', 'DOE^JANE', '', '')`).run(patient, id);
    book
      .sql(
        `INSERT INTO exam (id, StudyInstanceUID, patientId, sourceId, received, firstArrivedAt, lastArrivedAt, completeAt, approvedAt, approved)
         VALUES (?, ?, ?, ?, '{"PatientName":"DOE^JANE"}', ?, ?, ?, ?, ?)`,
      )
      .run(id, StudyInstanceUID, patient, source, at, at, at, at, objects.length);
    const SeriesInstanceUID = newUid();
    book.sql(`INSERT INTO series VALUES (?, ?, ?, 'CT', '1', '')`).run(series, id, SeriesInstanceUID);
    const revisions = objects.map((object) => {
      const uid = object.uid ?? newUid();
      const bytes = object.make?.({ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID: uid });
      return this.#revision({ ...object, uid, ...(bytes && { bytes }) }, { id, source, patient, series, at });
    });
    return { id, StudyInstanceUID, revisions };
  }

  #revision(
    object: SampleObject,
    of: {
      readonly id: string;
      readonly source: string;
      readonly patient: string;
      readonly series: string;
      readonly at: string;
    },
  ) {
    const objectId = newId();
    const uid = object.uid ?? newUid();
    const sopClass = object.sopClass ?? ctClass;
    const syntax = object.syntax ?? explicitLittle;
    this.book
      .sql(
        `INSERT INTO object (id, examId, seriesId, sourceId, patientId, SOPInstanceUID, SOPClassUID, TransferSyntaxUID, InstanceNumber,
           state, file, sizeBytes, dataSetOffset, dataSetSha256, header, received, arrivedAt)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, '1', 'approved', ?, 1, 0, '', '{}', '{}', ?)`,
      )
      .run(objectId, of.id, of.series, of.source, of.patient, uid, sopClass, syntax, objectId, of.at);
    const id = this.revise(objectId, 1, { ...object, uid, sopClass, syntax }, of.at);
    return { id, objectId, uid };
  }

  /** One more revision of an object. */
  revise(objectId: string, number: number, object: RevisedObject, at = '2026-11-23T07:00:00.000Z') {
    const id = newId();
    const bytes = object.bytes ?? Buffer.from(`the bytes of ${object.uid}, ${number}`.repeat(40));
    const dataSetSha256 = createHash('sha256').update(bytes).digest('hex');
    this.book
      .sql(
        `INSERT INTO revision (id, objectId, number, SOPInstanceUID, SOPClassUID, TransferSyntaxUID, sizeBytes, dataSetOffset,
           dataSetSha256, attributes, verifiedAt, createdAt, by) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, '{}', ?, ?, 'operator')`,
      )
      .run(id, objectId, number, object.uid, object.sopClass, object.syntax, bytes.length, dataSetSha256, at, at);
    this.book.sql('UPDATE object SET revisionId = ? WHERE id = ?').run(id, objectId);
    const revision = {
      bytes,
      sopClassUid: object.sopClass,
      sopInstanceUid: object.uid,
      transferSyntaxUid: object.syntax,
      dataSetLength: bytes.length,
      dataSetSha256,
      async *stream() {
        for (let at = 0; at < revision.bytes.length; at += 1000) yield revision.bytes.subarray(at, at + 1000);
      },
    };
    this.#bytes.set(id, revision);
    return id;
  }

  /** Waited for before a revision is opened. */
  beforeRead: (id: string) => Promise<void> = async () => {};

  readonly openRevision = async (id: string): Promise<RevisionBytes> => {
    await this.beforeRead(id);
    const found = this.#bytes.get(id);
    if (!found) throw Object.assign(new Error('gone'), { code: 'EIO' });
    return found;
  };

  /** Flips one bit on the disk. */
  damage(revisionId: string): void {
    const revision = this.#bytes.get(revisionId);
    if (revision) revision.bytes = Buffer.from(revision.bytes.map((byte, at) => (at === 5 ? byte ^ 1 : byte)));
  }

  /** Takes the bytes of a revision away, so that reading fails. */
  lose(revisionId: string): void {
    this.#bytes.delete(revisionId);
  }
}

export const many = (count: number, object: SampleObject = {}): SampleObject[] =>
  Array.from({ length: count }, () => object);

export type SampleDestination = Partial<Settings['destinations'][number]> & { readonly id: string };

export function settingsWith(...destinations: readonly SampleDestination[]): Settings {
  return settingsShape.parse({
    station: { aeTitle: 'SAFELIGHT' },
    destinations: destinations.map((destination, index) => ({
      name: destination.id,
      kind: 'archive',
      aeTitle: destination.id.toUpperCase(),
      host: '127.0.0.1',
      port: 4000 + index,
      confirm: 'commitment',
      associations: 1,
      ...destination,
    })),
  });
}
