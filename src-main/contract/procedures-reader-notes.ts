// The note to the reader of an exam.
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { mostNoteCharacters, readerNoteShape } from './shapes/reader-notes.ts';

const id = z.string().regex(/^[0-9a-hjkmnp-tv-z]{26}$/, 'an id of this station');

export const noteOfExam = {
  note: oc
    .route({ method: 'GET', path: '/exams/{id}/note', summary: 'The note to the reader, and as what it left' })
    .input(z.strictObject({ id }))
    .output(readerNoteShape),
  saveNote: oc
    .route({
      method: 'PUT',
      path: '/exams/{id}/note',
      summary: 'Replaces the note to the reader; it leaves with the next approval if the site wants that',
    })
    .input(
      z.strictObject({
        id,
        text: z.string().max(mostNoteCharacters),
        /** Of an exam that has left: sends it now, as a new object. */
        send: z.boolean().default(false),
      }),
    )
    .output(readerNoteShape),
};
