// Judging: accept, repeat, reject, and the way back; repeats that find their image; what stays when files are gone.
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openFrameReader, type FrameReader } from '#station/dicom/codecs/index.ts';
import type { AfterRelease } from '#station/flow/after-release.ts';
import { openJudging, type JudgingFlow } from '#station/flow/judging.ts';
import { judgingSettingShape, type ImageQuality, type JudgingSetting } from '#contract/shapes/judging.ts';
import { systemClock, type Clock } from '#station/kit/clock.ts';
import { silentLog } from '#station/kit/log.ts';
import type { NewElement } from '#station/dicom/index.ts';
import { makeObject, patient } from '../dicom/objects.ts';
import { openSmallHouse, type SmallHouse } from '../4-review/house.ts';
import { drawLimb, elementsOf } from './pictures.ts';

let house: SmallHouse;
let frames: Pick<FrameReader, 'frame' | 'digest'>;
let judging: JudgingFlow;
let settings: JudgingSetting;
let nowMs: number;
let sinceLookedMs: number;
let rejectLeft: AfterRelease['reject'];

/** Judgements need nobody to look at pictures. */
const nobody: Pick<FrameReader, 'frame' | 'digest'> = {
  frame: () => Promise.resolve({ kind: 'not-drawable', reason: 'no-pixels' }),
  digest: () => Promise.resolve({ kind: 'not-drawable', reason: 'no-pixels' }),
};

beforeEach(async () => {
  house = await openSmallHouse();
  frames = nobody;
  sinceLookedMs = Infinity;
  rejectLeft = () => Promise.reject(new Error('nothing has left'));
  settings = judgingSettingShape.parse({});
  nowMs = Date.parse('2026-11-23T10:00:00.000Z');
  const clock: Clock = { ...systemClock, now: () => new Date(nowMs).toISOString(), epochMs: () => nowMs };
  judging = openJudging({
    ...{ ...house.rooms, clock, log: silentLog, catalog: house.catalog },
    frames: {
      frame: (...asked) => frames.frame(...asked),
      digest: (asked) => frames.digest(asked),
      sinceUrgentMs: () => sinceLookedMs,
    },
    afterRelease: {
      concerns: (id) => house.catalog.objectRow(id).state === 'approved',
      reject: (...asked) => rejectLeft(...asked),
    },
    pathOf: (file) => path.join(house.objectsFolder, file),
    settings: () => settings,
    by: () => 'Kim',
    isBusy: () => false,
    examsChanged: (ids) => house.changed.push(...ids),
  });
});
afterEach(async () => {
  await judging.close();
  await house.close();
});

const small = drawLimb({ columns: 64, rows: 64, marker: false });
const pass = (ms: number) => {
  nowMs += ms;
  house.pass(ms);
};

/** A DX image of this exam; `values` over what it says by itself. */
async function take(number: number, values: Readonly<Record<string, string>> = {}, drawn = small) {
  const own: Record<string, string> = {
    ...{ Modality: 'DX', SOPInstanceUID: `2.25.5${number}`, BodyPartExamined: 'HAND', ViewPosition: 'PA' },
    ...{ ImageLaterality: 'R', ExposureIndex: '500', TargetExposureIndex: '250', DeviationIndex: '3.0' },
    ...values,
  };
  if (drawn === small) small.values[number] = 500 + number;
  const elements: NewElement[] = [
    ...patient.filter((element) => !('keyword' in element) || own[element.keyword] === undefined),
    ...Object.entries(own).map(([keyword, value]) => ({ keyword, value })),
    ...elementsOf(drawn),
  ];
  return house.take(makeObject(elements));
}

const of = (examId: string, objectId: string): ImageQuality | undefined =>
  judging.desk.ofExam(examId).images.find((image) => image.objectId === objectId);
const standing = (objectId: string) =>
  house.book.sql('SELECT * FROM judgement WHERE objectId = ? AND endedAt IS NULL').get(objectId);
const code = (expected: string) => expect.objectContaining({ code: expected }) as unknown;

