// The book of orders: kept once, changed when the source says so, found by what people type, forgotten when unused.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Order } from '#contract/shapes/order.ts';
import { systemClock } from '#station/kit/clock.ts';
import { openOrders } from '#station/orders/index.ts';
import { openBook, type Book } from '#station/records/index.ts';
import { saidOrder } from './making-orders.ts';

let book: Book;
beforeEach(() => {
  book = openBook(':memory:');
});
afterEach(() => book.close());

const search = (orders: ReturnType<typeof openOrders>, text: string) =>
  orders.search({ text, limit: 50 }).orders.map(({ content }) => content.AccessionNumber);

test('an order that its source says again is the same order, and nothing is written', () => {
  const changes: string[] = [];
  const orders = openOrders({ book, clock: systemClock, changed: (ids) => changes.push(...ids) });
  const first = orders.keep(saidOrder());
  expect(first.kind).toBe('new');
  expect(orders.keep(saidOrder())).toEqual({ orderId: first.orderId, kind: 'same' });
  expect(changes).toEqual([first.orderId]);
  expect(orders.find(first.orderId)).toMatchObject({ state: 'scheduled', content: { PatientID: 'P1' }, examIds: [] });
});

test('an exam that uses an order hears of another patient and of a cancelled order, in the same transaction', () => {
  const told: [string, string][] = [];
  const used = new Set<string>();
  const orders = openOrders({
    book,
    clock: systemClock,
    examsOf: (ids) => new Map(ids.filter((id) => used.has(id)).map((id) => [id, ['exam-1']])),
    orderChanged: (_id, before: Order, after: Order) => {
      told.push([before.content.PatientID, `${after.content.PatientID} ${after.state}`]);
      if (after.content.PatientID === 'P9') throw new Error('no');
    },
  });
  const { orderId } = orders.keep(saidOrder());
  orders.keep(saidOrder({ PatientID: 'P2' }));
  expect(told).toEqual([]);
  used.add(orderId);
  orders.keep(saidOrder({ PatientID: 'P2', ScheduledProcedureStepLocation: 'room 2' }));
  expect(told).toEqual([]);
  orders.keep(saidOrder({ PatientID: 'P3' }));
  orders.cancel('ris', 'A1');
  expect(told).toEqual([
    ['P2', 'P3 scheduled'],
    ['P3', 'P3 cancelled'],
  ]);
  expect(() => orders.keep(saidOrder({ PatientID: 'P9' }))).toThrow();
  expect(orders.find(orderId)?.content.PatientID).toBe('P3');
});

test('orders are found by any part of a name, without accents and case, by accession and by procedure', () => {
  const orders = openOrders({ book, clock: systemClock });
  orders.keep(saidOrder({ AccessionNumber: 'A1', PatientName: 'MÜLLER^Änne' }));
  orders.keep(saidOrder({ AccessionNumber: 'A2', PatientName: 'Yamada^Tarou=山田^太郎=やまだ^たろう' }));
  orders.keep(saidOrder({ AccessionNumber: 'A3', RequestedProcedureDescription: 'Liver 100% "sono"' }));
  expect(search(orders, 'anne mull')).toEqual(['A1']);
  expect(search(orders, '山田')).toEqual(['A2']);
  expect(search(orders, 'a2')).toEqual(['A2']);
  expect(search(orders, '100% "sono"')).toEqual(['A3']);
  expect(search(orders, '%')).toEqual(['A3']);
  expect(search(orders, 'nobody')).toEqual([]);
});

test('orders are listed by day, device and modality; one without a day belongs to every day', () => {
  const orders = openOrders({ book, clock: systemClock });
  orders.keep(saidOrder({ AccessionNumber: 'late', scheduledFor: '20261123150000' }));
  orders.keep(saidOrder({ AccessionNumber: 'early', scheduledFor: '202611230800' }));
  orders.keep(saidOrder({ AccessionNumber: 'day only', scheduledFor: '20261123', Modality: 'DX' }));
  orders.keep(saidOrder({ AccessionNumber: 'no day', scheduledFor: '' }));
  orders.keep(
    saidOrder({ AccessionNumber: 'tomorrow', scheduledFor: '20261124', ScheduledStationAETitles: ['CR', 'US_2'] }),
  );
  const list = (wish: object) => orders.search({ limit: 50, ...wish }).orders.map((one) => one.content.AccessionNumber);
  expect(list({ day: '20261123' })).toEqual(['day only', 'early', 'late', 'no day']);
  expect(list({ modality: 'DX' })).toEqual(['day only']);
  expect(list({ station: 'US_2' })).toEqual(['tomorrow']);
  expect(orders.search({ limit: 2 })).toMatchObject({ total: 5, orders: [{}, {}] });
});

