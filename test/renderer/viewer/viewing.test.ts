// What stands at the edge of pictures, what plays, what is fetched ahead, and who stands beside whom.
import { expect, test } from 'vitest';
import { frameMs, nextFrame } from '#ui/viewer/cine.ts';
import { lettersOf, pixelsAMm, probe, rulerOf, sidesOf } from '#ui/viewer/edge.ts';
import { FrameCache, type Slide } from '#ui/viewer/frame-cache.ts';
import { readTrouble } from '#ui/backend/trouble.ts';
import { mappingOf } from '#ui/viewer/mapping.ts';
import { finestStep, narrowest, toPicture, type Frame, type Window } from '#ui/viewer/picture.ts';
import { lookBy } from '#ui/viewer/presented.ts';
import { greyTable } from '#ui/viewer/tones.ts';
import { nextOwnPreset, ownPresets, presetsFor } from '#ui/viewer/presets.ts';
import type { Presentation } from '#contract/shapes/documents.ts';
import { likenessOf } from '#ui/state/comparing.svelte.ts';

const upright = { rotation: 0, flipped: false } as const;
const axial = { kind: 'vectors', row: [1, 0, 0], column: [0, 1, 0] } as const;

const frameOf = (header: Partial<Frame['header']> = {}): Frame => ({
  header: {
    ...{ rows: 4, columns: 6, samples: 1, bitsAllocated: 16, signed: true, photometric: 'MONOCHROME2' },
    ...{ windows: [{ center: 40, width: 400 }], voiFunction: 'LINEAR', rescale: { slope: 2, intercept: -1024 } },
    ...{ min: 0, max: 1000, pixelAspect: 1 },
    ...header,
  } as Frame['header'],
  bytes: Int16Array.from({ length: 24 }, (_, n) => n).buffer as ArrayBuffer,
});

test('letters at the edge follow the picture when it is turned and flipped', () => {
  expect(sidesOf(axial, upright)).toEqual({ left: 'R', right: 'L', top: 'A', bottom: 'P' });
  expect(sidesOf(axial, { rotation: 90, flipped: false })).toEqual({ left: 'P', right: 'A', top: 'R', bottom: 'L' });
  expect(sidesOf(axial, { rotation: 0, flipped: true })).toEqual({ left: 'L', right: 'R', top: 'A', bottom: 'P' });
  expect(sidesOf({ kind: 'letters', row: 'P', column: 'HL' }, { rotation: 180, flipped: false })).toEqual({
    ...{ left: 'P', right: 'A', top: 'HL', bottom: 'FR' },
  });
});

test('nothing is said about the patient where the object says nothing, or nothing that can be understood', () => {
  expect(sidesOf(undefined, upright)).toBeUndefined();
  expect(sidesOf({ kind: 'letters', row: 'LE', column: '' }, upright)).toBeUndefined();
  expect(lettersOf([0, 0, 0])).toBe('');
  expect(lettersOf([0.7, 0.7, 0.01])).toBe('LP');
});

test('the ruler is a round length that fits, along the screen, and there is none without a scale', () => {
  const picture = toPicture(frameOf({ spacingMm: [0.5, 0.25], pixelAspect: 2 }));
  expect(pixelsAMm(picture, 3, upright, null)).toBe(12);
  expect(pixelsAMm(picture, 3, { rotation: 90, flipped: false }, null)).toBe(12);
  expect(rulerOf(12, 260)).toEqual({ mm: 20, pixels: 240, parts: 4 });
  expect(pixelsAMm(toPicture(frameOf()), 3, upright, null)).toBeUndefined();
  expect(pixelsAMm(toPicture(frameOf()), 3, upright, 0.5)).toBe(6);
});