test('an image is accepted, rejected instead, and back, and only what stands is counted', async () => {
  const { examId, objectId } = await take(1);
  await judging.settled();
  await judging.desk.judge({ objectIds: [objectId], verdict: 'accepted' });
  expect(judging.desk.ofExam(examId)).toMatchObject({ accepted: 1, toAccept: 1 });
  expect(house.catalog.examRows([examId])[0]?.counts.accepted).toBe(1);
  await judging.desk.judge({
    objectIds: [objectId],
    verdict: 'rejected',
    reason: '111209',
    ownLabel: 'Rotated',
    text: ' a bit ',
  });
  expect(house.catalog.objectRow(objectId)).toMatchObject({ state: 'rejected', rejection: { reason: '111209' } });
  expect(of(examId, objectId)?.judgement).toMatchObject({ verdict: 'rejected', ownLabel: 'Rotated', text: 'a bit' });
  await judging.desk.judge({ objectIds: [objectId], verdict: 'accepted' });
  expect(house.catalog.objectRow(objectId).state).toBe('received');
  await judging.desk.judge({ objectIds: [objectId], verdict: 'none' });
  expect(of(examId, objectId)?.judgement).toBeNull();
  const rows = house.book.sql('SELECT verdict, endedBy FROM judgement ORDER BY at, rowid').all();
  expect(rows.map(({ verdict, endedBy }) => [verdict, endedBy])).toEqual([
    ['accepted', 'Kim'],
    ['rejected', 'Kim'],
    ['accepted', 'Kim'],
  ]);
  const actions = house.audit.historyOf(examId).map(({ action }) => action);
  expect(actions).toEqual(
    expect.arrayContaining(['image-accepted', 'object-rejected', 'object-kept', 'judgement-taken-back']),
  );
});

test('a rejection keeps all that it is counted by, also when it came before anything was known of the image', async () => {
  const { examId, objectId } = await take(1);
  await judging.desk.judge({ objectIds: [objectId], verdict: 'rejected', reason: '111212' });
  await judging.settled();
  expect(standing(objectId)).toMatchObject({
    ...{ examId, reason: '111212', technologist: 'Kim', deviceKind: 'dicom', deviceLabel: 'ULTRASOUND2' },
    ...{ Modality: 'DX', BodyPartExamined: 'HAND', ViewPosition: 'PA', ImageLaterality: 'R' },
    ...{ ExposureIndex: 500, TargetExposureIndex: 250, DeviationIndex: 3.01, at: '2026-11-23T10:00:00.000Z' },
  });
  expect(house.book.sql('SELECT count(*) AS n FROM image_fact').get()).toEqual({ n: 1 });
});

test('several images are judged together or not at all, and the same command twice is once', async () => {
  const one = await take(1);
  const two = await take(2, { ViewPosition: 'LL' });
  const ids = [one.objectId, two.objectId];
  const wish = { objectIds: ids, verdict: 'rejected', reason: '999' } as const;
  await expect(judging.desk.judge(wish)).rejects.toEqual(code('reason-unknown'));
  const other = await take(3, { StudyInstanceUID: '2.25.77', SeriesInstanceUID: '2.25.78' });
  const mixed = { objectIds: [one.objectId, other.objectId], verdict: 'accepted' } as const;
  await expect(judging.desk.judge(mixed)).rejects.toEqual(code('input-invalid'));
  expect(house.book.sql('SELECT count(*) AS n FROM judgement').get()).toEqual({ n: 0 });
  const commandId = '7f3c1a52-7f0e-4b58-9c53-0d6f3c0b8a11';
  await judging.desk.judge({ objectIds: ids, verdict: 'rejected', reason: '111209', commandId });
  await judging.desk.judge({ objectIds: ids, verdict: 'none' });
  await judging.desk.judge({ objectIds: ids, verdict: 'rejected', reason: '111209', commandId });
  expect(house.catalog.objectRow(two.objectId).state).toBe('received');
});

test('a repeated image waits, takes the next of its view, and never one of the other hand', async () => {
  const { examId, objectId } = await take(1);
  await judging.settled();
  await judging.desk.judge({ objectIds: [objectId], verdict: 'repeated', reason: '111209' });
  expect(of(examId, objectId)).toMatchObject({ waits: true, repeatedBy: null });
  pass(60_000);
  await take(2, { ImageLaterality: 'L' });
  await take(3, { ViewPosition: 'LL' });
  await judging.settled();
  expect(of(examId, objectId)?.waits).toBe(true);
  const right = await take(4);
  await judging.settled();
  expect(of(examId, objectId)).toMatchObject({ waits: false, repeatedBy: right.objectId });
  expect(of(examId, right.objectId)?.repeatOf).toBe(objectId);
});

