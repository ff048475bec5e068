// What may be forgotten here: why an exam stays, what goes next, and the proof of what is gone.
import type { Form } from './form.ts';
import type { House } from './house.ts';

export const answerRetention = (desk: Form, { retention }: House) => ({
  ofExam: desk.retention.ofExam.handler(({ input }) => retention.ofExam(input.id)),
  pin: desk.retention.pin.handler(({ input }) => {
    retention.pin(input.id, input.pinned);
    return retention.ofExam(input.id);
  }),
  preview: desk.retention.preview.handler(() => retention.preview()),
  proofs: desk.retention.proofs.handler(({ input }) => retention.proofs(input)),
});
