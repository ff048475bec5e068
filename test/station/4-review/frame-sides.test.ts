// The side of an image whose frames say it too: enhanced multi-frame objects.
import { afterEach, beforeEach, expect, test } from 'vitest';
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

const anatomy = (side: string): NewElement => ({
  tag: 0x00209071,
  vr: 'SQ',
  items: [
    [
      { tag: 0x00082218, vr: 'SQ', items: [[{ keyword: 'CodeValue', value: '72696002' }]] },
      { tag: 0x00209072, vr: 'CS', value: side },
    ],
  ],
});
const shared = (side: string): NewElement => ({ tag: 0x52009229, vr: 'SQ', items: [[anatomy(side)]] });
const perFrame = (...sides: readonly string[]): NewElement => ({
  tag: 0x52009230,
  vr: 'SQ',
  items: sides.map((side, n) => [
    { tag: 0x00209111, vr: 'SQ', items: [[{ tag: 0x00209156, vr: 'US', value: n }]] },
    ...(side === '' ? [] : [anatomy(side)]),
  ]),
});
const enhanced = (...more: readonly NewElement[]) => makeObject([...patient, ...more]);
const say = (objectId: string, side: string) =>
  whenObjectsAreCorrected(house.rooms, {
    ...{ objectIds: [objectId], attributes: { Laterality: side }, codes: {}, reason: 'CORRECT', by: 'Kim' },
  });
const leave = async (bytes: Buffer, side: string) => {
  const { examId, objectId } = await house.take(bytes);
  say(objectId, side);
  await house.approve(examId);
  return readTexts(await house.leaving(objectId));
};

test('a side that is put right is put right in the frames that share it, and the former one is kept', async () => {
  const texts = await leave(enhanced(shared('R')), 'L');
  expect(texts['52009229[0]>00209071[0]>00209072']).toBe('L');
  expect(texts['52009229[0]>00209071[0]>00082218[0]>00080100']).toBe('72696002');
  expect(texts['04000561[0]>04000550[0]>52009229[0]>00209071[0]>00209072']).toBe('R');
  expect(texts['04000561[0]>04000565']).toBe('CORRECT');
  expect(texts['00200060']).toBeUndefined();
});

test('a side that is put right is put right in every frame that says one, and at the top where it stood', async () => {
  const texts = await leave(enhanced({ keyword: 'Laterality', value: 'R' }, perFrame('R', '', 'L', 'B')), 'L');
  const sides = [0, 1, 2, 3].map((n) => texts[`52009230[${n}]>00209071[0]>00209072`]);
  expect(sides).toEqual(['L', undefined, 'L', 'L']);
  expect(texts['00200060']).toBe('L');
  expect(texts['04000561[0]>04000550[0]>00200060']).toBe('R');
  expect(texts['04000561[0]>04000550[0]>52009230[3]>00209071[0]>00209072']).toBe('B');
});

test('frames that say the side already leave byte for byte', async () => {
  const bytes = enhanced(shared('L'));
  const { examId, objectId } = await house.take(bytes);
  say(objectId, 'L');
  await house.approve(examId);
  expect((await house.leaving(objectId)).equals(bytes)).toBe(true);
});

test('frames of implicit objects are put right too', async () => {
  const { examId, objectId } = await house.take(makeObject([...patient, shared('R')], '1.2.840.10008.1.2'));
  say(objectId, 'L');
  await house.approve(examId);
  const texts = await readTexts(await house.leaving(objectId));
  expect(texts['52009229[0]>00209071[0]>00209072']).toBe('L');
});
