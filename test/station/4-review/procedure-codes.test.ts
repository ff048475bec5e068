// The procedure of an exam with its code: chosen from a list as a description, said in every object.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { orderContentShape } from '#contract/shapes/order.ts';
import type { NewElement } from '#station/dicom/index.ts';
import { whenExamCorrected } from '#station/flow/when-exam-corrected.ts';
import { whenOrderIsGiven } from '#station/flow/when-order-is-given.ts';
import { makeObject, patient } from '../dicom/objects.ts';
import { openSmallHouse, type SmallHouse } from './house.ts';
import { readTexts } from './read-texts.ts';

let house: SmallHouse;
beforeEach(async () => {
  house = await openSmallHouse();
});
afterEach(() => house.close());

const head = {
  ...{ CodeValue: 'CTH', CodingSchemeDesignator: '99KLINIK', CodingSchemeVersion: '', CodeMeaning: 'CT of the head' },
};
const image = (n: number, StudyDescription: string, more: readonly NewElement[] = []) =>
  makeObject([
    ...patient.filter((one) => !('keyword' in one && one.keyword === 'SOPInstanceUID')),
    { keyword: 'SOPInstanceUID', value: `2.25.40${n}` },
    ...(StudyDescription === '' ? [] : [{ keyword: 'StudyDescription', value: StudyDescription }]),
    ...more,
  ]);
const say = (examId: string, StudyDescription: string, procedureCode?: typeof head | null) =>
  whenExamCorrected(house.rooms, {
    ...{ examId, attributes: { StudyDescription }, reason: 'CORRECT', by: 'Kim' },
    ...(procedureCode === undefined ? {} : { procedureCode }),
  });
const left = async (examId: string, objectIds: readonly string[]) => {
  await house.approve(examId);
  return Promise.all(objectIds.map(async (id) => readTexts(await house.leaving(id))));
};

test('descriptions that differ within an exam are made one by one correction, and each former one is kept', async () => {
  const { examId, objectId } = await house.take(image(1, 'HEAD'));
  const second = await house.take(image(2, 'Schaedel'));
  const third = await house.take(image(3, ''));
  say(examId, 'HEAD');
  const texts = await left(examId, [objectId, second.objectId, third.objectId]);
  expect(texts.map((one) => one['00081030'])).toEqual(['HEAD', 'HEAD', 'HEAD']);
  expect(texts.map((one) => one['04000561[0]>04000550[0]>00081030'])).toEqual([undefined, 'Schaedel', '']);
});

test('a procedure with a code stands in every object, late ones too, beside its description', async () => {
  const { examId, objectId } = await house.take(image(1, 'HEAD'));
  say(examId, 'CT head', head);
  const late = await house.take(image(2, 'HEAD'));
  const [first, second] = await left(examId, [objectId, late.objectId]);
  for (const texts of [first, second]) {
    expect(texts).toMatchObject({
      ...{ '00081030': 'CT head', '00081032': '1', '00081032[0]>00080100': 'CTH' },
      ...{ '00081032[0]>00080102': '99KLINIK', '00081032[0]>00080104': 'CT of the head' },
      '04000561[0]>04000565': 'CORRECT',
    });
    expect(texts?.['00321064']).toBeUndefined();
  }
});

test('a requested procedure that an image names at its top is the chosen one too; it is not put where none was', async () => {
  const requested: NewElement = {
    ...{ tag: 0x00321064, vr: 'SQ' },
    items: [[{ keyword: 'CodeValue', value: 'CTA' }]],
  };
  const { examId, objectId } = await house.take(image(1, 'ABDOMEN', [requested]));
  say(examId, 'CT head', head);
  const [texts] = await left(examId, [objectId]);
  expect(texts).toMatchObject({
    '00321064': '1',
    '00321064[0]>00080100': 'CTH',
    '00321064[0]>00080104': 'CT of the head',
  });
  expect(texts?.['04000561[0]>04000550[0]>00321064[0]>00080100']).toBe('CTA');
});