test('a repeat that was there before the first was judged is found too, and a person may say otherwise for good', async () => {
  const first = await take(1);
  const second = await take(2);
  await judging.settled();
  await judging.desk.judge({ objectIds: [first.objectId], verdict: 'repeated', reason: '111210' });
  expect(of(first.examId, first.objectId)?.repeatedBy).toBe(second.objectId);
  judging.desk.linkRepeat(first.objectId, null);
  await take(3);
  await judging.settled();
  expect(of(first.examId, first.objectId)?.waits).toBe(true);
  expect(() => judging.desk.linkRepeat(second.objectId, first.objectId)).toThrow(code('input-invalid'));
});

test('where the device says no view, only what came after the word is the repeat', async () => {
  const first = await take(1, { ViewPosition: '' });
  const before = await take(2, { ViewPosition: '' });
  await judging.settled();
  pass(1000);
  await judging.desk.judge({ objectIds: [first.objectId], verdict: 'repeated', reason: '111210' });
  expect(of(before.examId, first.objectId)?.waits).toBe(true);
  pass(1000);
  const after = await take(3, { ViewPosition: '' });
  await judging.settled();
  expect(of(before.examId, first.objectId)?.repeatedBy).toBe(after.objectId);
});

test('a repeat stays linked when a derived picture takes its place or its file is purged, and nothing made is a repeat', async () => {
  const first = await take(1);
  const second = await take(2);
  const made = await take(3);
  const note = (objectId: string, source: string) =>
    house.book
      .sql(
        `INSERT INTO made_object (objectId, examId, SOPInstanceUID, kind, sources, replaces, by, at, takenAt)
         VALUES (?, ?, '2.25.53', 'baked', ?, 1, 'Kim', 'then', 'then')`,
      )
      .run(objectId, first.examId, JSON.stringify([source]));
  note(made.objectId, second.objectId);
  house.book
    .sql("UPDATE object SET state = 'rejected', rejectionReason = 'replaced' WHERE id = ?")
    .run(second.objectId);
  await judging.settled();
  await judging.desk.judge({ objectIds: [first.objectId], verdict: 'repeated', reason: '111210' });
  expect(of(first.examId, first.objectId)?.repeatedBy).toBe(second.objectId);
  judging.desk.linkRepeat(first.objectId, null);
  // Whoever points at the derived picture means the image that it shows.
  judging.desk.linkRepeat(first.objectId, made.objectId);
  expect(of(first.examId, first.objectId)?.repeatedBy).toBe(second.objectId);
  expect(house.book.sql('SELECT count(*) AS n FROM image_fact').get()).toEqual({ n: 2 });
  // Accepting what was replaced sets nothing free.
  await judging.desk.judge({ objectIds: [second.objectId], verdict: 'accepted' });
  expect(house.catalog.objectRow(second.objectId)).toMatchObject({ state: 'rejected' });
  house.book.sql("UPDATE object SET purgedAt = 'then'").run();
  await judging.settled();
  expect(standing(first.objectId)).toMatchObject({ repeatedByObjectId: second.objectId });
  expect(house.book.sql("SELECT sum(repeated) AS n FROM image_sum WHERE axis = 'hour'").get()).toEqual({ n: 1 });
});

test('acceptance keeps nothing back, unless the site says that every image is accepted first', async () => {
  const { examId, objectId } = await take(1);
  const forecast = () => judging.forecast(house.review.forecast(examId), examId).against.map((one) => one.code);
  expect(forecast()).not.toContain('images-not-accepted');
  judging.refuseUnaccepted(examId);
  settings = { ...settings, acceptBeforeApproval: true };
  expect(forecast()).toContain('images-not-accepted');
  expect(() => judging.refuseUnaccepted(examId)).toThrow(code('images-not-accepted'));
  await judging.desk.judge({ objectIds: [objectId], verdict: 'accepted' });
  expect(forecast()).not.toContain('images-not-accepted');
  judging.refuseUnaccepted(examId);
});

