// What a drawing measures on a picture: how long a pixel is there and who says so, lengths, angles and areas. Pure, so that
// what the window shows and what leaves without having been shown are the same.
//
// Points are [column, row] in pixels of the stored picture. Where nobody says how long a pixel is, lengths are in pixels and
// are called so: a guess in millimetres is worse than none.
import type { FrameHeader, PictureRegion } from './frame-header.ts';
import type { Annotation, Box } from './markup.ts';

export type Spot = readonly [column: number, row: number];

/** `detector`: true at the detector, larger than in the patient. `magnified`: the device took its estimate out. */
export type ScaleNote = 'detector' | 'magnified' | 'film' | 'person' | 'region';

/** The size of a pixel along a row (`x`) and down a column (`y`); in pixels, a pixel is 1 wide. */
export type Scale = {
  readonly unit: 'mm' | 'px';
  readonly x: number;
  readonly y: number;
  readonly note?: ScaleNote;
};
type Size = Pick<Scale, 'x' | 'y'>;

/** What an object says of its pixels. */
export type PixelSizes = Pick<FrameHeader, 'pixelAspect' | 'spacingMm' | 'spacing' | 'regions'>;

/** PS3.3 C.8.5.5.1: a picture in two dimensions, and centimetres. */
const twoDimensions = 1;
const centimetres = 3;

const within = ({ left, top, right, bottom }: PictureRegion, points: readonly Spot[]) =>
  points.every(([column, row]) => column >= left && column <= right + 1 && row >= top && row <= bottom + 1);

const isFlat = ({ spatialFormat, unitX, unitY, deltaX, deltaY }: PictureRegion) =>
  spatialFormat === twoDimensions &&
  unitX === centimetres &&
  unitY === centimetres &&
  Math.abs(deltaX) > 0 &&
  Math.abs(deltaY) > 0;

/**
 * The scale that holds for all of these points.
 *
 * What a person calibrated comes first. In ultrasound a region has a scale of its own (PS3.3 C.8.5.5); a curve over time
 * has no millimetres at all. Then the spacing of the object.
 */
export function scaleOf(sizes: PixelSizes, calibrationMm: number | null, points: readonly Spot[]): Scale {
  const { pixelAspect, spacingMm, spacing, regions = [] } = sizes;
  if (calibrationMm !== null) return { unit: 'mm', x: calibrationMm, y: calibrationMm * pixelAspect, note: 'person' };
  const flat = regions.find((region) => isFlat(region) && within(region, points));
  if (flat !== undefined)
    return { unit: 'mm', x: Math.abs(flat.deltaX) * 10, y: Math.abs(flat.deltaY) * 10, note: 'region' };
  const isOverCurve = regions.some((region) => !isFlat(region) && points.some((point) => within(region, [point])));
  if (spacingMm === undefined || isOverCurve) return { unit: 'px', x: 1, y: pixelAspect };
  const [y, x] = spacingMm;
  const note = noteOf(spacing);
  return { unit: 'mm', x, y, ...(note === undefined ? {} : { note }) };
}

function noteOf(spacing: PixelSizes['spacing']): ScaleNote | undefined {
  if (spacing?.from === 'ImagerPixelSpacing') return spacing.magnification === undefined ? 'detector' : 'magnified';
  return spacing?.from === 'NominalScannedPixelSpacing' ? 'film' : undefined;
}

const between = ([c1, r1]: Spot, [c2, r2]: Spot, { x, y }: Size) => [(c2 - c1) * x, (r2 - r1) * y] as const;

export const lengthBetween = (from: Spot, to: Spot, size: Size): number => Math.hypot(...between(from, to, size));

/** Degrees from 0 to 180 between the ways from `corner` to the two others; 0 where a way has no length. */
export function angleAt(one: Spot, corner: Spot, other: Spot, size: Size): number {
  return angleOf(between(corner, one, size), between(corner, other, size));
}

/** Degrees from 0 to 90 between two lines (Cobb): a line has no direction. */
export function angleOfLines(first: readonly [Spot, Spot], second: readonly [Spot, Spot], size: Size): number {
  const angle = angleOf(between(...first, size), between(...second, size));
  return Math.min(angle, 180 - angle);
}

function angleOf([ax, ay]: readonly [number, number], [bx, by]: readonly [number, number]): number {
  // Exact also near 0 and 180, where the arc cosine is not.
  return (Math.abs(Math.atan2(ax * by - ay * bx, ax * bx + ay * by)) * 180) / Math.PI;
}

export const boxOf = ([c1, r1]: Spot, [c2, r2]: Spot): Box => ({
  left: Math.min(c1, c2),
  top: Math.min(r1, r2),
  right: Math.max(c1, c2),
  bottom: Math.max(r1, r2),
});

export const areaOfBox = ({ left, top, right, bottom }: Box, { x, y }: Size): number =>
  (right - left) * x * (bottom - top) * y;

export const areaOfEllipse = (box: Box, size: Size): number => (Math.PI / 4) * areaOfBox(box, size);

export type Measure =
  | { readonly kind: 'length'; readonly length: number; readonly scale: Scale }
  | { readonly kind: 'angle'; readonly degrees: number }
  | { readonly kind: 'area'; readonly area: number; readonly box: Box; readonly scale: Scale };

/** Undefined for what measures nothing, and while points are missing. */
export function measureDrawn(
  { kind, points }: Pick<Annotation, 'kind' | 'points'>,
  sizes: PixelSizes,
  calibrationMm: number | null,
): Measure | undefined {
  const [a, b, c, d] = points;
  if (a === undefined || b === undefined) return undefined;
  const scale = scaleOf(sizes, calibrationMm, points);
  switch (kind) {
    case 'distance':
      return { kind: 'length', length: lengthBetween(a, b, scale), scale };
    case 'angle':
      return c === undefined ? undefined : { kind: 'angle', degrees: angleAt(a, b, c, scale) };
    case 'cobb':
      if (c === undefined || d === undefined) return undefined;
      return { kind: 'angle', degrees: angleOfLines([a, b], [c, d], scale) };
    case 'ellipse':
    case 'rectangle': {
      const box = boxOf(a, b);
      return { kind: 'area', area: (kind === 'ellipse' ? areaOfEllipse : areaOfBox)(box, scale), box, scale };
    }
    default:
      return undefined;
  }
}
