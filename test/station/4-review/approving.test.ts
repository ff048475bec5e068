// From correction to revision, over real files: what leaves, what stays, what is refused.
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openPart10, readHeader } from '#station/dicom/index.ts';
import { whenExamApproved } from '#station/flow/when-exam-approved.ts';
import { whenExamCorrected } from '#station/flow/when-exam-corrected.ts';
import { whenExamHeld, whenObjectKept, whenObjectRejected } from '#station/flow/when-object-judged.ts';
import { makeObject, patient } from '../dicom/objects.ts';
import { openSmallHouse, type SmallHouse } from './house.ts';

const samples = path.resolve(import.meta.dirname, '../../../resources/samples');
const sample = (name: string) => path.join(samples, name);

let house: SmallHouse;
beforeEach(async () => {
  house = await openSmallHouse();
});
afterEach(() => house.close());

const withValues = (values: Readonly<Record<string, string>>) => [
  ...patient.filter((element) => !('keyword' in element) || values[element.keyword] === undefined),
  ...Object.entries(values).map(([keyword, value]) => ({ keyword, value })),
];

const code = (expected: string) => expect.objectContaining({ code: expected }) as unknown;

const correct = (examId: string, attributes: Record<string, string>, more: object = {}) =>
  whenExamCorrected(house.rooms, { examId, attributes, reason: 'CORRECT', by: 'Kim', ...more });

test('an ultrasound without Patient ID gets one and leaves with it, pixels untouched', async () => {
  const names = (await readdir(sample('ultrasound-no-id'))).toSorted();
  const taken = [];
  for (const name of names) taken.push(await house.take(sample(`ultrasound-no-id/${name}`)));
  const examId = taken[0]?.examId ?? '';
  expect(house.review.forecast(examId).against.map((problem) => problem.code)).toContain('no-patient-id');
  correct(examId, { PatientID: '0012305', PatientName: 'Berg^Anna' });
  await house.approve(examId);

  expect(house.enqueued).toHaveLength(1);
  expect(house.enqueued[0]?.revisions).toHaveLength(names.length);
  for (const { objectId, bytes } of taken) {
    const leaving = await openPart10(await house.leaving(objectId));
    const header = await readHeader(leaving);
    expect(header).toMatchObject({ PatientID: '0012305', PatientName: 'Berg^Anna' });
    const before = (await readHeader(await openPart10(bytes))).pixelData;
    const length = before?.length ?? 0;
    const pixels = bytes.subarray(before?.offset, (before?.offset ?? 0) + length);
    const after = await leaving.reader.read(header.pixelData?.offset ?? 0, length);
    expect(after.subarray(0, length).equals(pixels)).toBe(true);
  }
  expect(house.catalog.examRows([examId])[0]?.counts).toMatchObject({ approved: names.length, undecided: 0 });
});

test('what is not corrected leaves exactly as it was received', async () => {
  const { examId, objectId, bytes } = await house.take(makeObject(patient));
  await house.approve(examId);
  expect((await house.leaving(objectId)).equals(bytes)).toBe(true);
  const [revision] = house.enqueued[0]?.revisions ?? [];
  const { dataSetOffset } = await openPart10(bytes);
  expect(revision?.dataSetSha256).toBe(createHash('sha256').update(bytes.subarray(dataSetOffset)).digest('hex'));
  expect(await readdir(house.revisionsFolder)).toEqual([]);
});

test('a revision says its own length and digest, and can be read from its data set on', async () => {
  const { examId, objectId } = await house.take(makeObject(patient));
  correct(examId, { PatientName: 'Doe^Joan' });
  await house.approve(examId);
  const whole = await house.leaving(objectId);
  const readable = await house.review.openLatest(objectId);
  expect(readable.sizeBytes).toBe(whole.length);
  const pieces: Buffer[] = [];
  for await (const piece of readable.open(readable.dataSetOffset)) pieces.push(piece as Buffer);
  const dataSet = Buffer.concat(pieces);
  expect(dataSet.equals(whole.subarray(readable.dataSetOffset))).toBe(true);
  expect(createHash('sha256').update(dataSet).digest('hex')).toBe(readable.dataSetSha256);
  expect((await house.review.openReceived(objectId)).revisionId).toBeNull();
});

