// Images of somebody else, corrected by hand: nothing of the order that they were made for leaves under the new patient.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { orderContentShape } from '#contract/shapes/order.ts';
import type { NewElement } from '#station/dicom/index.ts';
import { whenExamCorrected } from '#station/flow/when-exam-corrected.ts';
import { whenOrderIsGiven } from '#station/flow/when-order-is-given.ts';
import { makeObject, patient } from '../dicom/objects.ts';
import { openSmallHouse, type SmallHouse } from './house.ts';
import { readTexts } from './read-texts.ts';

let house: SmallHouse;
beforeEach(async () => void (house = await openSmallHouse()));
afterEach(() => house.close());

const request: NewElement = {
  ...{ tag: 0x00400275, vr: 'SQ' },
  items: [
    [
      { keyword: 'AccessionNumber', value: 'A1' },
      { keyword: 'RequestedProcedureID', value: 'RP-77' },
      { keyword: 'ScheduledProcedureStepID', value: 'SPS-77' },
    ],
  ],
};
const values = {
  ...{ PatientName: 'Hopper^Grace', PatientID: '471190', PatientBirthDate: '19500101' },
  ...{ AccessionNumber: 'A1', StudyID: 'RP-77', RequestedProcedureID: 'RP-77', AdmissionID: 'ADM-5' },
};
const image = (said: Readonly<Record<string, string>> = values) => {
  const more = { ...values, ...said };
  return makeObject([
    ...patient.filter((one) => !('keyword' in one) || more[one.keyword as keyof typeof more] === undefined),
    ...Object.entries(more).map(([keyword, value]) => ({ keyword, value })),
    request,
    { keyword: 'PlacerOrderNumberImagingServiceRequest', value: 'P-77' },
  ]);
};
const anna = { PatientName: 'Berg^Anna', PatientID: '880033', PatientBirthDate: '19800203' };
const say = (examId: string, attributes: Readonly<Record<string, string>>) =>
  whenExamCorrected(house.rooms, { examId, attributes, reason: 'CORRECT', by: 'Kim' });
const leaving = async (examId: string, objectId: string) => {
  await house.approve(examId);
  return readTexts(await house.leaving(objectId));
};
const numbers = (examId: string) => {
  const { received, corrected } = house.catalog.exam(examId);
  const { AccessionNumber, StudyID } = { ...received, ...corrected };
  return { AccessionNumber, StudyID };
};
const made = expect.stringMatching(/^SL\d{12}$/) as unknown as string;

test('the accession, the request, the study and the admission of the former patient go; Study ID is made anew', async () => {
  const { examId, objectId } = await house.take(image());
  say(examId, anna);
  expect(numbers(examId)).toEqual({ AccessionNumber: '', StudyID: made });
  expect(house.review.forecast(examId).ordersLeftBehind).toEqual([
    { PatientName: 'Hopper^Grace', PatientID: '471190', AccessionNumber: 'A1' },
  ]);
  const texts = await leaving(examId, objectId);
  expect(texts).toMatchObject({ '00100020': '880033', '00080050': '', '00200010': made });
  for (const gone of ['00400275', '00401001', '00380010', '00402016']) expect(texts[gone], gone).toBeUndefined();
  expect(texts).toMatchObject({
    ...{ '04000561[0]>04000550[0]>00080050': 'A1', '04000561[0]>04000550[0]>00200010': 'RP-77' },
    '04000561[0]>04000550[0]>00400275[0]>00401001': 'RP-77',
  });
});

test('a number that is typed for the new patient stands, in the same breath or afterwards', async () => {
  const { examId, objectId } = await house.take(image());
  say(examId, { ...anna, AccessionNumber: 'B2' });
  expect(numbers(examId)).toEqual({ AccessionNumber: 'B2', StudyID: made });
  say(examId, { StudyID: 'RP-90' });
  expect(numbers(examId)).toEqual({ AccessionNumber: 'B2', StudyID: 'RP-90' });
  expect(await leaving(examId, objectId)).toMatchObject({ '00080050': 'B2', '00200010': 'RP-90' });
});

test('who becomes again whom the device named has the numbers of the device again', async () => {
  const { examId, objectId } = await house.take(image());
  say(examId, anna);
  say(examId, { PatientName: 'Hopper^Grace', PatientID: '471190', PatientBirthDate: '19500101' });
  expect(numbers(examId)).toEqual({ AccessionNumber: 'A1', StudyID: 'RP-77' });
  expect(house.review.forecast(examId).ordersLeftBehind).toBeUndefined();
  expect(await leaving(examId, objectId)).toMatchObject({ '00400275[0]>00401001': 'RP-77' });
});

