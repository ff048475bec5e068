// What the words of an object's pixels would be as native little endian ones, told without making them: for whoever wants to
// know beforehand whether they can be written anew. Reads elements, and no pixels.
//
// Refuses by the reasons of whoever would make them. What only shows while frames are decoded is not seen here.
import type { NotDrawableReason } from '#station/model/raw-frame.ts';
import type { Part10 } from '../part10.ts';
import { explicitLittleEndian } from '../transfer-syntax.ts';
import { CannotTranscode, type CannotTranscodeReason } from './cannot-transcode.ts';
import { checkGeometry } from './decode-frame.ts';
import { openNativePixels, type NativePixels } from './native-pixels.ts';
import { CannotDraw } from './not-drawable.ts';
import { readPixelHeader } from './pixel-header.ts';
import { surveyForTranscode } from './transcode-survey.ts';
import { transcodesOf } from './transcode-rules.ts';

export type NativeOutlook = Omit<NativePixels, 'read' | 'tag' | 'vr' | 'frameBytes' | 'planar' | 'wasSubsampled'>;

/** The outlook, or why there is none. @throws what the file system throws */
export async function foreseeNativePixels(
  object: Part10,
): Promise<NativeOutlook | { readonly reason: NotDrawableReason | CannotTranscodeReason }> {
  const { reader, dataSetOffset, syntax } = object;
  if (!syntax.encapsulated && !syntax.deflated && syntax.littleEndian)
    return openNativePixels(reader, dataSetOffset, syntax.uid);
  if (!transcodesOf(syntax.uid, 'decompress').includes(explicitLittleEndian)) return { reason: 'syntax-unknown' };
  try {
    const { elements } = object;
    const transferSyntaxUid = syntax.deflated ? explicitLittleEndian : syntax.uid;
    // The beginning of a deflated one is inflated, no more.
    if (elements.whole && !syntax.deflated)
      await surveyForTranscode({ reader: elements.reader, region: elements.region, transferSyntaxUid }, true);
    const header = await readPixelHeader(reader, dataSetOffset, syntax.uid, 0);
    checkGeometry(header);
    const inBits = header.bitsAllocated === 1 && header.samples === 1;
    // Colour of 8 bits comes out of every compression as one of the two that are written anew.
    const isPlainColour = header.samples === 3 && header.bitsAllocated === 8;
    return {
      ...header,
      ...{ inBits, bitsAllocated: inBits ? 8 : header.bitsAllocated },
      photometric: isPlainColour ? 'RGB' : header.photometric,
    };
  } catch (error) {
    if (error instanceof CannotTranscode || error instanceof CannotDraw) return { reason: error.reason };
    throw error;
  }
}
