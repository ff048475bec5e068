// Orders of the hospital: lists, searches, their sources.
import { Problem } from '#station/kit/problem.ts';
import type { Form } from './form.ts';
import type { House } from './house.ts';

export const answerOrders = (desk: Form, { orders }: House) => ({
  list: desk.orders.list.handler(({ input }) => orders.list(input)),
  read: desk.orders.read.handler(({ input }) => {
    const order = orders.find(input.id);
    if (!order) throw new Problem('not-found', { what: 'order' });
    return order;
  }),
  refresh: desk.orders.refresh.handler(({ input }) => orders.refresh(input.sourceId)),
  ask: desk.orders.ask.handler(({ input }) => orders.ask(input)),
  test: desk.orders.test.handler(({ input }) => orders.test(input)),
});
