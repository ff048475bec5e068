// Whose exam it is: candidates, second identifiers, drafts, visits.
import type { Form } from './form.ts';
import type { House } from './house.ts';

export const answerMatching = (desk: Form, { matching }: House) => ({
  candidates: desk.exams.candidates.handler(({ input }) => matching.candidates(input.id)),
  checkIdentity: desk.exams.checkIdentity.handler(({ input: { id, ...given } }) => matching.checkIdentity(id, given)),
  judgeTyped: desk.exams.judgeTyped.handler(({ input: { id, ...typed } }) => ({
    hints: matching.judgeTyped(id, typed),
  })),
  readDraft: desk.exams.readDraft.handler(({ input }) => ({ draft: matching.readDraft(input.id, input.window) })),
  saveDraft: desk.exams.saveDraft.handler(async ({ input }) => ({
    savedAt: await matching.saveDraft(input.id, input.window, input.fields),
  })),
  visit: desk.exams.visit.handler(({ input: { id, ...said } }) => matching.visit({ examId: id, ...said })),
});
