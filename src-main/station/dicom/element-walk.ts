// Walks the elements of a data set from front to back: explicit and implicit VR, little and big endian, defined and
// undefined lengths, UN as implicit (PS3.5 6.2.2), encapsulated fragments, OV SV UV and VRs of tomorrow.
//
// Guarantees: iterative, at most 128 levels and 2,000,000 elements; nothing is allocated beyond what is left in the
// file; values that nobody wants are not read. Refuses by WalkStop, with the offset, what cannot be read as elements.
import type { ByteReader } from './byte-reader.ts';
import { vrOf } from './dictionary.ts';
import type { ElementLayout } from './transfer-syntax.ts';

export const mostLevels = 128;
export const mostElements = 2_000_000;
export const undefinedLength = 0xffffffff;
export const pixelDataTag = 0x7fe00010;

const itemTag = 0xfffee000;
const itemEndTag = 0xfffee00d;
const sequenceEndTag = 0xfffee0dd;
const windowBytes = 65_536;
const smallWindowBytes = 4_096;

/** One element or one item of a sequence, and where it lies. All offsets are bytes from the start of the reader. */
export type Spot = {
  readonly kind: 'element' | 'item';
  readonly tag: number;
  /** The VR as written; from the dictionary when it is not written; '' for items. */
  readonly vr: string;
  /** False when the VR is not written, also where an explicit file slips into implicit. */
  readonly vrWritten: boolean;
  /** False for a VR that the standard of today does not have. */
  readonly vrKnown: boolean;
  readonly headerOffset: number;
  readonly lengthOffset: number;
  readonly lengthSize: 2 | 4;
  readonly valueOffset: number;
  /** Length as written; `undefinedLength` when there is none. */
  readonly length: number;
  /** Where the next thing begins: behind the value, and behind the delimiter. -1 while it is not closed. */
  end: number;
  readonly depth: number;
  /** The sequence of an item, the item of a nested element. */
  readonly parent: Spot | null;
  /** Number of an item in its sequence, from 0; 0 for elements. */
  readonly index: number;
  /** How the header of this spot is written. */
  readonly littleEndian: boolean;
  /** How elements inside are written. */
  readonly inside: ElementLayout;
};

export type WalkReason =
  | 'truncated'
  | 'longer-than-container'
  | 'not-an-item'
  | 'not-closed'
  | 'stray-delimiter'
  | 'undefined-length-not-allowed'
  | 'too-deep'
  | 'too-many';

/** Why and where a walk could not go on. `expected` and `found` are bytes, for what is cut off. */
export class WalkStop extends Error {
  readonly reason: WalkReason;
  readonly offset: number;
  readonly spot: Spot | null;
  readonly expected: number;
  readonly found: number;

  constructor(reason: WalkReason, offset: number, spot: Spot | null = null, expected = 0, found = 0) {
    super(reason);
    this.name = 'WalkStop';
    this.reason = reason;
    this.offset = offset;
    this.spot = spot;
    this.expected = expected;
    this.found = found;
  }
}

export type Visitor = {
  /** Called for each element before anything of it is judged or read. 'stop' ends the walk in peace. */
  before?(spot: Spot): 'stop' | undefined;
  /** The longest value of this element that is wanted, bytes; 0 when it is not wanted. Not asked for sequences. */
  wants?(spot: Spot): number;
  /** A plain element with its value, or null when it was not wanted. The bytes are only good during the call. */
  element?(spot: Spot, value: Buffer | null): 'stop' | undefined;
  /** A sequence: go in (the default) or over it. Only one with a defined length can be skipped. */
  sequence?(spot: Spot): 'enter' | 'skip';
  item?(spot: Spot): void;
  /** A sequence or item whose `end` is known now. */
  closed?(spot: Spot): void;
  /** Encapsulated pixel data: walk the fragments (the default) or end the walk there, with `end` left at -1. */
  fragments?(spot: Spot): 'walk' | 'stop';
};

export type Region = ElementLayout & { readonly start: number; readonly end: number };

type Frame = {
  readonly spot: Spot | null;
  /** Nothing inside may go beyond. */
  readonly limit: number;
  readonly open: boolean;
  readonly holds: 'elements' | 'items';
  readonly explicit: boolean;
  readonly littleEndian: boolean;
  items: number;
};

const shortVrs = new Set('AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US'.split(' '));
const longVrs = new Set('OB OD OF OL OV OW SQ SV UC UN UR UT UV'.split(' '));
// Looked up by the two letters as a number: this runs for every element.
const vrNames: readonly string[] = ['', ...shortVrs, ...longVrs];
const firstLong = shortVrs.size + 1;
const vrIndex = new Uint8Array(65_536);
vrNames.forEach((vr, index) => {
  if (index > 0) vrIndex[vr.charCodeAt(0) * 256 + vr.charCodeAt(1)] = index;
});

