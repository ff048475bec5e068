// Pixels of one bit as they stand in a file: the first in the lowest bit of a byte, one frame behind the other without gaps (PS3.5
// 8.1.1). Pure.

/** Frames of one byte a pixel, of which the lowest bit counts, as bytes of eight pixels. */
export async function* packBits(frames: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
  let byte = 0;
  let filled = 0;
  for await (const frame of frames) {
    const out = Buffer.alloc(Math.floor((filled + frame.length) / 8));
    let at = 0;
    for (const pixel of frame) {
      byte |= (pixel & 1) << filled;
      if (++filled < 8) continue;
      out[at++] = byte;
      byte = 0;
      filled = 0;
    }
    yield out;
  }
  if (filled > 0) yield Buffer.from([byte]);
}
