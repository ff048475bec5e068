// Where a pixel, a point and a direction come to when a picture is cropped, then turned clockwise, then flipped from side to
// side (PS3.3 C.10.6). Pure.
import type { Point } from '#contract/shapes/markup.ts';
import type { PixelBox } from './markup-rules.ts';

export type Change = {
  readonly crop: PixelBox;
  readonly rotation: 0 | 90 | 180 | 270;
  readonly flipped: boolean;
};

export type Geometry = {
  readonly rows: number;
  readonly columns: number;
  readonly swapped: boolean;
  /** The pixel of the source that comes to a place of the result; all counted from 0. */
  sourceOf(column: number, row: number): readonly [column: number, row: number];
  /** Where a point (edges of pixels are whole numbers) comes to. */
  pointOf(point: Point): Point;
};

export function geometryOf({ crop, rotation, flipped }: Change): Geometry {
  const [width, height] = [crop.right - crop.left, crop.bottom - crop.top];
  const swapped = rotation === 90 || rotation === 270;
  const [columns, rows] = swapped ? [height, width] : [width, height];
  // Against the turn, with `most` the largest coordinate: sizes for points, sizes less one for pixels.
  const back = (x: number, y: number, less: number): [number, number] => {
    const u = flipped ? columns - less - x : x;
    if (rotation === 0) return [u, y];
    if (rotation === 90) return [y, height - less - u];
    if (rotation === 180) return [width - less - u, height - less - y];
    return [width - less - y, u];
  };
  return {
    ...{ rows, columns, swapped },
    sourceOf: (column, row) => {
      const [x, y] = back(column, row, 1);
      return [x + crop.left, y + crop.top];
    },
    pointOf: ([column, row]) => {
      const [x, y] = [column - crop.left, row - crop.top];
      const turned: [number, number] =
        rotation === 0
          ? [x, y]
          : rotation === 90
            ? [height - y, x]
            : rotation === 180
              ? [width - x, height - y]
              : [y, width - x];
      return [flipped ? columns - turned[0] : turned[0], turned[1]];
    },
  };
}

type Vector = readonly [number, number, number];
const times = (vector: Vector, by: number): Vector => [vector[0] * by, vector[1] * by, vector[2] * by];
const plus = (a: Vector, b: Vector): Vector => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];

/** Image plane of the result (PS3.3 C.7.6.2.1.1): centre of its first pixel, directions, distances between rows and columns. */
export function planeAfter(
  plane: { readonly position: Vector; readonly row: Vector; readonly column: Vector },
  spacing: readonly [betweenRows: number, betweenColumns: number],
  change: Change,
): { readonly position: Vector; readonly row: Vector; readonly column: Vector } {
  const geometry = geometryOf(change);
  const at = ([column, row]: readonly [number, number]): Vector =>
    plus(plane.position, plus(times(plane.row, column * spacing[1]), times(plane.column, row * spacing[0])));
  const [row, column] = directionsAfter([plane.row, plane.column], change, times);
  return { position: at(geometry.sourceOf(0, 0)), row, column };
}

/** Directions of a row and of a column after the turn, of vectors or of letters. */
export function directionsAfter<T>(
  [row, column]: readonly [T, T],
  { rotation, flipped }: Pick<Change, 'rotation' | 'flipped'>,
  times: (direction: T, by: -1 | 1) => T,
): [T, T] {
  const turned: [T, T] =
    rotation === 0
      ? [row, column]
      : rotation === 90
        ? [times(column, -1), row]
        : rotation === 180
          ? [times(row, -1), times(column, -1)]
          : [column, times(row, -1)];
  return flipped ? [times(turned[0], -1), turned[1]] : turned;
}

const opposites: Readonly<Record<string, string>> = {
  ...{ L: 'R', R: 'L', A: 'P', P: 'A', H: 'F', F: 'H' },
};

/** 'LF' becomes 'RH'. */
export const oppositeLetters = (letters: string, by: -1 | 1): string =>
  by === 1 ? letters : [...letters].map((letter) => opposites[letter] ?? letter).join('');
