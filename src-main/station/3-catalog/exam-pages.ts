// One exam with everything in it, and single objects, read from the book.
import { correctableKeywords, type Attributes } from '#contract/shapes/identity.ts';
import type { Exam, ExamRow, ObjectRow, SeriesRow } from '#contract/shapes/exam.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import { withoutNotes } from './own-notes.ts';
import type { ObjectFile } from './catalog.ts';
import { unpackHeader } from './header-text.ts';
import { copyTakenBack } from './rearranging/places.ts';

const mostHistory = 1000;

const objectColumns = `object.id, seriesId, SOPInstanceUID, SOPClassUID, TransferSyntaxUID, InstanceNumber, state,
  rejectionReason, rejectionText, rejectedAt, sizeBytes, arrivedAt, rows, columns, frames, frameTimeMs, drawable,
  burnedInAnnotation, revisionId, late`;

type ObjectRecord = Omit<ObjectRow, 'rejection' | 'drawable' | 'late'> & {
  readonly rejectionReason: string | null;
  readonly rejectionText: string | null;
  readonly rejectedAt: string | null;
  readonly drawable: number;
  readonly late: number;
};

export function readExam(book: Book, row: ExamRow): Exam {
  return {
    ...row,
    series: readSeries(book, row.id),
    receivedValues: readReceivedValues(book, row.id),
    SpecificCharacterSet: book
      .sql<{ characterSet: string }>('SELECT DISTINCT characterSet FROM object WHERE examId = ?')
      .all(row.id)
      .map((found) => found.characterSet),
    corrections: book
      .sql<{ id: string; attributes: string; reason: 'CORRECT' | 'COERCE'; by: string; at: string }>(
        `SELECT id, attributes, reason, by, at FROM correction WHERE examId = ? AND undoneAt IS NULL
         ORDER BY at, rowid`,
      )
      .all(row.id)
      .map((found) => ({ ...found, attributes: JSON.parse(found.attributes) as Attributes })),
    history: book
      .sql<{ at: string; by: string; action: string; params: string }>(
        `SELECT at, by, action, params FROM (SELECT * FROM audit_entry WHERE examId = ? ORDER BY number DESC LIMIT ?)
         ORDER BY number`,
      )
      .all(row.id, mostHistory)
      .map((found) => ({ ...found, params: JSON.parse(found.params) as Record<string, string | number> })),
  };
}

export function readObjectRow(book: Book, id: string): ObjectRow {
  const found = book.sql<ObjectRecord>(`SELECT ${objectColumns} FROM object WHERE id = ?`).get(id);
  if (!found) throw new Problem('not-found', { what: 'object' });
  return asObjectRow(found);
}

type FileRecord = Omit<ObjectFile, 'header' | 'objectId' | 'transferSyntaxUid'> & {
  readonly id: string;
  readonly TransferSyntaxUID: string;
  readonly header: string;
};

export function readObjectFile(book: Book, id: string): ObjectFile {
  const found = book
    .sql<FileRecord>(
      `SELECT object.id, object.examId, file, sizeBytes, dataSetOffset, dataSetSha256, TransferSyntaxUID, header,
         SOPInstanceUID, SOPClassUID, SeriesInstanceUID, StudyInstanceUID
       FROM object JOIN series ON series.id = object.seriesId JOIN exam ON exam.id = object.examId
       WHERE object.id = ? || ''`,
    )
    .get(id);
  if (!found) throw new Problem('not-found', { what: 'object' });
  const { id: objectId, TransferSyntaxUID: transferSyntaxUid, header, ...rest } = found;
  return { objectId, transferSyntaxUid, ...rest, header: unpackHeader(header) };
}

function readSeries(book: Book, examId: string): SeriesRow[] {
  const objects = Map.groupBy(
    book
      .sql<ObjectRecord>(`SELECT ${objectColumns} FROM object WHERE examId = ? AND sameAs IS NULL ORDER BY rowid`)
      .all(examId)
      .map(asObjectRow),
    (object) => object.seriesId,
  );
  return book
    .sql<Omit<SeriesRow, 'objects'>>(
      'SELECT id, SeriesInstanceUID, Modality, SeriesNumber, SeriesDescription FROM series WHERE examId = ? ORDER BY rowid',
    )
    .all(examId)
    .sort((a, b) => Number(a.SeriesNumber) - Number(b.SeriesNumber))
    .flatMap((series) => {
      const own = objects.get(series.id);
      // One that lost all its images has nothing to show.
      return own ? [{ ...series, objects: own.sort(byInstanceNumber) }] : [];
    });
}

const byInstanceNumber = (a: ObjectRow, b: ObjectRow) => Number(a.InstanceNumber) - Number(b.InstanceNumber);

function readReceivedValues(book: Book, examId: string): Exam['receivedValues'] {
  const { and, values } = withoutNotes(book, examId);
  const sets = book
    .sql<{ received: string }>(
      `SELECT received, min(rowid) AS first FROM object WHERE examId = ? AND rejectionReason IS NOT '${copyTakenBack}' ${and}
       GROUP BY receivedKey, received ORDER BY first`,
    )
    .all(examId, ...values)
    .map((found) => JSON.parse(found.received) as Attributes);
  return Object.fromEntries(
    correctableKeywords.map((keyword) => [keyword, [...new Set(sets.map((set) => set[keyword] ?? ''))]]),
  );
}

function asObjectRow({ rejectionReason, rejectionText, rejectedAt, drawable, late, ...row }: ObjectRecord): ObjectRow {
  const rejection =
    row.state === 'rejected'
      ? { reason: rejectionReason ?? '', text: rejectionText ?? '', at: rejectedAt ?? row.arrivedAt }
      : null;
  const isOpen = row.state === 'received' || row.state === 'conflict';
  return { ...row, rejection, drawable: drawable === 1, late: late > 0 && isOpen };
}
