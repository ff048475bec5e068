// Late images from decision to revision, over real files: what follows leaves corrected, and only after an approval.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildFileMeta, encodeElements, openPart10, readHeader } from '#station/dicom/index.ts';
import { whenExamCorrected } from '#station/flow/when-exam-corrected.ts';
import { whenFollowingIsUndone, whenSameDecisionIsChosen } from '#station/flow/when-late-images-are-judged.ts';
import { makeObject, patient, sopClassUid } from '../dicom/objects.ts';
import { openSmallHouse, type SmallHouse } from './house.ts';

const code = (expected: string) => expect.objectContaining({ code: expected }) as unknown as Error;
/** The patient with other values, behind a File Meta that says the same. */
const objectWith = (values: Readonly<Record<string, string>>) => {
  const elements = [
    ...patient.filter((element) => !('keyword' in element) || values[element.keyword] === undefined),
    ...Object.entries(values).map(([keyword, value]) => ({ keyword, value })),
  ];
  const transferSyntaxUid = '1.2.840.10008.1.2.1';
  const sopInstanceUid = values['SOPInstanceUID'] ?? '2.25.1001';
  return Buffer.concat([
    buildFileMeta({ sopClassUid, sopInstanceUid, transferSyntaxUid }),
    encodeElements(elements, { explicit: true, littleEndian: true, characterSet: [] }),
  ]);
};
/** The same patient as the first, another image. */
const lateImage = (values: Readonly<Record<string, string>> = {}) =>
  objectWith({ SOPInstanceUID: '2.25.1010', ...values });

let house: SmallHouse;
let department: string | undefined;
beforeEach(async () => {
  department = undefined;
  house = await openSmallHouse({ departmentOf: () => department });
});
afterEach(() => house.close());

const rooms = () => ({
  ...house.rooms,
  catalog: house.catalog,
  remember: (examId: string, by: string) => house.catalog.decisions.remember(examId, by, 86_400_000),
});
const correct = (examId: string) => {
  const attributes = { PatientID: '4712', PatientName: 'Doe^Joan' };
  whenExamCorrected(rooms(), { examId, attributes, reason: 'CORRECT', by: 'Kim' });
};
const open = (examId: string) => house.review.forecast(examId).against.map((problem) => problem.code);
const headerOf = async (objectId: string) => readHeader(await openPart10(await house.leaving(objectId)));

describe('a late image that follows the decision before', () => {
  test('does not leave by itself, and leaves corrected once a person approves', async () => {
    const { examId } = await house.take(makeObject(patient));
    correct(examId);
    await house.approve(examId);
    const late = await house.take(lateImage());
    expect(late).toMatchObject({ examId, follows: true });
    house.pass(60_000);
    expect(house.enqueued).toHaveLength(1);
    expect(open(examId)).toEqual([]);
    await house.approve(examId);
    expect(house.enqueued).toHaveLength(2);
    expect(await headerOf(late.objectId)).toMatchObject({ PatientID: '4712', PatientName: 'Doe^Joan' });
  });

  test('is stopped when that is undone, and goes on with the same decision', async () => {
    const { examId } = await house.take(makeObject(patient));
    correct(examId);
    await house.approve(examId);
    const late = await house.take(lateImage());
    whenFollowingIsUndone(rooms(), { examId, by: 'Kim' });
    house.pass(60_000);
    expect(open(examId)).toEqual(['late-undecided']);
    await expect(house.approve(examId)).rejects.toThrow(code('late-undecided'));
    whenSameDecisionIsChosen(rooms(), { examId, by: 'Kim', seenObjects: 2 });
    expect(open(examId)).toEqual([]);
    await house.approve(examId);
    expect(await headerOf(late.objectId)).toMatchObject({ PatientID: '4712' });
    expect(house.audit.historyOf(examId).map(({ action }) => action)).toContain('decision-repeated');
  });
});

test('the same decision is refused for what nobody has seen, and for somebody else', async () => {
  const { examId } = await house.take(makeObject(patient));
  correct(examId);
  await house.approve(examId);
  await house.take(lateImage({ PatientID: '' }));
  expect(() => whenSameDecisionIsChosen(rooms(), { examId, by: 'Kim', seenObjects: 1 })).toThrow(
    code('changed-meanwhile'),
  );
  await house.take(lateImage({ SOPInstanceUID: '2.25.1011', PatientID: '9900', PatientName: 'Okafor^Chidi' }));
  expect(() => whenSameDecisionIsChosen(rooms(), { examId, by: 'Kim', seenObjects: 3 })).toThrow(
    code('late-other-patient'),
  );
  expect(house.enqueued).toHaveLength(1);
});

describe('the department of a device', () => {
  test('is filled in where the image has none, with Original Attributes', async () => {
    department = 'Ultrasound';
    const { examId, objectId } = await house.take(makeObject(patient));
    await house.approve(examId);
    const leaving = await house.leaving(objectId);
    expect(await readHeader(await openPart10(leaving))).toMatchObject({
      InstitutionalDepartmentName: 'Ultrasound',
      PatientID: '4711',
    });
    expect(leaving.includes(Buffer.from('COERCE'))).toBe(true);
  });

  test('does not take the place of one that the image brought, or that a person typed', async () => {
    department = 'Ultrasound';
    const brought = await house.take(objectWith({ InstitutionalDepartmentName: 'Cardiology' }));
    await house.approve(brought.examId);
    expect((await house.leaving(brought.objectId)).equals(brought.bytes)).toBe(true);
    const typed = await house.take(objectWith({ StudyInstanceUID: '2.25.1102', SOPInstanceUID: '2.25.1103' }));
    whenExamCorrected(rooms(), {
      ...{ examId: typed.examId, reason: 'COERCE', by: 'Kim' },
      attributes: { InstitutionalDepartmentName: 'Emergency' },
    });
    await house.approve(typed.examId);
    expect(await headerOf(typed.objectId)).toMatchObject({ InstitutionalDepartmentName: 'Emergency' });
  });
});
