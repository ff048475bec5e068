// The hospital changes or cancels an order that was given to an exam: the exam stops, and a person says what counts.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { orderContentShape, type OrderContent } from '#contract/shapes/order.ts';
import { openOrdersOfExams, type OrdersOfExams } from '#station/flow/orders-of-exams.ts';
import { whenExamCorrected } from '#station/flow/when-exam-corrected.ts';
import { whenOrderChanges } from '#station/flow/when-order-changes.ts';
import { systemClock } from '#station/kit/clock.ts';
import { openOrders, type Orders } from '#station/orders/index.ts';
import { openSmallHouse, type SmallHouse } from '../4-review/house.ts';
import { makeObject, patient } from '../dicom/objects.ts';

const content = orderContentShape.parse({
  ...{ PatientName: 'Berg^Anna', PatientID: '77', PatientBirthDate: '19900215', PatientSex: 'F' },
  ...{ AccessionNumber: 'ACC-1', RequestedProcedureID: 'RP-1' },
});
let house: SmallHouse;
let orders: Orders;
let desk: OrdersOfExams;
let withdrawn: string[];
let examId: string;
let orderId: string;

const say = (change: Partial<OrderContent> = {}, state: 'scheduled' | 'cancelled' = 'scheduled') =>
  orders.keep({
    ...{ sourceId: 'ris', sourceKind: 'worklist', sourceKey: 'k1', state },
    content: { ...content, ...change },
  }).orderId;

beforeEach(async () => {
  house = await openSmallHouse();
  withdrawn = [];
  const forward = { withdraw: (id: string) => withdrawn.push(id) };
  const rooms = { ...house.rooms, catalog: house.catalog, forward };
  orders = openOrders({
    ...{ book: house.book, clock: systemClock, nameOf: (id: string) => id },
    examsOf: (ids) => new Map(ids.map((id) => [id, examId === '' ? [] : [examId]])),
    orderChanged: (id, _before, after) => whenOrderChanges(rooms, id, after),
  });
  desk = openOrdersOfExams({ ...rooms, adoptsStudyUid: () => false }, () => 'Kim');
  examId = '';
  orderId = say();
  ({ examId } = await house.take(makeObject(patient)));
  desk.apply({ examId, orderId });
});
afterEach(() => house.close());

const open = () =>
  house.catalog
    .standingProblems(examId)
    .filter(({ answered }) => !answered)
    .map(({ code }) => code);
const corrected = () => house.catalog.exam(examId).corrected;

test('another birth date of the order stops the exam, changes nothing by itself, and is applied by a word', () => {
  say({ PatientBirthDate: '19900216' });
  expect(open()).toEqual(['order-changed']);
  expect(corrected().PatientBirthDate).toBe('19900215');
  expect(house.review.forecast(examId).against.map(({ code }) => code)).toContain('order-changed');
  desk.apply({ examId, orderId });
  expect(open()).toEqual([]);
  expect(corrected().PatientBirthDate).toBe('19900216');
});

test('an exam that was approved and of which nothing left waits for approval again', async () => {
  await house.approve(examId);
  say({ PatientID: '78' });
  expect(house.catalog.exam(examId).counts).toMatchObject({ approved: 0, undecided: 1 });
  expect(withdrawn).toEqual([examId]);
  await expect(house.approve(examId)).rejects.toThrow('order-changed');
  desk.keep(examId);
  await house.approve(examId);
  expect(corrected().PatientID).toBe('77');
});

test('a cancelled order stops the exam until it is taken back, or until somebody keeps it', () => {
  say({}, 'cancelled');
  expect(open()).toEqual(['order-cancelled']);
  desk.keep(examId);
  expect(open()).toEqual([]);
  say({ PatientName: 'Berg^Anne' });
  expect(open()).toEqual(['order-changed']);
  desk.remove({ examId });
  expect(open()).not.toContain('order-changed');
});

test('an order that says again what was applied takes the stop away, and so does the right patient', () => {
  say({ PatientID: '78' });
  say();
  expect(open()).toEqual([]);
  say({ PatientID: '78' });
  whenExamCorrected(house.rooms, { examId, attributes: { PatientID: '78' }, reason: 'COERCE', by: 'Kim' });
  expect(open()).toEqual([]);
});

test('what matters to nobody stops nothing, and what has left is only told', async () => {
  say({ BodyPartExamined: 'CHEST' });
  expect(open()).toEqual([]);
  await house.approve(examId);
  house.book.sql(`INSERT INTO destination (id, setting, since) VALUES ('archive', '{}', '2026-11-23')`).run();
  const [revision] = house.enqueued[0]?.revisions ?? [];
  house.book
    .sql(
      `INSERT INTO delivery (id, examId, objectId, revisionId, destinationId, required, state, createdAt)
       VALUES ('d1', ?, ?, ?, 'archive', 1, 'sent', '2026-11-23T10:00:00.000Z')`,
    )
    .run(examId, revision?.objectId ?? '', revision?.id ?? '');
  say({ PatientID: '78' });
  expect(open()).toEqual(['order-changed-after-send']);
  expect(house.catalog.exam(examId).counts.approved).toBe(1);
});
