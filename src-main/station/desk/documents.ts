// What objects say beyond their pictures.
import type { Form } from './form.ts';
import type { House } from './house.ts';

export const answerDocuments = (desk: Form, { documents }: House) => ({
  header: desk.objects.header.handler(({ input }) => documents.header(input.id, input.search)),
  text: desk.objects.text.handler(({ input }) => documents.text(input.id)),
  waveform: desk.objects.waveform.handler(({ input }) => documents.waveform(input.id)),
});
