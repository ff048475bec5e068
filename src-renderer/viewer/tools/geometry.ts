// Boxes on a picture: what of one lies on it, and which pixels it touches. Points are of the picture.
import type { Box } from '#contract/shapes/markup.ts';

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
