// The display shutter as attributes (PS3.3 C.7.6.11): what a person chose, together with what the object says itself. Only
// what lies within all shapes is shown; of two of one kind the person's counts. Pure.
import type { Shutter } from '#contract/shapes/markup.ts';
import type { NewElement } from '#station/dicom/index.ts';
import { numbersOf, textsOf, type FoundElements } from './found-elements.ts';

export const shutterTags = {
  shape: 0x00181600,
  left: 0x00181602,
  right: 0x00181604,
  upper: 0x00181606,
  lower: 0x00181608,
  centre: 0x00181610,
  radius: 0x00181612,
  vertices: 0x00181620,
  value: 0x00181622,
} as const;

/** All of the shapes that hold for a picture. */
export type Shutters = {
  /** Columns and rows that are shown, counted from 1, ends included (the edges lie on the pixels beside them). */
  readonly rectangle?: {
    readonly left: number;
    readonly right: number;
    readonly upper: number;
    readonly lower: number;
  };
  /** In pixels; centre as [column, row], counted from 1. */
  readonly circle?: { readonly centre: readonly [number, number]; readonly radius: number };
  readonly polygon?: readonly (readonly [column: number, row: number])[];
};

export function shuttersOf(chosen: Shutter | null, found: FoundElements): Shutters {
  return { ...received(found), ...(chosen ? asPixels(chosen) : {}) };
}

function asPixels(shutter: Shutter): Shutters {
  if (shutter.kind === 'rectangle') {
    const { left, top, right, bottom } = shutter.box;
    // The first and the last pixel of which more than half is within.
    return {
      rectangle: {
        ...{ left: Math.round(left) + 1, right: Math.max(Math.round(left) + 1, Math.round(right)) },
        ...{ upper: Math.round(top) + 1, lower: Math.max(Math.round(top) + 1, Math.round(bottom)) },
      },
    };
  }
  const onPixel = ([column, row]: readonly [number, number]) => [Math.floor(column) + 1, Math.floor(row) + 1] as const;
  if (shutter.kind === 'circle') {
    return { circle: { centre: onPixel(shutter.center), radius: Math.max(1, Math.round(shutter.radius)) } };
  }
  return { polygon: shutter.points.map(onPixel) };
}

/** More are no outline that anybody drew, and would not fit an element beside their signs. */
const mostCorners = 2_000;

/** What no picture can have is a lie: such a shape is left out. */
const isPlace = (edge: number | undefined): boolean => edge !== undefined && Math.abs(edge) <= 131_072;

function received(found: FoundElements): Shutters {
  const shapes = new Set(textsOf(found.get(shutterTags.shape)));
  const [left] = numbersOf(found.get(shutterTags.left));
  const [right] = numbersOf(found.get(shutterTags.right));
  const [upper] = numbersOf(found.get(shutterTags.upper));
  const [lower] = numbersOf(found.get(shutterTags.lower));
  const [row, column] = numbersOf(found.get(shutterTags.centre));
  const [radius] = numbersOf(found.get(shutterTags.radius));
  const vertices = numbersOf(found.get(shutterTags.vertices));
  const isWhole = [left, right, upper, lower].every(isPlace);
  const corners = Array.from(
    { length: Math.floor(vertices.length / 2) },
    (_, n) => [vertices[n * 2 + 1] ?? 0, vertices[n * 2] ?? 0] as const,
  );
  return {
    ...(shapes.has('RECTANGULAR') && isWhole
      ? { rectangle: { left: left ?? 0, right: right ?? 0, upper: upper ?? 0, lower: lower ?? 0 } }
      : {}),
    ...(shapes.has('CIRCULAR') &&
    row !== undefined &&
    column !== undefined &&
    radius !== undefined &&
    [row, column, radius].every(isPlace)
      ? { circle: { centre: [column, row], radius } }
      : {}),
    ...(shapes.has('POLYGONAL') && corners.length >= 3 && corners.length <= mostCorners && vertices.every(isPlace)
      ? { polygon: corners }
      : {}),
  };
}

