// Lengths, angles and areas of what is drawn. Points are of the picture; a scale makes them lengths, so that angles are
// right also where pixels are not square.
import type { Scale, Spot } from './scale.ts';

export type Box = { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };
type Size = Pick<Scale, 'x' | 'y'>;

const between = ([c1, r1]: Spot, [c2, r2]: Spot, { x, y }: Size) => [(c2 - c1) * x, (r2 - r1) * y] as const;

export const lengthBetween = (from: Spot, to: Spot, size: Size): number => Math.hypot(...between(from, to, size));

/** Degrees from 0 to 180 between the ways from `corner` to the two others; 0 where a way has no length. */
export function angleAt(one: Spot, corner: Spot, other: Spot, size: Size): number {
  return angleOf(between(corner, one, size), between(corner, other, size));
}

/** Degrees from 0 to 90 between two lines (Cobb): a line has no direction. */
export function angleOfLines(first: readonly [Spot, Spot], second: readonly [Spot, Spot], size: Size): number {
  const angle = angleOf(between(...first, size), between(...second, size));
  return Math.min(angle, 180 - angle);
}

function angleOf([ax, ay]: readonly [number, number], [bx, by]: readonly [number, number]): number {
  // Exact also near 0 and 180, where the arc cosine is not.
  return (Math.abs(Math.atan2(ax * by - ay * bx, ax * bx + ay * by)) * 180) / Math.PI;
}

export const boxOf = ([c1, r1]: Spot, [c2, r2]: Spot): Box => ({
  left: Math.min(c1, c2),
  top: Math.min(r1, r2),
  right: Math.max(c1, c2),
  bottom: Math.max(r1, r2),
});

/** The part of a box that lies on a picture; undefined where less than one pixel of it does. */
export function onPicture(box: Box, width: number, height: number): Box | undefined {
  const left = Math.max(0, Math.min(width, box.left));
  const top = Math.max(0, Math.min(height, box.top));
  const right = Math.max(0, Math.min(width, box.right));
  const bottom = Math.max(0, Math.min(height, box.bottom));
  return right - left < 1 || bottom - top < 1 ? undefined : { left, top, right, bottom };
}

/** A box made of whole pixels, as crops and black boxes are: every pixel that it touches is in it. */
export const wholePixels = ({ left, top, right, bottom }: Box): Box => ({
  left: Math.floor(left),
  top: Math.floor(top),
  right: Math.ceil(right),
  bottom: Math.ceil(bottom),
});

export const areaOfBox = ({ left, top, right, bottom }: Box, { x, y }: Size): number =>
  (right - left) * x * (bottom - top) * y;

export const areaOfEllipse = (box: Box, size: Size): number => (Math.PI / 4) * areaOfBox(box, size);
