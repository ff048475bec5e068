// The rows this room reads and writes, as it needs them.
import type { Attributes } from '#contract/shapes/identity.ts';
import type { CorrectableKeyword } from '#contract/shapes/correctable.ts';
import type { ObjectState } from '#contract/shapes/exam.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import { notANote } from './after-release/release-corrections.ts';
import type { Identity } from './traces.ts';

export type ExamRecord = {
  readonly id: string;
  readonly StudyInstanceUID: string;
  readonly received: Attributes;
  readonly corrected: Attributes;
  readonly held: boolean;
  readonly heldBy: string;
  readonly completeAt: string;
  readonly objects: number;
};

/** @throws Problem 'not-found' */
export function readExam(book: Book, examId: string): ExamRecord {
  const row = book
    .sql<{
      id: string;
      StudyInstanceUID: string;
      received: string;
      corrected: string;
      held: number;
      heldBy: string;
      completeAt: string;
      objects: number;
    }>(`SELECT id, StudyInstanceUID, received, corrected, held, heldBy, completeAt, objects FROM exam WHERE id = ?`)
    .get(examId);
  if (!row) throw new Problem('not-found', { what: 'exam' });
  return {
    ...row,
    received: JSON.parse(row.received) as Attributes,
    corrected: JSON.parse(row.corrected) as Attributes,
    held: row.held !== 0,
  };
}

export type ObjectRecord = {
  readonly id: string;
  readonly examId: string;
  readonly seriesId: string;
  readonly SOPInstanceUID: string;
  readonly state: ObjectState;
  /** The object beside which it counts for nothing, or null. */
  readonly sameAs: string | null;
};

/** @throws Problem 'not-found' */
export function readObject(book: Book, objectId: string): ObjectRecord {
  const row = book
    .sql<ObjectRecord>('SELECT id, examId, seriesId, SOPInstanceUID, state, sameAs FROM object WHERE id = ?')
    .get(objectId);
  if (!row) throw new Problem('not-found', { what: 'object' });
  return row;
}

/** What an object said about patient and order, and who sent it. */
export type ObjectOrigin = {
  readonly received: Attributes;
  readonly sourceKind: 'dicom' | 'file' | 'picture';
  readonly sourceLabel: string;
  readonly sourceAddress: string | null;
};

/** @throws Problem 'not-found' */
export function readOrigin(book: Book, objectId: string): ObjectOrigin {
  const row = book
    .sql<Omit<ObjectOrigin, 'received'> & { readonly received: string }>(
      `SELECT object.received, source.kind AS sourceKind, source.label AS sourceLabel, source.address AS sourceAddress
       FROM object JOIN source ON source.id = object.sourceId WHERE object.id = ?`,
    )
    .get(objectId);
  if (!row) throw new Problem('not-found', { what: 'object' });
  return { ...row, received: JSON.parse(row.received) as Attributes };
}

/** Every different identity that objects of an exam brought: name, ID, date of birth, accession number. */
export function receivedIdentities(book: Book, examId: string): Identity[] {
  return book
    .sql<Record<'PatientName' | 'PatientID' | 'PatientBirthDate' | 'AccessionNumber', string | null>>(
      `SELECT DISTINCT json_extract(received, '$.PatientName') AS PatientName,
         json_extract(received, '$.PatientID') AS PatientID,
         json_extract(received, '$.PatientBirthDate') AS PatientBirthDate,
         json_extract(received, '$.AccessionNumber') AS AccessionNumber FROM object WHERE examId = ?`,
    )
    .all(examId)
    .map((row) => Object.fromEntries(Object.entries(row).map(([keyword, value]) => [keyword, value ?? ''])));
}

/** Ids and digests of the objects of an exam in one state, in a fixed order. */
export function objectsIn(book: Book, examId: string, state: ObjectState): { id: string; dataSetSha256: string }[] {
  return book
    .sql<{ id: string; dataSetSha256: string }>(
      'SELECT id, dataSetSha256 FROM object WHERE examId = ? AND state = ? ORDER BY id',
    )
    .all(examId, state);
}

/** The different values that the objects of an exam brought for an attribute; '' stands for absent and empty. */
export function receivedValues(book: Book, examId: string, keyword: CorrectableKeyword): string[] {
  return book
    .sql<{ value: string | null }>(
      `SELECT DISTINCT json_extract(received, '$.' || ?) AS value FROM object WHERE examId = ?`,
    )
    .all(keyword, examId)
    .map(({ value }) => value ?? '');
}

/** The different values under which objects of the exam have left, of one attribute. */
export function leftValues(book: Book, examId: string, keyword: CorrectableKeyword): string[] {
  return book
    .sql<{ value: string | null }>(
      `SELECT DISTINCT COALESCE(json_extract(r.attributes, '$.' || :keyword), json_extract(o.received, '$.' || :keyword)) AS value
       FROM object o JOIN revision r ON r.id = o.revisionId WHERE o.examId = :examId AND o.state = 'approved' AND ${notANote('o')}`,
    )
    .all({ keyword, examId })
    .map(({ value }) => value ?? '');
}

/** False when the command was carried out before. Remembers it otherwise. */
export function isFirstTime(book: Book, commandId: string | undefined, now: string): boolean {
  if (commandId === undefined) return true;
  return book.sql('INSERT OR IGNORE INTO command (id, at) VALUES (?, ?)').run(commandId, now).changes === 1;
}

/** What was approved last of an object, or null. @throws Problem 'not-found' */
export function readLastRevision(book: Book, objectId: string): string | null {
  const row = book.sql<{ revisionId: string | null }>('SELECT revisionId FROM object WHERE id = ?').get(objectId);
  if (!row) throw new Problem('not-found', { what: 'object' });
  return row.revisionId;
}