test('approving twice, or twice at once, approves once', async () => {
  const { examId } = await house.take(makeObject(patient));
  correct(examId, { PatientName: 'Doe^Joan' });
  house.pass(60_000);
  await Promise.all([
    whenExamApproved(house.rooms, { examId, by: 'Kim' }),
    whenExamApproved(house.rooms, { examId, by: 'Sam' }),
    whenExamApproved(house.rooms, { examId, by: 'Alex' }),
  ]);
  await whenExamApproved(house.rooms, { examId, by: 'Kim' });
  expect(house.enqueued).toHaveLength(1);
  expect(await readdir(house.revisionsFolder)).toHaveLength(1);
});

test('an exam that still arrives, is held, or has nowhere to go is not approved', async () => {
  const { examId } = await house.take(makeObject(patient));
  await expect(whenExamApproved(house.rooms, { examId, by: 'Kim' })).rejects.toEqual(code('still-arriving'));
  house.pass(60_000);
  whenExamHeld(house.rooms, examId, true, 'Sam');
  await expect(whenExamApproved(house.rooms, { examId, by: 'Kim' })).rejects.toMatchObject({
    code: 'held',
    params: { by: 'Sam' },
  });
  whenExamHeld(house.rooms, examId, false, 'Sam');
  house.setDestinations([]);
  await expect(whenExamApproved(house.rooms, { examId, by: 'Kim' })).rejects.toEqual(code('no-destination'));
  expect(house.enqueued).toEqual([]);
});

test('a rejected object stays here and the rest leaves', async () => {
  const one = await house.take(makeObject(patient));
  const two = await house.take(makeObject(withValues({ SOPInstanceUID: '2.25.1009' })));
  const judge = { objectId: two.objectId, reason: '111210', text: 'moved', by: 'Kim' };
  whenObjectRejected(house.rooms, judge);
  whenObjectRejected(house.rooms, judge);
  expect(house.audit.historyOf(one.examId).filter(({ action }) => action === 'object-rejected')).toHaveLength(1);
  await house.approve(one.examId);
  expect(house.enqueued[0]?.revisions.map(({ objectId }) => objectId)).toEqual([one.objectId]);
  expect(house.catalog.objectRow(two.objectId)).toMatchObject({ state: 'rejected', rejection: { reason: '111210' } });
});

test('a rejection is taken back as long as one likes, and a reason that does not exist is refused', async () => {
  const { examId, objectId } = await house.take(makeObject(patient));
  expect(() => whenObjectRejected(house.rooms, { objectId, reason: '999', text: '', by: 'Kim' })).toThrow(
    code('reason-unknown') as Error,
  );
  whenObjectRejected(house.rooms, { objectId, reason: '113680', text: '', by: 'Kim' });
  house.pass(60_000);
  await expect(whenExamApproved(house.rooms, { examId, by: 'Kim' })).rejects.toEqual(code('nothing-to-approve'));
  whenObjectKept(house.rooms, objectId, 'Kim');
  whenObjectKept(house.rooms, objectId, 'Kim');
  await house.approve(examId);
  expect(house.enqueued).toHaveLength(1);
});

test('what has left can be neither corrected nor rejected any more', async () => {
  const { examId, objectId } = await house.take(makeObject(patient));
  correct(examId, { PatientName: 'Doe^Joan' });
  await house.approve(examId);
  expect(() => correct(examId, { PatientName: 'Doe^Jim' })).toThrow(code('already-approved') as Error);
  expect(() => whenObjectRejected(house.rooms, { objectId, reason: '111210', text: '', by: 'Kim' })).toThrow(
    code('already-approved') as Error,
  );
});

