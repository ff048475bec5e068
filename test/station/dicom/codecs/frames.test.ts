// Frames of the samples and of objects made for one purpose each, decoded in real worker threads.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nativePixelElement, openFrameReader, type FrameReader } from '#station/dicom/codecs/index.ts';
import type { FrameAnswer, RawFrame } from '#station/model/raw-frame.ts';
import { fragments, requestFor, samples, writeObject } from './requests.ts';

const explicit = '1.2.840.10008.1.2.1';
const rle = '1.2.840.10008.1.2.5';
let folder: string;
let reader: FrameReader;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'frames-'));
  reader = openFrameReader({ workers: 1 });
});
afterAll(async () => {
  await reader.close();
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string) => path.join(folder, name);
const read = async (file: string, frame = 0) => reader.frame(await requestFor(file, frame));

function drawn(answer: FrameAnswer): RawFrame {
  if (answer.kind !== 'frame') throw new Error(`not drawable: ${answer.reason}`);
  return answer;
}

describe('one picture in many transfer syntaxes', () => {
  it.each(['implicit-little-endian', 'explicit-big-endian', 'rle', 'jpeg-2000-lossless', 'jpeg-ls-lossless'])(
    'has the same values in %s',
    async (name) => {
      const expected = drawn(await read(path.join(samples, 'syntaxes/explicit-little-endian.dcm')));
      const frame = drawn(await read(path.join(samples, `syntaxes/${name}.dcm`)));
      expect({ ...frame, bytes: Buffer.from(frame.bytes).toString('hex') }).toEqual({
        ...expected,
        bytes: Buffer.from(expected.bytes).toString('hex'),
      });
    },
  );

  it('is read when the data set is deflated', async () => {
    expect(drawn(await read(path.join(samples, 'syntaxes/deflated.dcm')))).toMatchObject({ rows: 512, columns: 512 });
  });

  it('is read from JPEG lossless with signed 16-bit values', async () => {
    const frame = drawn(await read(path.join(samples, 'syntaxes/jpeg-lossless.dcm')));
    expect(frame).toMatchObject({ rows: 1024, columns: 256, bitsAllocated: 16, signed: true });
    expect(frame.max).toBeGreaterThan(100);
  });

  it('is read from JPEG of 12 bits', async () => {
    const frame = drawn(await read(path.join(samples, 'syntaxes/jpeg-extended-12-bit.dcm')));
    expect(frame).toMatchObject({ bitsAllocated: 16 });
    expect(frame.max).toBeLessThan(4096);
    expect(frame.max).toBeGreaterThan(255);
  });
});

describe('colour', () => {
  it('of a JPEG in YCbCr becomes RGB', async () => {
    const frame = drawn(await read(path.join(samples, 'syntaxes/jpeg-baseline.dcm')));
    expect(frame).toMatchObject({ samples: 3, photometric: 'RGB', bitsAllocated: 8, windows: [] });
    // The sample begins with a red stripe.
    const [red, green, blue] = frame.bytes;
    expect(red).toBeGreaterThan(245);
    expect(green! + blue!).toBeLessThan(20);
  });

  it('by plane and by pixel is the same picture', async () => {
    const pixels = Buffer.from([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120]);
    const planes = Buffer.from([10, 40, 70, 100, 20, 50, 80, 110, 30, 60, 90, 120]);
    const geometry = { rows: 2, columns: 2, samples: 3, photometric: 'RGB' };
    const planar = (value: number) => [{ keyword: 'PlanarConfiguration', value }];
    const one = writeObject(at('px'), explicit, { ...geometry, more: planar(0) }, nativePixelElement(pixels, 8));
    const two = writeObject(at('pl'), explicit, { ...geometry, more: planar(1) }, nativePixelElement(planes, 8));
    expect(drawn(await reader.frame(one)).bytes).toEqual(new Uint8Array(pixels));
    expect(drawn(await reader.frame(two)).bytes).toEqual(new Uint8Array(pixels));
  });

  it('of an uncompressed YBR_FULL_422 object is spread over both pixels', async () => {
    const geometry = { rows: 1, columns: 2, samples: 3, photometric: 'YBR_FULL_422' };
    const request = writeObject(at('422'), explicit, geometry, nativePixelElement(Buffer.from([76, 150, 85, 255]), 8));
    const [r1, g1, b1, r2] = drawn(await reader.frame(request)).bytes;
    expect([r1, g1, b1]).toEqual([254, 0, 0]);
    expect(r2).toBe(255);
  });

  it('of a palette is looked up', async () => {
    const table = (...values: number[]) => Buffer.from(Uint16Array.from(values).buffer);
    const lut = (colour: string, values: Buffer) => [
      { keyword: `${colour}PaletteColorLookupTableDescriptor`, vr: 'US', value: [3, 0, 16] },
      { keyword: `${colour}PaletteColorLookupTableData`, vr: 'OW', value: values },
    ];
    const more = [
      ...lut('Red', table(0, 0x8000, 0xffff)),
      ...lut('Green', table(0xffff, 0, 0)),
      ...lut('Blue', table(0, 0, 0x4000)),
    ];
    const geometry = { rows: 1, columns: 4, photometric: 'PALETTE COLOR', more };
    const request = writeObject(at('palette'), explicit, geometry, nativePixelElement(Buffer.from([0, 1, 2, 9]), 8));
    const frame = drawn(await reader.frame(request));
    expect([...frame.bytes]).toEqual([0, 255, 0, 128, 0, 0, 255, 0, 64, 255, 0, 64]);
  });
});

describe('grey values', () => {
  const values = (...list: number[]) => Buffer.from(Int16Array.from(list).buffer);

  it('are freed of overlays in the high bits', async () => {
    const geometry = { rows: 1, columns: 3, bitsAllocated: 16, bitsStored: 12 };
    const request = writeObject(at('high'), explicit, geometry, nativePixelElement(values(0x1005, 7, 0x3fff), 16));
    const frame = drawn(await reader.frame(request));
    expect(new Uint16Array(frame.bytes.buffer)).toEqual(Uint16Array.from([5, 7, 0xfff]));
  });

  it('of 12 signed bits get their sign', async () => {
    const geometry = { rows: 1, columns: 3, bitsAllocated: 16, bitsStored: 12, signed: true };
    const request = writeObject(at('sign'), explicit, geometry, nativePixelElement(values(0x0fff, 0x0800, 1), 16));
    expect(drawn(await reader.frame(request))).toMatchObject({ signed: true, min: -2048, max: 1 });
  });

  it('leave padding out of range and window', async () => {
    const more = [{ keyword: 'PixelPaddingValue', vr: 'SS', value: -2000 }];
    const geometry = { rows: 1, columns: 4, bitsAllocated: 16, signed: true, more };
    const request = writeObject(at('pad'), explicit, geometry, nativePixelElement(values(-2000, 10, 20, -2000), 16));
    const frame = drawn(await reader.frame(request));
    expect(frame).toMatchObject({ min: 10, max: 20, padding: { from: -2000, to: -2000 }, windowsFrom: 'computed' });
    expect(frame.windows).toEqual([{ center: 15.5, width: 11 }]);
  });

  it('are shown with the windows that the object names, and without one of width 0', async () => {
    const more = [
      { keyword: 'WindowCenter', value: [40, 300] },
      { keyword: 'WindowWidth', value: [400, 0] },
      { keyword: 'RescaleSlope', value: 2 },
      { keyword: 'RescaleIntercept', value: -1024 },
    ];
    const geometry = { rows: 1, columns: 2, bitsAllocated: 16, more };
    const request = writeObject(at('window'), explicit, geometry, nativePixelElement(values(0, 100), 16));
    expect(drawn(await reader.frame(request))).toMatchObject({
      windows: [{ center: 40, width: 400 }],
      windowsFrom: 'object',
      rescale: { slope: 2, intercept: -1024 },
    });
  });

  it('of one bit each are unpacked, also where a frame begins inside a byte', async () => {
    const geometry = { rows: 1, columns: 3, bitsAllocated: 1, frames: 2 };
    const request = writeObject(at('bits'), explicit, geometry, nativePixelElement(Buffer.from([0b101101]), 8));
    expect([...drawn(await reader.frame(request)).bytes]).toEqual([1, 0, 1]);
    expect([...drawn(await reader.frame({ ...request, frame: 1 })).bytes]).toEqual([1, 0, 1]);
  });
});

describe('frames of a cine', () => {
  it('are all there, and there is no thirty-first', async () => {
    const file = path.join(samples, 'cine/ultrasound-30-frames.dcm');
    const first = drawn(await read(file, 0));
    const last = drawn(await read(file, 29));
    expect(Buffer.from(first.bytes).equals(Buffer.from(last.bytes))).toBe(false);
    expect(await read(file, 30)).toEqual({ kind: 'not-drawable', reason: 'no-such-frame' });
    expect(await read(file, -1)).toEqual({ kind: 'not-drawable', reason: 'no-such-frame' });
  });

  // Two pixels of one value, as an RLE frame of one segment.
  const packed = (value: number) => {
    const frame = Buffer.alloc(66);
    frame[0] = 1;
    frame.writeUInt32LE(64, 4);
    frame[64] = 255;
    frame[65] = value;
    return frame;
  };
  const geometry = { rows: 1, columns: 2, frames: 3 };
  const [a, b, c] = [packed(1), packed(2), packed(3)];
  const valueOf = async (request: Parameters<FrameReader['frame']>[0], frame: number) =>
    drawn(await reader.frame({ ...request, frame })).bytes[0];

  it('are found by the offset table', async () => {
    const request = writeObject(at('bot'), rle, geometry, fragments([0, 74, 148], [a, b, c]));
    expect([await valueOf(request, 0), await valueOf(request, 1), await valueOf(request, 2)]).toEqual([1, 2, 3]);
  });

  it('are found without a table when each has one fragment', async () => {
    const request = writeObject(at('no-bot'), rle, geometry, fragments([], [a, b, c]));
    expect([await valueOf(request, 0), await valueOf(request, 1), await valueOf(request, 2)]).toEqual([1, 2, 3]);
  });

  it('are found without a table when they are split', async () => {
    const parts = [a.subarray(0, 40), a.subarray(40), b, c.subarray(0, 64), c.subarray(64)];
    const request = writeObject(at('split'), rle, geometry, fragments([], parts));
    expect([await valueOf(request, 0), await valueOf(request, 1), await valueOf(request, 2)]).toEqual([1, 2, 3]);
  });

  it('are found by the extended offset table', async () => {
    const list = (...numbers: number[]) => Buffer.from(BigUint64Array.from(numbers.map(BigInt)).buffer);
    const more = [
      { tag: 0x7fe00001, vr: 'OV', value: list(148, 74, 0) },
      { tag: 0x7fe00002, vr: 'OV', value: list(66, 66, 66) },
    ];
    const request = writeObject(at('ext'), rle, { ...geometry, more }, fragments([], [a, b, c]));
    expect([await valueOf(request, 0), await valueOf(request, 1), await valueOf(request, 2)]).toEqual([3, 2, 1]);
  });
});

describe('what cannot be drawn is said, and nothing is allocated for it', () => {
  const lying = { rows: 65_535, columns: 65_535, bitsAllocated: 16 };
  const reasonOf = async (request: Parameters<FrameReader['frame']>[0]) => {
    const answer = await reader.frame(request);
    return answer.kind === 'frame' ? 'frame' : answer.reason;
  };

  it('a header that claims gigabytes', async () => {
    expect(await reasonOf(writeObject(at('lie'), explicit, lying, nativePixelElement(Buffer.alloc(64), 16)))).toBe(
      'too-large',
    );
    const small = { ...lying, rows: 16_000, columns: 16_000 };
    expect(await reasonOf(writeObject(at('lie2'), explicit, small, nativePixelElement(Buffer.alloc(64), 16)))).toBe(
      'truncated',
    );
    expect(await reasonOf(writeObject(at('lie3'), rle, small, fragments([], [Buffer.alloc(64)])))).toBe(
      'geometry-lies',
    );
  });

  it('a codestream that claims another size than the header', async () => {
    const bytes = readFileSync(path.join(samples, 'syntaxes/jpeg-baseline.dcm'));
    const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
    bytes.writeUInt16BE(65_535, frame + 5);
    writeFileSync(at('sof'), bytes);
    expect(await reasonOf(await requestFor(at('sof')))).toBe('geometry-lies');
  });

  it('a file that is cut off', async () => {
    const bytes = readFileSync(path.join(samples, 'syntaxes/explicit-little-endian.dcm'));
    writeFileSync(at('cut'), bytes.subarray(0, bytes.length - 500));
    expect(await reasonOf(await requestFor(at('cut')))).toBe('truncated');
  });

  it('a video, a syntax nobody knows, an object without pixels, a file that is gone', async () => {
    const geometry = { rows: 1, columns: 2 };
    const some = fragments([], [Buffer.alloc(64)]);
    expect(await reasonOf(writeObject(at('video'), '1.2.840.10008.1.2.4.102', geometry, some))).toBe('video');
    expect(await reasonOf(writeObject(at('private'), '1.2.3.4', geometry, some))).toBe('syntax-unknown');
    expect(await reasonOf(writeObject(at('none'), explicit, geometry, []))).toBe('no-pixels');
    expect(await reasonOf({ path: at('gone'), dataSetOffset: 0, transferSyntax: explicit, frame: 0 })).toBe(
      'file-missing',
    );
  });

  it('a compressed frame that is noise', async () => {
    for (const last of ['4.50', '4.70', '4.80', '4.90', '4.201']) {
      const request = writeObject(
        at(`noise-${last}`),
        `1.2.840.10008.1.2.${last}`,
        { rows: 8, columns: 8 },
        fragments([], [Buffer.alloc(400, 0x5a)]),
      );
      expect(await reasonOf(request)).toBe('codestream-broken');
    }
  });
});

describe('a smaller frame', () => {
  it('keeps proportion, window and range', async () => {
    const request = await requestFor(path.join(samples, 'cr-typed-wrong/CR000001.dcm'));
    const whole = drawn(await reader.frame(request));
    const small = drawn(await reader.frame({ ...request, longestSide: 192 }));
    expect(Math.max(small.rows, small.columns)).toBe(192);
    expect(small).toMatchObject({ windows: whole.windows, min: whole.min, max: whole.max, ofRows: whole.rows });
    expect(small.bytes.length).toBe(small.rows * small.columns * 2);
  });

  it('is never larger than the picture', async () => {
    const request = await requestFor(path.join(samples, 'syntaxes/rle.dcm'));
    expect(drawn(await reader.frame({ ...request, longestSide: 192 }))).toMatchObject({ rows: 64, columns: 64 });
  });
});
