// Video in Pixel Data (PS3.5 A.4.9 and on): which coding, in what it is wrapped, and its bytes without the fragments around
// them, any stretch of them. What a browser cannot play is told; nothing is wrapped anew.
import type { Paper } from '#contract/shapes/documents.ts';
import { pixelDataTag, walkElements, WalkStop } from '../element-walk.ts';
import type { Part10 } from '../part10.ts';
import { wholeOf, type Tree } from './tree.ts';

type Piece = { readonly offset: number; readonly length: number };
export type VideoPlace = { readonly pieces: readonly Piece[]; readonly sizeBytes: number };
export type Coding = Extract<Paper, { kind: 'video' }>['coding'];
export type Container = Extract<Paper, { kind: 'video' }>['container'];

const base = '1.2.840.10008.1.2.4.';
const codings: Readonly<Record<string, Coding>> = {
  ...{ 100: 'mpeg2', '100.1': 'mpeg2', 101: 'mpeg2', '101.1': 'mpeg2' },
  ...{ 102: 'h264', '102.1': 'h264', 103: 'h264', '103.1': 'h264', 104: 'h264', '104.1': 'h264' },
  ...{ 105: 'h264', '105.1': 'h264', 106: 'h264', '106.1': 'h264', 107: 'hevc', 108: 'hevc' },
};
const mostPieces = 65_536;
/** Heads of short fragments are read together. */
const windowBytes = 4096;
const pieceBytes = 262_144;

/** The coding of a transfer syntax; undefined when it is no video. */
export function codingOf(transferSyntaxUid: string): Coding | undefined {
  return transferSyntaxUid.startsWith(base) ? codings[transferSyntaxUid.slice(base.length)] : undefined;
}

/** Where the bytes of the video lie in the file; null when there are none or the fragments are broken. */
export async function findVideo(object: Part10): Promise<VideoPlace | null> {
  const { reader, region } = object.elements;
  let start = -1;
  try {
    await walkElements(reader, region, {
      before: (spot) => {
        if (spot.parent === null && spot.tag === pixelDataTag) start = spot.valueOffset;
        return start === -1 ? undefined : 'stop';
      },
    });
  } catch (error) {
    if (!(error instanceof WalkStop)) throw error;
  }
  if (start === -1) return null;
  const pieces: Piece[] = [];
  let sizeBytes = 0;
  let isTable = true;
  let fragments = 0;
  let window: Buffer = Buffer.alloc(0);
  let base = 0;
  // Empty ones count as well: a file may hold nothing else.
  for (let at = start; at + 8 <= region.end && fragments <= mostPieces; fragments++) {
    if (at < base || at + 8 > base + window.length) {
      window = await reader.read(at, 8, Math.min(windowBytes, region.end - at));
      base = at;
    }
    const head = window.subarray(at - base, at - base + 8);
    if (head.length < 8) break;
    const little = region.littleEndian;
    const tag = little ? head.readUInt16LE(0) * 65_536 + head.readUInt16LE(2) : head.readUInt32BE(0);
    if (tag !== 0xfffee000) break;
    const told = little ? head.readUInt32LE(4) : head.readUInt32BE(4);
    const length = Math.min(told, region.end - at - 8);
    if (!isTable && length > 0) {
      pieces.push({ offset: at + 8, length });
      sizeBytes += length;
    }
    isTable = false;
    at += 8 + length;
  }
  return sizeBytes === 0 ? null : { pieces, sizeBytes };
}

/** What the first bytes say that it is wrapped in. */
export async function containerOf(object: Part10, { pieces }: VideoPlace): Promise<Container> {
  const [first] = pieces;
  if (first === undefined) return 'bare';
  const head = await object.elements.reader.read(first.offset, Math.min(first.length, 400));
  if (head.toString('latin1', 4, 8) === 'ftyp') return 'mp4';
  if (head[0] === 0x47 && (head.length <= 188 || head[188] === 0x47)) return 'transport-stream';
  if (head.length >= 4 && head.readUInt32BE(0) === 0x000001ba) return 'program-stream';
  return 'bare';
}

/** Bytes from `from` up to, not with, `to`; in pieces of at most 256 KiB. */
export async function* streamVideo(
  object: Part10,
  place: VideoPlace,
  from: number,
  to: number,
): AsyncGenerator<Buffer> {
  let start = 0;
  for (const { offset, length } of place.pieces) {
    const end = Math.min(start + length, to);
    for (let at = Math.max(start, from); at < end;) {
      const most = Math.min(pieceBytes, end - at);
      const bytes = await object.elements.reader.read(offset + at - start, most);
      if (bytes.length === 0) return;
      const piece = bytes.subarray(0, most);
      yield piece;
      at += piece.length;
    }
    start += length;
    if (start >= to) return;
  }
}

/** The video in words. */
export async function describeVideo(object: Part10, tree: Tree, coding: Coding): Promise<Paper & { kind: 'video' }> {
  const place = await findVideo(object);
  const container = place === null ? 'bare' : await containerOf(object, place);
  const whole = (tag: number) => wholeOf(tree.number(-1, tag));
  const frames = whole(0x00280008);
  const frameMs = tree.number(-1, 0x00181063);
  const rate = tree.number(-1, 0x00180040) ?? tree.number(-1, 0x00082144);
  const each = frameMs !== undefined && frameMs > 0 ? frameMs / 1000 : rate !== undefined && rate > 0 ? 1 / rate : 0;
  const seconds = frames * each;
  return {
    kind: 'video',
    ...{ coding, container, frames, rows: whole(0x00280010), columns: whole(0x00280011) },
    isPlayable: container === 'mp4' && (coding === 'h264' || coding === 'hevc'),
    sizeBytes: place?.sizeBytes ?? 0,
    seconds: seconds > 0 && Number.isFinite(seconds) ? seconds : null,
  };
}
