// One frame of a file as plain numbers. Everything is checked against the real bytes before a buffer is made.
// Runs in the frame worker; throws CannotDraw, and whatever else it throws the worker takes for a crash.
import { createHash } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import type { FrameLack, FrameRequest, RawFrame, VoiWindow } from '#station/model/raw-frame.ts';
import { openFileReader, readerOfBuffer, type ByteReader } from '../byte-reader.ts';
import { transferSyntaxOf } from '../transfer-syntax.ts';
import { attach, displayOf } from './attachments.ts';
import { codecOf, readJpeg2000Claim, readJpegClaim, type Codec } from './codestream.ts';
import { applyPalette, fillSubsampled, partialYbrToRgb, toEightBits, ybrToRgb } from './colour.ts';
import { isSubsampled, nativeFrameBits, readEncapsulatedFrame, readNativeFrame } from './frame-locator.ts';
import {
  applyModalityLut,
  floatRangeOf,
  floatWindowFor,
  plainRangeOf,
  rangeOf,
  windowFor,
  type Range,
} from './grey.ts';
import { largeFrameBytes, mostFrameBytes, mostGrowthOfLarge, mostInflatedBytes, mostSamplesInByte } from './limits.ts';
import { CannotDraw } from './not-drawable.ts';
import { embeddedOverlays, readOverlays, type OverlayBits } from './overlays.ts';
import { readPixelHeader, type PixelHeader } from './pixel-header.ts';
import { reduceFrame } from './reduce.ts';
import { decodeRunLength } from './run-length.ts';
import { interleavePlanes, keepStoredBits, turnBytes, unpackBits, viewSamples } from './samples.ts';

/** Samples as they came out of the file: interleaved, little endian, their sign extended. */
export type Decoded = {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly bitsAllocated: 8 | 16 | 32;
  readonly bits: number;
  readonly signed: boolean;
  readonly float?: true;
  readonly colour: 'grey' | 'palette' | 'rgb' | 'ybr' | 'ybr-partial';
  /** Smallest and largest, where that is known already. */
  readonly range?: Range;
  /** Digest of the whole words, where they carry more than the picture and somebody asked. */
  readonly beyond?: string;
  /** Overlays in bits of the words that the picture does not use. */
  readonly embedded?: readonly OverlayBits[];
};

/** Overlays of the frame, with data of their own. */
type Planes = Awaited<ReturnType<typeof readOverlays>>;
const noPlanes: Planes = { planes: [], lacks: [] };

/**
 * Reads and decodes the frame that is asked for.
 * @throws CannotDraw
 */
export async function decodeFrame(request: FrameRequest): Promise<RawFrame> {
  const { header, decoded, planes } = await readFrame(request, request.longestSide ? 'picture' : 'whole');
  const frame = finishFrame(header, decoded, planes);
  return request.longestSide ? reduceFrame(frame, request.longestSide) : frame;
}

/**
 * SHA-256, hexadecimal, of the stored values of a frame: the same in every syntax that loses nothing. Without palette,
 * look-up tables and colour transforms; bits beyond those stored count only where a file has them.
 * @throws CannotDraw
 */
export async function digestFrame(request: FrameRequest): Promise<string> {
  const { header, decoded } = await readFrame(request, 'digest');
  return digestDecoded(header, decoded);
}

/** See digestFrame; of a frame that was decoded already. */
export function digestDecoded(header: PixelHeader, decoded: Decoded): string {
  const { bytes, bitsAllocated, signed, colour, beyond } = decoded;
  const hash = createHash('sha256').update(`${header.rows}x${header.columns} ${colour} ${beyond ?? ''};`);
  if (bitsAllocated === 32) return hash.update(bytes).digest('hex');
  // Eight stored bits may stand in words or in bytes.
  const samples = viewSamples(bytes, bitsAllocated, signed);
  for (let at = 0; at < samples.length; at += samplesAtOnce) {
    const part = Int32Array.from(samples.subarray(at, at + samplesAtOnce));
    hash.update(new Uint8Array(part.buffer));
  }
  return hash.digest('hex');
}