test('a late object is brought in line with what has left, and with nothing else', async () => {
  const { examId } = await house.take(makeObject(patient));
  correct(examId, { PatientName: 'Doe^Joan' });
  await house.approve(examId);
  const late = await house.take(makeObject(withValues({ SOPInstanceUID: '2.25.1010', PatientID: '4712' })));
  expect(late.examId).toBe(examId);
  expect(() => correct(examId, { PatientID: '4713' })).toThrow(code('already-approved') as Error);
  correct(examId, { PatientID: '4711' });
  await house.approve(examId);
  expect(house.enqueued).toHaveLength(2);
  const header = await readHeader(await openPart10(await house.leaving(late.objectId)));
  expect(header).toMatchObject({ PatientName: 'Doe^Joan', PatientID: '4711' });
});

test('a repeated command changes nothing', async () => {
  const { examId } = await house.take(makeObject(patient));
  const commandId = 'd9c3b1d6-77a3-4d9c-8c39-3a0f0f7f2a11';
  correct(examId, { PatientName: 'Doe^Joan' }, { commandId });
  correct(examId, { PatientName: 'Doe^Jill' });
  correct(examId, { PatientName: 'Doe^Joan' }, { commandId });
  expect(house.catalog.exam(examId).corrected).toEqual({ PatientName: 'Doe^Jill' });
  expect(house.catalog.exam(examId).corrections).toHaveLength(2);
});

test('typing what the device had said takes a correction back', async () => {
  const { examId, objectId, bytes } = await house.take(makeObject(patient));
  correct(examId, { PatientName: 'Doe^Joan' });
  correct(examId, { PatientName: 'Doe^Jane' });
  expect(house.catalog.exam(examId).corrected).toEqual({});
  await house.approve(examId);
  expect((await house.leaving(objectId)).equals(bytes)).toBe(true);
});

test('a correction in the middle of an approval is in what leaves', async () => {
  const { examId, objectId } = await house.take(makeObject(patient));
  correct(examId, { PatientName: 'Doe^Joan' });
  house.pass(60_000);
  const approval = whenExamApproved(house.rooms, { examId, by: 'Kim' });
  correct(examId, { PatientName: 'Doe^Jill' });
  await approval;
  const header = await readHeader(await openPart10(await house.leaving(objectId)));
  expect(header.PatientName).toBe('Doe^Jill');
  expect(await readdir(house.revisionsFolder)).toHaveLength(1);
});

test('bytes that changed on the disk do not leave', async () => {
  const { examId, objectId } = await house.take(makeObject(patient));
  const file = house.pathOf(objectId);
  const bytes = await readFile(file);
  bytes[bytes.length - 2] = (bytes.at(-2) ?? 0) ^ 1;
  await writeFile(file, bytes);
  house.pass(60_000);
  await expect(whenExamApproved(house.rooms, { examId, by: 'Kim' })).rejects.toEqual(code('digest-mismatch'));
  correct(examId, { AccessionNumber: 'A1' });
  await expect(whenExamApproved(house.rooms, { examId, by: 'Kim' })).rejects.toEqual(code('digest-mismatch'));
  await rm(file);
  await expect(whenExamApproved(house.rooms, { examId, by: 'Kim' })).rejects.toEqual(code('object-file-missing'));
  expect(await readdir(house.revisionsFolder)).toEqual([]);
});

test('an exam in which the former patient is named elsewhere does not leave, and no part of it does', async () => {
  const first = await house.take(makeObject(patient));
  await house.take(
    makeObject(withValues({ SOPInstanceUID: '2.25.1011', PatientComments: 'compare with Jane Doe, see report' })),
  );
  correct(first.examId, { PatientName: 'Berg^Anna', PatientID: '815' });
  house.pass(60_000);
  await expect(whenExamApproved(house.rooms, { examId: first.examId, by: 'Kim' })).rejects.toMatchObject({
    code: 'verification-failed',
    params: { keyword: 'PatientName', where: '(0010,4000)' },
  });
  expect(house.enqueued).toEqual([]);
  expect(await readdir(house.revisionsFolder)).toEqual([]);
  expect(house.audit.historyOf(first.examId).at(-1)?.action).toBe('approval-refused');
  expect(house.catalog.examRows([first.examId])[0]?.counts.undecided).toBe(2);
});

