// The frames of encapsulated pixel data as native ones: decoded one by one, given out in the words of the header, little
// endian, interleaved. Each comes with the digest of what it shows, for whoever reads it again later.
//
// Refuses by CannotDraw what cannot be decoded, and by CannotTranscode what the words of the header cannot hold.
import { createHash } from 'node:crypto';
import type { ByteReader } from '../byte-reader.ts';
import { CannotTranscode } from './cannot-transcode.ts';
import {
  checkGeometry,
  decodeCompressed,
  decodeNative,
  demandDecoder,
  digestDecoded,
  inflateFrame,
  type Decoded,
} from './decode-frame.ts';
import { nativeFrameBits } from './frame-locator.ts';
import { openFrameTable } from './frame-table.ts';
import { releaseAboveBytes } from './limits.ts';
import type { PixelHeader } from './pixel-header.ts';
import { decodeRunLength } from './run-length.ts';
import { keepStoredBits, viewSamples } from './samples.ts';

export type NativeFrame = { readonly bytes: Uint8Array; readonly shows: string; readonly colour: Decoded['colour'] };

/** What the header must say of native frames. */
export type NativeLabels = { readonly photometric?: string; readonly interleaved: boolean };

export async function* nativeFrames(reader: ByteReader, header: PixelHeader): AsyncGenerator<NativeFrame, void, void> {
  checkGeometry(header);
  const codec = demandDecoder(header);
  if (header.bitsAllocated === 1 && header.frames > 1 && nativeFrameBits(header) % 8 !== 0)
    throw new CannotTranscode('geometry-lies');
  const table = await openFrameTable(reader, header);
  for (let frame = 0; frame < header.frames; frame++) {
    const bytes = await table.read(frame);
    if (codec === 'rle') yield fromRunLength(header, bytes);
    else if (codec === 'deflate') yield fromDeflated(header, bytes);
    else yield fromCodestream(header, await decodeCompressed(header, bytes, true));
    await releaseDecoder(header);
  }
}

/** How frames of that colour are labelled once they are native. Undefined where the label stays. */
export function labelsOf(header: PixelHeader, colour: Decoded['colour']): NativeLabels {
  const interleaved = header.samples === 3 && demandDecoder(header) !== 'deflate';
  if (colour !== 'rgb' && colour !== 'ybr') return { interleaved };
  const photometric = colour === 'rgb' ? 'RGB' : 'YBR_FULL';
  return photometric === header.photometric ? { interleaved } : { photometric, interleaved };
}

function fromRunLength(header: PixelHeader, bytes: Buffer): NativeFrame {
  if (header.bitsAllocated === 1) throw new CannotTranscode('geometry-lies');
  const words = decodeRunLength(bytes, header.rows * header.columns, header.samples, header.bitsAllocated / 8);
  return native({ ...header, planar: false }, words);
}

function fromDeflated(header: PixelHeader, bytes: Buffer): NativeFrame {
  const inflated = inflateFrame(header, bytes);
  return native(header, inflated.subarray(0, Math.ceil(nativeFrameBits(header) / 8)));
}

function native(header: PixelHeader, words: Uint8Array): NativeFrame {
  // A copy: looking at the values changes what lies beyond those stored.
  const decoded = decodeNative(header, Buffer.from(words), 0, true);
  return { bytes: words, shows: digestDecoded(header, decoded), colour: decoded.colour };
}

function fromCodestream(header: PixelHeader, decoded: Decoded): NativeFrame {
  const bytes = widened(header, decoded);
  const shows = digestDecoded(header, storedOnly(header, decoded, bytes));
  return { bytes, shows, colour: decoded.colour };
}

/** In the width that the header says. */
function widened({ bitsAllocated }: PixelHeader, decoded: Decoded): Uint8Array<ArrayBuffer> {
  if (decoded.bitsAllocated === bitsAllocated) return decoded.bytes;
  if (decoded.bitsAllocated > bitsAllocated || bitsAllocated === 1) throw new CannotTranscode('geometry-lies');
  const samples = viewSamples(decoded.bytes, decoded.bitsAllocated, decoded.signed);
  const wide = new Uint8Array((samples.length * bitsAllocated) / 8);
  viewSamples(wide, bitsAllocated as 16 | 32, decoded.signed).set(samples);
  return wide;
}

/** A stream may carry more bits than are stored, overlays for one: they are kept, but are no part of the picture. */
function storedOnly(header: PixelHeader, decoded: Decoded, words: Uint8Array): Decoded {
  const { bitsStored, highBit, signed } = header;
  const samples = viewSamples(decoded.bytes, decoded.bitsAllocated, decoded.signed);
  const most = 2 ** (signed ? bitsStored - 1 : bitsStored) - 1;
  const least = signed ? -most - 1 : 0;
  if (highBit === bitsStored - 1 && samples.every((value) => value >= least && value <= most)) return decoded;
  const kept = Uint8Array.from(words);
  const bitsAllocated = header.bitsAllocated as 8 | 16 | 32;
  keepStoredBits(viewSamples(kept, bitsAllocated, signed), highBit, bitsStored);
  return { ...decoded, bytes: kept, bitsAllocated, beyond: createHash('sha256').update(words).digest('hex') };
}

async function releaseDecoder(header: PixelHeader): Promise<void> {
  if (nativeFrameBits(header) / 8 <= releaseAboveBytes) return;
  const { releaseNativeCodecs } = await import('./native-codecs.ts');
  releaseNativeCodecs();
}