test('the background finds the same picture twice and what the picture shows, and a check that is off says nothing', async () => {
  const reader = openFrameReader();
  frames = reader;
  const drawn = drawLimb({ marker: false });
  const first = await take(1, { ImageLaterality: '' }, drawn);
  const second = await take(2, { ImageLaterality: '' }, drawn);
  await judging.settled();
  const codes = (objectId: string) => of(first.examId, objectId)?.hints.map((hint) => hint.code);
  expect(codes(first.objectId)).toEqual(['no-marker']);
  expect(codes(second.objectId)).toEqual(['duplicate', 'no-marker']);
  expect(of(first.examId, second.objectId)?.hints[0]?.other?.objectId).toBe(first.objectId);
  // Looked at, it is not said again until somebody wants it.
  judging.desk.lookAtHint(second.objectId, 'duplicate', true);
  judging.desk.lookAtHint(second.objectId, 'duplicate', true);
  expect(codes(second.objectId)).toEqual(['no-marker']);
  const said = house.book.sql("SELECT by FROM audit_entry WHERE action = 'hint-looked-at'").all();
  expect(said).toEqual([{ by: 'Kim' }]);
  judging.desk.lookAtHint(second.objectId, 'duplicate', false);
  expect(codes(second.objectId)).toEqual(['duplicate', 'no-marker']);
  settings = { ...settings, checksOff: ['no-marker'] };
  expect(codes(first.objectId)).toEqual([]);
  expect(of(first.examId, first.objectId)?.checks).toBe('checked');
  await reader.close();
});

test('the background leaves the machine to whoever looks at one picture after the other', async () => {
  let asked = 0;
  frames = { ...nobody, frame: (...request) => ((asked += 1), nobody.frame(...request)) };
  sinceLookedMs = 0;
  const { examId } = await take(1);
  judging.desk.ofExam(examId);
  const settled = judging.settled();
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(asked).toBe(0);
  sinceLookedMs = Infinity;
  await settled;
  expect(asked).toBe(1);
});

test('an image whose file cannot be read has its row to be counted by, and says why nothing was looked at', async () => {
  const { objectId, examId } = await house.take(
    makeObject([
      ...patient,
      ...elementsOf({ ...small, rows: 4000 }).slice(0, -1),
      { keyword: 'PixelData', vr: 'OW', value: Buffer.alloc(8) },
    ]),
  );
  await judging.settled();
  expect(of(examId, objectId)).toMatchObject({ hints: [], exposure: null });
  expect(of(examId, objectId)?.checks).toBe('no-pixels');
  expect(house.book.sql('SELECT Modality, day FROM image_fact WHERE objectId = ?').get(objectId)).toMatchObject({
    Modality: 'OT',
  });
});

test('images of which one has left are rejected together, also when the other is approved meanwhile: never half of them', async () => {
  const { examId, objectId: left } = await take(1);
  await house.approve(examId);
  const { objectId: late } = await take(2);
  const asked: (readonly string[])[] = [];
  rejectLeft = async ({ objectIds }, beside) => {
    asked.push(objectIds);
    if (asked.length === 1) await house.approve(examId);
    house.book.transaction(() => {
      for (const id of objectIds) house.book.sql("UPDATE object SET state = 'rejected' WHERE id = ?").run(id);
      beside?.();
    });
  };
  await judging.desk.judge({ objectIds: [left, late], verdict: 'rejected', reason: '113037' });
  expect(asked).toEqual([[left], [left, late]]);
  expect([left, late].map((id) => house.catalog.objectRow(id).state)).toEqual(['rejected', 'rejected']);
});

test('a rejected image whose time was over is not kept after all: there is nothing left that could leave', async () => {
  const { objectId } = await take(1);
  await judging.desk.judge({ objectIds: [objectId], verdict: 'rejected', reason: '113037' });
  house.book.sql("UPDATE object SET purgingAt = '2026-11-23T10:00:00.000Z' WHERE id = ?").run(objectId);
  await expect(judging.keep(objectId)).rejects.toThrow(code('no-longer-here'));
  await expect(judging.desk.judge({ objectIds: [objectId], verdict: 'accepted' })).rejects.toThrow(
    code('no-longer-here'),
  );
  expect(house.catalog.objectRow(objectId).state).toBe('rejected');
});
