// Earlier exams of the patient.
import type { Form } from './form.ts';
import type { House } from './house.ts';

export const answerPriors = (desk: Form, { priors }: House) => ({
  ofExam: desk.priors.ofExam.handler(({ input }) => priors.ofExam(input.id)),
  ask: desk.priors.ask.handler(({ input }) => priors.ask(input.id, input.again)),
  open: desk.priors.open.handler(({ input }) => priors.open(input.id, input.priorId)),
  read: desk.priors.read.handler(({ input }) => priors.read(input.id)),
  stop: desk.priors.stop.handler(({ input }) => priors.stop(input.id)),
});
