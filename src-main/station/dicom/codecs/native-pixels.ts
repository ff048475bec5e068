// The words of native pixel data as they stand in a file, frame by frame: for whoever writes them anew. Little endian files
// only; nothing is decoded, and bits beside the stored ones are still in their words. Two kinds come in a plainer form of the
// same: pixels of one bit as bytes, and YBR_FULL_422 with colours for every pixel.
//
// Refuses, by a reason, pixels that are compressed, of another width, subsampled in another way, or broken off.
import type { NotDrawableReason } from '#station/model/raw-frame.ts';
import type { ByteReader } from '../byte-reader.ts';
import { pixelDataTag } from '../element-walk.ts';
import { fillSubsampled } from './colour.ts';
import { isSubsampled, nativeFrameBits, readNativeFrame } from './frame-locator.ts';
import { checkGeometry } from './decode-frame.ts';
import { CannotDraw } from './not-drawable.ts';
import { unpackBits } from './samples.ts';
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
  | 'supplemental'
> & {
  /** Of the element they stand in, and its VR as it is written. */
  readonly tag: number;
  readonly vr: string;
  /** They are read as bytes and stand in the file as bits, one frame behind the other without gaps (PS3.5 8.1.1). */
  readonly inBits: boolean;
  /** They stand in the file with colours for every other pixel. */
  readonly wasSubsampled: boolean;
  readonly frameBytes: number;
  /** Owns its buffer. `frame` counted from 0. @throws CannotDraw */
  read(frame: number): Promise<Buffer>;
};

const floatPixelTag = 0x7fe00008;
const doublePixelTag = 0x7fe00009;

const bytesWide: ReadonlySet<number> = new Set([8, 16, 32]);

export async function openNativePixels(
  reader: ByteReader,
  dataSetOffset: number,
  transferSyntaxUid: string,
): Promise<NativePixels | { readonly reason: NotDrawableReason }> {
  try {
    const header = await readPixelHeader(reader, dataSetOffset, transferSyntaxUid, 0);
    checkGeometry(header);
    const { rows, columns, frames, samples, syntax, pixels } = header;
    const inBits = header.bitsAllocated === 1 && samples === 1;
    const wasSubsampled = header.photometric === 'YBR_FULL_422' && header.bitsAllocated === 8 && isSubsampled(header);
    const bitsAllocated = inBits ? 8 : header.bitsAllocated;
    const photometric = wasSubsampled ? 'YBR_FULL' : header.photometric;
    const count = rows * columns;
    const frameBytes = (count * samples * bitsAllocated) / 8;
    const isPlain = bytesWide.has(bitsAllocated) && (samples === 1 || samples === 3) && !photometric.includes('_42');
    if (!isPlain || syntax.encapsulated || syntax.deflated || !syntax.littleEndian) return { reason: 'colour-unknown' };
    if (pixels.length === null || pixels.length < Math.ceil((nativeFrameBits(header) * frames) / 8))
      return { reason: 'truncated' };
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
        inBits,
        wasSubsampled,
      },
      ...(float ? { float } : {}),
      ...(palette ? { palette } : {}),
      ...(header.supplemental ? { supplemental: header.supplemental } : {}),
      tag: float ? (float === 32 ? floatPixelTag : doublePixelTag) : pixelDataTag,
      vr: pixels.vr,
      read: async (frame) => {
        const { bytes, firstBit } = await readNativeFrame(reader, header, frame);
        if (inBits) return Buffer.from(unpackBits(bytes, firstBit, count).buffer);
        return wasSubsampled ? Buffer.from(fillSubsampled(bytes, count).buffer) : Buffer.from(bytes);
      },
    };
  } catch (error) {
    if (error instanceof CannotDraw) return { reason: error.reason };
    throw error;
  }
}
