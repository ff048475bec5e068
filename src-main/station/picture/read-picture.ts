// A JPEG, PNG or TIFF file as pixels that DICOM can hold: upright, grey or RGB, no transparency. Values stay as they
// are in the file wherever they can; what had to be changed is told in `changes`.
//
// Guarantees: the picture was decoded to its end, so that what is accepted can be shown. Refuses by Problem:
// 'unsupported-file' what is none of the three, 'picture-undecodable' what is broken, cut off or too large.
// Decoding is libvips' own, in its threads, with limits on pixels and time.
import type { Metadata, Sharp } from 'sharp';
import { isProblem, Problem } from '#station/kit/problem.ts';
import { readPictureFacts, type PictureFacts } from './exif.ts';
import { readJpegFrame, type JpegFrame } from './jpeg-frame.ts';
import { openPipe } from './pipe.ts';
import { sniffPicture } from './sniff.ts';

/** 100 megapixels: a full-frame camera's highest. As RGB these are 300 MB. */
export const mostPixels = 100_000_000;
const mostSeconds = 60;
/** The flattest JPEG still has two bits a block: less than 200 pixels a byte. More is a header that lies. */
const mostJpegPixelsPerByte = 1000;
/** DICOM writes rows and columns in 16 bits. */
const longestSide = 65_535;

export type PictureChange =
  /** Rows and columns were turned as the camera's orientation says; values are as decoded. */
  | 'turned-upright'
  | 'transparency-on-white'
  | 'reduced-to-8-bits'
  /** Printing colours to RGB. */
  | 'colours-converted';

export type Picture = {
  readonly format: 'jpeg' | 'png' | 'tiff';
  readonly rows: number;
  readonly columns: number;
  readonly samples: 1 | 3;
  readonly bits: 8 | 16;
  /** True when the file's own bytes are a JPEG baseline stream that may stand as it is; then `pixels` is empty. */
  readonly isBaseline: boolean;
  /** Little endian, interleaved, upright. */
  readonly pixels: Buffer;
  /** For a baseline stream: whether its colours are YCbCr. */
  readonly isYbr: boolean;
  /** Pixels have gone through a lossy compression. False when nobody can know. */
  readonly isLossy: boolean;
  /** Uncompressed size divided by the size of the file. */
  readonly ratio: number;
  readonly changes: readonly PictureChange[];
  readonly icc?: Buffer;
  readonly facts: PictureFacts;
};

/** @param name of the file, for the message only */
export async function readPicture(bytes: Buffer, name: string): Promise<Picture> {
  const format = sniffPicture(bytes);
  if (format !== 'jpeg' && format !== 'png' && format !== 'tiff') {
    throw new Problem('unsupported-file', { name, found: format ?? 'unknown' });
  }
  try {
    return await decode(bytes, format, name);
  } catch (error) {
    throw isProblem(error) ? error : new Problem('picture-undecodable', { reason: reasonOf(error) }, { cause: error });
  }
}

