// Images judged one by one, and what is known of their quality.
import type { Form } from './form.ts';
import type { House } from './house.ts';

export const answerJudging = (desk: Form, { judging }: House) => ({
  ofExam: desk.judging.ofExam.handler(({ input }) => judging.ofExam(input.id)),
  judge: desk.judging.judge.handler(({ input }) => judging.judge(input)),
  linkRepeat: desk.judging.linkRepeat.handler(({ input }) => judging.linkRepeat(input.id, input.repeatedBy)),
  lookAtHint: desk.judging.lookAtHint.handler(({ input }) => judging.lookAtHint(input.id, input.code, input.lookedAt)),
});