test('the value under the cursor is that of the pixel, after rescale, also on a flipped picture', () => {
  const picture = toPicture(frameOf());
  const view = { zoom: 10, x: 30, y: 20 };
  expect(probe(picture, mappingOf(picture, view, upright), { x: 15, y: 25 })).toEqual({
    column: 1,
    row: 2,
    values: [-998],
  });
  const flipped = mappingOf(picture, view, { rotation: 0, flipped: true });
  expect(probe(picture, flipped, { x: 45, y: 25 })).toEqual({ column: 1, row: 2, values: [-998] });
  expect(probe(picture, flipped, { x: 61, y: 25 })).toBeUndefined();
});

test('the first window is what the object says, then what is usual for a CT, then the whole range', () => {
  const presets = presetsFor('CT', toPicture(frameOf()));
  expect(presets.map(({ id }) => id)).toEqual([
    'object',
    'soft',
    'lung',
    'bone',
    'brain',
    'abdomen',
    'vessels',
    'whole',
  ]);
  expect(presets[0]?.window).toBeNull();
  expect(presets.at(-1)?.window).toEqual({ center: -24, width: 2000 });
  expect(presetsFor('DX', toPicture(frameOf())).map(({ id }) => id)).toEqual(['object', 'whole']);
});

test('every window and table of an object is gone through by one key, and the keys of what is usual stay', () => {
  const windows = [
    { center: 40, width: 400, name: 'SOFT' },
    { center: -600, width: 1500, name: 'LUNG' },
    { center: 40, width: 400 },
  ];
  const tables = [1, 3].map((item) => ({ item, name: `T${item}`, first: 0, bits: 8, entries: 4, at: 0 }));
  const plain = frameOf({ windows, luts: tables });
  const picture = toPicture({ ...plain, bytes: new ArrayBuffer(plain.bytes.byteLength + 8) });
  expect(ownPresets(picture).map(({ name, window }) => [name, window?.lut])).toEqual([
    ['T1', undefined],
    ['T3', 3],
    ['SOFT', undefined],
    ['LUNG', undefined],
  ]);
  let chosen = picture.window as Window | null;
  chosen = null;
  const went = Array.from({ length: 4 }, () => (chosen = nextOwnPreset(picture, chosen).window));
  expect(went.map((window) => window?.lut ?? window?.center)).toEqual([3, 40, -600, undefined]);
  expect(presetsFor('CT', picture).map(({ id }) => id)).toEqual(
    presetsFor('CT', toPicture(frameOf())).map(({ id }) => id),
  );
  expect(presetsFor('DX', picture).map(({ name }) => name)).toEqual(['T1', 'T3', 'SOFT', 'LUNG', undefined]);
});

test('a picture is seen by a presentation state as the state says, whatever the picture says itself', () => {
  const picture = toPicture(frameOf({ photometric: 'MONOCHROME1', voiFunction: 'SIGMOID', min: 0, max: 3 }));
  const presentation = {
    ...{
      rescale: { slope: 1, intercept: 10 },
      modality: null,
      presentationLut: null,
      inverted: false,
      rotation: 90,
      flipped: true,
      graphics: [],
      shutters: [],
    },
    voi: [
      {
        of: [{ SOPInstanceUID: '1.2', frames: [] }],
        center: 12,
        width: 4,
        name: '',
        voiFunction: 'LINEAR',
        table: null,
      },
      {
        ...{ of: [], center: 12, width: 4, name: 'T', voiFunction: 'LINEAR' },
        table: { first: 10, bits: 8, values: [7, 0, 255, 9] },
      },
    ],
  } satisfies Presentation;
  const shown = (uid: string) => {
    const { window, inverted } = lookBy(presentation, { SOPInstanceUID: uid, frame: 1 });
    const table = new Uint32Array(65_536);
    greyTable(picture, window as Window, inverted, table);
    return [...table.subarray(0, 4)].map((grey) => grey & 0xff);
  };
  expect(lookBy(presentation, { SOPInstanceUID: '1.2', frame: 1 })).toMatchObject({
    ...{ rotation: 90, flipped: true },
    window: { center: 12, width: 4 },
  });
  expect(shown('1.2')).toEqual([0, 85, 170, 255]);
  expect(shown('1.3')).toEqual([7, 0, 255, 9]);
});

