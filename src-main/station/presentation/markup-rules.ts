// What markup may be kept of an object: bounded, in its frames, and nothing that could not be written into what leaves.
//
// Pure. The shape was checked at the letterbox; this is what only shows beside the object and over all of it at once.
import type { Box, Markup } from '#contract/shapes/markup.ts';
import { Problem } from '#station/kit/problem.ts';

export type PictureSize = { readonly rows: number; readonly columns: number; readonly frames: number };

const mostPoints = 20_000;
/** Room for every shape that fits the bounds; a row of the book must stay small. */
const mostBytes = 1_048_576;
/** Signs that neither a line of text nor UT can hold. */
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u0080-\u009f]/;

/** Beyond it lies no value that a picture can have: floating-point ones end there. */
const mostLevel = 3.5e38;

const pointsOf: Readonly<Record<Markup['annotations'][number]['kind'], readonly [least: number, most: number]>> = {
  distance: [2, 2],
  arrow: [2, 2],
  angle: [3, 3],
  cobb: [4, 4],
  ellipse: [2, 2],
  rectangle: [2, 2],
  text: [1, 1],
  marker: [1, 1],
  freehand: [2, 2000],
};

/** @throws Problem 'input-invalid' with the field and what was expected */
export function checkMarkup(markup: Markup, size: PictureSize): void {
  const refuse = (field: string, expected: string): never => {
    throw new Problem('input-invalid', { field: `markup.${field}`, expected });
  };
  const { window } = markup;
  if (window && (Math.abs(window.center) > mostLevel || window.width > mostLevel))
    refuse('window', 'a window over values that a picture can have');
  if (controls.test(window?.name ?? '') || window?.name?.includes('\\') === true)
    refuse('window.name', 'text without control characters and backslashes');
  const ids = new Set<string>();
  let points = 0;
  for (const [n, { id, kind, frame, points: own, text, label, initials, side }] of markup.annotations.entries()) {
    const field = `annotations.${n}`;
    if (ids.has(id)) refuse(`${field}.id`, 'an id that no other annotation has');
    ids.add(id);
    const [least, most] = pointsOf[kind];
    if (own.length < least || own.length > most) {
      refuse(`${field}.points`, least === most ? `${least} points` : `${least} to ${most} points`);
    }
    points += own.length;
    if (frame !== null && frame > size.frames) refuse(`${field}.frame`, `a frame from 1 to ${size.frames}`);
    if (controls.test(text) || controls.test(initials ?? '') || controls.test(label ?? ''))
      refuse(`${field}.text`, 'text without control characters');
    if (kind === 'text' && text.trim() === '') refuse(`${field}.text`, 'a text');
    if (kind === 'marker' && side === undefined) refuse(`${field}.side`, 'L or R');
  }
  if (points > mostPoints) refuse('annotations', `at most ${mostPoints} points in all`);
  if (markup.crop && pixelBox(markup.crop, size) === null) refuse('crop', 'a box that holds a pixel of the picture');
  checkBoxes(markup.redactions, size, 'markup.redactions');
  const { shutter } = markup;
  if (shutter?.kind === 'rectangle' && pixelBox(shutter.box, size) === null) {
    refuse('shutter', 'a box that holds a pixel of the picture');
  }
  if (Buffer.byteLength(JSON.stringify(markup)) > mostBytes) refuse('annotations', `at most ${mostBytes} bytes`);
}

/** @throws Problem 'input-invalid' for a box that covers no pixel */
export function checkBoxes(boxes: readonly Box[], size: PictureSize, field: string): void {
  for (const [n, box] of boxes.entries()) {
    if (pixelBox(box, size) !== null) continue;
    throw new Problem('input-invalid', { field: `${field}.${n}`, expected: 'a box that holds a pixel of the picture' });
  }
}

/** Whole pixels: from `left` and `top` up to and without `right` and `bottom`, counted from 0. */
export type PixelBox = {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
};

/** Every pixel of the picture that a box touches, or null when it touches none. */
export function pixelBox(box: Box, { rows, columns }: Pick<PictureSize, 'rows' | 'columns'>): PixelBox | null {
  const left = Math.max(0, Math.floor(box.left));
  const top = Math.max(0, Math.floor(box.top));
  const right = Math.min(columns, Math.ceil(box.right));
  const bottom = Math.min(rows, Math.ceil(box.bottom));
  return left < right && top < bottom ? { left, top, right, bottom } : null;
}

/** True when nobody chose or drew anything. */
export function isPlain(markup: Markup): boolean {
  return (
    markup.window === null &&
    !markup.inverted &&
    markup.rotation === 0 &&
    !markup.flipped &&
    markup.annotations.length === 0 &&
    markup.shutter === null &&
    markup.crop === null &&
    markup.redactions.length === 0 &&
    markup.calibrationMm === null
  );
}
