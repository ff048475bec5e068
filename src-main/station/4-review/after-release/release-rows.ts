// Rejection after release, as rows: which objects are rejected, which note says so, and how far the note has come. Runs
// inside transactions of the caller, which cancels deliveries, keeps the trail and makes the file of the note.
import type { Clock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import { isFirstTime } from '../tables.ts';
import { keyObjectSelectionClass, type NoteContent } from './rejection-note.ts';

type Desk = { readonly book: Book; readonly clock: Clock };

/** An approved object as it left. */
export type ReleasedObject = {
  readonly objectId: string;
  readonly examId: string;
  readonly revisionId: string;
  readonly SOPInstanceUID: string;
  readonly SOPClassUID: string;
  readonly hasPixelData: boolean;
};

export type ReleasedRejection = {
  readonly objects: readonly ReleasedObject[];
  readonly reason: string;
  readonly text: string;
  /** Of those that may have left; none when nothing has. */
  readonly notes: readonly { readonly content: NoteContent; readonly objectIds: readonly string[] }[];
  readonly by: string;
  readonly commandId?: string | undefined;
};

/** A note that not everybody who is to get it has a delivery of. */
export type OpenNote = {
  readonly id: string;
  readonly examId: string;
  readonly content: NoteContent;
  /** Null until its bytes are durable. */
  readonly objectId: string | null;
};

/** @throws Problem 'not-found'; 'changed-meanwhile' is the caller's: null when it is not approved */
export function readReleased(book: Book, objectId: string): ReleasedObject | null {
  const row = book
    .sql<Omit<ReleasedObject, 'hasPixelData'> & { readonly state: string; readonly hasPixelData: number }>(
      `SELECT id AS objectId, examId, revisionId, SOPInstanceUID, SOPClassUID, hasPixelData, state FROM object WHERE id = ?`,
    )
    .get(objectId);
  if (!row) throw new Problem('not-found', { what: 'object' });
  const { state, hasPixelData, ...object } = row;
  return state === 'approved' && object.revisionId !== null ? { ...object, hasPixelData: hasPixelData !== 0 } : null;
}

/** The ids of its notes; null when the command was carried out before. @throws Problem 'already-approved' when one was approved anew meanwhile */
export function recordReleasedRejection({ book, clock }: Desk, rejection: ReleasedRejection): string[] | null {
  const now = clock.now();
  const { objects, reason, text, notes, by, commandId } = rejection;
  if (!isFirstTime(book, commandId, now)) return null;
  for (const { objectId, revisionId } of objects) {
    const { changes } = book
      .sql(
        `UPDATE object SET state = 'rejected', rejectionReason = :reason, rejectionText = :text, rejectedAt = :now
         WHERE id = :objectId AND state = 'approved' AND revisionId = :revisionId`,
      )
      .run({ reason, text, now, objectId, revisionId });
    if (changes === 0) throw new Problem('already-approved');
  }
  const uids = new Map(objects.map(({ objectId, SOPInstanceUID }) => [objectId, SOPInstanceUID]));
  const [examId = ''] = objects.map((object) => object.examId);
  const ids: string[] = [];
  for (const { content, objectIds } of notes) {
    const id = newId();
    ids.push(id);
    book
      .sql('INSERT INTO rejection_note (id, examId, SOPInstanceUID, content, by, at) VALUES (?, ?, ?, ?, ?, ?)')
      .run(id, examId, content.SOPInstanceUID, JSON.stringify(content), by, now);
    for (const objectId of objectIds)
      book.sql('INSERT INTO rejected_instance VALUES (?, ?, ?)').run(objectId, uids.get(objectId) ?? '', id);
  }
  return ids;
}

/** In the order in which they were written. */
export function readOpenNotes(book: Book): OpenNote[] {
  return book
    .sql<Omit<OpenNote, 'content'> & { readonly content: string }>(
      'SELECT id, examId, content, objectId FROM rejection_note WHERE settledAt IS NULL ORDER BY at, id',
    )
    .all()
    .map((row) => ({ ...row, content: JSON.parse(row.content) as NoteContent }));
}

/** False when it was taken back, or everybody has a delivery of it. */
export function isOpenNote(book: Book, noteId: string): boolean {
  return book.sql('SELECT 1 FROM rejection_note WHERE id = ? AND settledAt IS NULL').get(noteId) !== undefined;
}

export function rejectedBy(book: Book, noteId: string): string[] {
  return book
    .sql<{ objectId: string }>('SELECT objectId FROM rejected_instance WHERE noteId = ?')
    .all(noteId)
    .map(({ objectId }) => objectId);
}

/** An object that holds a note of ours already: it was made, and the station ended before that was written down. */
export function findNoteObject(book: Book, SOPInstanceUID: string): string | undefined {
  return book
    .sql<{ id: string }>('SELECT id FROM object WHERE SOPInstanceUID = ? AND sameAs IS NULL ORDER BY rowid LIMIT 1')
    .get(SOPInstanceUID)?.id;
}

/** The note's object leaves as it is, and is decided: gives its revision. */
export function recordNoteObject({ book, clock }: Desk, note: OpenNote, objectId: string): string {
  const revisionId = newId();
  const now = clock.now();
  book
    .sql(
      `INSERT INTO revision (id, objectId, number, SOPInstanceUID, SOPClassUID, TransferSyntaxUID, recipeFile, sizeBytes,
         dataSetOffset, dataSetSha256, attributes, verifiedAt, createdAt, by, StudyInstanceUID)
       SELECT :revisionId, id, 1, SOPInstanceUID, :sopClass, TransferSyntaxUID, NULL, sizeBytes, dataSetOffset,
         dataSetSha256, '{}', :now, :now, :by, :study FROM object WHERE id = :objectId`,
    )
    .run({
      ...{ revisionId, objectId, now, by: note.content.by, sopClass: keyObjectSelectionClass },
      study: note.content.StudyInstanceUID,
    });
  book.sql(`UPDATE object SET state = 'approved', revisionId = ? WHERE id = ?`).run(revisionId, objectId);
  book.sql('UPDATE rejection_note SET objectId = ? WHERE id = ?').run(objectId, note.id);
  return revisionId;
}

export function settleNote({ book, clock }: Desk, noteId: string): void {
  book.sql('UPDATE rejection_note SET settledAt = ? WHERE id = ?').run(clock.now(), noteId);
}

/**
 * True when a note says, or is to say, that it must not be used; and for a note of a device, which an archive would obey.
 * That is not taken back here.
 */
export function isRejectedForGood(book: Book, objectId: string): boolean {
  const told = book.sql('SELECT 1 FROM rejected_instance WHERE objectId = ?').get(objectId);
  return told !== undefined || book.sql('SELECT 1 FROM device_note WHERE objectId = ?').get(objectId) !== undefined;
}

/** A rejection note of ours. */
export function isNote(book: Book, objectId: string): boolean {
  return (
    book
      .sql(
        `SELECT 1 FROM object JOIN rejection_note ON rejection_note.SOPInstanceUID = object.SOPInstanceUID
         WHERE object.id = ? || ''`,
      )
      .get(objectId) !== undefined
  );
}
