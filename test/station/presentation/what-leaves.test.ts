import { rm } from 'node:fs/promises';
import path from 'node:path';
import { call } from '@orpc/server';
import { afterEach, expect, test } from 'vitest';
import { reopenExam } from '#station/4-review/reopening.ts';
import { openPart10, readHeader } from '#station/dicom/index.ts';
import { systemClock } from '#station/kit/clock.ts';
import { grayscaleStateClass } from '#station/presentation/index.ts';
import { openBook } from '#station/records/index.ts';
import { openDrawnExam, pixelsOf } from './drawn-exam.ts';

let exam: Awaited<ReturnType<typeof openDrawnExam>>;
afterEach(() => exam.close());

const distance = {
  ...{ id: 'd', frame: null, kind: 'distance' as const, text: '', label: '12.3 mm' },
  points: [
    [2, 2],
    [12, 9],
  ] as [number, number][],
};
const code = (expected: string) => ({ cause: { code: expected } });

test('what was drawn is kept when the book is made anew, and nothing drawn is no row', async () => {
  exam = await openDrawnExam();
  const [first] = exam.ids;
  const before = (await exam.exam()).version;
  const kept = await exam.save(first, { window: { center: 40, width: 400 }, annotations: [distance] });
  expect(kept.savedAt).not.toBeNull();
  expect((await exam.exam()).version).toBeGreaterThan(before);
  await exam.reopen(async () => {
    for (const end of ['', '-wal', '-shm']) await rm(path.join(exam.home, `catalog.db${end}`), { force: true });
  });
  expect(await call(exam.station().router.objects.markup, { id: first })).toEqual(kept);
  expect((await exam.save(first, {})).savedAt).toBeNull();
});

test('markup that could not be written or drawn is refused', async () => {
  exam = await openDrawnExam();
  const [first] = exam.ids;
  const bad = [
    { window: { center: 1e300, width: 4 } },
    { window: { center: 4, width: 1e300 } },
    { window: { center: 4, width: 2, name: 'a\\b' } },
    { annotations: [distance, distance] },
    { annotations: [{ ...distance, points: [[1, 1]] as [number, number][] }] },
    { annotations: [{ ...distance, frame: 2 }] },
    { annotations: [{ ...distance, text: 'a\u0000b' }] },
    {
      annotations: Array.from({ length: 11 }, (_, n) => ({
        ...distance,
        id: `${n}`,
        kind: 'freehand' as const,
        points: Array.from({ length: 2000 }, (): [number, number] => [1, 1]),
      })),
    },
    { crop: { left: 20, top: 0, right: 30, bottom: 10 } },
    { redactions: [{ left: 5, top: 5, right: 5, bottom: 9 }] },
  ];
  for (const chosen of bad) await expect(exam.save(first, chosen)).rejects.toMatchObject(code('input-invalid'));
  await call(exam.station().router.objects.reject, { id: first, reason: '111209' });
  await expect(exam.save(first, { inverted: true })).rejects.toMatchObject(code('markup-of-rejected'));
});

test('boxes of burned-in text are remembered for the device and the size of its pictures', async () => {
  exam = await openDrawnExam();
  const [first, second] = exam.ids;
  const { router } = exam.station();
  const boxes = [{ left: 0, top: 0, right: 16, bottom: 3 }];
  await call(router.devices.rememberRedactions, { id: first, boxes });
  expect(await call(router.devices.redactions, { id: second })).toMatchObject({ boxes, rows: 16, columns: 16 });
  await exam.reopen();
  await call(exam.station().router.devices.rememberRedactions, { id: second, boxes: [] });
  expect(await call(exam.station().router.devices.redactions, { id: first })).toMatchObject({
    boxes: [],
    savedAt: null,
  });
});

test('what was looked at and drawn leaves as presentation states, after the images, with the corrected patient', async () => {
  exam = await openDrawnExam();
  const [first, second, third] = exam.ids;
  await exam.save(first, { window: { center: 40, width: 400 }, annotations: [distance] });
  await exam.save(second, { window: { center: 60, width: 100 } });
  await exam.save(third, { rotation: 90 });
  const { router } = exam.station();
  await call(router.exams.correct, {
    id: exam.examId,
    reason: 'CORRECT',
    attributes: { PatientName: 'Müller^Jürgen' },
  });
  expect(await call(router.exams.forecast, { id: exam.examId })).toMatchObject({
    made: { way: 'state', picturesWithState: 3, derived: 0 },
  });
  await exam.approve({ seenObjects: 3 });
  // Done twice is done once.
  await exam.approve({ seenObjects: 3 });
  const made = (await exam.objects()).filter(({ id }) => !exam.ids.includes(id));
  expect(made.map(({ SOPClassUID, state }) => [SOPClassUID, state])).toEqual([
    [grayscaleStateClass, 'approved'],
    [grayscaleStateClass, 'approved'],
  ]);
  for (const { id } of made) {
    const header = await readHeader(await openPart10(await exam.asLeaves(id)));
    expect(header).toMatchObject({ PatientName: 'Müller^Jürgen', Modality: 'PR', PatientID: 'S1' });
  }
  expect((await exam.deliveries()).map(({ objectId }) => objectId).sort()).toEqual(
    [...exam.ids, ...made.map(({ id }) => id)].sort(),
  );
  await expect(exam.save(first, { inverted: true })).rejects.toMatchObject(code('already-approved'));
});

