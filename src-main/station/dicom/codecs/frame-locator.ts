// Finds the bytes of one frame in Pixel Data and reads those only.
//
// Native: by arithmetic. Encapsulated (PS3.5 A.4): by the Extended Offset Table, the Basic Offset Table, one fragment a
// frame, or, where a writer left the table empty and split frames, by where a fragment begins a new codestream.
// Guarantees: nothing is allocated beyond what lies in the file. Refuses by CannotDraw what cannot be found.
import type { ByteReader } from '../byte-reader.ts';
import { beginsCodestream } from './codestream.ts';
import { mostFragments, mostFrameBytes } from './limits.ts';
import { CannotDraw } from './not-drawable.ts';
import type { PixelHeader } from './pixel-header.ts';

/** Where a fragment's value lies in the file. */
export type Fragment = { readonly offset: number; readonly length: number };

/** True when the colour differences of native pixels are there for every second column only (PS3.3 C.7.6.3.1.2). */
export function isSubsampled(header: PixelHeader): boolean {
  const isNamed = header.photometric === 'YBR_FULL_422' || header.photometric === 'YBR_PARTIAL_422';
  if (!isNamed || header.samples !== 3 || header.syntax.encapsulated) return false;
  // Some writers name it and write every sample all the same.
  return (header.pixels.length ?? 0) < header.rows * header.columns * header.frames * 3;
}

/** Bits of one native frame. Frames of one bit a pixel follow each other inside a byte (PS3.5 8.1.1). */
export function nativeFrameBits(header: PixelHeader): number {
  const samples = isSubsampled(header) ? 2 : header.samples;
  return header.rows * header.columns * samples * header.bitsAllocated;
}

export type FrameBytes = { readonly bytes: Buffer; readonly firstBit: number };

/** Reads one native frame. `firstBit` is where it begins in the first byte, for 1-bit frames. */
export async function readNativeFrame(reader: ByteReader, header: PixelHeader, frame: number): Promise<FrameBytes> {
  const bits = nativeFrameBits(header);
  if (bits / 8 > mostFrameBytes) throw new CannotDraw('too-large');
  const first = Math.floor((bits * frame) / 8);
  const firstBit = (bits * frame) % 8;
  const length = Math.ceil((bits + firstBit) / 8);
  const inFile = Math.min(header.pixels.length ?? Infinity, reader.sizeBytes - header.pixels.offset);
  if (first + length > inFile) throw new CannotDraw(frame > 0 && first >= inFile ? 'no-such-frame' : 'truncated');
  const swapped = !header.syntax.littleEndian && header.pixels.vr === 'OW' && header.bitsAllocated <= 8;
  if (!swapped) return { bytes: await reader.read(header.pixels.offset + first, length), firstBit };
  // Bytes in big-endian words: the word around the frame is read and turned.
  const even = first - (first % 2);
  const words = await reader.read(header.pixels.offset + even, Math.min(inFile - even, length + 2));
  const turned = Buffer.from(words.subarray(0, words.length - (words.length % 2))).swap16();
  return { bytes: turned.subarray(first - even, first - even + length), firstBit };
}

/** The compressed bytes of one frame, all its fragments joined. */
export async function readEncapsulatedFrame(reader: ByteReader, header: PixelHeader, frame: number): Promise<Buffer> {
  const table = await readBasicOffsets(reader, header);
  const extended = header.extendedOffsets;
  if (extended && extended.offsets.length === header.frames) {
    const offset = table.firstItem + extended.offsets[frame]! + 8;
    const length = extended.lengths[frame]!;
    if (!(length > 0) || !(offset + length <= reader.sizeBytes)) throw new CannotDraw('frames-not-found');
    return reader.read(offset, length);
  }
  if (table.offsets.length === header.frames && (frame === 0 || table.offsets[frame]! > 0)) {
    const start = table.firstItem + table.offsets[frame]!;
    const next = table.offsets[frame + 1];
    const fragments = await listFragments(
      reader,
      header,
      start,
      next === undefined ? Infinity : table.firstItem + next,
    );
    if (fragments.length > 0) return joinFragments(reader, fragments);
  }
  const all = await listFragments(reader, header, table.firstItem, Infinity);
  return joinFragments(reader, await fragmentsOfFrame(reader, header, all, frame));
}

export async function fragmentsOfFrame(
  reader: ByteReader,
  header: PixelHeader,
  all: readonly Fragment[],
  frame: number,
): Promise<readonly Fragment[]> {
  if (header.frames === 1) return all;
  if (all.length === header.frames) return all.slice(frame, frame + 1);
  let starts = -1;
  const own: Fragment[] = [];
  for (const fragment of all) {
    const head = await reader.read(fragment.offset, Math.min(4, fragment.length));
    if (beginsCodestream(header.syntax.uid, head)) starts++;
    if (starts === frame) own.push(fragment);
    if (starts > frame) break;
  }
  if (own.length === 0) throw new CannotDraw(starts < 0 ? 'frames-not-found' : 'no-such-frame');
  return own;
}

type BasicOffsets = { readonly offsets: readonly number[]; readonly firstItem: number };

export async function readBasicOffsets(reader: ByteReader, header: PixelHeader): Promise<BasicOffsets> {
  const item = await readItem(reader, header, header.pixels.offset);
  if (item === undefined) throw new CannotDraw('frames-not-found');
  const firstItem = header.pixels.offset + 8 + item.length;
  if (item.length !== header.frames * 4) return { offsets: [], firstItem };
  const bytes = await reader.read(item.offset, item.length);
  const offsets: number[] = [];
  for (let at = 0; at + 4 <= bytes.length; at += 4) offsets.push(bytes.readUInt32LE(at));
  return { offsets, firstItem };
}

/** The fragments whose items begin in [from, before). A file that is cut off ends with a shorter fragment. */
export async function listFragments(
  reader: ByteReader,
  header: PixelHeader,
  from: number,
  before: number,
): Promise<readonly Fragment[]> {
  const fragments: Fragment[] = [];
  for (let at = from; at < before;) {
    const item = await readItem(reader, header, at);
    if (item === undefined) break;
    if (item.length > 0) fragments.push(item);
    if (fragments.length > mostFragments) throw new CannotDraw('too-large');
    at = item.offset + item.length;
  }
  return fragments;
}

async function readItem(reader: ByteReader, header: PixelHeader, at: number): Promise<Fragment | undefined> {
  if (at + 8 > reader.sizeBytes) return undefined;
  const head = await reader.read(at, 8);
  const little = header.syntax.littleEndian;
  const tag = little ? head.readUInt16LE(0) * 65_536 + head.readUInt16LE(2) : head.readUInt32BE(0);
  if (tag !== 0xfffee000) return undefined;
  const length = little ? head.readUInt32LE(4) : head.readUInt32BE(4);
  return { offset: at + 8, length: Math.min(length, reader.sizeBytes - at - 8) };
}

export async function joinFragments(reader: ByteReader, fragments: readonly Fragment[]): Promise<Buffer> {
  const [only] = fragments;
  if (!only) throw new CannotDraw('no-such-frame');
  if (fragments.reduce((sum, one) => sum + one.length, 0) > mostFrameBytes) throw new CannotDraw('too-large');
  if (fragments.length === 1) return reader.read(only.offset, only.length);
  const parts: Buffer[] = [];
  for (const fragment of fragments) parts.push(await reader.read(fragment.offset, fragment.length));
  return Buffer.concat(parts);
}