/** True for VRs whose explicit form has a length of four bytes (PS3.5 7.1.2). */
export function hasLongForm(vr: string): boolean {
  return longVrs.has(vr) || !shortVrs.has(vr);
}

export function isKnownVr(vr: string): boolean {
  return shortVrs.has(vr) || longVrs.has(vr);
}

/**
 * Walks `region` of `reader` and tells `visitor` what is there, in the order of the file.
 * @returns offset where the walk ended: the end of the region, or the spot where the visitor stopped it
 * @throws WalkStop
 */
export async function walkElements(reader: ByteReader, region: Region, visitor: Visitor): Promise<number> {
  const root: Frame = {
    spot: null,
    limit: region.end,
    open: false,
    holds: 'elements',
    explicit: region.explicit,
    littleEndian: region.littleEndian,
    items: 0,
  };
  const stack: Frame[] = [root];
  let frame = root;
  let at = region.start;
  let window: Buffer = Buffer.alloc(0);
  let base = 0;
  let count = 0;

  const load = async (offset: number, least: number): Promise<void> => {
    const near = offset - (base + window.length) < windowBytes;
    const most = Math.min(region.end - offset, Math.max(least, near ? windowBytes : smallWindowBytes));
    window = await reader.read(offset, Math.min(least, most), most);
    base = offset;
  };
  const close = (end: number): void => {
    const { spot } = frame;
    stack.pop();
    frame = stack[stack.length - 1] ?? root;
    if (spot) {
      spot.end = end;
      visitor.closed?.(spot);
    }
    at = end;
  };

  for (;;) {
    if (at >= frame.limit) {
      if (frame.open) throw new WalkStop('not-closed', at, frame.spot);
      if (stack.length === 1) return at;
      close(frame.limit);
      continue;
    }
    const left = frame.limit - at;
    const headerBytes = left < 12 ? left : 12;
    if (at < base || at + headerBytes > base + window.length) await load(at, headerBytes);
    const o = at - base;
    const have = Math.min(window.length - o, left);
    if (have < 8)
      throw new WalkStop(frame.limit === region.end ? 'truncated' : 'longer-than-container', at, null, 8, have);
    if (++count > mostElements) throw new WalkStop('too-many', at);

    const little = frame.littleEndian;
    const group = readShort(window, o, little);
    const tag = group * 65536 + readShort(window, o + 2, little);

    if (group === 0xfffe) {
      const length = little ? window.readUInt32LE(o + 4) : window.readUInt32BE(o + 4);
      if (frame.holds === 'items' ? tag === sequenceEndTag : tag === itemEndTag) {
        // A delimiter inside a defined length is not written by anybody sane, and is not guessed at.
        if (!frame.open) throw new WalkStop('stray-delimiter', at, frame.spot);
        close(at + 8);
        continue;
      }
      if (frame.holds === 'elements' || tag !== itemTag) throw new WalkStop('stray-delimiter', at, frame.spot);
      if (stack.length >= mostLevels * 2) throw new WalkStop('too-deep', at, frame.spot);
      const open = length === undefinedLength;
      const limit = open ? frame.limit : at + 8 + length;
      if (limit > frame.limit) throw overrun(region, frame.limit, at, frame.spot, length, frame.limit - at - 8);
      const item: Spot = {
        kind: 'item',
        tag,
        vr: '',
        vrWritten: false,
        vrKnown: true,
        headerOffset: at,
        lengthOffset: at + 4,
        lengthSize: 4,
        valueOffset: at + 8,
        length,
        end: -1,
        depth: (frame.spot?.depth ?? 0) + 1,
        parent: frame.spot,
        index: frame.items++,
        littleEndian: little,
        inside: frame,
      };
      visitor.item?.(item);
      frame = { spot: item, limit, open, holds: 'elements', explicit: frame.explicit, littleEndian: little, items: 0 };
      stack.push(frame);
      at += 8;
      continue;
    }
    if (frame.holds === 'items') throw new WalkStop('not-an-item', at, frame.spot);

    let vr: string;
    let vrWritten = frame.explicit;
    let vrKnown = true;
    let lengthOffset = at + 4;
    let lengthSize: 2 | 4 = 4;
    if (vrWritten) {
      const first = window[o + 4] ?? 0;
      const second = window[o + 5] ?? 0;
      const known = vrIndex[first * 256 + second] ?? 0;
      if (known > 0) {
        vr = vrNames[known] ?? '';
        if (known >= firstLong) lengthOffset = at + 8;
        else {
          lengthOffset = at + 6;
          lengthSize = 2;
        }
      } else if (first >= 0x20 && first < 0x7f && second >= 0x20 && second < 0x7f) {
        // An unknown VR has the long form (PS3.5 6.2); some writers did not know that.
        vr = String.fromCharCode(first, second);
        vrKnown = false;
        const long =
          have >= 12 && window[o + 6] === 0 && window[o + 7] === 0 && readLength(window, o + 8, little) <= left - 12;
        lengthOffset = long ? at + 8 : at + 6;
        lengthSize = long ? 4 : 2;
      } else {
        vrWritten = false;
        vr = vrOf(tag);
      }
    } else vr = vrOf(tag);
    const valueOffset = lengthOffset + lengthSize;
    if (valueOffset - at > have) throw overrun(region, frame.limit, at, null, valueOffset - at, have);
    const l = lengthOffset - base;
    const length = lengthSize === 4 ? readLength(window, l, little) : readShort(window, l, little);

    const noLength = length === undefinedLength && lengthSize === 4;
    const fragmented = noLength && (vrWritten ? vr === 'OB' || vr === 'OW' : tag === pixelDataTag);
    const nested = !fragmented && (vr === 'SQ' || (noLength && (vr === 'UN' || !vrWritten)));
    const spot: Spot = {
      kind: 'element',
      tag,
      vr,
      vrWritten,
      vrKnown,
      headerOffset: at,
      lengthOffset,
      lengthSize,
      valueOffset,
      length,
      end: noLength ? -1 : valueOffset + length,
      depth: frame.spot?.depth ?? 0,
      parent: frame.spot,
      index: 0,
      littleEndian: little,
      inside: vr === 'UN' && noLength ? unknownInside : frame,
    };
    if (visitor.before?.(spot) === 'stop') return at;
    if (noLength && !fragmented && !nested) throw new WalkStop('undefined-length-not-allowed', at, spot);
    const room = frame.limit - valueOffset;
    if (!noLength && length > room) throw overrun(region, frame.limit, at, spot, length, room);

    if (nested && !(visitor.sequence?.(spot) === 'skip' && !noLength)) {
      frame = {
        spot,
        limit: noLength ? frame.limit : valueOffset + length,
        open: noLength,
        holds: 'items',
        explicit: spot.inside.explicit,
        littleEndian: spot.inside.littleEndian,
        items: 0,
      };
      stack.push(frame);
      at = valueOffset;
      continue;
    }
    if (fragmented) {
      if (visitor.fragments?.(spot) === 'stop') {
        visitor.element?.(spot, null);
        return at;
      }
      let p = valueOffset;
      for (;;) {
        if (p + 8 > frame.limit) throw overrun(region, frame.limit, p, spot, 8, frame.limit - p);
        if (p < base || p + 8 > base + window.length) await load(p, 8);
        const itemLength = readLength(window, p - base + 4, little);
        const fragmentTag = little
          ? window.readUInt16LE(p - base) * 65536 + window.readUInt16LE(p - base + 2)
          : window.readUInt32BE(p - base);
        p += 8;
        if (fragmentTag === sequenceEndTag) break;
        if (fragmentTag !== itemTag || itemLength === undefinedLength) throw new WalkStop('not-an-item', p - 8, spot);
        if (++count > mostElements) throw new WalkStop('too-many', p);
        if (p + itemLength > frame.limit) throw overrun(region, frame.limit, p - 8, spot, itemLength, frame.limit - p);
        p += itemLength;
      }
      spot.end = p;
      if (visitor.element?.(spot, null) === 'stop') return at;
      at = p;
      continue;
    }
    let value: Buffer | null = null;
    const wanted = visitor.wants?.(spot) ?? 0;
    if (wanted > 0 && length <= wanted) {
      if (valueOffset < base || valueOffset + length > base + window.length) {
        await load(valueOffset, length);
        if (window.length < length) throw new WalkStop('truncated', at, spot, length, window.length);
      }
      value = window.subarray(valueOffset - base, valueOffset - base + length);
    }
    if (visitor.element?.(spot, value) === 'stop') return at;
    at = spot.end;
  }
}

const unknownInside: ElementLayout = { explicit: false, littleEndian: true };

function readShort(bytes: Buffer, offset: number, little: boolean): number {
  const a = bytes[offset] ?? 0;
  const b = bytes[offset + 1] ?? 0;
  return little ? a + b * 256 : a * 256 + b;
}

function readLength(bytes: Buffer, offset: number, little: boolean): number {
  const a = readShort(bytes, offset, little);
  const b = readShort(bytes, offset + 2, little);
  return little ? a + b * 65_536 : a * 65_536 + b;
}

/** What is longer than the room it has: cut off when the room ends with the file, else a lie about a length. */
function overrun(
  region: Region,
  limit: number,
  offset: number,
  spot: Spot | null,
  expected: number,
  found: number,
): WalkStop {
  const cut = limit === region.end || offset + expected > region.end;
  return new WalkStop(cut ? 'truncated' : 'longer-than-container', offset, spot, expected, found);
}
