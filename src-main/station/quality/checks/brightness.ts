// Nearly black, nearly white, and values cut off at an end. Pure.
import { isProjection, isSlice, percent, placeOf, type PictureCheck } from './about.ts';
import { findComponents, type Component } from './components.ts';
import type { ShownPicture } from './shown-picture.ts';

/** So much of a picture has to be of one shade. A finger on a large detector leaves 95 % black. */
const nearlyAll = 0.985;
const darkest = 8;
const lightest = 247;
/** Of what the detector can tell; the least that any tissue brings. */
const hardlyAnything = 0.02;

/** Shown black, or with next to nothing in its values however it is windowed. */
export const checkBlack: PictureCheck = (picture, about) => {
  if (isSlice(about)) return null;
  const part = share(picture, (value) => value <= darkest);
  const reach = reachOf(picture, about.bitsStored);
  const isEmpty =
    isProjection(about) && reach !== null && reach < hardlyAnything && picture.frame.windowsFrom === 'computed';
  if (part < nearlyAll && !isEmpty) return null;
  return { numbers: { percent: percent(part, 1), ...(isEmpty && { reach: percent(reach, 1) }) }, place: null };
};

export const checkWhite: PictureCheck = (picture, about) => {
  if (isSlice(about)) return null;
  const part = share(picture, (value) => value >= lightest);
  return part < nearlyAll ? null : { numbers: { percent: percent(part, 1) }, place: null };
};

/** A patch this large, of the whole picture, not at its border: what is at the border is air or the collimator. */
const leastPatch = 0.005;
const leastPatches = 0.01;

/** The highest or lowest value of the picture fills patches inside of it: what was there cannot be told any more. */
export const checkClipped: PictureCheck = (picture, about) => {
  const { stored, frame, columns, rows } = picture;
  if (!isProjection(about) || stored === null || frame.max <= frame.min) return null;
  const width = frame.max - frame.min;
  // A detector that says few values is at its ends everywhere.
  if (width < 64) return null;
  const near = width / 1024;
  let worst: { end: 'high' | 'low'; patches: Component[]; pixels: number } | undefined;
  for (const end of ['high', 'low'] as const) {
    const mask = new Uint8Array(columns * rows);
    let at = 0;
    let beside = 0;
    for (let n = 0; n < mask.length; n++) {
      const off = end === 'high' ? frame.max - stored[n]! : stored[n]! - frame.min;
      if (off <= near) {
        mask[n] = 1;
        at++;
      } else if (off <= near * 17) beside++;
    }
    // An end that is only where values thin out has about as many beside it.
    if (at < mask.length * leastPatches || at < beside) continue;
    const patches = findComponents(mask, columns, rows).filter(
      ({ touchesEdge, pixels }) => !touchesEdge && pixels >= mask.length * leastPatch,
    );
    const pixels = patches.reduce((sum, patch) => sum + patch.pixels, 0);
    if (pixels < mask.length * leastPatches || pixels <= (worst?.pixels ?? 0)) continue;
    worst = { end, patches, pixels };
  }
  if (worst === undefined) return null;
  const [largest] = worst.patches.sort((a, b) => b.pixels - a.pixels);
  return {
    numbers: { percent: percent(worst.pixels, columns * rows), high: worst.end === 'high' ? 1 : 0 },
    place: largest ? placeOf(largest, picture) : null,
  };
};

function share({ grey }: ShownPicture, is: (value: number) => boolean): number {
  let count = 0;
  for (const value of grey) if (is(value)) count++;
  return count / Math.max(1, grey.length);
}

/** How much of what its bits can say a picture uses; null for colour. */
function reachOf({ frame, stored }: ShownPicture, bitsStored: number): number | null {
  if (stored === null || frame.float === true || bitsStored < 8) return null;
  return (frame.max - frame.min) / (2 ** Math.min(32, bitsStored) - 1);
}
