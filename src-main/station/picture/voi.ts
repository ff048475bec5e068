// From stored values to what the eye sees: rescale, window, and the inversion of MONOCHROME1 (PS3.3 C.11.2.1.2).
import type { RawFrame } from '#station/model/raw-frame.ts';

/** Eight bits a sample as they belong on a screen, grey or RGB interleaved. Padding becomes black. */
export function toScreen(frame: RawFrame): Uint8Array {
  if (frame.samples === 3) return frame.bytes;
  const values = viewOf(frame);
  const screen = new Uint8Array(values.length);
  const inverse = frame.photometric === 'MONOCHROME1';
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (frame.padding && value >= frame.padding.from && value <= frame.padding.to) continue;
    const shown = shade(frame, value);
    screen[i] = inverse ? 255 - shown : shown;
  }
  return screen;
}

function shade(frame: RawFrame, value: number): number {
  const { center, width } = frame.windows[0] ?? { center: 128, width: 256 };
  const x = value * frame.rescale.slope + frame.rescale.intercept;
  if (frame.voiFunction === 'SIGMOID') return clamp(255 / (1 + Math.exp((-4 * (x - center)) / width)));
  if (frame.voiFunction === 'LINEAR_EXACT') return clamp(((x - center) / width + 0.5) * 255);
  // A linear window of width 1 is a threshold.
  if (width <= 1) return x <= center - 0.5 ? 0 : 255;
  return clamp(((x - (center - 0.5)) / (width - 1) + 0.5) * 255);
}

function clamp(value: number): number {
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.round(value);
}

function viewOf(frame: RawFrame): ArrayLike<number> {
  const { bytes } = frame;
  if (frame.float) return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const views = {
    8: frame.signed ? Int8Array : Uint8Array,
    16: frame.signed ? Int16Array : Uint16Array,
    32: frame.signed ? Int32Array : Uint32Array,
  };
  return new views[frame.bitsAllocated](
    frame.bytes.buffer,
    frame.bytes.byteOffset,
    frame.bytes.length / (frame.bitsAllocated / 8),
  );
}
