// Letters in the pixels: a marker of the side that is not there, and lines of text that are. Pure.
//
// A letter is a small patch that is much lighter or darker than what is around it. Letters of a line are about as high as each
// other, stand on one line and close together; what bones and noise make does not.
import { isProjection, placeOf, type PictureCheck } from './about.ts';
import { boxMean, findComponents, type Component } from './components.ts';
import type { ShownPicture } from './shown-picture.ts';

/** Shapes of the size of letters that stand out; `sign` 1 for light on dark, -1 for dark on light. */
function findShapes(
  { grey, columns, rows }: ShownPicture,
  sign: 1 | -1,
  tallest: number,
  { contrast = 60, least = 0, around = 1.5 } = {},
): Component[] {
  const radius = Math.max(8, Math.round(tallest * around));
  const mean = boxMean(grey, columns, rows, radius);
  const mask = new Uint8Array(grey.length);
  for (let n = 0; n < mask.length; n++) {
    if (grey[n]! >= least && (grey[n]! - mean[n]!) * sign > contrast) mask[n] = 1;
  }
  return findComponents(mask, columns, rows).filter((shape) => {
    const height = shape.bottom - shape.top + 1;
    const width = shape.right - shape.left + 1;
    return height >= 5 && height <= tallest && width <= height * 2 && shape.pixels >= height * 1.2;
  });
}

const fewestLetters = 6;
const mostShapes = 2_500;

type Line = {
  readonly letters: number;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
};

export const checkText: PictureCheck = (picture, about) => {
  const said = about.BurnedInAnnotation.trim().toUpperCase();
  // Who says so need not be told; and ultrasound and endoscopes write on every picture.
  if (said === 'YES' || (['US', 'ES', 'IVUS'].includes(about.Modality) && said !== 'NO')) return null;
  const tallest = Math.max(12, Math.round(picture.rows * 0.035));
  const lines = ([1, -1] as const).flatMap((sign) => {
    const shapes = findShapes(picture, sign, tallest);
    // So many are a texture and no writing.
    return shapes.length > mostShapes ? [] : findLines(shapes);
  });
  const letters = lines.reduce((sum, line) => sum + line.letters, 0);
  if (letters < fewestLetters) return null;
  const box = {
    left: Math.min(...lines.map(({ left }) => left)),
    top: Math.min(...lines.map(({ top }) => top)),
    right: Math.max(...lines.map(({ right }) => right)),
    bottom: Math.max(...lines.map(({ bottom }) => bottom)),
  };
  return { numbers: { letters, lines: lines.length }, place: placeOf(box, picture) };
};

/** Runs of at least six shapes that stand on one line. */
export function findLines(shapes: readonly Component[]): Line[] {
  const rest = [...shapes].sort((a, b) => a.left - b.left);
  const used = new Set<Component>();
  const lines: Line[] = [];
  for (const first of rest) {
    if (used.has(first)) continue;
    const run = [first];
    for (const next of rest) {
      const last = run.at(-1)!;
      if (used.has(next) || next.left <= last.left) continue;
      const height = last.bottom - last.top + 1;
      if (next.left - last.right > height * 1.6) break;
      const isAsHigh = Math.abs(next.bottom - next.top + 1 - height) <= Math.max(2, height * 0.4);
      const isOnLine = Math.abs(next.bottom - last.bottom) <= Math.max(1, height * 0.2);
      if (isAsHigh && isOnLine && next.left > last.right) run.push(next);
    }
    if (run.length < fewestLetters) continue;
    for (const shape of run) used.add(shape);
    lines.push({
      letters: run.length,
      left: first.left,
      right: run.at(-1)!.right,
      top: Math.min(...run.map(({ top }) => top)),
      bottom: Math.max(...run.map(({ bottom }) => bottom)),
    });
  }
  return lines;
}

/** Nothing on the picture looks like a lead marker, and the header says no side. */
export const checkMarker: PictureCheck = (picture, about) => {
  if (!isProjection(about) || ['PX', 'IO'].includes(about.Modality) || about.ImageLaterality !== '') return null;
  const { columns, rows } = picture;
  if (Math.min(columns, rows) < 256) return null;
  const side = Math.min(columns, rows);
  const shapes = findMarkers(picture);
  if (shapes.length > 0) return null;
  return { numbers: { smallest: Math.round(side * 0.015), largest: Math.round(side * 0.08) }, place: null };
};

/** What a lead letter looks like: as light as anything gets, with clear edges, neither a line nor a full block. */
export function findMarkers(picture: ShownPicture): Component[] {
  const { columns, rows } = picture;
  const side = Math.min(columns, rows);
  return findShapes(picture, 1, Math.round(side * 0.08), { contrast: 60, least: 120, around: 0.5 }).filter((shape) => {
    const height = shape.bottom - shape.top + 1;
    const width = shape.right - shape.left + 1;
    const filled = shape.pixels / (height * width);
    return (
      !shape.touchesEdge &&
      height >= side * 0.015 &&
      width >= height * 0.25 &&
      width <= height * 1.3 &&
      filled > 0.25 &&
      filled < 0.8
    );
  });
}