test('a program in the preamble does not leave', async () => {
  const bytes = makeObject(patient);
  bytes.write('MZ', 0, 'latin1');
  const { examId, objectId } = await house.take(bytes);
  await house.approve(examId);
  const leaving = await house.leaving(objectId);
  expect(leaving.subarray(0, 128).equals(Buffer.alloc(128))).toBe(true);
  const offset = (await openPart10(bytes)).dataSetOffset;
  expect(leaving.subarray((await openPart10(leaving)).dataSetOffset).equals(bytes.subarray(offset))).toBe(true);
});

test('an object without a legal UID leaves under the one it was kept under', async () => {
  const { examId, objectId } = await house.take(makeObject(withValues({ SOPInstanceUID: '1.02.x' })));
  const kept = house.catalog.objectFile(objectId).SOPInstanceUID;
  expect(kept).not.toBe('1.02.x');
  await house.approve(examId);
  const leaving = await openPart10(await house.leaving(objectId));
  expect((await readHeader(leaving)).SOPInstanceUID).toBe(kept);
  expect(leaving.meta?.sopInstanceUid).toBe(kept);
});

test('a decision about images that nobody has seen is refused, and nothing of it is kept', async () => {
  const { examId } = await house.take(makeObject(patient));
  const command = { examId, attributes: { PatientID: '118843' }, reason: 'CORRECT', by: 'Kim' } as const;
  expect(() => whenExamCorrected(house.rooms, command, 3)).toThrow('changed-meanwhile');
  await expect(whenExamApproved(house.rooms, { examId, by: 'Kim', seenObjects: 3 })).rejects.toMatchObject({
    code: 'changed-meanwhile',
    params: { shown: 3, now: 1 },
  });
  expect(house.catalog.examRows([examId])[0]).toMatchObject({ corrected: {}, counts: { undecided: 1 } });
  await house.approve(examId, 'Kim', 1);
  expect(house.catalog.examRows([examId])[0]?.counts).toMatchObject({ approved: 1, undecided: 0 });
});

test('a container that bears the former accession number keeps its label, one that bears the former patient ID does not pass', async () => {
  const labelled = (ContainerIdentifier: string) =>
    house.take(makeObject(withValues({ AccessionNumber: 'S26-100177', PatientID: '88120477', ContainerIdentifier })));
  const kept = await labelled('S26-100177');
  correct(kept.examId, { AccessionNumber: 'S26-100178' });
  await house.approve(kept.examId);
  expect(house.catalog.exam(kept.examId).counts.approved).toBe(1);
  await house.close();
  house = await openSmallHouse();
  const refused = await labelled('88120477');
  correct(refused.examId, { PatientID: '4711' });
  await expect(house.approve(refused.examId)).rejects.toMatchObject({
    code: 'verification-failed',
    params: { where: '(0040,0512)' },
  });
});

test('an exam that would go elsewhere than the screen said stays, until somebody has seen where it goes now', async () => {
  const { examId } = await house.take(makeObject(patient));
  const seenDestinations = house.rooms.review.forecast(examId).destinations.map(({ id }) => id);
  house.setDestinations([{ id: 'night-archive', name: 'Night', answers: true }]);
  await expect(house.approve(examId, 'Kim', 1, seenDestinations)).rejects.toThrow('route-changed-meanwhile');
  expect(house.catalog.examRows([examId])[0]?.counts).toMatchObject({ approved: 0, undecided: 1 });
  await house.approve(examId, 'Kim', 1, ['night-archive']);
  expect(house.catalog.examRows([examId])[0]?.counts).toMatchObject({ approved: 1, undecided: 0 });
});
