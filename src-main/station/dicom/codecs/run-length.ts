// RLE Lossless of PS3.5 annex G: up to 15 segments of PackBits, one for each byte of each sample, most significant
// byte first. Guarantees an interleaved little-endian frame of exactly the size asked for; a segment that ends early
// leaves zeros behind, one that is too long is cut.
import { CannotDraw } from './not-drawable.ts';

/**
 * @param pixels number of pixels
 * @param samples per pixel
 * @param sampleBytes bytes of one sample
 */
export function decodeRunLength(
  bytes: Buffer,
  pixels: number,
  samples: number,
  sampleBytes: number,
): Uint8Array<ArrayBuffer> {
  if (bytes.length < 64) throw new CannotDraw('codestream-broken');
  const segments = bytes.readUInt32LE(0);
  if (segments !== samples * sampleBytes) throw new CannotDraw('geometry-lies');
  const stride = samples * sampleBytes;
  const frame = new Uint8Array(pixels * stride);
  for (let segment = 0; segment < segments; segment++) {
    const start = bytes.readUInt32LE(4 + segment * 4);
    const end = segment + 1 < segments ? bytes.readUInt32LE(8 + segment * 4) : bytes.length;
    if (start < 64 || end > bytes.length || start > end) throw new CannotDraw('codestream-broken');
    const sample = Math.floor(segment / sampleBytes);
    const byteOfSample = sampleBytes - 1 - (segment % sampleBytes);
    unpack(bytes, start, end, frame, sample * sampleBytes + byteOfSample, stride);
  }
  return frame;
}

function unpack(bytes: Buffer, start: number, end: number, frame: Uint8Array, first: number, stride: number): void {
  let to = first;
  for (let at = start; at < end && to < frame.length;) {
    const head = bytes[at++]!;
    if (head < 128) {
      const stop = Math.min(at + head + 1, end);
      for (; at < stop && to < frame.length; to += stride) frame[to] = bytes[at++]!;
    } else if (head > 128) {
      if (at >= end) return;
      const value = bytes[at++]!;
      for (let left = 257 - head; left > 0 && to < frame.length; left--, to += stride) frame[to] = value;
    }
  }
}