test.each<[string, Record<string, string>, Record<string, string>]>([
  ['a name is spelled otherwise', {}, { PatientName: 'HOPPER^Grâce' }],
  ['a number was mistyped', {}, { PatientID: '471191' }],
  ['a middle name and a number come along', {}, { PatientName: 'Hopper^Grace^Brewster', PatientID: '471191' }],
  ['the device had no number', { PatientID: '' }, { PatientID: '880033' }],
  ['the device named nobody', { PatientName: 'TEST^ROOM2', PatientID: '0000', PatientBirthDate: '' }, anna],
])('the numbers stay where %s', async (_why, received, correction) => {
  const { examId, objectId } = await house.take(image({ ...values, ...received }));
  say(examId, correction);
  expect(numbers(examId)).toEqual({ AccessionNumber: 'A1', StudyID: 'RP-77' });
  expect(await leaving(examId, objectId)).toMatchObject({ '00400275[0]>00401001': 'RP-77', '00080050': 'A1' });
});

test('an order that somebody else was typed after takes its Study ID and accession with it, and back when it counts again', async () => {
  const { examId, objectId } = await house.take(image());
  const content = orderContentShape.parse({ ...anna, AccessionNumber: 'C3', RequestedProcedureID: 'RP-C3' });
  whenOrderIsGiven(
    { ...house.rooms, findOrder: () => ({ content }), adoptsStudyUid: () => false },
    { examId, orderId: 'o', by: 'Kim' },
  );
  expect(numbers(examId)).toEqual({ AccessionNumber: 'C3', StudyID: 'RP-C3' });
  say(examId, { PatientName: 'Ito^Ken', PatientID: '550011', PatientBirthDate: '19701231' });
  expect(numbers(examId)).toEqual({ AccessionNumber: '', StudyID: made });
  say(examId, anna);
  expect(numbers(examId)).toEqual({ AccessionNumber: 'C3', StudyID: 'RP-C3' });
  say(examId, { PatientName: 'Ito^Ken', PatientID: '550011', PatientBirthDate: '19701231' });
  const texts = await leaving(examId, objectId);
  expect(texts).toMatchObject({ '00080050': '', '00200010': made });
  expect(texts['00400275']).toBeUndefined();
});

test('an order without accession, given to images of somebody else, leaves none of theirs', async () => {
  const { examId, objectId } = await house.take(image());
  whenOrderIsGiven(
    { ...house.rooms, findOrder: () => ({ content: orderContentShape.parse(anna) }), adoptsStudyUid: () => false },
    { examId, orderId: 'o', by: 'Kim' },
  );
  expect(numbers(examId)).toEqual({ AccessionNumber: '', StudyID: made });
  const texts = await leaving(examId, objectId);
  expect(texts['00080050']).toBe('');
  for (const gone of ['00400275', '00380010', '00402016']) expect(texts[gone], gone).toBeUndefined();
});

test('the numbers stay where the hospital merged two patients: they are one', async () => {
  const { examId, objectId } = await house.take(image());
  const insert = house.book.sql(
    `INSERT INTO hospital_patient (id, PatientID, IssuerOfPatientID, PatientName, PatientBirthDate, PatientSex, aliases,
       otherIds, AdmissionID, CurrentPatientLocation, feedId, spokenAt, changedAt, mergedInto, searchText)
     VALUES (?, ?, '', '', '', '', '[]', '[]', '', '', 'f', '', '', ?, '')`,
  );
  insert.run('into', anna.PatientID, null);
  insert.run('from', values.PatientID, 'into');
  say(examId, anna);
  expect(numbers(examId)).toEqual({ AccessionNumber: 'A1', StudyID: 'RP-77' });
  expect(await leaving(examId, objectId)).toMatchObject({ '00100020': '880033', '00400275[0]>00401001': 'RP-77' });
});

test('images of somebody else that joined an exam leave with the numbers of its patient, not with their own', async () => {
  const { examId, objectId } = await house.take(image());
  const theirs = { ...anna, AccessionNumber: 'B2', StudyID: 'RP-90' };
  const other = await house.take(image({ ...theirs, SOPInstanceUID: '2.25.1009', SeriesInstanceUID: '2.25.1010' }));
  expect(other.examId).toBe(examId);
  const { PatientName, PatientID, PatientBirthDate } = values;
  say(examId, { PatientName, PatientID, PatientBirthDate });
  expect(await leaving(examId, objectId)).toMatchObject({
    '00100020': '471190',
    '00080050': 'A1',
    '00200010': 'RP-77',
  });
  const texts = await readTexts(await house.leaving(other.objectId));
  expect(texts).toMatchObject({ '00100020': '471190', '00080050': 'A1', '00200010': 'RP-77' });
});

test('a number that was typed for an exam stays when images of somebody else join it', async () => {
  const { examId, objectId } = await house.take(image());
  say(examId, { AccessionNumber: 'T7' });
  const theirs = { ...anna, AccessionNumber: 'B2', StudyID: 'RP-90' };
  await house.take(image({ ...theirs, SOPInstanceUID: '2.25.1009', SeriesInstanceUID: '2.25.1010' }));
  const { PatientName, PatientID, PatientBirthDate } = values;
  say(examId, { PatientName, PatientID, PatientBirthDate });
  expect(await leaving(examId, objectId)).toMatchObject({ '00080050': 'T7', '00200010': 'RP-77' });
});
