// What was chosen and drawn on pictures, and the boxes that are remembered for a device.
import type { Form } from './form.ts';
import type { House } from './house.ts';

export const answerMarkup = (desk: Form, { presentation }: House) => ({
  markup: desk.objects.markup.handler(({ input }) => presentation.read(input.id)),
  markups: desk.objects.markups.handler(({ input }) => presentation.ofExam(input.examId)),
  pictureLimits: desk.objects.pictureLimits.handler(({ input }) => presentation.limits(input.id, input.way)),
  saveMarkup: desk.objects.saveMarkup.handler(({ input }) => presentation.save(input.id, input.markup)),
});

export const answerRedactions = (desk: Form, { presentation }: House) => ({
  redactions: desk.devices.redactions.handler(({ input }) => presentation.redactions(input.id)),
  rememberRedactions: desk.devices.rememberRedactions.handler(({ input }) =>
    presentation.rememberRedactions(input.id, input.boxes),
  ),
});
