// Rearranging samples: bits, byte order, planes. Everything returns buffers of its own.

/** One bit a pixel, lowest bit first (PS3.5 8.1.1), to one byte a pixel. */
export function unpackBits(bytes: Uint8Array, firstBit: number, count: number): Uint8Array<ArrayBuffer> {
  const unpacked = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const bit = firstBit + i;
    unpacked[i] = (bytes[bit >>> 3]! >>> (bit & 7)) & 1;
  }
  return unpacked;
}

/** Turns big-endian samples in place. */
export function turnBytes(bytes: Uint8Array, sampleBytes: number): void {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length - (bytes.length % sampleBytes));
  if (sampleBytes === 2) view.swap16();
  if (sampleBytes === 4) view.swap32();
  if (sampleBytes === 8) view.swap64();
}

/** Three planes one after the other to interleaved samples. */
export function interleavePlanes(bytes: Uint8Array, sampleBytes: number): Uint8Array<ArrayBuffer> {
  const pixels = bytes.length / 3 / sampleBytes;
  const woven = new Uint8Array(bytes.length);
  for (let plane = 0, from = 0; plane < 3; plane++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      const to = (pixel * 3 + plane) * sampleBytes;
      for (let byte = 0; byte < sampleBytes; byte++) woven[to + byte] = bytes[from++]!;
    }
  }
  return woven;
}

export type Samples = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array;

/** Bytes seen as numbers. `bytes` begins at the start of its buffer. */
export function viewSamples(bytes: Uint8Array<ArrayBuffer>, bitsAllocated: 8 | 16 | 32, signed: boolean): Samples {
  const length = Math.floor(bytes.length / (bitsAllocated / 8));
  const view = signed
    ? { 8: Int8Array, 16: Int16Array, 32: Int32Array }[bitsAllocated]
    : { 8: Uint8Array, 16: Uint16Array, 32: Uint32Array }[bitsAllocated];
  return new view(bytes.buffer, bytes.byteOffset, length);
}

/**
 * Keeps `bits` bits below `highBit` and extends their sign, in place: other bits of the word may hold overlays
 * (PS3.5 8.1.1).
 */
export function keepStoredBits(samples: Samples, highBit: number, bits: number): void {
  const width = samples.BYTES_PER_ELEMENT * 8;
  const up = 31 - highBit;
  const down = 32 - bits;
  if (bits >= width || up < 0 || down < 0) return;
  if (samples instanceof Int8Array || samples instanceof Int16Array || samples instanceof Int32Array) {
    for (let i = 0; i < samples.length; i++) samples[i] = (samples[i]! << up) >> down;
  } else {
    for (let i = 0; i < samples.length; i++) samples[i] = (samples[i]! << up) >>> down;
  }
}
