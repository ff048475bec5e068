// Rearranging as a whole: rows, trail, identity, files of copies, notes about references, and what real devices send.
import { readdirSync } from 'node:fs';
import { copyFile, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RearrangeWish } from '#contract/shapes/rearranging.ts';
import { openRearrangingFlow, type RearrangingFlow } from '#station/flow/when-objects-are-rearranged.ts';
import { newId } from '#station/kit/ids.ts';
import { silentLog } from '#station/kit/log.ts';
import { systemClock } from '#station/kit/clock.ts';
import { corpus, corpusIsHere } from '../dicom/corpus.ts';
import { openSmallHouse, type SmallHouse } from '../4-review/house.ts';

let house: SmallHouse;
let flow: RearrangingFlow;
let failing: string | undefined;
const changed: string[] = [];
beforeEach(async () => {
  house = await openSmallHouse();
  failing = undefined;
  changed.length = 0;
  const { book, catalog, review, audit, objectsFolder } = house;
  const pathOf = (file: string) => path.join(objectsFolder, file);
  flow = openRearrangingFlow({
    ...{ book, catalog, review, audit, clock: systemClock, log: silentLog, pathOf, mayHaveLeft: () => false },
    duplicate: async (file) => {
      const objectId = newId();
      if (failing !== undefined) throw new Error(failing);
      await copyFile(pathOf(file), pathOf(`${objectId}.dcm`));
      return { objectId, file: `${objectId}.dcm` };
    },
    forget: (file) => rm(pathOf(file)),
    examsChanged: (ids) => changed.push(...ids),
  });
});
afterEach(async () => {
  await flow.close();
  await house.close();
});

if (!corpusIsHere) console.warn('NOT VERIFIED: corpus absent');
const scenario = (name: string) =>
  corpus
    .filter(({ path: at }) => at.startsWith(`scenarios/${name}/`))
    .map(({ file }) => file)
    .sort();
const apply = (wish: RearrangeWish, otherPatient = false) => flow.apply({ wish, by: 'Kim', otherPatient });
const codes = (examId: string) =>
  house.catalog.standingProblems(examId).flatMap(({ code, answered }) => (answered ? [] : [code]));
async function takeAll(files: readonly string[]) {
  const taken = [];
  for (const file of files) taken.push(await house.take(file));
  return taken;
}

it.each([
  ['carm-two-patients-one-study', 2],
  ['mr-identity-changes-mid-series', 2],
  ['film-digitizer-same-uids', 2],
] as const)(
  '%s: split by patient leaves one patient in each exam, and undo brings the alarm back',
  async (name, patients) => {
    const files = scenario(name);
    if (files.length === 0) return;
    const [first] = await takeAll(files);
    const examId = first?.examId ?? '';
    expect(flow.patients(examId)).toHaveLength(patients);
    const { id, toExamIds } = await apply({ kind: 'split-by-patient', examId });
    for (const one of [examId, ...toExamIds]) {
      expect(flow.patients(one)).toHaveLength(1);
      expect(codes(one)).not.toContain('two-patients');
      expect(codes(one)).not.toContain('same-uid-other-patient');
    }
    await flow.undo(id ?? '', 'Kim');
    expect(flow.patients(examId)).toHaveLength(patients);
    expect(codes(examId).some((code) => code === 'two-patients' || code === 'same-uid-other-patient')).toBe(true);
  },
);

const samples = path.resolve(import.meta.dirname, '../../../resources/samples');
const sample = (folder: string, n = 0) =>
  path.join(samples, folder, readdirSync(path.join(samples, folder)).sort()[n] ?? '');

