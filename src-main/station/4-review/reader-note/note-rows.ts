// Notes to the reader as rows: what somebody wrote of an exam, and each object in which it leaves. Runs inside transactions of the
// caller, which makes the files and enqueues them.
//
// Guarantees: what leaves is written down before it is made; a text that has left is not sent a second time by another
// approval of the same exam.
import type { NotesSetting, ReaderNote } from '#contract/shapes/reader-notes.ts';
import type { Clock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import type { ReaderNoteContent } from './note-object.ts';

type Desk = { readonly book: Book; readonly clock: Clock };
export type NoteKind = Exclude<NotesSetting, 'kept'>;

/** A note that is to leave and has not been made. */
export type OpenReaderNote = {
  readonly id: string;
  readonly examId: string;
  readonly kind: NoteKind;
  readonly text: string;
  readonly by: string;
  readonly at: string;
  /** Null until the images that it goes with were read. */
  readonly content: ReaderNoteContent | null;
};

/** @throws Problem 'not-found' */
export function readReaderNote(book: Book, examId: string, leaves: NotesSetting): ReaderNote {
  const exam = book.sql<{ approvedAt: string | null }>('SELECT approvedAt FROM exam WHERE id = ?').get(examId);
  if (!exam) throw new Problem('not-found', { what: 'exam' });
  const note = book
    .sql<Pick<ReaderNote, 'text' | 'by' | 'at'>>('SELECT text, by, at FROM exam_note WHERE examId = ?')
    .get(examId) ?? { text: '', by: '', at: '' };
  const sent = book
    .sql<ReaderNote['sent'][number]>(
      'SELECT kind, text, by, at, objectId FROM note_object WHERE examId = ? ORDER BY at, id',
    )
    .all(examId);
  const isReleased =
    book.sql("SELECT 1 FROM object WHERE examId = ? AND state = 'approved' LIMIT 1").get(examId) !== undefined;
  return { examId, ...note, leaves, isReleased, sent };
}

/** An empty text takes the note away; what left stays. */
export function saveReaderNote(
  { book, clock }: Desk,
  { examId, text, by }: { examId: string; text: string; by: string },
): void {
  if (text === '') book.sql('DELETE FROM exam_note WHERE examId = ?').run(examId);
  else {
    book
      .sql(
        `INSERT INTO exam_note (examId, text, by, at) VALUES (:examId, :text, :by, :at)
         ON CONFLICT (examId) DO UPDATE SET text = excluded.text, by = excluded.by, at = excluded.at`,
      )
      .run({ examId, text, by, at: clock.now() });
  }
}

/** Says that the note of an exam is to leave. False when there is none, or when this text was the last that left. */
export function orderReaderNote({ book, clock }: Desk, examId: string, kind: NoteKind): boolean {
  const note = book.sql<{ text: string; by: string }>('SELECT text, by FROM exam_note WHERE examId = ?').get(examId);
  const last = book
    .sql<{ text: string }>('SELECT text FROM note_object WHERE examId = ? ORDER BY at DESC, id DESC LIMIT 1')
    .get(examId);
  if (!note || note.text === last?.text) return false;
  book
    .sql('INSERT INTO note_object (id, examId, kind, text, by, at) VALUES (?, ?, ?, ?, ?, ?)')
    .run(newId(), examId, kind, note.text, note.by, clock.now());
  return true;
}

/** In the order in which they were written. */
export function readOpenReaderNotes(book: Book): OpenReaderNote[] {
  return book
    .sql<Omit<OpenReaderNote, 'content'> & { readonly content: string | null }>(
      'SELECT id, examId, kind, text, by, at, content FROM note_object WHERE objectId IS NULL ORDER BY at, id',
    )
    .all()
    .map((row) => ({ ...row, content: row.content === null ? null : (JSON.parse(row.content) as ReaderNoteContent) }));
}

/** Written down before the file is made, so that a stop in between makes the same file again. */
export function recordReaderNoteContent(book: Book, noteId: string, content: ReaderNoteContent): void {
  book.sql('UPDATE note_object SET content = ? WHERE id = ?').run(JSON.stringify(content), noteId);
}

/** Approved objects of an exam that no note is. */
export function objectsForNote(book: Book, examId: string): string[] {
  return book
    .sql<{ id: string }>(
      `SELECT id FROM object WHERE examId = ? AND state = 'approved' AND revisionId IS NOT NULL
         AND id NOT IN (SELECT objectId FROM note_object WHERE objectId IS NOT NULL)
         AND id NOT IN (SELECT objectId FROM rejection_note WHERE objectId IS NOT NULL) ORDER BY rowid`,
    )
    .all(examId)
    .map(({ id }) => id);
}

/** Where the images of an exam go and are not cancelled. */
export function destinationsOfExam(book: Book, examId: string): { readonly id: string; readonly required: boolean }[] {
  return book
    .sql<{ id: string; required: number }>(
      `SELECT destinationId AS id, MAX(required) AS required FROM delivery
       WHERE examId = ? || '' AND state <> 'cancelled'
         AND destinationId IN (SELECT id FROM destination WHERE removed = 0)
       GROUP BY destinationId ORDER BY MIN(rowid)`,
    )
    .all(examId)
    .map(({ id, required }) => ({ id, required: required !== 0 }));
}

/**
 * True while the note is to leave and goes with the images that it names. What it says of somebody is forgotten otherwise, and
 * read anew from the images that are approved by then.
 */
export function isStillAsRead(book: Book, { id, examId, content }: OpenReaderNote): boolean {
  if (book.sql('SELECT 1 FROM note_object WHERE id = ? AND objectId IS NULL').get(id) === undefined) return false;
  const named = (content?.studies ?? []).flatMap(({ series }) => series.flatMap(({ objects }) => objects));
  const approved = objectsForNote(book, examId).map(
    (objectId) => book.sql<{ uid: string }>('SELECT SOPInstanceUID AS uid FROM object WHERE id = ?').get(objectId)?.uid,
  );
  const differs = new Set(approved).symmetricDifference(new Set(named.map(({ SOPInstanceUID }) => SOPInstanceUID)));
  if (differs.size === 0) return true;
  book.sql('UPDATE note_object SET content = NULL WHERE id = ? AND objectId IS NULL').run(id);
  return false;
}

/** An approval was taken back of which nothing left: its notes are made anew with the next one. Gives the objects of those. */
export function takeBackReaderNotes(book: Book, examId: string): string[] {
  const made = book
    .sql<{ objectId: string }>('SELECT objectId FROM note_object WHERE examId = ? AND objectId IS NOT NULL')
    .all(examId)
    .map(({ objectId }) => objectId)
    .filter((id) => book.sql("SELECT 1 FROM object WHERE id = ? AND state = 'received'").get(id) !== undefined);
  book.sql('DELETE FROM note_object WHERE examId = ? AND objectId IS NULL').run(examId);
  for (const id of made) book.sql('DELETE FROM note_object WHERE objectId = ?').run(id);
  return made;
}

/** The note's object leaves as it is, and is decided: gives its revision. */
export function recordReaderNoteObject(
  { book, clock }: Desk,
  note: OpenReaderNote & { readonly content: ReaderNoteContent },
  objectId: string,
): string {
  const revisionId = newId();
  const now = clock.now();
  book
    .sql(
      `INSERT INTO revision (id, objectId, number, SOPInstanceUID, SOPClassUID, TransferSyntaxUID, recipeFile, sizeBytes,
         dataSetOffset, dataSetSha256, attributes, verifiedAt, createdAt, by, StudyInstanceUID)
       SELECT :revisionId, id, 1, SOPInstanceUID, SOPClassUID, TransferSyntaxUID, NULL, sizeBytes, dataSetOffset,
         dataSetSha256, '{}', :now, :now, :by, :study FROM object WHERE id = :objectId`,
    )
    .run({ ...{ revisionId, objectId, now, by: note.by }, study: note.content.StudyInstanceUID });
  book
    .sql(`UPDATE object SET state = 'approved', revisionId = ?, late = 0, rememberedId = NULL WHERE id = ?`)
    .run(revisionId, objectId);
  book.sql('UPDATE note_object SET objectId = ? WHERE id = ?').run(objectId, note.id);
  return revisionId;
}