const samplesAtOnce = 65_536;

async function readFrame(
  request: FrameRequest,
  purpose: 'whole' | 'picture' | 'digest',
): Promise<{ readonly header: PixelHeader; readonly decoded: Decoded; readonly planes: Planes }> {
  const file = await openOrTell(request.path);
  try {
    const deflated = transferSyntaxOf(request.transferSyntax).deflated;
    const reader = deflated ? await inflateDataSet(file, request.dataSetOffset, purpose === 'digest') : file;
    const start = deflated ? 0 : request.dataSetOffset;
    const header = await readPixelHeader(reader, start, request.transferSyntax, request.frame);
    if (!(request.frame >= 0 && request.frame < header.frames)) throw new CannotDraw('no-such-frame');
    checkGeometry(header);
    if (purpose !== 'digest') demandColour(header);
    const decoded = await readSamples(reader, header, request.frame, purpose === 'digest');
    const planes = purpose === 'whole' ? await readOverlays(reader, header.overlays, request.frame) : noPlanes;
    return { header, decoded, planes };
  } finally {
    await file.close();
  }
}

async function openOrTell(path: string): Promise<ByteReader> {
  try {
    return await openFileReader(path);
  } catch (error) {
    throw new CannotDraw('file-missing', { cause: error });
  }
}

async function inflateDataSet(file: ByteReader, offset: number, nobodyWaits: boolean): Promise<ByteReader> {
  if (file.sizeBytes - offset > mostInflatedBytes) throw new CannotDraw('too-large');
  const bytes = await file.read(offset, file.sizeBytes - offset);
  const most = nobodyWaits ? mostInflatedBytes : Math.max(largeFrameBytes, bytes.length * mostGrowthOfLarge);
  return readerOfBuffer(inflate(bytes, Math.min(mostInflatedBytes, most)));
}

