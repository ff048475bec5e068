// What a grey frame needs besides its values: smallest, largest, and a window when the object names none.
import type { VoiWindow } from '#station/model/raw-frame.ts';
import type { LookUpTable } from './lookup-tables.ts';
import type { PixelHeader } from './pixel-header.ts';
import type { Samples } from './samples.ts';

export type Range = { readonly min: number; readonly max: number };

/** Smallest and largest value, padding left out; 0 and 0 when everything is padding. */
export function rangeOf(samples: Samples, padding: PixelHeader['padding']): Range {
  if (!padding) return plainRangeOf(samples);
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i]!;
    if (value >= padding.from && value <= padding.to) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return min > max ? { min: 0, max: 0 } : { min, max };
}

/** Whole numbers all the way: twice as fast as beginning at Infinity, and most frames have no padding. */
export function plainRangeOf(samples: Samples): Range {
  let min = samples[0] ?? 0;
  let max = min;
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i]!;
    if (value < min) min = value;
    else if (value > max) max = value;
  }
  return { min, max };
}

/** Of numbers that may be no number or without end; those count as nothing. */
export function floatRangeOf(samples: Float32Array): Range {
  let min = Infinity;
  let max = -Infinity;
  for (const value of samples) {
    if (!Number.isFinite(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return min > max ? { min: 0, max: 0 } : { min, max };
}

/** A window from the least to the greatest value. Floating-point pictures may have all of theirs below 1. */
export function floatWindowFor(range: Range, rescale: PixelHeader['rescale']): VoiWindow {
  const a = range.min * rescale.slope + rescale.intercept;
  const b = range.max * rescale.slope + rescale.intercept;
  return { center: (a + b) / 2, width: Math.abs(b - a) || 1 };
}

/** Share of the pixels, in both tails, that a computed window lets go black or white. */
const tail = 0.005;

/** A window over nearly all values, in units after rescale. */
export function windowFor(
  samples: Samples,
  range: Range,
  rescale: PixelHeader['rescale'],
  padding: PixelHeader['padding'],
): VoiWindow {
  const { low, high } =
    range.max - range.min > 0xffff ? { low: range.min, high: range.max } : percentiles(samples, range, padding);
  const a = low * rescale.slope + rescale.intercept;
  const b = high * rescale.slope + rescale.intercept;
  // A window of width w shows w - 1 steps (PS3.3 C.11.2.1.2.1).
  return { center: (a + b) / 2 + 0.5, width: Math.max(1, Math.abs(b - a) + 1) };
}

function percentiles(samples: Samples, range: Range, padding: PixelHeader['padding']): { low: number; high: number } {
  const counts = new Uint32Array(range.max - range.min + 1);
  const step = Math.max(1, Math.floor(samples.length / 1_000_000));
  let counted = 0;
  for (let i = 0; i < samples.length; i += step) {
    const value = samples[i]!;
    if (padding && value >= padding.from && value <= padding.to) continue;
    counts[value - range.min]!++;
    counted++;
  }
  let low = 0;
  for (let passed = counts[0]!; passed < counted * tail && low < counts.length - 1;) passed += counts[++low]!;
  let high = counts.length - 1;
  for (let passed = counts[high]!; passed < counted * tail && high > low;) passed += counts[--high]!;
  return { low: range.min + low, high: range.min + high };
}

/** Applies a Modality LUT (PS3.3 C.11.1): what comes out is unsigned, 16 bits. */
export function applyModalityLut(samples: Samples, table: LookUpTable): Uint8Array<ArrayBuffer> {
  const mapped = new Uint16Array(samples.length);
  const last = table.values.length - 1;
  for (let i = 0; i < samples.length; i++) {
    const entry = samples[i]! - table.first;
    mapped[i] = table.values[entry < 0 ? 0 : entry > last ? last : entry]!;
  }
  return new Uint8Array(mapped.buffer);
}