test('two orders with one accession number and two patients are both kept, and both say so', () => {
  const orders = openOrders({ book, clock: systemClock });
  const first = orders.keep(saidOrder()).orderId;
  const second = orders.keep(saidOrder({ PatientID: 'P2' }, { sourceKey: 'other' })).orderId;
  expect([first, second].map((id) => orders.find(id)?.sharesAccession)).toEqual([true, true]);
  orders.cancel('ris', 'other');
  expect(orders.find(first)?.sharesAccession).toBe(false);
});

test('what a worklist no longer lists stays to be read, leaves the list, and comes back when it is listed again', () => {
  const orders = openOrders({ book, clock: systemClock });
  const { orderId } = orders.keep(saidOrder());
  orders.gone([orderId]);
  expect(orders.search({ limit: 9 }).orders).toEqual([]);
  expect(orders.search({ limit: 9, withGone: true }).orders).toHaveLength(1);
  expect(orders.find(orderId)?.goneAt).not.toBeNull();
  expect(orders.keep(saidOrder()).kind).toBe('changed');
  expect(orders.find(orderId)?.goneAt).toBeNull();
});

test('candidates are found by each thing alone, and never more than two hundred', () => {
  const orders = openOrders({ book, clock: systemClock });
  const wanted = orders.keep(
    saidOrder(
      {
        ...{ PatientName: 'Kowalski^Jan', PatientID: 'K7', AccessionNumber: 'K-1', PatientBirthDate: '19710203' },
        ...{ Modality: 'XA', ScheduledStationAETitles: ['CARM'], StudyInstanceUID: '1.2.3' },
      },
      { sourceKey: 'wanted' },
    ),
  ).orderId;
  for (let number = 0; number < 400; number++)
    orders.keep(saidOrder({ AccessionNumber: `N${number}`, PatientID: `N${number}` }));
  const finds = (facts: object) => orders.candidatesFor(facts).some(({ id }) => id === wanted);
  expect(finds({ AccessionNumber: 'K-1' })).toBe(true);
  expect(finds({ PatientID: 'K7' })).toBe(true);
  expect(finds({ StudyInstanceUID: '1.2.3' })).toBe(true);
  expect(finds({ names: ['JAN^KOWALSKI'] })).toBe(true);
  expect(finds({ names: ['Kowalsky^J'] })).toBe(true);
  expect(finds({ birthDate: '19710203' })).toBe(true);
  expect(finds({ station: 'CARM', time: '20261123120000' })).toBe(true);
  expect(finds({ modality: 'XA', time: '20261123120000' })).toBe(true);
  expect(finds({ names: ['Meier^Otto'], PatientID: 'Z' })).toBe(false);
  const many = orders.candidatesFor({
    ...{ names: ['Smith^Anna'], birthDate: '19600101', station: 'US_1', modality: 'US', time: '20261123' },
  });
  expect(many.length).toBe(200);
});

test('old orders are forgotten, but not one that an exam uses', () => {
  const used = new Set<string>();
  const orders = openOrders({
    book,
    clock: systemClock,
    examsOf: (ids) => new Map(ids.filter((id) => used.has(id)).map((id) => [id, ['exam-1']])),
  });
  const first = orders.keep(saidOrder({ AccessionNumber: 'used', scheduledFor: '20261001' })).orderId;
  const second = orders.keep(saidOrder({ AccessionNumber: 'old', scheduledFor: '20261001' })).orderId;
  const third = orders.keep(saidOrder({ AccessionNumber: 'new', scheduledFor: '20261123' })).orderId;
  used.add(first);
  expect(orders.forgetOld('2999', '20261101')).toBe(1);
  expect([first, second, third].map((id) => orders.find(id) !== undefined)).toEqual([true, false, true]);
  expect(orders.forgetOld('2000', '29991231')).toBe(0);
});
