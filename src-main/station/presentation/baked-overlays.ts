// Overlay planes of groups 60xx follow the picture that they lie on: what is black under a redaction is gone from them too,
// the rest is cropped and turned with it (PS3.3 C.9.2). Planes of the result are as large as the picture. Pure.
import type { NewElement } from '#station/dicom/index.ts';
import { numbersOf, type FoundElement, type FoundElements } from './found-elements.ts';
import type { PixelBox } from './markup-rules.ts';
import { geometryOf, type Change } from './turns.ts';

const groups = Array.from({ length: 16 }, (_, n) => 0x6000 + n * 2);
const parts = { rows: 0x10, columns: 0x11, frames: 0x15, origin: 0x50, bitPosition: 0x102, data: 0x3000 } as const;

/** Pixels of the planes of one group, all frames together: a thousand frames of 512 by 512. */
const mostBits = 268_435_456;

/** Tags that must be read to know of overlays. */
export const overlayTags: ReadonlySet<number> = new Set(
  groups.flatMap((group) => Object.values(parts).map((part) => group * 0x10000 + part)),
);

/** Whether every plane can be followed, without doing it. */
export function canOverlaysFollow(found: FoundElements, change: Change): boolean {
  const to = geometryOf(change);
  return groups.every((group) => {
    const [rows, columns, frames = 1] = [parts.rows, parts.columns, parts.frames].map(
      (part) => numbersOf(found.get(group * 0x10000 + part))[0],
    );
    const data = found.get(group * 0x10000 + parts.data)?.value;
    if (rows === undefined || columns === undefined || !data) return true;
    // However small a plane is, each of its frames becomes as large as the picture.
    const isBounded = Number.isInteger(frames) && frames >= 1 && to.rows * to.columns * frames <= mostBits;
    return isBounded && data.length >= Math.ceil((rows * columns * frames) / 8);
  });
}

/** New elements in the place of those found; null when a plane cannot be followed. */
export function overlaysAfter(
  found: FoundElements,
  change: Change,
  redactions: readonly PixelBox[],
): NewElement[] | null {
  if (!canOverlaysFollow(found, change)) return null;
  const made: NewElement[] = [];
  for (const group of groups) {
    const at = (part: number): FoundElement | undefined => found.get(group * 0x10000 + part);
    const [rows] = numbersOf(at(parts.rows));
    const [columns] = numbersOf(at(parts.columns));
    if (rows === undefined || columns === undefined) continue;
    const to = geometryOf(change);
    const [frames = 1] = numbersOf(at(parts.frames));
    const [originRow = 1, originColumn = 1] = numbersOf(at(parts.origin));
    const data = at(parts.data)?.value;
    const tag = (part: number) => group * 0x10000 + part;
    made.push(
      { tag: tag(parts.rows), vr: 'US', value: to.rows },
      { tag: tag(parts.columns), vr: 'US', value: to.columns },
      { tag: tag(parts.origin), vr: 'SS', value: [1, 1] },
    );
    // In bits of the pixel words: they moved with them.
    if (!data) continue;
    const plane = { rows, columns, left: originColumn - 1, top: originRow - 1 };
    const bits = Buffer.alloc(Math.ceil((to.rows * to.columns * frames) / 8));
    for (let frame = 0; frame < frames; frame++) copyPlane(data, bits, { plane, frame, to, redactions });
    made.push({
      tag: tag(parts.data),
      vr: 'OW',
      value: bits.length % 2 === 0 ? bits : Buffer.concat([bits, Buffer.alloc(1)]),
    });
  }
  return made;
}

function copyPlane(
  from: Buffer,
  into: Buffer,
  {
    plane,
    frame,
    to,
    redactions,
  }: {
    readonly plane: { readonly rows: number; readonly columns: number; readonly left: number; readonly top: number };
    readonly frame: number;
    readonly to: ReturnType<typeof geometryOf>;
    readonly redactions: readonly PixelBox[];
  },
): void {
  const isBlack = (column: number, row: number) =>
    redactions.some(({ left, top, right, bottom }) => column >= left && column < right && row >= top && row < bottom);
  for (let row = 0; row < to.rows; row++) {
    for (let column = 0; column < to.columns; column++) {
      const [x, y] = to.sourceOf(column, row);
      const [across, down] = [x - plane.left, y - plane.top];
      if (across < 0 || down < 0 || across >= plane.columns || down >= plane.rows || isBlack(x, y)) continue;
      const bit = (frame * plane.rows + down) * plane.columns + across;
      if (((from[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) continue;
      const place = (frame * to.rows + row) * to.columns + column;
      into[place >>> 3] = (into[place >>> 3] ?? 0) | (1 << (place & 7));
    }
  }
}
