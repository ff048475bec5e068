// What the viewer does with values, as numbers.
import { expect, test } from 'vitest';
import { levelFor, toPicture, type Frame } from '#ui/viewer/picture.ts';
import { greyTable } from '#ui/viewer/tones.ts';

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
