// Objects under one identifier: what is decided about them.
import type { Form } from './form.ts';
import type { House } from './house.ts';

export const answerConflicts = (desk: Form, { conflicts }: House) => ({
  decide: desk.conflicts.decide.handler(({ input }) => conflicts.decide(input.id, input.choice, input.commandId)),
  undo: desk.conflicts.undo.handler(({ input }) => conflicts.undo(input.id, input.commandId)),
});
