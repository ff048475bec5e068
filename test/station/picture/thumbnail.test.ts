// Thumbnails and the window that is applied to them.
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { RawFrame } from '#station/model/raw-frame.ts';
import { makeThumbnail, sniffPicture, toScreen } from '#station/picture/index.ts';

const grey = (values: readonly number[], more: Partial<RawFrame> = {}): RawFrame => ({
  kind: 'frame',
  rows: 1,
  columns: values.length,
  ofRows: 1,
  ofColumns: values.length,
  samples: 1,
  bitsAllocated: 16,
  signed: true,
  bytes: new Uint8Array(Int16Array.from(values).buffer),
  photometric: 'MONOCHROME2',
  windows: [{ center: 128, width: 256 }],
  windowsFrom: 'object',
  voiFunction: 'LINEAR',
  rescale: { slope: 1, intercept: 0 },
  min: 0,
  max: 0,
  pixelAspect: 1,
  ...more,
});

describe('the window', () => {
  it('maps its ends to black and white and keeps the values of an eight-bit picture', () => {
    expect([...toScreen(grey([-5, 0, 1, 127, 255, 300]))]).toEqual([0, 0, 1, 127, 255, 255]);
  });

  it('is applied after rescale', () => {
    const frame = grey([100, 150], { rescale: { slope: 2, intercept: -100 }, windows: [{ center: 150, width: 101 }] });
    expect([...toScreen(frame)]).toEqual([1, 255]);
  });

  it('is inverted for MONOCHROME1, and padding is black all the same', () => {
    const frame = grey([0, 255, -9], { photometric: 'MONOCHROME1', padding: { from: -9, to: -9 } });
    expect([...toScreen(frame)]).toEqual([255, 0, 0]);
  });

  it('of width 1 is a threshold', () => {
    expect([...toScreen(grey([4, 5, 6], { windows: [{ center: 5.5, width: 1 }] }))]).toEqual([0, 0, 255]);
  });

  it('may be a curve', () => {
    const [low, middle, high] = toScreen(grey([0, 128, 256], { voiFunction: 'SIGMOID' }));
    expect(middle).toBe(128);
    expect(low! + high!).toBe(255);
  });
});

describe('a thumbnail', () => {
  it('is a JPEG of at most 192 pixels', async () => {
    const frame = grey(new Array<number>(400 * 300).fill(90), { rows: 300, columns: 400 });
    const jpeg = await makeThumbnail(frame);
    expect(await sharp(jpeg).metadata()).toMatchObject({ format: 'jpeg', width: 192, height: 144 });
    expect([...(await sharp(jpeg).toColourspace('b-w').raw().toBuffer())].every((value) => value === 90)).toBe(true);
  });

  it('of a picture with flat pixels has the right shape', async () => {
    const frame = grey(new Array<number>(100 * 100).fill(90), { rows: 100, columns: 100, pixelAspect: 0.5 });
    expect(await sharp(await makeThumbnail(frame)).metadata()).toMatchObject({ width: 100, height: 50 });
  });
});

describe('a file', () => {
  it('is known by its first bytes', () => {
    expect(sniffPicture(Buffer.from([0xff, 0xd8, 0xff, 0xe0]))).toBe('jpeg');
    expect(sniffPicture(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))).toBe('png');
    expect(sniffPicture(Buffer.from('%PDF-1.7'))).toBe(undefined);
    expect(sniffPicture(Buffer.alloc(0))).toBe(undefined);
  });
});