/** None when nothing is shut. */
export function shutterElements(shutters: Shutters): NewElement[] {
  const { rectangle, circle, polygon } = shutters;
  const shapes = [
    ...(rectangle ? ['RECTANGULAR'] : []),
    ...(circle ? ['CIRCULAR'] : []),
    ...(polygon ? ['POLYGONAL'] : []),
  ];
  if (shapes.length === 0) return [];
  const whole = (value: number) => String(Math.round(value));
  return [
    { tag: shutterTags.shape, vr: 'CS', value: shapes },
    ...(rectangle
      ? (['left', 'right', 'upper', 'lower'] as const).map((edge) => ({
          ...{ tag: shutterTags[edge], vr: 'IS', value: whole(rectangle[edge]) },
        }))
      : []),
    ...(circle
      ? [
          { tag: shutterTags.centre, vr: 'IS', value: [whole(circle.centre[1]), whole(circle.centre[0])] },
          { tag: shutterTags.radius, vr: 'IS', value: whole(circle.radius) },
        ]
      : []),
    ...(polygon
      ? [
          {
            tag: shutterTags.vertices,
            vr: 'IS',
            value: polygon.flatMap(([column, row]) => [whole(row), whole(column)]),
          },
        ]
      : []),
  ];
}

/** True for a pixel, counted from 0, that is shown. */
export function isShown({ rectangle, circle, polygon }: Shutters, column: number, row: number): boolean {
  const [x, y] = [column + 1, row + 1];
  if (rectangle && (x < rectangle.left || x > rectangle.right || y < rectangle.upper || y > rectangle.lower))
    return false;
  if (circle && (x - circle.centre[0]) ** 2 + (y - circle.centre[1]) ** 2 > circle.radius ** 2) return false;
  return polygon === undefined || isWithin(polygon, x, y);
}

/**
 * Says of each pixel of a row, counted from 0, whether it is shown: as `isShown`, but the corners of a polygon are gone through
 * once for the row and not for every pixel of it.
 */
export function shownInRow({ rectangle, circle, polygon }: Shutters, row: number, columns: number): Uint8Array {
  const shown = new Uint8Array(columns).fill(1);
  if (polygon) shown.set(withinRow(polygon, row + 1, columns));
  const others = { ...(rectangle ? { rectangle } : {}), ...(circle ? { circle } : {}) };
  if (rectangle || circle)
    for (let column = 0; column < columns; column++) shown[column]! &&= +isShown(others, column, row);
  return shown;
}

/** Between the first and the second edge that crosses the row is inside, and so on; edges themselves are shown. */
function withinRow(corners: readonly (readonly [number, number])[], y: number, columns: number): Uint8Array {
  const within = new Uint8Array(columns);
  const crossings: number[] = [];
  for (let i = 0, before = corners.length - 1; i < corners.length; before = i++) {
    const [x1, y1] = corners[i] as readonly [number, number];
    const [x2, y2] = corners[before] as readonly [number, number];
    if (y1 > y !== y2 > y) crossings.push(((x2 - x1) * (y - y1)) / (y2 - y1) + x1);
  }
  crossings.sort((a, b) => a - b);
  let passed = 0;
  for (let column = 0; column < columns; column++) {
    while (passed < crossings.length && (crossings[passed] ?? 0) <= column + 1) passed++;
    within[column] = (crossings.length - passed) % 2;
  }
  for (let i = 0, before = corners.length - 1; i < corners.length; before = i++) {
    const [x1, y1] = corners[i] as readonly [number, number];
    const [x2, y2] = corners[before] as readonly [number, number];
    if (y < Math.min(y1, y2) || y > Math.max(y1, y2)) continue;
    const at = y1 === y2 ? 0 : ((x2 - x1) * (y - y1)) / (y2 - y1) + x1;
    const [from, to] = y1 === y2 ? [Math.min(x1, x2), Math.max(x1, x2)] : [at, at];
    for (let x = Math.max(1, Math.ceil(from)); x <= Math.min(columns, to); x++) within[x - 1] = 1;
  }
  return within;
}

function isWithin(corners: readonly (readonly [number, number])[], x: number, y: number): boolean {
  let within = false;
  for (let i = 0, before = corners.length - 1; i < corners.length; before = i++) {
    const [x1, y1] = corners[i] as readonly [number, number];
    const [x2, y2] = corners[before] as readonly [number, number];
    // The edge itself is shown.
    const cross = (x - x1) * (y2 - y1) - (y - y1) * (x2 - x1);
    const isBeside = x < Math.min(x1, x2) || x > Math.max(x1, x2) || y < Math.min(y1, y2) || y > Math.max(y1, y2);
    if (cross === 0 && !isBeside) return true;
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) within = !within;
  }
  return within;
}
