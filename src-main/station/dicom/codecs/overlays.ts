// Overlay planes of groups 60xx (PS3.3 C.9.2), each as bits of its own: from Overlay Data, or from the bits of the pixel
// words that the picture does not use. They are a layer over the picture and never mixed into its values.
//
// Refuses nothing: a plane that is broken or too large is left out, and the frame says so.
import type { FrameLack } from '#station/model/raw-frame.ts';
import type { ByteReader } from '../byte-reader.ts';
import { undefinedLength } from '../element-walk.ts';
import { names, number, numbers, text, wholeNumber, type Values } from './found-values.ts';
import type { Samples } from './samples.ts';

const elements = new Set([0x10, 0x11, 0x15, 0x22, 0x40, 0x50, 0x51, 0x100, 0x102, 0x1500]);
const groups = Array.from({ length: 16 }, (_, index) => 0x6000 + index * 2);
const mostPlaneBytes = 8 * 1024 * 1024;
const mostBytesTogether = 32 * 1024 * 1024;

/** True for a value that is read with the header. */
export function isOverlayTag(tag: number): boolean {
  return isOverlayGroup(tag) && elements.has(tag & 0xffff);
}

/** True for Overlay Data: found, and read only for the frame that is asked for. */
export function isOverlayData(tag: number): boolean {
  return isOverlayGroup(tag) && (tag & 0xffff) === 0x3000;
}

function isOverlayGroup(tag: number): boolean {
  const group = tag >>> 16;
  return group >= 0x6000 && group <= 0x601e && group % 2 === 0;
}

export type OverlayData = {
  readonly offset: number;
  readonly length: number;
  readonly vr: string;
  readonly little: boolean;
};

export type OverlayHeader = {
  readonly group: number;
  readonly rows: number;
  readonly columns: number;
  readonly x: number;
  readonly y: number;
  readonly kind: 'graphic' | 'region';
  readonly name?: string;
  /** Undefined when one plane serves all frames. */
  readonly frames?: number;
  readonly firstFrame: number;
  readonly bitPosition: number;
  readonly data?: OverlayData;
};

/** A plane of one frame: one bit a pixel, row after row without gaps, lowest bit of a byte first. */
export type OverlayBits = { readonly header: OverlayHeader; readonly bits: Uint8Array };

/** `terms` are the values of (0008,0005), in which planes are named. */
export function overlaysFrom(
  top: Values,
  found: ReadonlyMap<number, OverlayData>,
  terms: readonly string[],
): readonly OverlayHeader[] {
  return groups.flatMap((group) => {
    const at = (element: number) => top.get(group * 0x10000 + element);
    const rows = wholeNumber(at(0x10)) ?? 0;
    const columns = wholeNumber(at(0x11)) ?? 0;
    if (rows < 1 || columns < 1) return [];
    const [originY, originX] = numbers(at(0x50));
    const data = found.get(group);
    const frames = number(at(0x15));
    const name = names(at(0x1500), terms)[0] || names(at(0x22), terms)[0];
    return [
      {
        group,
        rows,
        columns,
        x: Number.isFinite(originX) ? originX! - 1 : 0,
        y: Number.isFinite(originY) ? originY! - 1 : 0,
        kind: text(at(0x40)) === 'R' ? ('region' as const) : ('graphic' as const),
        ...(name ? { name } : {}),
        ...(frames !== undefined && frames >= 1 ? { frames: Math.trunc(frames) } : {}),
        firstFrame: Math.max(1, wholeNumber(at(0x51)) ?? 1) - 1,
        bitPosition: wholeNumber(at(0x102)) ?? 0,
        ...(data ? { data } : {}),
      },
    ];
  });
}

/** The planes with data of their own that belong to frame `frame` (from 0). */
export async function readOverlays(
  reader: ByteReader,
  overlays: readonly OverlayHeader[],
  frame: number,
): Promise<{ readonly planes: readonly OverlayBits[]; readonly lacks: readonly FrameLack[] }> {
  const planes: OverlayBits[] = [];
  const lacks = new Set<FrameLack>();
  let together = 0;
  for (const header of overlays) {
    const { data, frames, firstFrame } = header;
    if (!data) continue;
    const index = frames === undefined ? 0 : frame - firstFrame;
    if (frames !== undefined && (index < 0 || index >= frames)) continue;
    const pixels = header.rows * header.columns;
    const length = Math.ceil(pixels / 8);
    const firstBit = index * pixels;
    const first = Math.floor(firstBit / 8);
    const end = Math.ceil((firstBit + pixels) / 8);
    const inFile = Math.min(data.length, reader.sizeBytes - data.offset);
    together += length;
    if (length > mostPlaneBytes || together > mostBytesTogether || data.length === undefinedLength || end > inFile) {
      lacks.add('overlay-broken');
      continue;
    }
    planes.push({ header, bits: await readBits(reader, data, first, end, firstBit % 8, pixels) });
  }
  return { planes, lacks: [...lacks] };
}

async function readBits(
  reader: ByteReader,
  data: OverlayData,
  first: number,
  end: number,
  shift: number,
  pixels: number,
): Promise<Uint8Array> {
  // Words of a big-endian file are turned, so an odd end takes its neighbour along.
  const turned = !data.little && data.vr === 'OW';
  const from = turned ? first - (first % 2) : first;
  const to = turned ? Math.min(data.length, end + (end % 2)) : end;
  const read = Buffer.from(await reader.read(data.offset + from, to - from));
  if (turned && read.length % 2 === 0) read.swap16();
  const bytes = read.subarray(first - from, end - from);
  const bits = new Uint8Array(Math.ceil(pixels / 8));
  for (let i = 0; i < bits.length; i++) bits[i] = (bytes[i]! >>> shift) | ((bytes[i + 1] ?? 0) << (8 - shift));
  if (pixels % 8 > 0) bits[bits.length - 1]! &= (1 << (pixels % 8)) - 1;
  return bits;
}

/** Planes that live in bits of the pixel words beside the stored ones (retired, PS3.5 8.1.2 of 2004). */
export function embeddedOverlays(
  words: Samples,
  overlays: readonly OverlayHeader[],
  stored: { readonly highBit: number; readonly bits: number; readonly pixels: number },
): readonly OverlayBits[] {
  const width = words.BYTES_PER_ELEMENT * 8;
  return overlays.flatMap((header) => {
    const at = header.bitPosition;
    const isOutside = at > stored.highBit || at <= stored.highBit - stored.bits;
    const fits = header.rows * header.columns === stored.pixels && words.length === stored.pixels;
    if (header.data || !isOutside || at >= width || !fits) return [];
    const bits = new Uint8Array(Math.ceil(words.length / 8));
    for (let i = 0; i < words.length; i++) bits[i >>> 3]! |= ((words[i]! >>> at) & 1) << (i & 7);
    return [{ header, bits }];
  });
}
