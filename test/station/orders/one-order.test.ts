// An order that worklist and messages both speak of is one line with both sources; two patients under one number never are.
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { OrderContent } from '#contract/shapes/order.ts';
import { systemClock } from '#station/kit/clock.ts';
import { openOrders, type Orders, type SaidOrder } from '#station/orders/index.ts';
import { openBook, type Book } from '#station/records/index.ts';
import { saidOrder } from './making-orders.ts';

let book: Book;
let orders: Orders;
let exams: Map<string, string[]>;
beforeEach(() => {
  book = openBook(':memory:');
  exams = new Map();
  orders = openOrders({ book, clock: systemClock, nameOf: (id) => id.toUpperCase(), examsOf: () => exams });
});
afterEach(() => book.close());

const worklist = (said: Partial<OrderContent> = {}, key = '1', rest: Partial<SaidOrder> = {}) =>
  orders.keep(saidOrder({ ScheduledProcedureStepID: 'S1', ...said }, { sourceKey: key, ...rest })).orderId;
const feed = (said: Partial<OrderContent> = {}, key = 'p1', rest: Partial<SaidOrder> = {}) =>
  orders.keep(
    saidOrder(
      { ScheduledStationAETitles: [], Modality: '', ...said },
      { sourceId: 'adt', sourceKind: 'hl7', sourceKey: key, ...rest },
    ),
  ).orderId;
const list = (withGone = false) =>
  orders
    .search({ limit: 10, withGone })
    .orders.map(({ id, sourceName, alsoFrom }) => [id, sourceName, alsoFrom.map((one) => one.sourceName)]);
const candidates = () => orders.candidatesFor({ AccessionNumber: 'A1', PatientID: 'P1' }).map(({ id }) => id);

it('one order of two sources is one line and one candidate, whoever spoke first, with the exams of both', () => {
  const said = feed();
  expect(list()).toEqual([[said, 'ADT', []]]);
  const listed = worklist();
  expect(list()).toEqual([[listed, 'RIS', ['ADT']]]);
  expect(orders.search({ limit: 10 }).total).toBe(1);
  expect(candidates()).toEqual([listed]);
  exams.set(said, ['e1']).set(listed, ['e2']);
  expect(orders.find(listed)?.examIds).toEqual(['e2', 'e1']);
});

it.each<[string, Partial<OrderContent>]>([
  ['another patient', { PatientID: 'P2', PatientName: 'Berg^Otto' }],
  ['another issuer of the patient ID', { IssuerOfPatientID: 'B' }],
  ['another birth date', { PatientBirthDate: '19600102' }],
  ['somebody with another name under the same ID', { PatientName: 'Huber^Karl' }],
  ['an accession number of another issuer', { IssuerOfAccessionNumber: 'B' }],
  ['another step', { ScheduledProcedureStepID: 'S2' }],
])('%s stays an order of its own', (_what, said) => {
  worklist({ IssuerOfPatientID: 'A', IssuerOfAccessionNumber: 'A' });
  feed({ IssuerOfPatientID: 'A', IssuerOfAccessionNumber: 'A', ...said });
  expect(list()).toHaveLength(2);
});

it('two patients under one number are two lines, and both say so', () => {
  worklist();
  feed({ PatientID: 'P2', PatientName: 'Berg^Otto' });
  expect(orders.search({ limit: 10 }).orders.map(({ sharesAccession }) => sharesAccession)).toEqual([true, true]);
});

it('two steps of one source stay two, and the message about both is no third', () => {
  const [first, second] = [worklist(), worklist({ ScheduledProcedureStepID: 'S2' }, '2')];
  feed();
  expect(new Set(list().map(([id]) => id))).toEqual(new Set([first, second]));
});

it('without accession number they are known by their study', () => {
  const numbers = { AccessionNumber: '', StudyInstanceUID: '2.25.5' };
  const listed = worklist(numbers);
  feed(numbers);
  expect(list()).toEqual([[listed, 'RIS', ['ADT']]]);
});

it('when one is changed, cancelled or gone they part or meet again', () => {
  const [listed, said] = [worklist(), feed()];
  feed({ PatientID: 'P2', PatientName: 'Berg^Otto' });
  expect(list()).toHaveLength(2);
  feed();
  expect(list()).toHaveLength(1);
  orders.cancel('adt', 'p1');
  expect(list()).toHaveLength(2);
  feed();
  orders.gone([listed]);
  expect(list()).toEqual([[said, 'ADT', ['RIS']]]);
  worklist();
  expect(list()).toEqual([[listed, 'RIS', ['ADT']]]);
});
