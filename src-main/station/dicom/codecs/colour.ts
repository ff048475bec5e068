// Colour models of PS3.3 C.7.6.3.1.2 to 8-bit RGB.
import type { LookUpTable } from './lookup-tables.ts';
import type { Samples } from './samples.ts';

/** Deeper colour to 8 bits a sample: the picture is for the eye, the object keeps its own. */
export function toEightBits(samples: Samples, bitsStored: number): Uint8Array<ArrayBuffer> {
  const shift = Math.max(0, bitsStored - 8);
  const bytes = new Uint8Array(samples.length);
  for (let i = 0; i < samples.length; i++) bytes[i] = samples[i]! >>> shift;
  return bytes;
}

/** YBR_FULL to RGB in place. */
export function ybrToRgb(bytes: Uint8Array): void {
  const clamped = new Uint8ClampedArray(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = 0; i + 2 < bytes.length; i += 3) {
    const y = bytes[i]!;
    const cb = bytes[i + 1]! - 128;
    const cr = bytes[i + 2]! - 128;
    clamped[i] = y + 1.402 * cr;
    clamped[i + 1] = y - 0.344136 * cb - 0.714136 * cr;
    clamped[i + 2] = y + 1.772 * cb;
  }
}

/** YBR_PARTIAL_422 and 420 to RGB in place: black is 16, white 235 (CCIR 601-2; retired). */
export function partialYbrToRgb(bytes: Uint8Array): void {
  const clamped = new Uint8ClampedArray(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = 0; i + 2 < bytes.length; i += 3) {
    const y = (bytes[i]! - 16) * (255 / 219);
    const cb = (bytes[i + 1]! - 128) * (255 / 224);
    const cr = (bytes[i + 2]! - 128) * (255 / 224);
    clamped[i] = y + 1.402 * cr;
    clamped[i + 1] = y - 0.344136 * cb - 0.714136 * cr;
    clamped[i + 2] = y + 1.772 * cb;
  }
}

/** YBR_FULL_422 (Y Y Cb Cr for two pixels) to YBR_FULL. An odd last column has its own pair. */
export function fillSubsampled(bytes: Uint8Array, pixels: number): Uint8Array<ArrayBuffer> {
  const full = new Uint8Array(pixels * 3);
  for (let pixel = 0, from = 0; pixel < pixels; pixel += 2, from += 4) {
    const to = pixel * 3;
    full[to] = bytes[from]!;
    full[to + 1] = bytes[from + 2]!;
    full[to + 2] = bytes[from + 3]!;
    if (pixel + 1 < pixels) {
      full[to + 3] = bytes[from + 1]!;
      full[to + 4] = bytes[from + 2]!;
      full[to + 5] = bytes[from + 3]!;
    }
  }
  return full;
}

/** Indices to RGB (PS3.3 C.7.6.3.1.5). Values below the table take its first entry, above it its last. */
export function applyPalette(
  indices: Samples,
  palette: readonly [LookUpTable, LookUpTable, LookUpTable],
): Uint8Array<ArrayBuffer> {
  const rgb = new Uint8Array(indices.length * 3);
  palette.forEach((table, channel) => {
    const eight = eightBitEntries(table);
    const last = eight.length - 1;
    for (let i = 0, to = channel; i < indices.length; i++, to += 3) {
      const entry = indices[i]! - table.first;
      rgb[to] = eight[entry < 0 ? 0 : entry > last ? last : entry]!;
    }
  });
  return rgb;
}

/** Entries of a palette as a screen shows them. */
export function eightBitEntries(table: LookUpTable): Uint8Array {
  // Some writers say 16 bits and write 8-bit entries.
  const shift = table.bits > 8 && table.values.some((value) => value > 255) ? 8 : 0;
  return Uint8Array.from(table.values, (value) => value >>> shift);
}
