// Where an object is filed: exam, series and the UIDs towards the outside. Moving it moves what hangs on it in the book
// (problems, decisions about it, values set on it), and nothing of the received bytes.
//
// Putting an object where it is already changes nothing, so that a step can be brought into a book again and again.
// Every function runs inside a transaction of the caller, who looks at the exams concerned afterwards (`settleExam`).
import type { Attributes } from '#contract/shapes/identity.ts';
import { newId } from '#station/kit/ids.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import { countExam } from '../exam-counts.ts';

export type Place = {
  readonly examId: string;
  readonly StudyInstanceUID: string;
  readonly SeriesInstanceUID: string;
  readonly SOPInstanceUID: string;
};

type Filed = Place & {
  readonly id: string;
  readonly seriesId: string;
  readonly late: number;
  readonly rememberedId: string | null;
};

/** Where an object is filed now, or undefined when there is none. */
export function readPlace(book: Book, objectId: string): Filed | undefined {
  return book
    .sql<Filed>(
      `SELECT object.id, object.examId, seriesId, StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, late, rememberedId
       FROM object JOIN series ON series.id = object.seriesId JOIN exam ON exam.id = object.examId
       WHERE object.id = ? || ''`,
    )
    .get(objectId);
}

/** Files an object elsewhere; exam and series are made when they are not there. False when there is no such object. */
export function putObject(book: Book, objectId: string, to: Place): boolean {
  const from = readPlace(book, objectId);
  if (!from) return false;
  makeExam(book, objectId, to);
  const seriesId = findOrMakeSeries(book, to, from.seriesId);
  book
    .sql('UPDATE object SET examId = ?, seriesId = ?, SOPInstanceUID = ? WHERE id = ?')
    .run(to.examId, seriesId, to.SOPInstanceUID, objectId);
  // What counts as a re-send of it, or was a copy of it, stays beside it.
  book.sql('UPDATE object SET examId = ?, seriesId = ? WHERE sameAs = ?').run(to.examId, seriesId, objectId);
  if (from.examId === to.examId) return true;
  book.sql('UPDATE object SET late = 0, rememberedId = NULL WHERE id = ? AND late <> 0').run(objectId);
  book
    .sql(
      `UPDATE problem SET examId = :to, key = :to || substr(key, length(:from) + 1) WHERE objectId = :objectId
         AND examId = :from`,
    )
    .run({ objectId, from: from.examId, to: to.examId });
  for (const table of ['twin_decision', 'object_correction']) {
    book.sql(`UPDATE ${table} SET examId = ? WHERE objectId = ? AND examId = ?`).run(to.examId, objectId, from.examId);
  }
  return true;
}

function makeExam(book: Book, objectId: string, { examId, StudyInstanceUID }: Place): void {
  const known = book.sql('SELECT 1 FROM exam WHERE id = ?').get(examId);
  if (known) return;
  book
    .sql(
      `INSERT INTO exam (id, StudyInstanceUID, patientId, sourceId, received, firstArrivedAt, lastArrivedAt, completeAt)
       SELECT ?, ?, object.patientId, object.sourceId, object.received, arrivedAt, arrivedAt, exam.completeAt
       FROM object JOIN exam ON exam.id = object.examId WHERE object.id = ? || ''`,
    )
    .run(examId, StudyInstanceUID, objectId);
}

/** The series of this UID in the exam; one that is made has the texts of the series the object comes from. */
function findOrMakeSeries(book: Book, { examId, SeriesInstanceUID }: Place, like: string): string {
  const known = book
    .sql<{ id: string }>('SELECT id FROM series WHERE examId = ? AND SeriesInstanceUID = ?')
    .get(examId, SeriesInstanceUID);
  if (known) return known.id;
  const id = newId();
  book
    .sql(
      `INSERT INTO series (id, examId, SeriesInstanceUID, Modality, SeriesNumber, SeriesDescription)
       SELECT ?, ?, ?, Modality, SeriesNumber, SeriesDescription FROM series WHERE id = ?`,
    )
    .run(id, examId, SeriesInstanceUID, like);
  return id;
}

