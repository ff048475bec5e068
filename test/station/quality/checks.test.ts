// What checks notice on pictures into which one fault was planted, and that they say nothing of the same picture without it.
import { expect, test } from 'vitest';
import { checkPicture } from '#station/quality/checks/picture-checks.ts';
import { openCheckRunner } from '#station/quality/checks/check-runner.ts';
import type { AboutImage } from '#station/quality/checks/about.ts';
import type { RawFrame } from '#station/model/raw-frame.ts';
import { aRadiograph, drawLetter, drawLimb, frameOf, move } from './pictures.ts';

const look = (frame: RawFrame, about: Partial<AboutImage> = {}) =>
  checkPicture({ frame, about: { ...aRadiograph, ...about } });
const codes = (frame: RawFrame, about: Partial<AboutImage> = {}) => look(frame, about).map(({ code }) => code);

test('a good radiograph with its marker gives nothing to say', () => {
  expect(codes(frameOf(drawLimb()))).toEqual([]);
});

test('a picture without a marker is pointed at, unless the header says the side', () => {
  const frame = frameOf(drawLimb({ marker: false }));
  expect(codes(frame)).toEqual(['no-marker']);
  expect(codes(frame, { ImageLaterality: 'L' })).toEqual([]);
  expect(codes(frame, { Modality: 'US' })).toEqual([]);
});

test('a picture that is black, or white, as it is shown is pointed at, and nothing else is said of it', () => {
  const drawn = drawLimb();
  const dark = frameOf(drawn, { windows: [{ center: 60_000, width: 100 }] });
  expect(look(dark)).toEqual([{ code: 'nearly-black', numbers: { percent: 100 }, place: null }]);
  expect(codes(frameOf(drawn, { windows: [{ center: -500, width: 100 }] }))).toEqual(['nearly-white']);
  expect(codes(frameOf(drawn, { windows: [{ center: -500, width: 100 }] }), { Modality: 'CT' })).toEqual([]);
});

test('a detector that was not exposed is pointed at although its window makes grey of the noise', () => {
  const { columns, rows, values } = drawLimb();
  const empty = { columns, rows, values: values.map((value) => 10 + (value % 40)) };
  const frame = frameOf(empty, { windows: [{ center: 30, width: 40 }], windowsFrom: 'computed' });
  expect(look(frame)[0]).toMatchObject({ code: 'nearly-black', numbers: { reach: expect.any(Number) as number } });
});

test('values that are cut off inside the picture are pointed at with their place; at its border they are air', () => {
  const cut = drawLimb();
  for (let y = 150; y < 250; y++) cut.values.fill(4095, y * 420 + 180, y * 420 + 240);
  const [hint] = look(frameOf(cut));
  expect(hint).toMatchObject({ code: 'clipped', numbers: { high: 1 } });
  expect(hint?.place?.x).toBeCloseTo(180 / 420, 2);
  expect(hint?.place?.height).toBeCloseTo(100 / 420, 2);
  const border = drawLimb();
  for (let y = 0; y < 420; y++) border.values.fill(4095, y * 420, y * 420 + 30);
  expect(codes(frameOf(border))).not.toContain('clipped');
});

test('movement across the main edges is pointed at with its direction', () => {
  const [hint] = look(frameOf(move(drawLimb(), 13)));
  expect(hint).toMatchObject({ code: 'blurred', numbers: { degrees: 0 } });
  expect(look(frameOf(move(drawLimb(), 13, true)))[0]).toMatchObject({ code: 'blurred', numbers: { degrees: 90 } });
  expect(codes(frameOf(move(drawLimb(), 3)))).toEqual([]);
});

test('a line of letters in the pixels is pointed at with its place, unless the header says that it is there', () => {
  const written = drawLimb();
  for (let n = 0; n < 12; n++) drawLetter(written, { left: 230 + n * 14, top: 20, height: 14 }, 4000);
  const hints = look(frameOf(written));
  const hint = hints.find(({ code }) => code === 'burned-in-text');
  expect(hint?.numbers['letters']).toBeGreaterThanOrEqual(10);
  expect(hint?.place?.y).toBeCloseTo(20 / 420, 1);
  expect(codes(frameOf(written), { BurnedInAnnotation: 'YES' })).not.toContain('burned-in-text');
  expect(codes(frameOf(written), { Modality: 'US' })).not.toContain('burned-in-text');
});

test('a radiograph shown inside out is pointed at', () => {
  expect(codes(frameOf(drawLimb(), { photometric: 'MONOCHROME1' }))).toContain('photometric');
});

test('colours that were written in another way than the header says are pointed at', () => {
  const bytes = new Uint8Array(300 * 300 * 3);
  for (let n = 0; n < 300 * 300; n++) bytes.set(n % 3 === 0 ? [120, 140, 110] : [4, 128, 128], n * 3);
  const colour = frameOf(drawLimb(), {
    ...{ samples: 3, bitsAllocated: 8, bytes, rows: 300, columns: 300, photometric: 'RGB', windows: [] },
  });
  const about = { Modality: 'XC' };
  expect(look(colour, about)).toMatchObject([{ code: 'photometric', numbers: { teal: 1 } }]);
  const right = bytes.map((value, n) => (n % 3 === 0 ? value : 40));
  expect(codes({ ...colour, bytes: right }, about)).toEqual([]);
});

test('a check that hangs is given up, and the next picture is looked at all the same', async () => {
  const hangs = new URL(
    `data:text/javascript,${encodeURIComponent(
      `import { parentPort } from 'node:worker_threads';
       parentPort.on('message', ({ about }) => { if (about.Modality === 'XX') for (;;); parentPort.postMessage([]); });`,
    )}`,
  );
  const runner = openCheckRunner({ workerUrl: hangs, timeoutMs: 500 });
  const ask = (Modality: string) =>
    runner.check({ frame: frameOf(drawLimb({ columns: 300, rows: 300 })), about: { ...aRadiograph, Modality } });
  expect(await ask('XX')).toBe('took-too-long');
  expect(await ask('DX')).toEqual([]);
  await runner.close();
  expect(await ask('DX')).toBe('check-failed');
});
