// Who stood in the banner is who is approved: with somebody else by now, nothing leaves.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { orderContentShape } from '#contract/shapes/order.ts';
import type { SeenIdentity } from '#contract/shapes/seen-identity.ts';
import { whenExamApproved } from '#station/flow/when-exam-approved.ts';
import { whenExamCorrected } from '#station/flow/when-exam-corrected.ts';
import { whenOrderIsGiven, whenOrderIsTaken } from '#station/flow/when-order-is-given.ts';
import { identityShown } from '#ui/state/form.ts';
import { makeObject, patient } from '../dicom/objects.ts';
import { openSmallHouse, type SmallHouse } from './house.ts';

let house: SmallHouse;
beforeEach(async () => void (house = await openSmallHouse()));
afterEach(() => house.close());

const withValues = (values: Readonly<Record<string, string>>) => [
  ...patient.filter((element) => !('keyword' in element) || values[element.keyword] === undefined),
  ...Object.entries(values).map(([keyword, value]) => ({ keyword, value })),
];
const anna = { PatientName: 'Berg^Anna', PatientID: '77', PatientBirthDate: '19900215' };
const take = async (values: Readonly<Record<string, string>> = anna) =>
  (await house.take(makeObject(withValues(values)))).examId;
const correct = (examId: string, attributes: Record<string, string>) =>
  whenExamCorrected(house.rooms, { examId, attributes, reason: 'CORRECT', by: 'Kim' });
const approve = (examId: string, seenIdentity: SeenIdentity, rooms = house.rooms) => {
  house.pass(60_000);
  return whenExamApproved(rooms, { examId, by: 'Kim', seenIdentity });
};
const shown = (examId: string) => identityShown(house.catalog.exam(examId), {});
const approved = (examId: string) => house.catalog.exam(examId).counts.approved;

test('a patient who was changed in another window is not approved as the one on screen, and the answer says both', async () => {
  const examId = await take();
  const seen = shown(examId);
  correct(examId, { PatientName: 'Hopper^Grace', PatientID: '4711' });
  await expect(approve(examId, seen)).rejects.toMatchObject({
    code: 'identity-changed-meanwhile',
    params: { shown: 'Berg^Anna · 77 · 19900215', now: 'Hopper^Grace · 4711 · 19900215' },
  });
  expect(approved(examId)).toBe(0);
  expect(house.enqueued).toEqual([]);
  await approve(examId, shown(examId));
  expect(approved(examId)).toBe(1);
});

test.each<Record<string, string>>([
  { PatientID: '78' },
  { PatientBirthDate: '19900216' },
  { PatientName: 'Berg^Anne' },
])('one of %j alone is enough to refuse', async (change) => {
  const examId = await take();
  const seen = shown(examId);
  correct(examId, change);
  await expect(approve(examId, seen)).rejects.toThrow('identity-changed-meanwhile');
  expect(approved(examId)).toBe(0);
});

test('the patient is changed while the images are made ready: nothing leaves', async () => {
  const examId = await take();
  const seen = shown(examId);
  const { review } = house.rooms;
  const rooms = {
    ...house.rooms,
    review: {
      ...review,
      prepareApproval: async (id: string, by: string) => {
        const prepared = await review.prepareApproval(id, by);
        correct(id, { PatientID: '4711' });
        return prepared;
      },
    },
  };
  await expect(approve(examId, seen, rooms)).rejects.toThrow('identity-changed-meanwhile');
  expect(approved(examId)).toBe(0);
});

test('padding, empty ends of a name and the form of Unicode make nobody another', async () => {
  const examId = await take({ ...anna, PatientName: 'Mu\u0308ller^Karl^^', SpecificCharacterSet: 'ISO_IR 192' });
  await approve(examId, { PatientName: 'M\u00fcller^Karl ', PatientID: ' 77', PatientBirthDate: '19900215' });
  expect(approved(examId)).toBe(1);
});

test('what a screen does not show is not compared', async () => {
  const examId = await take();
  await approve(examId, { PatientID: '77' });
  expect(approved(examId)).toBe(1);
});

test('the banner and the station agree after a choice, a change of mind, and an order that was given and taken back', async () => {
  const examId = await take();
  await take({ ...anna, PatientName: 'Berg^A', SOPInstanceUID: '2.25.201' });
  expect(shown(examId).PatientName).toBe('');
  correct(examId, { PatientName: 'Berg^Anna' });
  correct(examId, { PatientID: '78' });
  correct(examId, { PatientID: '77' });
  const content = orderContentShape.parse({ PatientName: 'Hopper^Grace', PatientID: '4711' });
  const rooms = { ...house.rooms, findOrder: () => ({ content }), adoptsStudyUid: () => false };
  whenOrderIsGiven(rooms, { examId, orderId: 'o1', by: 'Kim' });
  expect(shown(examId)).toMatchObject({ PatientName: 'Hopper^Grace', PatientID: '4711' });
  whenOrderIsTaken(rooms, { examId, by: 'Kim' });
  expect(shown(examId)).toEqual(anna);
  await approve(examId, shown(examId));
  expect(approved(examId)).toBe(2);
});
