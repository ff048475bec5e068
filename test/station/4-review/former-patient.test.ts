// An order that says no birth date or sex, given to images that name somebody else: nobody leaves as two people in one.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { orderContentShape, type OrderContent } from '#contract/shapes/order.ts';
import { whenExamCorrected } from '#station/flow/when-exam-corrected.ts';
import { whenOrderIsGiven, whenOrderIsTaken } from '#station/flow/when-order-is-given.ts';
import { makeObject, patient } from '../dicom/objects.ts';
import { openSmallHouse, type SmallHouse } from './house.ts';
import { readTexts } from './read-texts.ts';

let house: SmallHouse;
beforeEach(async () => void (house = await openSmallHouse()));
afterEach(() => house.close());

const withValues = (values: Readonly<Record<string, string>>) => [
  ...patient.filter((element) => !('keyword' in element) || values[element.keyword] === undefined),
  ...Object.entries(values).map(([keyword, value]) => ({ keyword, value })),
];
const grace = { PatientName: 'Hopper^Grace', PatientID: '4711', PatientBirthDate: '19500101', PatientSex: 'F' };
const anna = { PatientName: 'Berg^Anna', PatientID: '77' };
const take = (values: Readonly<Record<string, string>> = grace) => house.take(makeObject(withValues(values)));
const roomsWith = (said: Partial<OrderContent>) => ({
  ...house.rooms,
  findOrder: () => ({ content: orderContentShape.parse(said) }),
  adoptsStudyUid: () => false,
});
const give = (examId: string, said: Partial<OrderContent> = anna) =>
  whenOrderIsGiven(roomsWith(said), { examId, orderId: 'o1', by: 'Kim' });
const correct = (examId: string, attributes: Record<string, string>) =>
  whenExamCorrected(house.rooms, { examId, attributes, reason: 'CORRECT', by: 'Kim' });
const asked = (examId: string) =>
  house.catalog
    .standingProblems(examId)
    .filter(({ code, answered }) => code === 'former-patient-value' && !answered)
    .map(({ params }) => params['keyword'])
    .toSorted();
const leaving = async (objectId: string) => readTexts(await house.leaving(objectId));

test('the birth date and the sex of the former patient are asked about, and the exam stays until then', async () => {
  const { examId } = await take();
  give(examId);
  expect(asked(examId)).toEqual(['PatientBirthDate', 'PatientSex']);
  expect(house.catalog.standingProblems(examId).map(({ params }) => params)).toContainEqual({
    keyword: 'PatientBirthDate',
    value: '19500101',
    first: 'Hopper^Grace (4711)',
    second: 'Berg^Anna (77)',
  });
  await expect(house.approve(examId)).rejects.toThrow('former-patient-value');
  expect(house.enqueued).toEqual([]);
});

test('what a person leaves blank goes away, what a person keeps leaves, and both stand in the trail', async () => {
  const { examId, objectId } = await take();
  give(examId);
  correct(examId, { PatientBirthDate: '' });
  expect(asked(examId)).toEqual(['PatientSex']);
  correct(examId, { PatientSex: 'F' });
  expect(asked(examId)).toEqual([]);
  expect(
    house.catalog
      .exam(examId)
      .corrections.slice(-2)
      .map(({ attributes }) => attributes),
  ).toEqual([{ PatientBirthDate: '' }, { PatientSex: 'F' }]);
  await house.approve(examId);
  expect(await leaving(objectId)).toMatchObject({ '00100020': '77', '00100030': '', '00100040': 'F' });
});

test('what is typed instead answers it', async () => {
  const { examId, objectId } = await take();
  give(examId);
  correct(examId, { PatientBirthDate: '19900215', PatientSex: 'F' });
  expect(asked(examId)).toEqual([]);
  await house.approve(examId);
  expect(await leaving(objectId)).toMatchObject({ '00100010': 'Berg^Anna', '00100030': '19900215' });
});

test('an image that comes afterwards brings the question back for what nobody has spoken of', async () => {
  const { examId } = await take({ ...grace, PatientBirthDate: '', PatientSex: '' });
  give(examId);
  expect(asked(examId)).toEqual([]);
  await take({ ...grace, SOPInstanceUID: '2.25.909' });
  expect(asked(examId)).toEqual(['PatientBirthDate', 'PatientSex']);
});

test('an order that is taken back takes the question with it', async () => {
  const { examId } = await take();
  give(examId);
  whenOrderIsTaken(roomsWith(anna), { examId, by: 'Kim' });
  expect(asked(examId)).toEqual([]);
  await house.approve(examId);
});

test.each<[string, Record<string, string>, Partial<OrderContent>]>([
  ['the order says both', grace, { ...anna, PatientBirthDate: '19900215', PatientSex: 'F' }],
  ['the images name the same person', { ...grace, ...anna }, anna],
  ['the name is spelled otherwise', { ...grace, ...anna, PatientName: 'BERG^ANNA^^' }, anna],
  ['the images name nobody', { ...grace, PatientName: 'TEST^ROOM2', PatientID: '0000' }, anna],
  ['the images have no number', { ...grace, ...anna, PatientID: '' }, anna],
  ['the images say neither', { ...grace, PatientBirthDate: '', PatientSex: '' }, anna],
])('nothing is asked where %s', async (_why, images, order) => {
  const { examId } = await take(images);
  give(examId, order);
  expect(asked(examId)).toEqual([]);
});

test('what somebody had typed for the patient of the order is that patient’s', async () => {
  const { examId } = await take();
  correct(examId, { ...anna, PatientBirthDate: '19900215', PatientSex: '' });
  give(examId, { ...anna, AccessionNumber: 'ACC-1' });
  expect(asked(examId)).toEqual([]);
});
