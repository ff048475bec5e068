// The note to the reader of an exam.
import type { Form } from './form.ts';
import type { House } from './house.ts';

export const answerReaderNotes = (desk: Form, { readerNotes }: House) => ({
  note: desk.exams.note.handler(({ input }) => readerNotes.read(input.id)),
  saveNote: desk.exams.saveNote.handler(({ input }) => readerNotes.save(input.id, input.text, input.send)),
});