test('a cropped and blackened picture leaves in the place of its source, which stays here for good', async () => {
  exam = await openDrawnExam();
  const [first, second] = exam.ids;
  const before = await pixelsOf(await exam.asLeaves(first));
  const redactions = [{ left: 4, top: 4, right: 7, bottom: 6 }];
  await exam.save(first, {
    redactions,
    crop: { left: 2, top: 1, right: 12, bottom: 9 },
    redactionsCoverAll: true,
    flipped: true,
  });
  await exam.approve();
  const objects = await exam.objects();
  const made = objects.filter(({ id }) => !exam.ids.includes(id));
  expect(made.map(({ SOPClassUID }) => SOPClassUID).includes(grayscaleStateClass)).toBe(true);
  const derived = made.find(({ SOPClassUID }) => SOPClassUID !== grayscaleStateClass);
  expect(objects.find(({ id }) => id === first)).toMatchObject({
    state: 'rejected',
    rejection: { reason: 'replaced' },
  });
  const leaving = (await exam.deliveries()).map(({ objectId }) => objectId);
  expect(leaving).not.toContain(first);
  expect(leaving).toEqual(expect.arrayContaining([second, derived?.id]));
  await expect(call(exam.station().router.objects.keep, { id: first })).rejects.toMatchObject(
    code('replaced-by-derived'),
  );

  const after = await pixelsOf(await exam.asLeaves(derived?.id ?? ''));
  expect([after.rows, after.columns, after.header.BurnedInAnnotation]).toEqual([8, 10, 'NO']);
  const differs: number[][] = [];
  for (let row = 0; row < 8; row++) {
    for (let column = 0; column < 10; column++) {
      const isBlack = column + 2 >= 4 && column + 2 < 7 && row + 1 >= 4 && row + 1 < 6;
      if (after.at(column, row) !== (isBlack ? 0 : before.at(column + 2, row + 1))) differs.push([column, row]);
    }
  }
  expect(differs).toEqual([]);
});

test('a site may have all of it in the pixels, and so may a person for once', async () => {
  exam = await openDrawnExam({ presentation: { leaves: 'baked' } });
  const [first, second] = exam.ids;
  const before = await pixelsOf(await exam.asLeaves(first));
  await exam.save(first, { rotation: 90, inverted: true, window: { center: 7, width: 9 } });
  await exam.save(second, { rotation: 180 });
  const { router } = exam.station();
  expect((await call(router.exams.forecast, { id: exam.examId })).made).toMatchObject({
    derived: 2,
    picturesWithState: 0,
  });
  const asked = await call(router.exams.forecast, { id: exam.examId, presentation: 'state' });
  expect(asked.made).toMatchObject({ derived: 0, picturesWithState: 2 });
  await exam.approve();
  const made = (await exam.objects()).filter(({ id }) => !exam.ids.includes(id));
  expect(made).toHaveLength(2);
  const turned = await Promise.all(made.map(async ({ id }) => pixelsOf(await exam.asLeaves(id))));
  const after = turned.find(({ header }) => header.PhotometricInterpretation === 'MONOCHROME1');
  expect(after?.header.WindowCenter).toEqual([7]);
  expect(after?.at(15, 0)).toBe(before.at(0, 0));
  expect(after?.at(15, 3)).toBe(before.at(3, 0));
});

test('an approval that is refused leaves nothing of what was made for it', async () => {
  exam = await openDrawnExam();
  const [first, second] = exam.ids;
  await exam.save(first, { inverted: true });
  await exam.save(second, { redactions: [{ left: 0, top: 0, right: 4, bottom: 4 }] });
  await expect(exam.approve({ seenDestinations: ['elsewhere'] })).rejects.toMatchObject(
    code('route-changed-meanwhile'),
  );
  expect(await exam.filesInStore()).toBe(3);
  expect((await exam.objects()).map(({ state }) => state)).toEqual(['received', 'received', 'received']);
  await exam.reopen();
  await exam.approve({ seenDestinations: ['a'] });
  expect(await exam.filesInStore()).toBe(5);
});

test('an approval that is taken back takes what it made with it: the next one makes it anew', async () => {
  exam = await openDrawnExam();
  const [first] = exam.ids;
  await exam.save(first, { crop: { left: 0, top: 0, right: 8, bottom: 8 } });
  await exam.approve();
  await exam.reopen(() => {
    const book = openBook(path.join(exam.home, 'catalog.db'));
    book.transaction(() => reopenExam({ book, clock: systemClock }, exam.examId));
    book.sql("UPDATE delivery SET state = 'cancelled'").run();
    book.close();
  });
  await exam.save(first, { crop: { left: 0, top: 0, right: 4, bottom: 4 } });
  await exam.approve();
  const states = (await exam.objects()).map(({ state, columns }) => [state, columns]);
  expect(states).toHaveLength(4);
  expect(states).toEqual(
    expect.arrayContaining([
      ['rejected', 16],
      ['approved', 4],
    ]),
  );
});

test('what a stop left half made is nothing that anybody sent', async () => {
  exam = await openDrawnExam();
  const [first] = exam.ids;
  await exam.save(first, { inverted: true });
  await exam.approve();
  // As a kill leaves it between the file and the row.
  await exam.reopen(() => {
    const book = openBook(path.join(exam.home, 'catalog.db'));
    book.transaction(() => {
      book.sql('UPDATE made_object SET takenAt = NULL').run();
      book.sql("UPDATE object SET state = 'received', revisionId = NULL").run();
      book.sql('UPDATE exam SET approvedAt = NULL').run();
      book.sql('DELETE FROM delivery').run();
    });
    book.close();
  });
  expect((await exam.objects()).map(({ id }) => id).sort()).toEqual([...exam.ids].sort());
});
