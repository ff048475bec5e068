// What cannot be drawn into the pixels of a picture, and why: asked when it is done, and before, when a tool is taken up. Pure.
import type { Markup } from '#contract/shapes/markup.ts';
import type { NativeOutlook } from '#station/dicom/codecs/index.ts';
import { canOverlaysFollow } from './baked-overlays.ts';
import { tonesOf } from './baked-pixels.ts';
import { colourTableOf } from './colour-table.ts';
import type { FoundElements } from './found-elements.ts';
import { pixelBox } from './markup-rules.ts';
import { geometryOf, type Change } from './turns.ts';

export type BakeReason =
  'pixels-of-this-kind' | 'colour-cannot-be-windowed' | 'overlay-cannot-follow' | 'no-typeface' | 'too-large';

/** What happens to the grid of the picture. `looks`: what is only looked at is done to it as well. */
export function changeOf(
  { crop, rotation, flipped }: Markup,
  pixels: Pick<NativeOutlook, 'rows' | 'columns'>,
  looks: boolean,
): Change {
  const whole = { left: 0, top: 0, right: pixels.columns, bottom: pixels.rows };
  return {
    crop: (crop && pixelBox(crop, pixels)) ?? whole,
    rotation: looks ? rotation : 0,
    flipped: looks && flipped,
  };
}

/** Bytes of all frames of the result, as they stand in the file. */
export function bytesAfter({ samples, bitsAllocated, frames, inBits }: NativeOutlook, change: Change): number {
  const to = geometryOf(change);
  const bits = to.rows * to.columns * samples * (inBits ? 1 : bitsAllocated);
  const lengthBytes = Math.ceil((bits * frames) / 8);
  return lengthBytes + (lengthBytes % 2);
}

/** Why not; null when nothing stands against it but what only shows when letters are drawn. */
export function refusalOf(
  pixels: NativeOutlook,
  found: FoundElements,
  { markup, looks }: { readonly markup: Markup; readonly looks: boolean },
): BakeReason | null {
  const change = changeOf(markup, pixels, looks);
  if (!canOverlaysFollow(found, change)) return 'overlay-cannot-follow';
  const needsTones =
    markup.redactions.length > 0 || (looks && (markup.shutter !== null || markup.annotations.length > 0));
  if (needsTones && tonesOf(pixels, { min: 0, max: 1 }, false) === undefined) return 'pixels-of-this-kind';
  // Colours of a supplemental palette hold for MONOCHROME2 alone (C.7.6.19): what is inverse would have none.
  const losesColour = pixels.supplemental !== undefined && markup.inverted;
  if (looks && (losesColour || colourTableOf(markup, pixels) === 'cannot')) return 'colour-cannot-be-windowed';
  return bytesAfter(pixels, change) >= 0xffffffff ? 'too-large' : null;
}