function inflate(bytes: Buffer, most: number): Buffer {
  try {
    return inflateRawSync(bytes, { maxOutputLength: most });
  } catch (error) {
    const tooLarge = (error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE';
    throw new CannotDraw(tooLarge ? 'too-large' : 'codestream-broken', { cause: error });
  }
}

/** @throws CannotDraw for what no frame can be made of. */
export function checkGeometry(header: PixelHeader): void {
  if (header.samples !== 1 && header.samples !== 3) throw new CannotDraw('colour-unknown');
  const isKnown = header.float ? header.bitsAllocated === header.float : [1, 8, 16, 32].includes(header.bitsAllocated);
  if (!isKnown || (header.float && header.samples !== 1)) throw new CannotDraw('geometry-lies');
  const sampleBytes = Math.max(8, header.bitsAllocated) / 8;
  if (header.rows * header.columns * header.samples * sampleBytes > mostFrameBytes) throw new CannotDraw('too-large');
}

/** Numbers of colours that are not there are no picture: drawn as grey they would show what nobody saw. */
function demandColour(header: PixelHeader): void {
  if (header.photometric === 'PALETTE COLOR' && !header.palette) throw new CannotDraw('palette-missing');
}

async function readSamples(
  reader: ByteReader,
  header: PixelHeader,
  frame: number,
  tellsBeyond: boolean,
): Promise<Decoded> {
  if (header.pixels.length === null) {
    demandDecoder(header);
    return decodeCompressed(header, await readEncapsulatedFrame(reader, header, frame), tellsBeyond);
  }
  if (header.syntax.encapsulated) throw new CannotDraw('frames-not-found');
  const { bytes, firstBit } = await readNativeFrame(reader, header, frame);
  return decodeNative(header, bytes, firstBit, tellsBeyond);
}

/** @throws CannotDraw when nothing here decodes its transfer syntax. */
export function demandDecoder(header: PixelHeader): Codec {
  const codec = codecOf(header.syntax.uid);
  if (codec === 'video') throw new CannotDraw('video');
  if (codec === undefined) throw new CannotDraw('syntax-unknown');
  return codec;
}

/** Decodes the joined fragments of one frame. `tellsBeyond` as in digestFrame. */
export async function decodeCompressed(header: PixelHeader, bytes: Buffer, tellsBeyond: boolean): Promise<Decoded> {
  const codec = demandDecoder(header);
  const samples = header.rows * header.columns * header.samples;
  if (samples > bytes.length * mostSamplesInByte[codec]) throw new CannotDraw('geometry-lies');
  // Whoever sends such a picture on has the time; whoever wants to see it has not.
  if (!tellsBeyond && samples > largeFrameBytes && samples > bytes.length * mostGrowthOfLarge)
    throw new CannotDraw('too-large');
  if (codec === 'deflate') return decodeNative(header, inflateFrame(header, bytes), 0, tellsBeyond);
  return codec === 'rle' ? fromRunLength(header, bytes, tellsBeyond) : fromCodestream(header, codec, bytes);
}

/** The native bytes of a frame of the syntax with deflated frames. */
export function inflateFrame(header: PixelHeader, bytes: Buffer): Buffer {
  const inflated = inflate(bytes, Math.ceil(nativeFrameBits(header) / 8) + 2);
  if (inflated.length * 8 < nativeFrameBits(header)) throw new CannotDraw('truncated');
  return inflated;
}

const bigEndianPixels = '1.2.840.113619.5.2';

/** Samples of the native bytes of one frame. */
export function decodeNative(header: PixelHeader, bytes: Buffer, firstBit: number, tellsBeyond: boolean): Decoded {
  const pixels = header.rows * header.columns;
  if (header.bitsAllocated === 1) {
    const unpacked = unpackBits(bytes, firstBit, pixels * header.samples);
    return { bytes: unpacked, bitsAllocated: 8, bits: 1, signed: false, colour: colourOf(header) };
  }
  const own = ownBytes(bytes);
  const sampleBytes = header.bitsAllocated / 8;
  if (!header.syntax.littleEndian || header.syntax.uid === bigEndianPixels) turnBytes(own, sampleBytes);
  if (header.float) return fromFloats(header, own, tellsBeyond);
  const full = isSubsampled(header) ? fillSubsampled(own, pixels) : own;
  const woven = header.samples === 3 && header.planar && full === own ? interleavePlanes(own, sampleBytes) : full;
  return masked(header, woven, tellsBeyond);
}

/** Doubles become singles: a screen shows 8 bits of them, and a digest is made of what was written. */
function fromFloats(header: PixelHeader, bytes: Uint8Array<ArrayBuffer>, tellsBeyond: boolean): Decoded {
  const beyond = tellsBeyond ? { beyond: createHash('sha256').update(bytes).digest('hex') } : {};
  const pixels = header.rows * header.columns;
  const single = header.float === 64 ? Float32Array.from(new Float64Array(bytes.buffer, 0, pixels)) : undefined;
  const own = single ? new Uint8Array(single.buffer) : bytes;
  return { bytes: own, bitsAllocated: 32, bits: 32, signed: true, float: true, colour: 'grey', ...beyond };
}

function fromRunLength(header: PixelHeader, bytes: Buffer, tellsBeyond: boolean): Decoded {
  const pixels = header.rows * header.columns;
  if (header.bitsAllocated === 1) throw new CannotDraw('syntax-unknown');
  return masked(header, decodeRunLength(bytes, pixels, header.samples, header.bitsAllocated / 8), tellsBeyond);
}

/** Uncompressed words may carry more than the picture. Looking is faster than writing, and they seldom do. */
function masked(header: PixelHeader, bytes: Uint8Array<ArrayBuffer>, tellsBeyond: boolean): Decoded {
  const bitsAllocated = header.bitsAllocated as 8 | 16 | 32;
  const { bitsStored, signed } = header;
  const decoded = { bytes, bitsAllocated, bits: bitsStored, signed, colour: colourOf(header) };
  const samples = viewSamples(bytes, bitsAllocated, signed);
  const range = plainRangeOf(samples);
  const most = 2 ** (signed ? bitsStored - 1 : bitsStored) - 1;
  const least = signed ? -most - 1 : 0;
  if (header.highBit === bitsStored - 1 && range.min >= least && range.max <= most) return { ...decoded, range };
  const beyond = tellsBeyond ? { beyond: createHash('sha256').update(bytes).digest('hex') } : {};
  const pixels = header.rows * header.columns;
  const embedded = embeddedOverlays(samples, header.overlays, { highBit: header.highBit, bits: bitsStored, pixels });
  keepStoredBits(samples, header.highBit, bitsStored);
  return { ...decoded, ...beyond, ...(embedded.length > 0 ? { embedded } : {}) };
}

async function fromCodestream(
  header: PixelHeader,
  codec: Exclude<Codec, 'rle' | 'deflate'>,
  bytes: Buffer,
): Promise<Decoded> {
  const isJpeg = codec === 'jpeg' || codec === 'jpeg-ls';
  const claim = isJpeg ? readJpegClaim(bytes) : readJpeg2000Claim(bytes);
  if (claim.rows !== header.rows || claim.columns !== header.columns || claim.components !== header.samples) {
    throw new CannotDraw('geometry-lies');
  }
  if (claim.bits < 1 || claim.bits > 16) throw new CannotDraw('codestream-broken');
  const said = colourOf(header);
  const isYbr = said === 'ybr' || said === 'rgb' ? (claim.colour ?? said) === 'ybr' : false;
  const byDecoder = isYbr && codec === 'jpeg' && !claim.lossless;
  // Only now: what is not compressed does not wait for WebAssembly.
  const { decodeNatively } = await import('./native-codecs.ts');
  const raw = await decodeNatively(codec, bytes, claim, byDecoder);
  const bitsAllocated = claim.bits <= 8 ? 8 : 16;
  const decoded = claim.byPlane ? interleavePlanes(raw, bitsAllocated / 8) : raw;
  const signed = header.signed || claim.signed;
  // The stream has no room for a sign; its highest bit is the sign of the stored value.
  if (signed) keepStoredBits(viewSamples(decoded, bitsAllocated, true), claim.bits - 1, claim.bits);
  const colour = said === 'rgb' || said === 'ybr' ? (isYbr && !byDecoder ? 'ybr' : 'rgb') : said;
  return { bytes: decoded, bitsAllocated, bits: claim.bits, signed, colour };
}

function colourOf(header: PixelHeader): Decoded['colour'] {
  if (header.photometric === 'PALETTE COLOR' && header.samples === 1) return header.palette ? 'palette' : 'grey';
  if (header.samples === 1) return 'grey';
  if (header.photometric.startsWith('YBR_PARTIAL_42')) return 'ybr-partial';
  if (header.photometric === 'YBR_FULL' || header.photometric === 'YBR_FULL_422') return 'ybr';
  // JPEG 2000 takes its own transforms back, and a native object that names them holds RGB.
  if (header.photometric === 'RGB' || header.photometric === 'YBR_RCT' || header.photometric === 'YBR_ICT')
    return 'rgb';
  throw new CannotDraw('colour-unknown');
}

function finishFrame(header: PixelHeader, decoded: Decoded, planes: Planes): RawFrame {
  const common = {
    kind: 'frame' as const,
    rows: header.rows,
    columns: header.columns,
    ofRows: header.rows,
    ofColumns: header.columns,
    voiFunction: header.display.voiFunction,
    pixelAspect: header.pixelAspect,
    ...displayOf(header.display),
  };
  const overlays = [...planes.planes, ...(decoded.embedded ?? [])];
  const lacks: readonly FrameLack[] = [
    ...header.display.lacks,
    ...planes.lacks,
    ...(header.hasPalettesByValue ? (['palette-by-values'] as const) : []),
    ...(header.brokenRescale ? (['rescale-unusable'] as const) : []),
    ...(header.brokenSupplemental ? (['palette-broken'] as const) : []),
  ];
  const samples = viewSamples(decoded.bytes, decoded.bitsAllocated, decoded.signed);
  if (decoded.colour !== 'grey') {
    const rgb =
      decoded.colour === 'palette'
        ? applyPalette(samples, header.palette!)
        : decoded.bitsAllocated === 8
          ? decoded.bytes
          : toEightBits(samples, decoded.bits);
    if (decoded.colour === 'ybr') ybrToRgb(rgb);
    if (decoded.colour === 'ybr-partial') partialYbrToRgb(rgb);
    return {
      ...common,
      ...attach({ luts: [], overlays, lacks }),
      samples: 3,
      bitsAllocated: 8,
      signed: false,
      bytes: rgb,
      photometric: 'RGB',
      windows: [],
      windowsFrom: 'object',
      rescale: { slope: 1, intercept: 0 },
      min: 0,
      max: 255,
    };
  }
  const { supplemental } = header;
  const stored = header.modalityLut ? storedPart(header, decoded) : undefined;
  const tables = {
    ...{ luts: header.display.luts, overlays, lacks },
    ...(supplemental ? { supplemental } : {}),
    ...(stored ? { stored } : {}),
  };
  if (decoded.float) return { ...common, ...attach(tables), ...floatPart(header, decoded) };
  const bytes = header.modalityLut ? applyModalityLut(samples, header.modalityLut) : decoded.bytes;
  const bitsAllocated = header.modalityLut ? 16 : decoded.bitsAllocated;
  const signed = header.modalityLut ? false : decoded.signed;
  const padding = header.modalityLut ? undefined : header.padding;
  const values = viewSamples(bytes, bitsAllocated, signed);
  const range = (padding || header.modalityLut ? undefined : decoded.range) ?? rangeOf(values, padding);
  const named: readonly VoiWindow[] = header.windows;
  return {
    ...common,
    ...attach(tables),
    samples: 1,
    bitsAllocated,
    signed,
    bytes,
    photometric: header.photometric === 'MONOCHROME1' ? 'MONOCHROME1' : 'MONOCHROME2',
    windows: named.length > 0 ? named : [windowFor(values, range, header.rescale, padding)],
    windowsFrom: named.length > 0 ? 'object' : 'computed',
    rescale: header.rescale,
    ...(header.modalityLut ? { modalityLutApplied: true as const } : {}),
    ...(padding ? { padding } : {}),
    ...range,
  };
}

/** Whoever shows by a presentation state begins with what is stored. */
function storedPart({ padding }: PixelHeader, { bytes, bitsAllocated, signed, float }: Decoded) {
  if (float) return undefined;
  const range = rangeOf(viewSamples(bytes, bitsAllocated, signed), padding);
  return { bytes, bitsAllocated, signed, ...(padding ? { padding } : {}), ...range };
}

function floatPart(header: PixelHeader, { bytes }: Decoded) {
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, header.rows * header.columns);
  const range = floatRangeOf(values);
  const named = header.windows;
  return {
    samples: 1 as const,
    bitsAllocated: 32 as const,
    signed: true,
    float: true as const,
    // The window of a linear function ends one step early: right for whole numbers, too far below 1.
    ...(named.length > 0 ? {} : { voiFunction: 'LINEAR_EXACT' as const }),
    bytes,
    photometric: header.photometric === 'MONOCHROME1' ? ('MONOCHROME1' as const) : ('MONOCHROME2' as const),
    windows: named.length > 0 ? named : [floatWindowFor(range, header.rescale)],
    windowsFrom: named.length > 0 ? ('object' as const) : ('computed' as const),
    rescale: header.rescale,
    ...range,
  };
}

/** Bytes in a buffer that nothing else looks into. A large read already has one. */
function ownBytes(bytes: Buffer): Uint8Array<ArrayBuffer> {
  if (bytes.byteOffset === 0 && bytes.length === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer) {
    return new Uint8Array(bytes.buffer);
  }
  return Uint8Array.from(bytes);
}
