// Corrections after release, as rows: which images that left have copies in their place, by which rearrangement, and which
// notes say so. Runs inside transactions of the caller.
import type { StudyOfCopies } from '#contract/shapes/after-release.ts';
import type { Attributes } from '#contract/shapes/identity.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import type { NoteIdentity } from './rejection-note.ts';

export type ReleaseCorrection = {
  readonly rearrangementId: string;
  readonly examId: string;
  readonly targetExamId: string;
  readonly study: StudyOfCopies;
  readonly noteIds: readonly string[];
  readonly by: string;
  readonly at: string;
};

/** Approved images of an exam in the order of arrival; notes of ours are none. */
export function releasedObjects(book: Book, examId: string): string[] {
  return book
    .sql<{ id: string }>(
      `SELECT id FROM object WHERE examId = ? || '' AND state = 'approved' AND sameAs IS NULL AND ${notANote('object')}
       ORDER BY rowid`,
    )
    .all(examId)
    .map(({ id }) => id);
}

/** SQL: true for what is no rejection note of ours. A note tells of images and bears what they left with. */
export const notANote = (object: string): string =>
  `NOT EXISTS (SELECT 1 FROM rejection_note WHERE rejection_note.SOPInstanceUID = ${object}.SOPInstanceUID)`;

/** What an object left as: what it said, with what its revision says instead. */
export function identityAsLeft(book: Book, objectId: string): Attributes {
  const row = book
    .sql<{ received: string; attributes: string }>(
      `SELECT received, attributes FROM object JOIN revision ON revision.id = revisionId WHERE object.id = ? || ''`,
    )
    .get(objectId);
  return row ? { ...(JSON.parse(row.received) as Attributes), ...(JSON.parse(row.attributes) as Attributes) } : {};
}

const identityOfStudy = [
  ...(['PatientName', 'PatientID', 'IssuerOfPatientID', 'PatientBirthDate', 'PatientSex', 'StudyDate'] as const),
  ...(['StudyTime', 'StudyID', 'AccessionNumber', 'ReferringPhysicianName', 'StudyDescription'] as const),
];

/** Where and as whom an object left: by its revision and what was read of it when it came. Its file may be gone. */
export function placeAsLeft(
  book: Book,
  objectId: string,
): Readonly<Record<'StudyInstanceUID' | 'SeriesInstanceUID', string>> & NoteIdentity {
  const row = book
    .sql<{ header: string; study: string; StudyInstanceUID: string; SeriesInstanceUID: string }>(
      `SELECT object.header, coalesce(revision.StudyInstanceUID, '') AS study, exam.StudyInstanceUID, SeriesInstanceUID
       FROM object JOIN revision ON revision.id = revisionId JOIN exam ON exam.id = object.examId
       JOIN series ON series.id = object.seriesId WHERE object.id = ? || ''`,
    )
    .get(objectId);
  if (!row) throw new Problem('not-found', { what: 'object' });
  const said = { ...(JSON.parse(row.header) as object), ...identityAsLeft(book, objectId) } as Record<string, string>;
  const identity = Object.fromEntries(identityOfStudy.map((keyword) => [keyword, said[keyword] ?? ''])) as NoteIdentity;
  return {
    ...identity,
    ...{ StudyInstanceUID: row.study || row.StudyInstanceUID, SeriesInstanceUID: row.SeriesInstanceUID },
  };
}

/** An object of the exam that left and was rejected since: its study is known under whom it left. */
export function findRejectedAfterLeaving(book: Book, examId: string): string | undefined {
  return book
    .sql<{ id: string }>(
      `SELECT object.id FROM object JOIN rejected_instance ON rejected_instance.objectId = object.id
       WHERE object.examId = ? || '' LIMIT 1`,
    )
    .get(examId)?.id;
}

export function recordReleaseCorrection(book: Book, correction: ReleaseCorrection): void {
  const { noteIds, ...row } = correction;
  book
    .sql(
      `INSERT INTO release_correction (rearrangementId, examId, targetExamId, study, noteIds, by, at)
       VALUES (:rearrangementId, :examId, :targetExamId, :study, :noteIds, :by, :at)`,
    )
    .run({ ...row, noteIds: JSON.stringify(noteIds) });
}

/** One that counts. */
export function readReleaseCorrection(book: Book, rearrangementId: string): ReleaseCorrection | undefined {
  const row = book
    .sql<Omit<ReleaseCorrection, 'noteIds'> & { readonly noteIds: string }>(
      `SELECT rearrangementId, examId, targetExamId, study, noteIds, by, at FROM release_correction
       WHERE rearrangementId = ? AND undoneAt IS NULL`,
    )
    .get(rearrangementId);
  return row && { ...row, noteIds: JSON.parse(row.noteIds) as string[] };
}

/** Objects that hold notes of a correction. */
export function noteObjectsOf(book: Book, { noteIds }: ReleaseCorrection): string[] {
  return noteIds.flatMap((id) => {
    const row = book.sql<{ objectId: string | null }>('SELECT objectId FROM rejection_note WHERE id = ?').get(id);
    return typeof row?.objectId === 'string' ? [row.objectId] : [];
  });
}

/** What left counts again, and nobody is told anything. The caller knows that nobody was. */
export function forgetReleaseCorrection(
  book: Book,
  correction: ReleaseCorrection,
  originals: readonly string[],
  now: string,
): void {
  const { rearrangementId, noteIds } = correction;
  for (const objectId of originals) {
    book
      .sql(
        `UPDATE object SET state = 'approved', rejectionReason = NULL, rejectionText = NULL, rejectedAt = NULL
         WHERE id = ? AND state = 'rejected'`,
      )
      .run(objectId);
  }
  for (const id of noteIds) {
    book.sql('DELETE FROM rejected_instance WHERE noteId = ?').run(id);
    book.sql('DELETE FROM rejection_note WHERE id = ?').run(id);
  }
  book.sql('UPDATE release_correction SET undoneAt = ? WHERE rearrangementId = ?').run(now, rearrangementId);
}
