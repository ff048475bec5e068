// Deliveries one by one, the Outbox with a line for each exam, and alerts.
import type { Form } from './form.ts';
import type { House } from './house.ts';

export const answerOutbox = (desk: Form, { outbox, station, alerts }: House) => ({
  alerts: {
    acknowledge: desk.alerts.acknowledge.handler(({ input }) => {
      alerts.acknowledge(input.id, input.by);
      return station.status();
    }),
  },
  deliveries: {
    list: desk.deliveries.list.handler(({ input }) => outbox.deliveries(input)),
    change: desk.deliveries.change.handler(({ input }) => outbox.changeDelivery(input.id, input)),
    attempts: desk.deliveries.attempts.handler(({ input }) => outbox.attempts(input.id, input)),
  },
  outbox: {
    list: desk.outbox.list.handler(({ input }) => outbox.page(input)),
    change: desk.outbox.change.handler(({ input }) => {
      outbox.changeExam(input, input);
      return outbox.page({ open: false, limit: 200, offset: 0 });
    }),
    changeMany: desk.outbox.changeMany.handler(({ input }) => outbox.changeMany(input)),
    pause: desk.outbox.pause.handler(({ input }) => {
      outbox.pause(input.id, input.paused);
      return station.status();
    }),
  },
});
