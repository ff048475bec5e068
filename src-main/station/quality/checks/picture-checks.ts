// Every check that looks at a picture, and the order in which they are told. A check that fails says nothing. Pure.
import type { CheckCode } from '#contract/shapes/judging.ts';
import type { CheckAnswer, CheckRequest, PictureCheck } from './about.ts';
import { checkBlack, checkClipped, checkWhite } from './brightness.ts';
import { checkPhotometric } from './colours.ts';
import { checkBlur } from './sharpness.ts';
import { showFrame } from './shown-picture.ts';
import { checkMarker, checkText } from './writing.ts';

/** Grows when a check would answer otherwise: what was looked at before is looked at again. */
export const rulesNumber = 1;
/** The longer side of what checks look at, in pixels. */
export const checkedSide = 1024;

export const pictureChecks: Readonly<Partial<Record<CheckCode, PictureCheck>>> = {
  'nearly-black': checkBlack,
  'nearly-white': checkWhite,
  photometric: checkPhotometric,
  clipped: checkClipped,
  blurred: checkBlur,
  'no-marker': checkMarker,
  'burned-in-text': checkText,
};
const order = Object.keys(pictureChecks) as CheckCode[];

export function checkPicture({ frame, about }: CheckRequest): CheckAnswer {
  const picture = showFrame(frame);
  const found: CheckAnswer[number][] = [];
  for (const code of order) {
    // Of a picture with nothing on it there is no more to say.
    if (found.some((one) => one.code === 'nearly-black' || one.code === 'nearly-white')) break;
    const finding = pictureChecks[code]?.(picture, about) ?? null;
    if (finding !== null) found.push({ code, ...finding });
  }
  return found;
}
