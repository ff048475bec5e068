// A note to the reader of an exam: what somebody wrote, and the objects in which it left.
import { z } from 'zod';

/** 'kept': it stays here. 'key-object': a Key Object Selection with the approved images. 'document': a Basic Text SR. */
export const notesSettingShape = z.enum(['kept', 'key-object', 'document']);
export type NotesSetting = z.infer<typeof notesSettingShape>;

export const mostNoteCharacters = 4000;

export const readerNoteShape = z.strictObject({
  examId: z.string(),
  text: z.string(),
  /** Who wrote it last, and when; '' while nobody has. */
  by: z.string(),
  at: z.string(),
  /** What happens to it at the next approval. */
  leaves: notesSettingShape,
  /** True when images of the exam are approved: what is saved now can only leave as a new object. */
  isReleased: z.boolean(),
  /** Notes that left, or are about to, oldest first. */
  sent: z.array(
    z.strictObject({
      kind: z.enum(['key-object', 'document']),
      text: z.string(),
      by: z.string(),
      at: z.string(),
      /** Null while it is being made. */
      objectId: z.string().nullable(),
    }),
  ),
});
export type ReaderNote = z.infer<typeof readerNoteShape>;