test('a state leads stored values through its own tables, by the window of the frame', () => {
  const table = (first: number, bits: number, values: number[]) => ({ first, bits, values });
  const state: Presentation = {
    ...{ rescale: null, inverted: false, rotation: 0, flipped: false, graphics: [], shutters: [] },
    modality: table(65_534, 8, [0, 85, 170, 255]),
    presentationLut: table(0, 8, [255, 170, 85, 0]),
    voi: [
      {
        ...{ of: [{ SOPInstanceUID: '1.2', frames: [2, 3] }], center: 128, width: 256, name: '' },
        ...{ voiFunction: 'LINEAR', table: null },
      },
      { of: [], center: 85, width: 2, name: '', voiFunction: 'LINEAR', table: table(85, 4, [0, 15, 10]) },
    ],
  };
  // The picture came through a table of its own; a state does not.
  const frame = frameOf({ signed: false, min: 0, max: 9, windows: [] });
  const stored = { bitsAllocated: 16, signed: true, min: -2, max: 1, at: 0 } as const;
  const behind = Int16Array.from({ length: 24 }, (_, n) => (n % 4) - 2);
  const bytes = new Uint8Array([...new Uint8Array(frame.bytes), ...new Uint8Array(behind.buffer)]).buffer;
  const picture = toPicture({ header: { ...frame.header, stored }, bytes }).stored;
  if (picture === undefined) throw new Error('no stored values');
  expect([...(picture.levels[0]?.values.subarray(0, 4) ?? [])]).toEqual([-2, -1, 0, 1]);
  const shown = (frameNumber: number) => {
    const { window, inverted } = lookBy(state, { SOPInstanceUID: '1.2', frame: frameNumber });
    const grey = new Uint32Array(65_536);
    greyTable(picture, window as Window, inverted, grey);
    return [-2, -1, 0, 1].map((value) => (grey[value & 0xffff] ?? 0) & 0xff);
  };
  expect(shown(2)).toEqual([255, 170, 85, 0]);
  expect(shown(1)).toEqual([255, 255, 85, 85]);
});

test('a cine loops, goes there and back, or ends; at the time its object says', () => {
  const from = (index: number, forward = true) => ({ index, forward });
  expect(nextFrame(from(2), 3, 'loop')).toEqual(from(0));
  expect(nextFrame(from(2), 3, 'sway')).toEqual(from(1, false));
  expect(nextFrame(from(0, false), 3, 'sway')).toEqual(from(1));
  expect(nextFrame(from(2), 3, 'once')).toBeUndefined();
  expect(nextFrame(from(0), 1, 'loop')).toBeUndefined();
  expect([frameMs(40, 1), frameMs(40, 2), frameMs(undefined, 1), frameMs(1, 4)]).toEqual([40, 20, 100, 16]);
});

/** A slide that loads when it is told to. */
function slideOf(key: string) {
  const loads: { readonly signal: AbortSignal; readonly done: () => void; readonly fail: () => void }[] = [];
  const slide: Slide = {
    ...{ key, owner: 'exam', subject: key },
    load: (signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(new DOMException('', 'AbortError')));
        loads.push({ signal, done: () => resolve(frameOf()), fail: () => reject(new Error('bad')) });
      }),
  };
  return { slide, loads };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('pictures are fetched ahead a few at a time, nearest first, and no longer when nobody wants them', async () => {
  const cache = new FrameCache(1e6, 2);
  const stack = Array.from({ length: 4 }, (_, n) => slideOf(String(n)));
  const viewport = {};
  cache.want(
    viewport,
    stack.map(({ slide }) => slide),
  );
  expect(stack.map(({ loads }) => loads.length)).toEqual([1, 1, 0, 0]);
  stack[0]?.loads[0]?.done();
  await settle();
  expect(stack.map(({ loads }) => loads.length)).toEqual([1, 1, 1, 0]);
  cache.want(viewport, []);
  expect(stack.slice(1, 3).every(({ loads }) => loads[0]?.signal.aborted)).toBe(true);
  expect(cache.peek('0')).toBeDefined();
});

