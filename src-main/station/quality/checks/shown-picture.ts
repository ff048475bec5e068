// A reduced frame as eight bits a pixel, the way it is shown at first: what the checks look at. Pure.
import type { RawFrame } from '#station/model/raw-frame.ts';

export type ShownPicture = {
  readonly columns: number;
  readonly rows: number;
  /** Grey 0 to 255; of colour its brightness. Padding is 0. */
  readonly grey: Uint8Array;
  /** Red, green and blue, of colour only. */
  readonly colour: Uint8Array | null;
  /** Stored values, of grey only. */
  readonly stored: ArrayLike<number> | null;
  readonly frame: RawFrame;
};

export function showFrame(frame: RawFrame): ShownPicture {
  const { columns, rows } = frame;
  const pixels = columns * rows;
  if (frame.samples === 3) {
    const colour = frame.bytes;
    const grey = new Uint8Array(pixels);
    for (let n = 0, at = 0; n < pixels; n++, at += 3)
      grey[n] = (colour[at]! * 77 + colour[at + 1]! * 151 + colour[at + 2]! * 28) >> 8;
    return { columns, rows, grey, colour, stored: null, frame };
  }
  const stored = storedValues(frame);
  const { center, width } = frame.windows[0] ?? { center: 128, width: 256 };
  const { slope, intercept } = frame.rescale;
  const isInverse = frame.photometric === 'MONOCHROME1';
  const span = Math.max(1e-9, width - 1);
  const grey = new Uint8Array(pixels);
  for (let n = 0; n < pixels; n++) {
    const value = stored[n]!;
    if (frame.padding && value >= frame.padding.from && value <= frame.padding.to) continue;
    const x = value * slope + intercept;
    const part =
      frame.voiFunction === 'SIGMOID'
        ? 1 / (1 + Math.exp((-4 * (x - center)) / width))
        : (x - center + 0.5) / span + 0.5;
    const shade = part <= 0 ? 0 : part >= 1 ? 255 : Math.round(part * 255);
    grey[n] = isInverse ? 255 - shade : shade;
  }
  return { columns, rows, grey, colour: null, stored, frame };
}

function storedValues({ bytes, bitsAllocated, signed, float }: RawFrame): ArrayLike<number> {
  const length = bytes.length / (bitsAllocated / 8);
  if (float) return new Float32Array(bytes.buffer, bytes.byteOffset, length);
  if (bitsAllocated === 8) return signed ? new Int8Array(bytes.buffer, bytes.byteOffset, length) : bytes;
  if (bitsAllocated === 16)
    return signed
      ? new Int16Array(bytes.buffer, bytes.byteOffset, length)
      : new Uint16Array(bytes.buffer, bytes.byteOffset, length);
  return signed
    ? new Int32Array(bytes.buffer, bytes.byteOffset, length)
    : new Uint32Array(bytes.buffer, bytes.byteOffset, length);
}
