// Objects: corrected, rejected with a reason, or kept after all.
import type { Form } from './form.ts';
import type { House } from './house.ts';

export const answerObjects = (desk: Form, { objects, exams }: House) => ({
  correct: desk.objects.correct.handler(({ input }) => exams.read(objects.correct(input))),
  reject: desk.objects.reject.handler(async ({ input }) => {
    await objects.reject(input.id, input.reason, input.text, input.commandId);
    return objects.row(input.id);
  }),
  keep: desk.objects.keep.handler(async ({ input }) => {
    await objects.keep(input.id);
    return objects.row(input.id);
  }),
});
