// What cannot leave is said while it is drawn: brightness of colour pictures, pictures that nothing can be drawn into.
import { call } from '@orpc/server';
import { afterEach, expect, test } from 'vitest';
import { openPart10, readHeader } from '#station/dicom/index.ts';
import { colorStateClass } from '#station/presentation/index.ts';
import { colourPicture } from './colour-picture.ts';
import { openDrawnExam } from './drawn-exam.ts';

let exam: Awaited<ReturnType<typeof openDrawnExam>>;
afterEach(() => exam.close());

const window = { center: 100, width: 90 };
const crop = { left: 0, top: 0, right: 8, bottom: 8 };
const forecastOf = async (presentation?: 'state' | 'baked') =>
  (await call(exam.station().router.exams.forecast, { id: exam.examId, ...(presentation ? { presentation } : {}) }))
    .made;
const limitsOf = (id: string, way?: 'state' | 'baked') =>
  call(exam.station().router.objects.pictureLimits, { id, ...(way ? { way } : {}) });
const madeIds = async () => (await exam.objects()).map(({ id }) => id).filter((id) => !exam.ids.includes(id));
const headerOf = async (id: string) => {
  const object = await openPart10(await exam.asLeaves(id));
  return readHeader(object).finally(() => object.close());
};

test('the brightness of a colour picture is only seen, is said to be, and makes nothing that leaves', async () => {
  exam = await openDrawnExam({}, colourPicture('RGB'));
  const [first, second, third] = exam.ids;
  expect(await limitsOf(first)).toEqual({ way: 'state', crop: null, redaction: null, marks: null, tone: 'only-seen' });
  await exam.save(first, { window });
  await exam.save(second, { inverted: true, rotation: 90 });
  await exam.save(third, { crop, window });
  expect(await forecastOf()).toMatchObject({ onlySeen: 3, picturesWithState: 1, derived: 1, cannot: [] });
  await exam.approve();
  const headers = await Promise.all((await madeIds()).map(headerOf));
  expect(headers.map(({ SOPClassUID }) => SOPClassUID === colorStateClass).sort()).toEqual([false, true]);
});

test('the brightness of a colour picture leaves in a new one, as it was seen', async () => {
  exam = await openDrawnExam({ presentation: { leaves: 'baked' } }, colourPicture('YBR_FULL'));
  const [first] = exam.ids;
  expect((await limitsOf(first)).tone).toBeNull();
  await exam.save(first, { window, annotations: [line] });
  expect(await forecastOf()).toMatchObject({ onlySeen: 0, derived: 1, cannot: [] });
  const before = await rgbOf(first);
  await exam.approve();
  const [made = ''] = await madeIds();
  expect(await headerOf(made)).toMatchObject({ PhotometricInterpretation: 'RGB' });
  const after = await rgbOf(made);
  const level = (value: number) => Math.min(255, Math.max(0, Math.round(((value - 100) / 90 + 0.5) * 255)));
  // What is drawn lies on the last rows.
  const seen = before.slice(0, 16 * 3 * 8).map(level);
  expect(after.slice(0, seen.length).every((value, n) => Math.abs(value - (seen[n] ?? 0)) <= 1)).toBe(true);
  expect(
    after.slice(16 * 3 * 12).some((value, n, all) => n % 3 === 0 && all.slice(n, n + 3).join() === '255,255,255'),
  ).toBe(true);
});

const line = {
  ...{ id: 'l', frame: null, kind: 'freehand' as const, text: '' },
  points: [
    [1, 14],
    [15, 14],
  ] as [number, number][],
};

async function rgbOf(id: string): Promise<number[]> {
  const answer = await exam.station().bytes({
    ...{ method: 'GET', pathname: `/api/objects/${id}/frames/0`, query: new URLSearchParams() },
    body: (async function* () {})(),
  });
  if (!(answer?.body instanceof Uint8Array)) throw new Error('no frame');
  return [...answer.body];
}

test('a picture that cannot be made as it is drawn is named before its exam is approved', async () => {
  exam = await openDrawnExam({}, colourPicture('PALETTE COLOR'));
  const [first, second] = exam.ids;
  expect(await limitsOf(first, 'baked')).toMatchObject({ crop: null, tone: 'colour-cannot-be-windowed' });
  await exam.save(first, { window });
  await exam.save(second, { crop });
  expect(await forecastOf('baked')).toMatchObject({
    ...{ derived: 2, cropped: 1 },
    cannot: [{ objectId: first, reason: 'colour-cannot-be-windowed' }],
  });
  await expect(exam.approve({ presentation: 'baked' })).rejects.toMatchObject({
    cause: { code: 'markup-cannot-leave', params: { reason: 'colour-cannot-be-windowed' } },
  });
  expect(await forecastOf('state')).toMatchObject({ onlySeen: 1, picturesWithState: 0, derived: 1, cannot: [] });
});