it('images of another patient take on the identity of the target with a word, and give it back with undo', async () => {
  const mr = await house.take(sample('mr-series'));
  const cr = await house.take(sample('cr-typed-wrong'));
  house.review.correct({
    ...{ examId: cr.examId, by: 'Kim', reason: 'CORRECT' },
    attributes: { PatientName: 'Right^Patient', PatientID: 'R1', AccessionNumber: 'A77' },
  });
  house.review.correct({
    ...{ examId: mr.examId, by: 'Kim', reason: 'CORRECT' },
    attributes: { PatientName: 'Other^Patient', PatientID: 'O1' },
  });
  const before = { mr: house.catalog.exam(mr.examId).corrected, cr: house.catalog.exam(cr.examId).corrected };
  const moving: RearrangeWish = { kind: 'merge', fromExamId: mr.examId, toExamId: cr.examId };
  await expect(apply(moving)).rejects.toThrow('other-patient');
  const done = await apply(moving, true);
  expect(done).toMatchObject({ patient: 'Right^Patient', emptied: [mr.examId] });
  expect(changed).toEqual(expect.arrayContaining([mr.examId, cr.examId]));
  expect(codes(cr.examId).filter((code) => code === 'two-patients')).toEqual([]);
  house.pass(60_000);
  await house.approve(cr.examId).catch((error: unknown) => expect(String(error)).toContain('verification-failed'));
  if (house.catalog.objectRow(mr.objectId).state === 'approved') {
    expect((await house.leaving(mr.objectId)).includes('Right^Patient')).toBe(true);
    await expect(flow.undo(done.id ?? '', 'Kim')).rejects.toThrow('already-approved');
    return;
  }
  await flow.undo(done.id ?? '', 'Kim');
  expect(house.catalog.exam(mr.examId).corrected).toEqual(before.mr);
  expect(house.catalog.exam(cr.examId).corrected).toEqual(before.cr);
});

it('what a word corrected goes back with undo, what was said since stays', async () => {
  const mr = await house.take(sample('mr-series'));
  const cr = await house.take(sample('cr-typed-wrong'));
  const correct = (examId: string, attributes: Record<string, string>) =>
    house.review.correct({ examId, by: 'Kim', reason: 'CORRECT', attributes });
  correct(cr.examId, { PatientName: 'Right^Patient', PatientID: 'R1' });
  correct(mr.examId, { PatientName: 'Other^Patient', PatientID: 'O1' });
  const before = house.catalog.exam(cr.examId).corrected;
  const { id } = await apply({ kind: 'move', objectIds: [mr.objectId], toExamId: cr.examId }, true);
  correct(cr.examId, { AccessionNumber: 'LATER' });
  await flow.undo(id ?? '', 'Kim');
  expect(house.catalog.exam(cr.examId).corrected).toEqual({ ...before, AccessionNumber: 'LATER' });
  expect(house.catalog.exam(mr.examId).corrected).toMatchObject({ PatientID: 'O1' });
});

it('a copy has a file of its own with the same bytes, and one that cannot be made leaves nothing', async () => {
  const [one, two] = await takeAll([sample('mr-series', 0), sample('mr-series', 1)]);
  const cr = await house.take(sample('cr-typed-wrong'));
  const copying: RearrangeWish = {
    kind: 'copy',
    objectIds: [one?.objectId ?? '', two?.objectId ?? ''],
    toExamId: cr.examId,
  };
  const files = () => readdirSync(house.objectsFolder).length;
  const before = files();
  await expect(apply(copying)).rejects.toThrow('other-patient');
  expect(files()).toBe(before);
  failing = 'the disk is full';
  await expect(apply(copying, true)).rejects.toThrow('the disk is full');
  expect(files()).toBe(before);
  failing = undefined;
  await apply(copying, true);
  expect(files()).toBe(before + 2);
  const { series } = house.catalog.exam(cr.examId);
  const copied = series.flatMap(({ objects }) => objects).find(({ id }) => id !== cr.objectId)?.id ?? '';
  expect((await readFile(house.pathOf(copied))).equals(await readFile(house.pathOf(one?.objectId ?? '')))).toBe(true);
});

it('the history says who did what, and offers undo where it is possible', async () => {
  const [one, two] = await takeAll([sample('mr-series', 0), sample('mr-series', 1)]);
  const examId = one?.examId ?? '';
  const { id, toExamIds } = await apply({ kind: 'split', groups: [[two?.objectId ?? '']] });
  expect(flow.history(examId)[0]).toMatchObject({ by: 'Kim', action: 'exam-split', undo: id, params: { way: 'out' } });
  expect(flow.history(toExamIds[0] ?? '')[0]).toMatchObject({ undo: id, params: { objects: 1, way: 'in' } });
  await flow.undo(id ?? '', 'Kim');
  expect(flow.history(examId).map(({ action, undo }) => [action, undo])).toEqual([
    ['rearrangement-undone', null],
    ['exam-split', null],
  ]);
  expect(() => flow.history(newId())).toThrow('not-found');
});
