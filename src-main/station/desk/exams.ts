// Exams: lists, one exam, corrections, approval, hold.
import type { Form } from './form.ts';
import type { House } from './house.ts';

export const answerExams = (desk: Form, { exams, conflicts }: House) => ({
  list: desk.exams.list.handler(({ input }) => exams.list(input)),
  read: desk.exams.read.handler(({ input }) => exams.read(input.id)),
  correct: desk.exams.correct.handler(async ({ input }) => {
    await exams.correct({ ...input, examId: input.id });
    return exams.read(input.id);
  }),
  applyOrder: desk.exams.applyOrder.handler(({ input: { id: examId, ...rest } }) => {
    exams.applyOrder({ ...rest, examId });
    return exams.read(examId);
  }),
  removeOrder: desk.exams.removeOrder.handler(({ input: { id: examId, ...rest } }) => {
    exams.removeOrder({ ...rest, examId });
    return exams.read(examId);
  }),
  keepOrder: desk.exams.keepOrder.handler(({ input: { id } }) => {
    exams.keepOrder(id);
    return exams.read(id);
  }),
  verification: desk.exams.verification.handler(({ input }) => exams.verification(input.id)),
  conflicts: desk.exams.conflicts.handler(({ input }) => conflicts.list(input.id)),
  forecast: desk.exams.forecast.handler(({ input }) => exams.forecast(input.id, input.presentation)),
  approve: desk.exams.approve.handler(async ({ input }) => {
    await exams.approve(input.id, input);
    return exams.read(input.id);
  }),
  complete: desk.exams.complete.handler(({ input }) => {
    exams.complete(input.id);
    return exams.row(input.id);
  }),
  repeatDecision: desk.exams.repeatDecision.handler(({ input }) => {
    exams.repeatDecision(input.id, input.seenObjects);
    return exams.read(input.id);
  }),
  undoFollowing: desk.exams.undoFollowing.handler(({ input }) => {
    exams.undoFollowing(input.id);
    return exams.read(input.id);
  }),
  hold: desk.exams.hold.handler(async ({ input }) => {
    await exams.hold(input.id, input.held);
    return exams.row(input.id);
  }),
});
