// Body part, side, view and descriptions of single images: what leaves, what a series shares, what is refused.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ObjectAttributes, ObjectCodes } from '#contract/shapes/applied-order.ts';
import type { NewElement } from '#station/dicom/index.ts';
import { whenObjectsAreCorrected } from '#station/flow/when-order-is-given.ts';
import { makeObject, patient } from '../dicom/objects.ts';
import { openSmallHouse, type SmallHouse } from './house.ts';
import { readTexts } from './read-texts.ts';

let house: SmallHouse;
beforeEach(async () => {
  house = await openSmallHouse();
});
afterEach(() => house.close());

const image = (n: number, more: readonly NewElement[] = [], seriesUid = '2.25.1003') =>
  makeObject([
    ...patient.filter((one) => !('keyword' in one && /SOPInstanceUID|SeriesInstanceUID/.test(one.keyword))),
    { keyword: 'SOPInstanceUID', value: `2.25.30${n}` },
    { keyword: 'SeriesInstanceUID', value: seriesUid },
    ...more,
  ]);
const correct = (objectIds: readonly string[], attributes: ObjectAttributes, codes: ObjectCodes = {}) =>
  whenObjectsAreCorrected(house.rooms, { objectIds, attributes, codes, reason: 'CORRECT', by: 'Kim' });
const code = (expected: string, params: object = {}) =>
  expect.objectContaining({ code: expected, params: expect.objectContaining(params) as unknown }) as unknown;

test('a side belongs to its image, a body part to the whole series; others and late images stay as they came', async () => {
  const side: NewElement = { keyword: 'ImageLaterality', value: 'R' };
  const first = await house.take(image(1, [side]));
  const second = await house.take(image(2, [side]));
  const elsewhere = await house.take(image(3, [side], '2.25.1004'));
  correct([first.objectId], { ImageLaterality: 'L', BodyPartExamined: 'HAND' });
  const late = await house.take(image(4, [side]));
  await house.approve(first.examId);
  const texts = await Promise.all(
    [first, second, elsewhere, late].map(async ({ objectId }) => readTexts(await house.leaving(objectId))),
  );
  expect(texts.map((one) => [one['00200062'], one['00180015']])).toEqual([
    ['L', 'HAND'],
    ['R', 'HAND'],
    ['R', undefined],
    ['R', undefined],
  ]);
  expect(texts[0]).toMatchObject({
    '04000561[0]>04000565': 'CORRECT',
    '04000561[0]>04000550[0]>00200062': 'R',
    '04000561[0]>04000550[0]>00180015': '',
  });
  expect((await house.leaving(elsewhere.objectId)).equals(elsewhere.bytes)).toBe(true);
});

test('a view is set as a code, and taken back to what was received', async () => {
  const { examId, objectId, bytes } = await house.take(image(1));
  const view = {
    ...{
      CodeValue: '399348003',
      CodingSchemeDesignator: 'SCT',
      CodingSchemeVersion: '',
      CodeMeaning: 'antero-posterior',
    },
  };
  correct([objectId], { SeriesDescription: 'Hand ap' }, { ViewCodeSequence: view });
  expect(house.review.decided(examId).objectCorrections).toMatchObject([
    { objectId, attributes: { SeriesDescription: 'Hand ap' }, codes: { ViewCodeSequence: view }, by: 'Kim' },
  ]);
  correct([objectId], { SeriesDescription: null }, { ViewCodeSequence: null });
  expect(house.review.decided(examId).objectCorrections).toEqual([]);
  await house.approve(examId);
  expect((await house.leaving(objectId)).equals(bytes)).toBe(true);

  const again = await house.take(image(2));
  correct([again.objectId], {}, { ViewCodeSequence: view });
  await house.approve(examId);
  expect(await readTexts(await house.leaving(again.objectId))).toMatchObject({
    '00540220[0]>00080100': '399348003',
    '00540220[0]>00080102': 'SCT',
    '00540220[0]>00080104': 'antero-posterior',
  });
});

test('what stands there already is not written again', async () => {
  const { examId, objectId, bytes } = await house.take(image(1, [{ keyword: 'BodyPartExamined', value: 'HAND' }]));
  correct([objectId], { BodyPartExamined: 'HAND' });
  await house.approve(examId);
  expect((await house.leaving(objectId)).equals(bytes)).toBe(true);
});

test.each([
  [{ Laterality: 'X' }, 'value-not-allowed', 'Laterality'],
  [{ BodyPartExamined: 'hand' }, 'value-not-allowed', 'BodyPartExamined'],
  [{ SeriesDescription: 'x'.repeat(65) }, 'value-too-long', 'SeriesDescription'],
  [{ ProtocolName: 'a\u0000b' }, 'value-not-allowed', 'ProtocolName'],
  [{ StationName: 'a\\b' }, 'value-not-allowed', 'StationName'],
] satisfies [ObjectAttributes, string, string][])(
  '%j is refused with the field, and nothing is half done',
  async (bad, expected, keyword) => {
    const { examId, objectId } = await house.take(image(1));
    expect(() => correct([objectId], { ViewPosition: 'AP', ...bad })).toThrow(code(expected, { keyword }));
    expect(house.review.decided(examId).objectCorrections).toEqual([]);
  },
);

test('objects of two exams, unknown ones and those that have left are refused', async () => {
  const one = await house.take(image(1));
  const other = await house.take(
    makeObject([
      ...patient.filter((each) => !('keyword' in each && each.keyword === 'StudyInstanceUID')),
      { keyword: 'StudyInstanceUID', value: '2.25.9' },
    ]),
  );
  expect(() => correct([one.objectId, other.objectId], { ViewPosition: 'AP' })).toThrow(code('not-found'));
  await house.approve(one.examId);
  expect(() => correct([one.objectId], { ViewPosition: 'AP' })).toThrow(code('already-approved'));
});
