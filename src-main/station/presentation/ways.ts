// How what was chosen on a picture leaves: beside it as a presentation state, or in it. Crop and redaction are always in it. Pure.
import type { Markup, PresentationWay } from '#contract/shapes/markup.ts';

export type Leaving = {
  /** Its pixels change: a derived picture leaves in its place. */
  readonly bakes: boolean;
  /** A state speaks of it, or of the derived one. */
  readonly states: boolean;
};

/** A window, or the tone inverted. */
export const isToned = ({ window, inverted }: Markup): boolean => window !== null || inverted;

const isPlaced = ({ rotation, flipped, annotations, shutter, calibrationMm }: Markup): boolean =>
  rotation !== 0 || flipped || annotations.length > 0 || shutter !== null || calibrationMm !== null;

/** Nothing but a window or an inverted tone: of colour no state can say that (PS3.3 A.33.2). */
export const hasOnlyTone = (markup: Markup): boolean => isToned(markup) && !isPlaced(markup);

export function leavingOf(markup: Markup, way: PresentationWay): Leaving {
  const mustBake = markup.crop !== null || markup.redactions.length > 0;
  const looks = isToned(markup) || isPlaced(markup);
  return { bakes: mustBake || (way === 'baked' && looks), states: way === 'state' && looks };
}
