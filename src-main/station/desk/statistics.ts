// Figures of a span of days, and the images behind them.
import type { Form } from './form.ts';
import type { House } from './house.ts';

export const answerStatistics = (desk: Form, { statistics }: House) => ({
  read: desk.statistics.read.handler(({ input }) => statistics.read(input)),
  images: desk.statistics.images.handler(({ input }) => statistics.images(input)),
});
