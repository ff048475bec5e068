// Deliveries one by one, and the Outbox with a line for each exam.
import type { Form } from './form.ts';
import type { House } from './house.ts';

export const answerOutbox = (desk: Form, { outbox, station }: House) => ({
  deliveries: {
    list: desk.deliveries.list.handler(({ input }) => outbox.deliveries(input)),
    change: desk.deliveries.change.handler(({ input }) => outbox.changeDelivery(input.id, input)),
  },
  outbox: {
    list: desk.outbox.list.handler(({ input }) => outbox.page(input)),
    change: desk.outbox.change.handler(({ input }) => {
      outbox.changeExam(input, input);
      return outbox.page({ open: false, limit: 200, offset: 0 });
    }),
    pause: desk.outbox.pause.handler(({ input }) => {
      outbox.pause(input.id, input.paused);
      return station.status();
    }),
  },
});
