// Frames with what a person chose in them: pixels that are made black, a part of the picture, turned, drawn on. Words of 8, 16
// and 32 bits, grey, palette or colour, as they stand in the file; what is not changed keeps every bit.
//
// Pure but for the mask of drawings, which is made before. Refuses, by a reason, what black or white would mean nothing for.
import { ybrToRgb, type NativeOutlook, type NativePixels } from '#station/dicom/codecs/index.ts';
import type { Mask } from '#station/picture/index.ts';
import type { PixelBox } from './markup-rules.ts';
import { shownInRow, type Shutters } from './shutter-elements.ts';
import { geometryOf, type Change } from './turns.ts';

/** The stored word of each sample of a black and of a white pixel. */
export type Tones = { readonly black: readonly number[]; readonly white: readonly number[] };

export type BakeWish = {
  readonly pixels: NativePixels;
  readonly tones: Tones;
  readonly change: Change;
  /** In pixels of the source. */
  readonly redactions: readonly PixelBox[];
  /** In pixels of the source, counted from 1; null when nothing is shut. */
  readonly shutters: Shutters | null;
  /** Of the result. */
  readonly mask?: Mask['values'] | undefined;
  /** Colour that is inverted or windowed: every 8-bit sample by this table. */
  readonly colourTable: Uint8Array | null;
  /** YBR_FULL becomes red, green and blue on the way. */
  readonly toRgb?: boolean;
};

/** One frame of the result. Its length is that of every other one. */
export async function bakeFrame(wish: BakeWish, frame: number): Promise<Buffer> {
  const { pixels } = wish;
  const source = await pixels.read(frame);
  blacken(source, wish);
  const turned = rearrange(source, wish);
  if (wish.toRgb) toRedGreenBlue(turned, pixels.planar);
  if (wish.colourTable) for (let i = 0; i < turned.length; i++) turned[i] = wish.colourTable[turned[i] ?? 0] ?? 0;
  if (wish.mask) drawOn(turned, wish.mask, wish);
  return turned;
}

function toRedGreenBlue(bytes: Buffer, planar: boolean): void {
  if (!planar) return ybrToRgb(bytes);
  const count = bytes.length / 3;
  const pixel = new Uint8Array(3);
  for (let i = 0; i < count; i++) {
    for (let sample = 0; sample < 3; sample++) pixel[sample] = bytes[sample * count + i] ?? 0;
    ybrToRgb(pixel);
    for (let sample = 0; sample < 3; sample++) bytes[sample * count + i] = pixel[sample] ?? 0;
  }
}

type Words = Uint8Array | Uint16Array | Uint32Array;

function wordsOf(bytes: Buffer, bitsAllocated: number): Words {
  const aligned = bytes.byteOffset % 4 === 0;
  if (!aligned) throw new Error('a frame owns its buffer');
  if (bitsAllocated === 8) return bytes;
  const length = bytes.length / (bitsAllocated / 8);
  return bitsAllocated === 16
    ? new Uint16Array(bytes.buffer, bytes.byteOffset, length)
    : new Uint32Array(bytes.buffer, bytes.byteOffset, length);
}

/** Where the samples of a pixel stand: side by side, or plane after plane. */
function stepsOf(
  { samples, planar }: NativePixels,
  count: number,
): { readonly pixel: number; readonly sample: number } {
  return planar && samples > 1 ? { pixel: 1, sample: count } : { pixel: samples, sample: 1 };
}

function blacken(bytes: Buffer, { pixels, tones, redactions, shutters }: BakeWish): void {
  const { rows, columns, samples } = pixels;
  const words = wordsOf(bytes, pixels.bitsAllocated);
  const steps = stepsOf(pixels, rows * columns);
  const fill = (column: number, row: number) => {
    for (let sample = 0; sample < samples; sample++) {
      words[(row * columns + column) * steps.pixel + sample * steps.sample] = tones.black[sample] ?? 0;
    }
  };
  for (const { left, top, right, bottom } of redactions) {
    for (let row = top; row < bottom; row++) for (let column = left; column < right; column++) fill(column, row);
  }
  if (!shutters) return;
  for (let row = 0; row < rows; row++) {
    const shown = shownInRow(shutters, row, columns);
    for (let column = 0; column < columns; column++) if (shown[column] === 0) fill(column, row);
  }
}

