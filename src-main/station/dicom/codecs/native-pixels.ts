// The words of native pixel data as they stand in a file, frame by frame: for whoever writes them anew. Little endian files
// only; nothing is decoded, and bits beside the stored ones are still in their words.
//
// Refuses, by a reason, pixels that are compressed, no whole number of bytes, subsampled, or broken off.
import type { NotDrawableReason } from '#station/model/raw-frame.ts';
import type { ByteReader } from '../byte-reader.ts';
import { readNativeFrame } from './frame-locator.ts';
import { checkGeometry } from './decode-frame.ts';
import { CannotDraw } from './not-drawable.ts';
import { readPixelHeader, type PixelHeader } from './pixel-header.ts';

export type NativePixels = Pick<
  PixelHeader,
  | 'rows'
  | 'columns'
  | 'frames'
  | 'samples'
  | 'bitsAllocated'
  | 'bitsStored'
  | 'highBit'
  | 'signed'
  | 'planar'
  | 'photometric'
  | 'float'
  | 'palette'
> & {
  /** VR of the element as it is written. */
  readonly vr: string;
  readonly frameBytes: number;
  /** Owns its buffer. `frame` counted from 0. @throws CannotDraw */
  read(frame: number): Promise<Buffer>;
};

const bytesWide: ReadonlySet<number> = new Set([8, 16, 32]);

export async function openNativePixels(
  reader: ByteReader,
  dataSetOffset: number,
  transferSyntaxUid: string,
): Promise<NativePixels | { readonly reason: NotDrawableReason }> {
  try {
    const header = await readPixelHeader(reader, dataSetOffset, transferSyntaxUid, 0);
    checkGeometry(header);
    const { rows, columns, frames, samples, bitsAllocated, photometric, syntax, pixels } = header;
    const frameBytes = (rows * columns * samples * bitsAllocated) / 8;
    const isPlain = bytesWide.has(bitsAllocated) && (samples === 1 || samples === 3) && !photometric.includes('_42');
    if (!isPlain || syntax.encapsulated || syntax.deflated || !syntax.littleEndian) return { reason: 'colour-unknown' };
    if (pixels.length === null || pixels.length < frameBytes * frames) return { reason: 'truncated' };
    const { bitsStored, highBit, signed, planar, float, palette } = header;
    return {
      ...{
        rows,
        columns,
        frames,
        samples,
        bitsAllocated,
        bitsStored,
        highBit,
        signed,
        planar,
        photometric,
        frameBytes,
      },
      ...(float ? { float } : {}),
      ...(palette ? { palette } : {}),
      vr: pixels.vr,
      read: async (frame) => Buffer.from((await readNativeFrame(reader, header, frame)).bytes),
    };
  } catch (error) {
    if (error instanceof CannotDraw) return { reason: error.reason };
    throw error;
  }
}