async function decode(bytes: Buffer, format: Picture['format'], name: string): Promise<Picture> {
  const found = await (await openPipe(bytes, limits)).metadata();
  checkClaim(found, name);
  if (format === 'jpeg' && (found.width * found.height) / bytes.length > mostJpegPixelsPerByte) {
    throw new Problem('picture-undecodable', { reason: 'truncated' });
  }
  const turned = (found.orientation ?? 1) > 1;
  const isGrey = found.space === 'b-w' || found.space === 'grey16';
  const isCmyk = found.space === 'cmyk';
  const bits = isGrey && found.depth === 'ushort' ? 16 : 8;
  const facts = factsOf(bytes, format, found);
  const isLossy = format === 'jpeg' || (format === 'tiff' && lossyCompressions.has(facts.compression ?? 0));
  const frame = format === 'jpeg' ? readJpegFrame(bytes) : undefined;
  const samples = isGrey ? 1 : 3;
  const { width: columns, height: rows } = turned ? found.autoOrient : found;
  const common = {
    format,
    rows,
    columns,
    samples,
    isLossy,
    ratio: (rows * columns * samples * (bits / 8)) / bytes.length,
    facts,
    // A CMYK profile says nothing of RGB.
    ...(found.icc && !isCmyk ? { icc: found.icc } : {}),
  } as const;
  if (frame && !turned && mayStandAsItIs(frame)) {
    await decodeSmall(bytes);
    return { ...common, bits: 8, isBaseline: true, isYbr: frame.isYbr, pixels: Buffer.alloc(0), changes: [] };
  }
  const changes: PictureChange[] = [
    ...(turned ? (['turned-upright'] as const) : []),
    ...(found.hasAlpha ? (['transparency-on-white'] as const) : []),
    ...(!isGrey && found.depth === 'ushort' ? (['reduced-to-8-bits'] as const) : []),
    ...(isCmyk ? (['colours-converted'] as const) : []),
  ];
  const opened = await openPipe(bytes, { ...limits, ignoreIcc: !isCmyk });
  let pipe = opened.timeout({ seconds: mostSeconds }).autoOrient();
  if (found.hasAlpha) pipe = pipe.flatten({ background: '#ffffff' });
  const pixels = await rawPixels(pipe, samples, bits);
  if (pixels.length !== rows * columns * samples * (bits / 8)) {
    throw new Problem('picture-undecodable', { reason: 'size' });
  }
  return { ...common, bits, isBaseline: false, isYbr: false, pixels, changes };
}

const limits = { limitInputPixels: mostPixels, failOn: 'error', sequentialRead: true } as const;

/** JPEG, JPEG 2000, WebP and JPEG XL inside TIFF. */
const lossyCompressions = new Set([6, 7, 34712, 50001, 50002, 33003, 33005]);

function checkClaim(found: Metadata, name: string): void {
  const { width, height } = found;
  if (!(width > 0 && height > 0)) throw new Problem('picture-undecodable', { reason: 'size' });
  if (width > longestSide || height > longestSide || width * height > mostPixels) {
    throw new Problem('picture-undecodable', { reason: 'too-large' });
  }
  if ((found.pages ?? 1) > 1) throw new Problem('unsupported-file', { name, found: 'several pages' });
  if (!['uchar', 'ushort'].includes(found.depth)) throw new Problem('unsupported-file', { name, found: found.depth });
}

/** What transfer syntax 1.2.840.10008.1.2.4.50 holds: sequential DCT, 8 bits, one or three components (PS3.5 8.2.1). */
function mayStandAsItIs(frame: JpegFrame): boolean {
  return frame.isBaseline && frame.bits === 8 && (frame.components === 1 || frame.components === 3);
}

/** Decodes everything and keeps next to nothing: tells whether the stream is whole. */
async function decodeSmall(bytes: Buffer): Promise<void> {
  const pipe = await openPipe(bytes, limits);
  await pipe.timeout({ seconds: mostSeconds }).resize(32, 32, { fit: 'fill' }).raw().toBuffer();
}

function rawPixels(pipe: Sharp, samples: 1 | 3, bits: 8 | 16): Promise<Buffer> {
  if (samples === 3) return pipe.toColourspace('srgb').raw({ depth: 'uchar' }).toBuffer();
  const space = bits === 16 ? 'grey16' : 'b-w';
  return pipe
    .toColourspace(space)
    .raw({ depth: bits === 16 ? 'ushort' : 'uchar' })
    .toBuffer();
}

function factsOf(bytes: Buffer, format: Picture['format'], found: Metadata): PictureFacts {
  const tiff = format === 'tiff' ? readPictureFacts(bytes) : {};
  return { ...tiff, ...(found.exif ? readPictureFacts(found.exif) : {}) };
}

/** A word for what went wrong; the library's own sentences may quote the file and stay in the cause. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  if (/pixel limit|dimension|too large|exceeds/i.test(message)) return 'too-large';
  if (/premature|truncat|end of|not enough|read error|incomplete/i.test(message)) return 'truncated';
  if (/timeout/i.test(message)) return 'took-too-long';
  return 'broken';
}
