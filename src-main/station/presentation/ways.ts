// How what was chosen on a picture leaves: beside it as a presentation state, or in it. Crop and redaction are always in it. Pure.
import type { Markup, PresentationWay } from '#contract/shapes/markup.ts';

export type Leaving = {
  /** Its pixels change: a derived picture leaves in its place. */
  readonly bakes: boolean;
  /** A state speaks of it, or of the derived one. */
  readonly states: boolean;
};

const isLookedAt = ({ window, inverted, rotation, flipped, annotations, shutter, calibrationMm }: Markup): boolean =>
  window !== null ||
  inverted ||
  rotation !== 0 ||
  flipped ||
  annotations.length > 0 ||
  shutter !== null ||
  calibrationMm !== null;

export function leavingOf(markup: Markup, way: PresentationWay): Leaving {
  const mustBake = markup.crop !== null || markup.redactions.length > 0;
  const looks = isLookedAt(markup);
  return { bakes: mustBake || (way === 'baked' && looks), states: way === 'state' && looks };
}
