// The proof of an exam as people see it: what would leave, what left, what was found and where.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { verificationShape } from '#contract/shapes/verification.ts';
import { whenExamCorrected } from '#station/flow/when-exam-corrected.ts';
import { whenObjectRejected } from '#station/flow/when-object-judged.ts';
import type { NewElement } from '#station/dicom/index.ts';
import { makeObject, patient } from '../dicom/objects.ts';
import { openSmallHouse, type SmallHouse } from './house.ts';

let house: SmallHouse;
beforeEach(async () => {
  house = await openSmallHouse();
});
afterEach(() => house.close());

const other = (n: number, more: readonly NewElement[] = []) =>
  makeObject([
    ...patient.filter((element) => !('keyword' in element && element.keyword === 'SOPInstanceUID')),
    { keyword: 'SOPInstanceUID', value: `2.25.${6000 + n}` },
    ...more,
  ]);
const correct = (examId: string) =>
  whenExamCorrected(house.rooms, {
    ...{ examId, reason: 'CORRECT', by: 'Kim' },
    attributes: { PatientName: 'Berg^Anna', PatientID: '471190' },
  });

test('the proof says what would leave before the approval and what left after it, and rejected images stay out of it', async () => {
  const { examId } = await house.take(other(1));
  const second = await house.take(other(2));
  correct(examId);
  whenObjectRejected(house.rooms, { objectId: second.objectId, reason: '111209', text: '', by: 'Kim' });
  const before = verificationShape.parse(await house.review.examine(examId));
  expect(before).toMatchObject({ outcome: 'proved', stays: 1 });
  expect(before.objects.map(({ stage, changed, proved }) => ({ stage, changed, proved }))).toEqual([
    { stage: 'would-leave', changed: true, proved: ['PatientID', 'PatientName'] },
  ]);
  expect(before.lookedFor).toContainEqual({ keyword: 'PatientName', value: 'Doe^Jane', everywhere: true });
  expect(before.lookedFor).toContainEqual({ keyword: 'PatientID', value: '4711', everywhere: false });
  expect(before.values.find(({ keyword }) => keyword === 'PatientID')?.said).toEqual([{ value: '471190', objects: 1 }]);

  await house.approve(examId);
  const after = await house.review.examine(examId);
  expect(after.objects.map(({ stage, outcome }) => `${stage} ${outcome}`)).toEqual(['left proved']);
  expect(after.objects[0]?.dataSetSha256).toBe(house.enqueued[0]?.revisions[0]?.dataSetSha256);
});

test('a former name in a report is said with its place, and the exam does not leave', async () => {
  const report: NewElement = {
    tag: 0x0040a730,
    vr: 'SQ',
    items: [[{ keyword: 'TextValue', value: 'fine' }], [{ keyword: 'TextValue', value: 'Jane Doe was seen' }]],
  };
  const { examId } = await house.take(other(1, [report]));
  await house.take(other(2));
  correct(examId);
  const proof = await house.review.examine(examId);
  expect(proof.outcome).toBe('failed');
  expect(proof.objects.map(({ outcome, reason }) => `${outcome} ${reason}`).toSorted()).toEqual([
    'failed former-value',
    'proved ',
  ]);
  expect(proof.objects.flatMap(({ findings }) => findings)).toEqual([
    {
      keyword: 'PatientName',
      place: [
        { tag: '(0040,A730)', keyword: 'ContentSequence', item: 2 },
        { tag: '(0040,A160)', keyword: 'TextValue', item: null },
      ],
    },
  ]);
  await expect(house.approve(examId)).rejects.toMatchObject({ code: 'verification-failed' });
  expect(house.enqueued).toEqual([]);
});

test('asking for the proof keeps nothing', async () => {
  const { readdir } = await import('node:fs/promises');
  const { examId } = await house.take(other(1));
  correct(examId);
  await house.review.examine(examId);
  expect(await readdir(house.revisionsFolder)).toEqual([]);
});
