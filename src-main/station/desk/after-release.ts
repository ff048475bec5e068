// Images that have left are corrected; what devices say of images is followed or dismissed.
import type { Form } from './form.ts';
import type { House } from './house.ts';

export const answerAfterRelease = (desk: Form, { released }: House) => ({
  correct: desk.afterRelease.correct.handler(({ input: { id, ...command } }) =>
    released.correct({ examId: id, ...command }),
  ),
  answerNote: desk.afterRelease.answerNote.handler(({ input: { id, choice } }) => released.answerNote(id, choice)),
});