test('a code counts while its description stands: another text, an order or no code take it away', async () => {
  const { examId, objectId } = await house.take(image(1, 'HEAD'));
  say(examId, 'CT head', head);
  say(examId, 'CT head and neck');
  expect(house.review.decided(examId).procedureCode).toBeUndefined();
  say(examId, 'CT head');
  expect(house.review.decided(examId).procedureCode).toMatchObject({ CodeValue: 'CTH' });
  say(examId, 'CT head', null);
  expect(house.review.decided(examId).procedureCode).toBeUndefined();
  say(examId, 'CT head', head);
  const content = orderContentShape.parse({
    ...{ PatientName: 'Doe^Jane', PatientID: '4711', AccessionNumber: 'A1', RequestedProcedureDescription: 'MR knee' },
    RequestedProcedureCodes: [{ ...head, CodeValue: 'MRK' }],
  });
  whenOrderIsGiven(
    { ...house.rooms, findOrder: () => ({ content }), adoptsStudyUid: () => false },
    { examId, orderId: 'o', by: 'Kim' },
  );
  const [texts] = await left(examId, [objectId]);
  expect(texts).toMatchObject({ '00081030': 'MR knee', '00081032': '1', '00081032[0]>00080100': 'MRK' });
});

test('what somebody chose after the order counts over what the order says was done, and not over what it asked for', async () => {
  const { examId, objectId } = await house.take(image(1, 'HEAD'));
  const content = orderContentShape.parse({
    ...{ PatientName: 'Doe^Jane', PatientID: '4711', AccessionNumber: 'A1', RequestedProcedureDescription: 'MR knee' },
    RequestedProcedureCodes: [{ ...head, CodeValue: 'MRK' }],
  });
  const rooms = { ...house.rooms, findOrder: () => ({ content }), adoptsStudyUid: () => false };
  whenOrderIsGiven(rooms, { examId, orderId: 'o', by: 'Kim' });
  say(examId, 'CT head', head);
  const [texts] = await left(examId, [objectId]);
  expect(texts).toMatchObject({ '00081032[0]>00080100': 'CTH', '00400275[0]>00321064[0]>00080100': 'MRK' });
});

test('a code that no sequence may hold, or that comes after the images left, is refused and nothing is half done', async () => {
  const { examId } = await house.take(image(1, 'HEAD'));
  const refused = (code: string) => expect.objectContaining({ code }) as unknown;
  expect(() => say(examId, 'CT head', { ...head, CodeMeaning: '' })).toThrow(refused('value-not-allowed'));
  expect(() => say(examId, 'CT head', { ...head, CodeValue: 'a\u0000' })).toThrow(refused('value-not-allowed'));
  expect(house.review.decided(examId).procedureCode).toBeUndefined();
  expect(house.catalog.exam(examId).corrected.StudyDescription).toBeUndefined();
  await house.approve(examId);
  expect(() => say(examId, 'HEAD', head)).toThrow(refused('already-approved'));
});

test('the code is said once in the trail, and a repeat of the same command changes nothing', async () => {
  const { examId } = await house.take(image(1, 'CT head'));
  say(examId, 'CT head', head);
  say(examId, 'CT head', head);
  const said = house.audit
    .historyOf(examId)
    .filter(({ action, params }) => action === 'exam-corrected' && params['keyword'] === 'ProcedureCodeSequence');
  expect(said.map(({ params }) => params['value'])).toEqual(['CTH CT of the head']);
});

test('a code goes with images that are split off, moved or copied, and goes back with them', async () => {
  const { examId, objectId } = await house.take(image(1, 'HEAD'));
  const second = await house.take(image(2, 'HEAD'));
  say(examId, 'CT head', head);
  const codeOf = (id: string) => house.review.decided(id).procedureCode?.CodeValue;
  const split = house.rearranging.rearrange({ wish: { kind: 'split', groups: [[second.objectId]] }, by: 'Kim' });
  const [apart = ''] = split.kind === 'rearranged' ? split.toExamIds : [];
  expect(codeOf(apart)).toBe('CTH');
  const [texts] = await left(apart, [second.objectId]);
  expect(texts).toMatchObject({ '00081030': 'CT head', '00081032[0]>00080100': 'CTH' });

  const other = await house.take(
    makeObject([
      ...patient.filter((one) => !('keyword' in one && /InstanceUID$/.test(one.keyword))),
      ...(['SOPInstanceUID', 'StudyInstanceUID', 'SeriesInstanceUID'] as const).map((keyword, n) => ({
        ...{ keyword, value: `2.25.50${n}` },
      })),
      { keyword: 'StudyDescription', value: 'CT' },
    ]),
  );
  say(other.examId, 'CT head');
  expect(codeOf(other.examId)).toBeUndefined();
  const move = { kind: 'move', objectIds: [objectId], toExamId: other.examId } as const;
  const moved = house.rearranging.rearrange({ wish: move, by: 'Kim' });
  expect(codeOf(other.examId)).toBe('CTH');
  house.rearranging.undo(moved.kind === 'rearranged' ? moved.id : '', 'Kim');
  expect(codeOf(other.examId)).toBeUndefined();
  expect(codeOf(examId)).toBe('CTH');
});
