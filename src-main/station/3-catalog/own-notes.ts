// Rejection notes of our own among the objects of an exam. A note bears what the images it speaks of had left with: it
// says nothing of who is in the exam now, and contradicts nobody. Reads the book and changes nothing.
import type { Book } from '#station/records/index.ts';

const keyObjectSelection = '1.2.840.10008.5.1.4.1.1.88.59';

/** Ids of the notes of an exam; asked by an index that only key object selections are in. */
export function ownNotes(book: Book, examId: string): string[] {
  return book
    .sql<{ id: string }>(
      `SELECT object.id FROM object JOIN rejection_note ON rejection_note.SOPInstanceUID = object.SOPInstanceUID
       WHERE object.SOPClassUID = '${keyObjectSelection}' AND object.examId = ? || ''`,
    )
    .all(examId)
    .map(({ id }) => id);
}

/** SQL that leaves the notes out, and what is to be bound to it; nothing where there are none, as almost always. */
export function withoutNotes(book: Book, examId: string): { readonly and: string; readonly values: string[] } {
  const notes = ownNotes(book, examId);
  if (notes.length === 0) return { and: '', values: [] };
  return { and: 'AND object.id NOT IN (SELECT value FROM json_each(?))', values: [JSON.stringify(notes)] };
}