/** Another row over the bytes of a received object, in a file of its own. @throws Problem 'not-found' */
export function addCopy(book: Book, copyOf: string, copy: { readonly id: string; readonly file: string }): void {
  const made = book
    .sql(
      `INSERT INTO object (id, examId, seriesId, sourceId, patientId, SOPInstanceUID, SOPClassUID, TransferSyntaxUID,
         InstanceNumber, state, file, sizeBytes, dataSetOffset, dataSetSha256, header, received, arrivedAt, receivedKey,
         characterSet, rows, columns, frames, frameTimeMs, drawable, hasPixelData, burnedInAnnotation)
       SELECT :id, examId, seriesId, sourceId, patientId, SOPInstanceUID, SOPClassUID, TransferSyntaxUID,
         InstanceNumber, 'received', :file, sizeBytes, dataSetOffset, dataSetSha256, header, received, arrivedAt,
         receivedKey, characterSet, rows, columns, frames, frameTimeMs, drawable, hasPixelData, burnedInAnnotation
       FROM object WHERE id = :copyOf`,
    )
    .run({ ...copy, copyOf }).changes;
  if (made === 0) throw new Problem('not-found', { what: 'object' });
  // Its bytes have the same flaws.
  const flaws = book
    .sql<{ id: string; examId: string; code: string; params: string; key: string; since: string }>(
      `SELECT id, examId, code, params, key, since FROM problem WHERE objectId = ? AND clearedAt IS NULL
         AND code NOT LIKE 'same-uid-%' AND code NOT IN ('rejected-earlier', 'uid-mismatch', 'announced-otherwise')`,
    )
    .all(copyOf);
  for (const { examId, code, params, key, since } of flaws) {
    book
      .sql('INSERT INTO problem (id, examId, objectId, code, params, key, since) VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(newId(), examId, copy.id, code, params, key.replace(copyOf, copy.id), since);
  }
}

/** Rejection reason of a copy that was taken back. Its row stays, because row numbers are never used again. */
export const copyTakenBack = 'copy-undone';

/** The copy counts for nothing any more: as a re-send of what it is a copy of. */
export function takeCopyBack(book: Book, objectId: string, copyOf: string, now: string): void {
  book
    .sql(
      `UPDATE object SET state = 'rejected', rejectionReason = ?, rejectionText = '', rejectedAt = ?, sameAs = ?
       WHERE id = ? AND sameAs IS NULL`,
    )
    .run(copyTakenBack, now, copyOf, objectId);
}

type Firsts = {
  readonly received: string;
  readonly patientId: string;
  readonly sourceId: string;
  readonly day: string;
};

/** What an exam says of itself follows from the objects it has now. One without objects is left as it was. */
export function settleExam(book: Book, examId: string): void {
  const first = book
    .sql<Firsts>(
      `SELECT received, patientId, sourceId, coalesce(json_extract(header, '$.StudyDate'), '') AS day FROM object
       WHERE examId = ? AND sameAs IS NULL ORDER BY hasPixelData DESC, rowid LIMIT 1`,
    )
    .get(examId);
  if (!first) {
    countExam(book, examId);
    book.sql("UPDATE exam SET searchText = '', emptied = 1 WHERE id = ?").run(examId);
    return;
  }
  const modalities = book
    .sql<{ modality: string | null }>(
      `SELECT DISTINCT json_extract(header, '$.Modality') AS modality FROM object WHERE examId = ? AND sameAs IS NULL`,
    )
    .all(examId)
    .flatMap(({ modality }) => (modality === null || modality === '' ? [] : [modality.slice(0, 16)]))
    .slice(0, 16)
    .sort();
  book
    .sql(
      `UPDATE exam SET received = :received, patientId = :patientId, sourceId = :sourceId, StudyDate = :day,
         modalities = :modalities, emptied = 0,
         (firstArrivedAt, lastArrivedAt, purgedObjects) = (SELECT min(arrivedAt), max(arrivedAt),
            coalesce(sum(purgedAt IS NOT NULL), 0) FROM object WHERE examId = exam.id AND sameAs IS NULL)
       WHERE id = :examId`,
    )
    .run({ ...first, modalities: JSON.stringify(modalities), examId });
  countExam(book, examId);
}

/**
 * How an exam would say whom it is of, its corrections over what was received: one for each that its images say, in the
 * order of arrival. Rejected images say nothing of the others, unless there are no others. @throws Problem 'not-found'
 */
export function outgoingIdentities(book: Book, examId: string): readonly [Attributes, ...Attributes[]] {
  const exam = book
    .sql<{ received: string; corrected: string }>('SELECT received, corrected FROM exam WHERE id = ?')
    .get(examId);
  if (!exam) throw new Problem('not-found', { what: 'exam' });
  const [first = exam.received, ...others] = book
    .sql<{ received: string }>(
      `SELECT received FROM object WHERE examId = ? AND sameAs IS NULL AND state <> 'rejected'
       GROUP BY received ORDER BY min(rowid)`,
    )
    .all(examId)
    .map(({ received }) => received);
  const corrected = JSON.parse(exam.corrected) as Attributes;
  const outgoing = (received: string): Attributes => ({ ...(JSON.parse(received) as Attributes), ...corrected });
  return [outgoing(first), ...others.map(outgoing)];
}
