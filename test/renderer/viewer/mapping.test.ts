// Points of a picture on the screen, whichever way it was turned.
import { expect, test } from 'vitest';
import { mappingOf, standing, type Rotation } from '#ui/viewer/mapping.ts';

const extent = { width: 40, height: 20, pixelAspect: 2 };
const view = { zoom: 3, x: 500, y: 300 };
const rotations: readonly Rotation[] = [0, 90, 180, 270];

test.each(rotations.flatMap((rotation) => [false, true].map((flipped) => ({ rotation, flipped }))))(
  'a point that is marked on a picture turned by $rotation, flipped: $flipped, is the point that was meant',
  (turn) => {
    const mapping = mappingOf(extent, view, turn);
    for (const point of [
      [0, 0],
      [40, 20],
      [12.5, 3.25],
      [-4, 99],
    ] as const) {
      const { x, y } = mapping.toScreen(point);
      const [column, row] = mapping.toImage(x, y);
      expect(column).toBeCloseTo(point[0]);
      expect(row).toBeCloseTo(point[1]);
    }
  },
);

test('a quarter turn clockwise brings the left edge to the top, and a flip after it changes left and right', () => {
  const corner = (rotation: Rotation, flipped: boolean) =>
    mappingOf(extent, view, { rotation, flipped }).toScreen([0, 0]);
  expect(corner(0, false)).toEqual({ x: 500 - 60, y: 300 - 60 });
  expect(corner(90, false)).toEqual({ x: 500 + 60, y: 300 - 60 });
  expect(corner(180, false)).toEqual({ x: 500 + 60, y: 300 + 60 });
  expect(corner(270, false)).toEqual({ x: 500 - 60, y: 300 + 60 });
  expect(corner(90, true)).toEqual({ x: 500 - 60, y: 300 - 60 });
});

test('a picture lying on its side is as wide as it was high, with the shape of its pixels', () => {
  expect(standing({ width: 30, height: 10, pixelAspect: 2 }, { rotation: 90, flipped: false })).toEqual({
    width: 20,
    height: 30,
  });
});
