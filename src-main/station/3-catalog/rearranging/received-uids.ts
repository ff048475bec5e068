// Which objects are filed under other UIDs than they were received with, around one exam: what references in documents
// have to follow (IHE RAD-61, IRWF-3). Reads the book and changes nothing.
//
// Around an exam are the exams it exchanged images with, and those that these did, as far as it goes.
import type { MovedObject } from '#contract/shapes/rearranging.ts';
import { isLegalUid } from '#station/dicom/index.ts';
import type { Book } from '#station/records/index.ts';

const mostExams = 200;

type Row = {
  readonly objectId: string;
  readonly examId: string;
  readonly wasStudy: string | null;
  readonly wasSeries: string | null;
  readonly wasObject: string | null;
  readonly study: string;
  readonly series: string;
  readonly object: string;
  readonly copiedIn: string | null;
};

/** Empty when every object around has the UIDs it came with: then no reference has anything to follow. */
export function objectsAround(book: Book, examId: string): MovedObject[] {
  const objects = examsAround(book, examId).flatMap((id) => readObjects(book, id));
  const hasMoved = objects.some(
    ({ was, is }) =>
      differs(was.StudyInstanceUID, is.StudyInstanceUID) ||
      differs(was.SeriesInstanceUID, is.SeriesInstanceUID) ||
      differs(was.SOPInstanceUID, is.SOPInstanceUID),
  );
  return hasMoved ? objects : [];
}

/** What came without a UID cannot have been referred to by it. */
const differs = (was: string, is: string) => was !== '' && was !== is;

function examsAround(book: Book, examId: string): string[] {
  const found = new Set([examId]);
  for (const id of found) {
    if (found.size >= mostExams) break;
    const next = book
      .sql<{ id: string }>(
        `SELECT formerExamId AS id FROM uid_map WHERE examId = :id
         UNION SELECT examId FROM uid_map WHERE formerExamId = :id`,
      )
      .all({ id });
    for (const other of next) found.add(other.id);
  }
  return [...found];
}

function readObjects(book: Book, examId: string): MovedObject[] {
  const exam = book
    .sql<{ study: string }>(
      `SELECT coalesce((SELECT StudyInstanceUID FROM applied_order WHERE examId = exam.id AND removedAt IS NULL
         AND StudyInstanceUID <> ''), StudyInstanceUID) AS study FROM exam WHERE id = ?`,
    )
    .get(examId);
  if (!exam) return [];
  return book
    .sql<Row>(
      `SELECT object.id AS objectId, object.examId, json_extract(header, '$.StudyInstanceUID') AS wasStudy,
         json_extract(header, '$.SeriesInstanceUID') AS wasSeries, json_extract(header, '$.SOPInstanceUID') AS wasObject,
         ? AS study, SeriesInstanceUID AS series, SOPInstanceUID AS object,
         (SELECT rearrangementId FROM uid_map WHERE uid_map.objectId = object.id AND copyOf IS NOT NULL) AS copiedIn
       FROM object JOIN series ON series.id = object.seriesId
       WHERE object.examId = ? || '' AND sameAs IS NULL ORDER BY object.rowid`,
    )
    .all(exam.study, examId)
    .map(({ objectId, wasStudy, wasSeries, wasObject, study, series, object, copiedIn, ...row }) => ({
      ...{ objectId, examId: row.examId, copiedIn },
      was: { StudyInstanceUID: wasStudy ?? '', SeriesInstanceUID: wasSeries ?? '', SOPInstanceUID: wasObject ?? '' },
      is: { StudyInstanceUID: study, SeriesInstanceUID: series, SOPInstanceUID: object },
    }))
    .filter(({ is }) => isLegalUid(is.SOPInstanceUID));
}