test('a picture that cannot be drawn is not asked for again ahead of time, and leaves the others', async () => {
  const cache = new FrameCache(1e6, 2);
  const [bad, good] = [slideOf('bad'), slideOf('good')];
  cache.want({}, [bad.slide, good.slide]);
  bad.loads[0]?.fail();
  good.loads[0]?.done();
  await settle();
  cache.want({}, [bad.slide, good.slide]);
  expect(bad.loads).toHaveLength(1);
  expect(cache.peek('good')).toBeDefined();
});

test('what is kept of pictures stays below its bound', async () => {
  const cache = new FrameCache(150, 4);
  for (const key of ['a', 'b', 'c', 'd']) {
    const { slide, loads } = slideOf(key);
    const got = cache.get(slide);
    loads[0]?.done();
    await got;
  }
  expect(cache.sizeBytes).toBeLessThanOrEqual(150);
  expect(cache.peek('a')).toBeUndefined();
  expect(cache.peek('d')).toBeDefined();
});

test('two exams are of one patient only where the IDs say so and nothing contradicts', () => {
  const said = (values: Readonly<Record<string, string>>) => (keyword: string) => values[keyword] ?? '';
  const ute = { PatientID: '118843', PatientName: 'Brandt^Ute', PatientBirthDate: '19700102' };
  expect(likenessOf(said(ute), said({ ...ute, PatientName: 'BRANDT^UTE' }))).toBe('same');
  expect(likenessOf(said(ute), said({ ...ute, PatientID: '' }))).toBe('unknown');
  expect(likenessOf(said(ute), said({ ...ute, PatientID: '118844' }))).toBe('different');
  expect(likenessOf(said(ute), said({ ...ute, PatientBirthDate: '19700201' }))).toBe('different');
  expect(likenessOf(said({ ...ute, IssuerOfPatientID: 'A' }), said({ ...ute, IssuerOfPatientID: 'B' }))).toBe(
    'different',
  );
});

test('a picture with fewer bytes than it says is told as one that cannot be shown, not as a lost connection', async () => {
  const short = { ...frameOf(), bytes: new ArrayBuffer(3) };
  const slide: Slide = { key: 'a/0', owner: 'exam', subject: 'a', load: () => Promise.resolve(short) };
  const thrown: unknown = await new FrameCache().get(slide).catch((error: unknown) => error);
  expect(readTrouble(thrown)).toEqual({ code: 'picture-undecodable', params: { reason: 'not-shown' } });
});

test('a window steps as finely as the values do, and none of a linear function is narrower than one', () => {
  const exact = { voiFunction: 'LINEAR_EXACT', windows: [] } as const;
  const whole = toPicture(frameOf());
  expect([finestStep(whole), narrowest(whole)]).toEqual([1, 1]);
  const fine = toPicture(frameOf({ ...exact, rescale: { slope: 0.001, intercept: 0 } }));
  expect([finestStep(fine), narrowest(fine)]).toEqual([0.001, 0.001]);
  const float = toPicture({
    ...frameOf({ ...exact, bitsAllocated: 32, float: true, min: 0, max: 0.5, rescale: { slope: 1, intercept: 0 } }),
    bytes: new Float32Array(24).buffer as ArrayBuffer,
  });
  expect(narrowest(float)).toBeCloseTo(0.5 / 4096, 9);
  expect(float.window.width).toBe(0.5);
  const last = presetsFor('OT', float).at(-1);
  expect(last?.window?.width).toBe(0.5);
});
