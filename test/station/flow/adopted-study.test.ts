// Exams leave under the study of their order where the site wants it: one study for several exams of one order, and never
// one study for two patients.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { orderContentShape, type OrderContent } from '#contract/shapes/order.ts';
import { openOrdersOfExams, type OrdersOfExams } from '#station/flow/orders-of-exams.ts';
import { whenExamCorrected } from '#station/flow/when-exam-corrected.ts';
import { whenSameDecisionIsChosen } from '#station/flow/when-late-images-are-judged.ts';
import { systemClock } from '#station/kit/clock.ts';
import { openOrders, type Orders } from '#station/orders/index.ts';
import { openSmallHouse, type SmallHouse } from '../4-review/house.ts';
import { readTexts } from '../4-review/read-texts.ts';
import { makeObject, patient } from '../dicom/objects.ts';

const study = '1.2.826.0.1.77';
let house: SmallHouse;
let orders: Orders;
let desk: OrdersOfExams;
let wish: boolean;

beforeEach(async () => {
  house = await openSmallHouse();
  wish = true;
  orders = openOrders({ book: house.book, clock: systemClock });
  desk = openOrdersOfExams({ ...house.rooms, catalog: house.catalog, adoptsStudyUid: () => wish }, () => 'Kim');
});
afterEach(() => house.close());

const expectOrder = (said: Partial<OrderContent> = {}) =>
  orders.keep({
    ...{ sourceId: 'ris', sourceKind: 'worklist', sourceKey: said.PatientID ?? 'k1', state: 'scheduled' },
    content: orderContentShape.parse({
      ...{ PatientName: 'Berg^Anna', PatientID: '77', PatientBirthDate: '19900215', AccessionNumber: 'ACC-1' },
      ...{ StudyInstanceUID: study, ...said },
    }),
  }).orderId;
let made = 0;
async function takeExam(said: Readonly<Record<string, string>> = {}) {
  const uids = {
    StudyInstanceUID: `2.25.7${++made}`,
    SeriesInstanceUID: `2.25.8${made}`,
    SOPInstanceUID: `2.25.9${made}`,
  };
  const values = { ...uids, ...said };
  const plain = patient.filter((one) => !('keyword' in one && one.keyword in values));
  const elements = Object.entries(values).map(([keyword, value]) => ({ keyword, value }));
  const { examId, objectId } = await house.take(
    makeObject([...plain, ...elements] as Parameters<typeof makeObject>[0]),
  );
  return { examId, objectId, own: values.StudyInstanceUID };
}
const leaving = async (objectId: string) => readTexts(await house.leaving(objectId));
const codes = (examId: string) => house.catalog.standingProblems(examId).map(({ code }) => code);
const problem = (code: string) => expect.objectContaining({ code }) as unknown;

it('IRWF-2 an exam keeps its own study unless the site wants that of the order', async () => {
  wish = false;
  const { examId, objectId, own } = await takeExam();
  desk.apply({ examId, orderId: expectOrder() });
  await house.approve(examId);
  expect((await leaving(objectId))['0020000D']).toBe(own);
});

it('IRWF-2 with the setting it leaves under the study of its order, series and images keep their UIDs, the former is kept', async () => {
  const { examId, objectId, own } = await takeExam();
  desk.apply({ examId, orderId: expectOrder() });
  const late = await takeExam({ StudyInstanceUID: own });
  expect(late.examId).toBe(examId);
  whenSameDecisionIsChosen({ ...house.rooms, catalog: house.catalog }, { examId, by: 'Kim' });
  await house.approve(examId);
  for (const [id, n] of [
    [objectId, made - 1],
    [late.objectId, made],
  ] as const) {
    const texts = await leaving(id);
    expect(texts).toMatchObject({ '0020000D': study, '0020000E': `2.25.8${n}`, '00080018': `2.25.9${n}` });
    expect(texts['04000561[0]>04000550[0]>0020000D']).toBe(own);
  }
  const { StudyInstanceUID } =
    house.book.sql<{ StudyInstanceUID: string }>('SELECT StudyInstanceUID FROM revision').get() ?? {};
  expect(StudyInstanceUID).toBe(study);
});

it('two exams of one order leave under its one study with one Study ID', async () => {
  const [first, second] = [await takeExam(), await takeExam()];
  const orderId = expectOrder();
  desk.apply({ examId: first.examId, orderId });
  house.pass(3_600_000);
  desk.apply({ examId: second.examId, orderId });
  const texts = [];
  for (const { examId, objectId } of [first, second]) {
    await house.approve(examId);
    texts.push(await leaving(objectId));
  }
  expect(texts.map((one) => one['0020000D'])).toEqual([study, study]);
  expect(texts[0]?.['00200010']).toBe(texts[1]?.['00200010']);
});

it('a study that another patient has here is not taken, and that is said', async () => {
  await takeExam({ StudyInstanceUID: study, PatientID: '4711' });
  const { examId, objectId, own } = await takeExam();
  desk.apply({ examId, orderId: expectOrder() });
  expect(codes(examId)).toContain('study-not-adopted');
  await house.approve(examId);
  expect((await leaving(objectId))['0020000D']).toBe(own);
});

it('what became two patients in one study afterwards does not leave', async () => {
  const first = await takeExam();
  desk.apply({ examId: first.examId, orderId: expectOrder() });
  const second = await takeExam({ StudyInstanceUID: study, PatientID: '4711' });
  await expect(house.approve(first.examId)).rejects.toThrow(problem('study-of-two-patients'));
  await expect(house.approve(second.examId)).rejects.toThrow(problem('study-of-two-patients'));
  whenExamCorrected(house.rooms, {
    ...{ examId: second.examId, reason: 'CORRECT', by: 'Kim' },
    attributes: { PatientID: '77', PatientName: 'Berg^Anna' },
  });
  await house.approve(first.examId);
});

it('the order taken back, the exam is of its own study again; a UID that is none is not taken', async () => {
  const { examId, objectId, own } = await takeExam();
  desk.apply({ examId, orderId: expectOrder() });
  desk.remove({ examId });
  const other = await takeExam();
  wish = true;
  desk.apply({ examId: other.examId, orderId: expectOrder({ StudyInstanceUID: '', PatientID: '78' }) });
  await house.approve(examId);
  expect((await leaving(objectId))['0020000D']).toBe(own);
});
