// What the viewer does with values, as numbers.
import { expect, test } from 'vitest';
import { levelFor, toPicture, type Frame } from '#ui/viewer/picture.ts';
import { greyTable, makeToneRoom, tone } from '#ui/viewer/tones.ts';

const frameOf = (values: Int16Array, header: Partial<Frame['header']>): Frame => ({
  header: {
    rows: 4,
    columns: 4,
    samples: 1,
    bitsAllocated: 16,
    signed: true,
    photometric: 'MONOCHROME2',
    windows: [{ center: 40, width: 400 }],
    voiFunction: 'LINEAR',
    rescale: { slope: 1, intercept: -1024 },
    min: -2000,
    max: 3000,
    pixelAspect: 1,
    ...header,
  },
  bytes: values.buffer as ArrayBuffer,
});

const grey = (table: Uint32Array, value: number) => (table[value & 0xffff] ?? 0) & 0xff;

test('a window reaches from black to white (PS3.3 C.11.2.1.2)', () => {
  const picture = toPicture(frameOf(new Int16Array(16), {}));
  const table = new Uint32Array(65_536);
  greyTable(picture, { center: 40, width: 400 }, false, table);
  expect(grey(table, 1024 - 161)).toBe(0);
  expect(grey(table, 1024 + 240)).toBe(255);
  expect(grey(table, 1024 + 40)).toBeGreaterThan(126);
  expect(grey(table, 1024 + 40)).toBeLessThan(130);
  greyTable(picture, { center: 40, width: 400 }, true, table);
  expect(grey(table, 1024 + 240)).toBe(0);
});

test('MONOCHROME1 shows its least value white, and padding is ground in either tone', () => {
  const picture = toPicture(
    frameOf(new Int16Array(16), { photometric: 'MONOCHROME1', padding: { from: -2000, to: -2000 } }),
  );
  const table = new Uint32Array(65_536);
  greyTable(picture, { center: 40, width: 400 }, false, table);
  expect(grey(table, 0)).toBe(255);
  expect(grey(table, -2000)).toBe(0);
});

test('a smaller copy is the average of the larger, also below zero', () => {
  const values = Int16Array.from([-8, -4, 0, 0, -8, -4, 0, 0, 10, 20, 1, 1, 30, 40, 1, 1]);
  const { level, factor } = levelFor(toPicture(frameOf(values, {})), 0.5);
  expect(factor).toBe(2);
  expect([...level.values]).toEqual([-6, 0, 25, 1]);
});

test('a frame with fewer bytes than pixels is refused', () => {
  expect(() => toPicture(frameOf(new Int16Array(15), {}))).toThrow(RangeError);
});

/** A frame with these bytes behind its values, as they come from the station. */
function frameWith(values: Int16Array, header: Partial<Frame['header']>, behind: readonly number[]): Frame {
  const bytes = new Uint8Array(values.byteLength + behind.length);
  bytes.set(new Uint8Array(values.buffer as ArrayBuffer));
  bytes.set(behind, values.byteLength);
  return { ...frameOf(values, header), bytes: bytes.buffer };
}

test('a VOI look-up table that the object brings is what it is shown with at first', () => {
  const picture = toPicture(
    frameWith(
      new Int16Array(16),
      {
        luts: [{ item: 0, name: 'HARDER', first: 10, bits: 8, entries: 3, at: 0 }],
        rescale: { slope: 1, intercept: 0 },
      },
      [0, 0, 51, 0, 255, 0],
    ),
  );
  expect(picture.choices).toEqual([
    { center: 11.5, width: 3, lut: 0, name: 'HARDER' },
    { center: 40, width: 400 },
  ]);
  const table = new Uint32Array(65_536);
  greyTable(picture, picture.window, false, table);
  expect([9, 10, 11, 12, 13].map((value) => grey(table, value))).toEqual([0, 0, 51, 255, 255]);
});

test('values beyond grey are shown in the colours that belong to them', () => {
  const picture = toPicture(
    frameWith(new Int16Array(16), { supplemental: { first: 1000, entries: 2, at: 0 } }, [255, 0, 0, 0, 0, 255]),
  );
  const table = new Uint32Array(65_536);
  greyTable(picture, picture.window, true, table);
  expect([1000, 1001, 2999].map((value) => (table[value] ?? 0).toString(16))).toEqual([
    'ff0000ff',
    'ffff0000',
    'ffff0000',
  ]);
});

test('tables and planes that do not lie behind the values are left out', () => {
  const lying = { rows: 400, columns: 400, x: 0, y: 0, kind: 'graphic' as const, group: 0x6000, at: 0, sizeBytes: 2 };
  const picture = toPicture(
    frameWith(
      new Int16Array(16),
      {
        luts: [{ item: 0, first: 0, bits: 16, entries: 4000, at: 0 }],
        overlays: [lying],
        supplemental: { first: 0, entries: 9, at: 0 },
      },
      [1, 2],
    ),
  );
  expect(picture).toMatchObject({ luts: [], overlays: [], window: { center: 40 } });
  expect(picture.supplemental).toBeUndefined();
});

test('values of 32 bits and numbers with a point are shown at any window, however narrow', () => {
  const values = Int32Array.from([1_000_000, 1_000_001, 1_000_002, 1_000_003]);
  const header = { rows: 2, columns: 2, bitsAllocated: 32 as const, min: 0, max: 2e9 };
  const shown = (picture: ReturnType<typeof toPicture>, window: { center: number; width: number }) => {
    const out = new Uint32Array(4);
    tone({ picture, window, inverted: false }, picture.levels[0]!.values, out, makeToneRoom());
    return [...out].map((each) => each & 0xff);
  };
  const plain = { ...header, rescale: { slope: 1, intercept: 0 } };
  const whole = toPicture({ ...frameOf(new Int16Array(0), plain), bytes: values.buffer });
  expect(shown(whole, { center: 1_000_002, width: 4 })).toEqual([0, 85, 170, 255]);
  const points = Float32Array.from([0, 0.25, NaN, 1]);
  const exact = {
    ...plain,
    float: true as const,
    voiFunction: 'LINEAR_EXACT' as const,
    photometric: 'MONOCHROME1' as const,
  };
  const float = toPicture({ ...frameOf(new Int16Array(0), exact), bytes: points.buffer });
  expect(shown(float, { center: 0.5, width: 1 })).toEqual([255, 191, 0, 0]);
});
