// Split, merge, move and copy.
import type { Form } from './form.ts';
import type { House } from './house.ts';

export const answerRearranging = (desk: Form, { rearranging }: House) => ({
  apply: desk.rearranging.apply.handler(({ input }) => rearranging.apply(input)),
  undo: desk.rearranging.undo.handler(({ input }) => rearranging.undo(input.id)),
  patients: desk.rearranging.patients.handler(({ input }) => rearranging.patients(input.id)),
  keepHere: desk.rearranging.keepHere.handler(({ input }) => {
    rearranging.keepHere(input.id);
    return rearranging.history(input.id);
  }),
});

export const answerHistory = (desk: Form, { rearranging }: House) => ({
  history: desk.exams.history.handler(({ input }) => rearranging.history(input.id)),
});
