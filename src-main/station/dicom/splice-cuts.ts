// Cuts: which bytes of a data set give way to which others, the lengths around them that change with it, and the
// segments that come of it.
import { bug } from '#station/kit/problem.ts';
import { undefinedLength, type Spot } from './element-walk.ts';
import type { Segment } from './recipe.ts';

export type Cut = {
  readonly from: number;
  readonly to: number;
  readonly bytes: Buffer;
  /** For the order of what is inserted at the same place, and for the length of its group. */
  readonly tag: number;
  /** The item or sequence that becomes longer or shorter; null at the top. */
  readonly container: Spot | null;
};

/** A group length (gggg,0000) or Length to End (0008,0001), and what it says. */
export type CountedLength = { readonly spot: Spot; readonly value: number };

/** The cuts that repair lengths: of items and sequences around `cuts`, of groups, and to the end. */
export function repairLengths(cuts: readonly Cut[], counted: readonly CountedLength[]): Cut[] | 'too-long' {
  const byContainer = new Map<Spot, number>();
  const byGroup = new Map<Spot | null, Map<number, number>>();
  let total = 0;
  for (const cut of cuts) {
    const delta = cut.bytes.length - (cut.to - cut.from);
    total += delta;
    let tag = cut.tag;
    for (let at = cut.container; ; at = at.parent) {
      if (at === null || at.kind === 'item') {
        const groups = byGroup.get(at) ?? new Map<number, number>();
        groups.set(tag >>> 16, (groups.get(tag >>> 16) ?? 0) + delta);
        byGroup.set(at, groups);
      }
      if (at === null) break;
      byContainer.set(at, (byContainer.get(at) ?? 0) + delta);
      if (at.kind === 'element') tag = at.tag;
    }
  }
  const repairs: Cut[] = [];
  const put = (spot: Spot, offset: number, value: number): void => {
    repairs.push({
      from: offset,
      to: offset + 4,
      bytes: uint32(value, spot.littleEndian),
      tag: spot.tag,
      container: spot.parent,
    });
  };
  for (const [spot, delta] of byContainer) {
    if (delta === 0 || spot.length === undefinedLength) continue;
    if (spot.lengthSize !== 4) throw bug('a container with a short length');
    if (spot.length + delta >= undefinedLength) return 'too-long';
    put(spot, spot.lengthOffset, spot.length + delta);
  }
  for (const { spot, value } of counted) {
    const toEnd = spot.tag === 0x00080001;
    const delta = toEnd ? total : (byGroup.get(spot.parent)?.get(spot.tag >>> 16) ?? 0);
    // A count that was wrong before is not made negative; it stays as wrong as it was.
    if (delta !== 0 && value + delta >= 0) put(spot, spot.valueOffset, value + delta);
  }
  return repairs;
}

/** The segments of `source` between `start` and `end` with the cuts applied. Cuts must not overlap. */
export function applyCuts(cuts: readonly Cut[], start: number, end: number): Segment[] {
  // What ends an inner container stands before what ends, or follows in, the one around it.
  const sorted = cuts.toSorted(
    (a, b) => a.from - b.from || rank(b.container) - rank(a.container) || a.to - b.to || a.tag - b.tag,
  );
  const segments: Segment[] = [];
  let at = start;
  for (const cut of sorted) {
    if (cut.from < at || cut.to > end) throw bug('cuts overlap');
    if (cut.from > at) segments.push({ kind: 'range', offset: at, length: cut.from - at });
    addBytes(segments, cut.bytes);
    at = cut.to;
  }
  if (end > at) segments.push({ kind: 'range', offset: at, length: end - at });
  return segments;
}

function rank(container: Spot | null): number {
  return container === null ? -1 : container.depth * 2 + (container.kind === 'element' ? 1 : 0);
}

function addBytes(segments: Segment[], bytes: Buffer): void {
  if (bytes.length === 0) return;
  const last = segments.at(-1);
  if (last?.kind === 'bytes')
    segments[segments.length - 1] = { kind: 'bytes', bytes: Buffer.concat([last.bytes, bytes]) };
  else segments.push({ kind: 'bytes', bytes });
}

function uint32(value: number, littleEndian: boolean): Buffer {
  const bytes = Buffer.alloc(4);
  if (littleEndian) bytes.writeUInt32LE(value);
  else bytes.writeUInt32BE(value);
  return bytes;
}
