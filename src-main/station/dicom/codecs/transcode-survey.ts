// What must be known of a data set before it is written in another transfer syntax: that all of it can be read as
// elements, and where its pixels lie. One walk, nothing kept but the elements at the top that may have to change.
//
// Refuses by CannotTranscode what cannot be walked to its end, and compressed pictures inside of sequences. One of them
// goes instead: a compressed icon, which nobody is obliged to send (PS3.3 C.7.6.1.1.6, type 3) and which must not stand in
// an uncompressed object (PS3.5 A.4). Private sequences with such pictures go where the caller says so.
import { pixelDataTag, undefinedLength, walkElements, WalkStop, type Region, type Spot } from '../element-walk.ts';
import type { ByteReader } from '../byte-reader.ts';
import { readsAs } from '../guess-layout.ts';
import { transferSyntaxOf } from '../transfer-syntax.ts';
import { CannotTranscode } from './cannot-transcode.ts';
import type { WordBytes } from './transcode-sink.ts';

export const photometricTag = 0x00280004;
export const planarTag = 0x00280006;
const representationTag = 0x00280103;
const bitsAllocatedTag = 0x00280100;
const iconTag = 0x00880200;
/** Extended Offset Table, its lengths, the total length: they speak of fragments (PS3.3 C.7.6.3.1.8, 9). */
const fragmentTags = new Set([0x7fe00001, 0x7fe00002, 0x7fe00003]);

/** The source, however it is kept: inflated already, if it was deflated. */
export type Source = {
  readonly reader: ByteReader;
  readonly fd: number;
  readonly region: Region;
  readonly transferSyntaxUid: string;
};

export type Survey = {
  /** The pixels in fragments; undefined when there are none, or native ones. */
  readonly fragments?: Spot;
  /** Top-level elements that go when the pixels are no longer in fragments, or whose value may change. */
  readonly ofInterest: readonly Spot[];
  /** Sequences at the top that are left out for the compressed pictures in them; they are among those of interest. */
  readonly leftOut: ReadonlySet<Spot>;
  readonly signed: boolean;
  readonly bitsAllocated: number;
};

export async function surveyForTranscode(source: Omit<Source, 'fd'>, mayLeaveOutPrivate = false): Promise<Survey> {
  const { reader, region } = source;
  const left = region.end - region.start;
  const first = await reader.read(region.start, Math.min(8, left), 1024);
  if (left > 0 && !readsAs(first, left, transferSyntaxOf(source.transferSyntaxUid)))
    throw new CannotTranscode('header-broken');
  const ofInterest: Spot[] = [];
  let fragments: Spot | undefined;
  const leftOut = new Set<Spot>();
  const mayGo = (tag: number) => tag === iconTag || (mayLeaveOutPrivate && ((tag >>> 16) & 1) === 1);
  let signed = false;
  let bitsAllocated = 16;
  await walk(source, {
    wants: (spot) => (spot.parent === null && isNumber(spot.tag) ? 2 : 0),
    sequence: () => 'enter',
    element: (spot, value) => {
      if (spot.length === undefinedLength) {
        const { tag } = rootOf(spot);
        if (spot.tag !== pixelDataTag || (spot.parent !== null && !mayGo(tag)))
          throw new CannotTranscode('nested-picture');
        if (spot.parent === null) fragments = spot;
        else leftOut.add(rootOf(spot));
      }
      if (spot.parent !== null) return undefined;
      if (value?.length === 2) {
        const number = spot.littleEndian ? value.readUInt16LE(0) : value.readUInt16BE(0);
        if (spot.tag === representationTag) signed = number === 1;
        else bitsAllocated = number;
      }
      if (
        isGroupLength(spot.tag) ||
        spot.tag === photometricTag ||
        spot.tag === planarTag ||
        fragmentTags.has(spot.tag)
      )
        ofInterest.push(spot);
      return undefined;
    },
    closed: (spot) => void (leftOut.has(spot) && ofInterest.push(spot)),
  });
  return { ...(fragments && { fragments }), leftOut, ofInterest, signed, bitsAllocated };
}

/** The element at the top that something lies in, or is. */
function rootOf(spot: Spot): Spot {
  let root = spot;
  while (root.parent !== null) root = root.parent;
  return root;
}

/** Lies in what is left out, or is it. */
export const isOfLeftOut = (spot: Spot, { leftOut }: Survey): boolean =>
  leftOut.size > 0 && [...leftOut].some(({ headerOffset }) => rootOf(spot).headerOffset === headerOffset);

const isNumber = (tag: number) => tag === representationTag || tag === bitsAllocatedTag;

/** (gggg,0000), retired: it counts the bytes of its group as they were written. */
export const isGroupLength = (tag: number): boolean => (tag & 0xffff) === 0;

export const speaksOfFragments = (tag: number): boolean => fragmentTags.has(tag);

/** Walks a source, or a part of it. @throws CannotTranscode for what the walk refuses */
export async function walk(
  { reader, region }: Pick<Source, 'reader' | 'region'>,
  visitor: Parameters<typeof walkElements>[2],
  part: { readonly start?: number; readonly end?: number } = {},
): Promise<void> {
  try {
    await walkElements(reader, { ...region, ...part }, visitor);
  } catch (error) {
    if (!(error instanceof WalkStop)) throw error;
    throw new CannotTranscode(error.reason === 'truncated' ? 'truncated' : 'header-broken', { cause: error });
  }
}

const words: Readonly<Record<string, WordBytes>> = {
  ...{ US: 2, SS: 2, OW: 2, AT: 2 },
  ...{ UL: 4, SL: 4, FL: 4, OF: 4, OL: 4 },
  ...{ FD: 8, OD: 8, SV: 8, UV: 8, OV: 8 },
};

/**
 * Bytes of the words of a value that are turned on the way to little endian (PS3.5 7.3). Pixels wider than a word are
 * turned as a whole, as every decoder does.
 */
export function wordOf(spot: Spot, { bitsAllocated }: Survey): WordBytes {
  const isPixels = spot.parent === null && spot.tag === pixelDataTag;
  if (spot.littleEndian) return 1;
  if (isPixels && spot.vr === 'OW') return bitsAllocated === 32 ? 4 : bitsAllocated === 64 ? 8 : 2;
  return words[spot.vr] ?? 1;
}