function rearrange(bytes: Buffer, { pixels, change }: BakeWish): Buffer {
  const { rows, columns, samples, bitsAllocated } = pixels;
  const to = geometryOf(change);
  const { crop, rotation, flipped } = change;
  const isWhole = crop.left === 0 && crop.top === 0 && crop.right === columns && crop.bottom === rows;
  if (isWhole && rotation === 0 && !flipped) return bytes;
  const count = to.rows * to.columns;
  const out = Buffer.from(new ArrayBuffer((count * samples * bitsAllocated) / 8));
  const [from, into] = [wordsOf(bytes, bitsAllocated), wordsOf(out, bitsAllocated)];
  const [read, write] = [stepsOf(pixels, rows * columns), stepsOf(pixels, count)];
  for (let row = 0; row < to.rows; row++) {
    const [firstColumn, firstRow] = to.sourceOf(0, row);
    const [nextColumn, nextRow] = to.sourceOf(1, row);
    const step = ((nextRow - firstRow) * columns + (nextColumn - firstColumn)) * read.pixel;
    let at = (firstRow * columns + firstColumn) * read.pixel;
    for (let column = 0; column < to.columns; column++, at += step) {
      const place = (row * to.columns + column) * write.pixel;
      for (let sample = 0; sample < samples; sample++) {
        into[place + sample * write.sample] = from[at + sample * read.sample] ?? 0;
      }
    }
  }
  return out;
}

function drawOn(bytes: Buffer, mask: Uint8Array, { pixels, tones: stored, toRgb }: BakeWish): void {
  const tones = toRgb ? inRgb : stored;
  const words = wordsOf(bytes, pixels.bitsAllocated);
  const steps = stepsOf(pixels, mask.length);
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    const tone = mask[i] === 2 ? tones.white : tones.black;
    for (let sample = 0; sample < pixels.samples; sample++) {
      words[i * steps.pixel + sample * steps.sample] = tone[sample] ?? 0;
    }
  }
}

const inRgb: Tones = { black: [0, 0, 0], white: [255, 255, 255] };

/**
 * What is black and what is white in the words of a picture. `range` are its least and greatest stored values; `isInverse`
 * when the lowest value is shown white. Undefined where that cannot be said.
 */
export function tonesOf(
  pixels: Omit<NativeOutlook, 'inBits' | 'frames'>,
  range: { readonly min: number; readonly max: number },
  isInverse: boolean,
): Tones | undefined {
  const { photometric, samples, bitsAllocated, bitsStored, highBit, signed, float, palette } = pixels;
  if (float === 64) return undefined;
  if (float === 32) {
    const [black, white] = isInverse ? [range.max, range.min] : [range.min, range.max];
    return { black: [wordOfFloat(black)], white: [wordOfFloat(white)] };
  }
  if (photometric === 'RGB' && samples === 3)
    return { black: [0, 0, 0], white: Array<number>(3).fill(2 ** bitsStored - 1) };
  if (photometric === 'YBR_FULL' && samples === 3 && bitsStored === 8)
    return { black: [0, 128, 128], white: [255, 128, 128] };
  if (photometric === 'PALETTE COLOR' && palette) {
    const light = Array.from(
      palette[0].values,
      (red, n) => red + (palette[1].values[n] ?? 0) + (palette[2].values[n] ?? 0),
    );
    const [darkest, lightest] = [Math.min(...light), Math.max(...light)].map(
      (tone) => light.indexOf(tone) + palette[0].first,
    );
    return { black: [darkest ?? 0], white: [lightest ?? 0] };
  }
  if (samples !== 1 || !photometric.startsWith('MONOCHROME')) return undefined;
  // Unsigned pictures have nothing below 0; of signed ones the values that are there anyway, so that no window follows.
  const [low, high] = signed ? [range.min, range.max] : [0, Math.max(range.max, 1)];
  const word = (value: number): number => {
    const shift = highBit + 1 - bitsStored;
    const stored = (value & (2 ** bitsStored - 1)) >>> 0;
    // Without room above, a negative value fills its word with its sign, as most devices write it.
    const whole = signed && value < 0 && shift === 0 ? value >>> 0 : stored << shift;
    return bitsAllocated === 32 ? whole >>> 0 : whole & (2 ** bitsAllocated - 1);
  };
  return isInverse ? { black: [word(high)], white: [word(low)] } : { black: [word(low)], white: [word(high)] };
}

const wordOfFloat = (value: number): number => new Uint32Array(new Float32Array([value]).buffer)[0] ?? 0;
