// How long a pixel is where something is measured, and who says so. Where nobody says it, lengths are in pixels and are
// called so: a guess in millimetres is worse than none.
import type { Picture } from '../picture.ts';

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

/** PS3.3 C.8.5.5.1: a picture in two dimensions, and centimetres. */
const twoDimensions = 1;
const centimetres = 3;

const within = ({ left, top, right, bottom }: Region, points: readonly Spot[]) =>
  points.every(([column, row]) => column >= left && column <= right + 1 && row >= top && row <= bottom + 1);

type Region = NonNullable<Picture['header']['regions']>[number];

const isFlat = ({ spatialFormat, unitX, unitY, deltaX, deltaY }: Region) =>
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
export function scaleFor(picture: Picture, calibrationMm: number | null, points: readonly Spot[]): Scale {
  const { header, pixelAspect } = picture;
  if (calibrationMm !== null) return { unit: 'mm', x: calibrationMm, y: calibrationMm * pixelAspect, note: 'person' };
  const regions = header.regions ?? [];
  const flat = regions.find((region) => isFlat(region) && within(region, points));
  if (flat !== undefined)
    return { unit: 'mm', x: Math.abs(flat.deltaX) * 10, y: Math.abs(flat.deltaY) * 10, note: 'region' };
  const isOverCurve = regions.some((region) => !isFlat(region) && points.some((point) => within(region, [point])));
  if (header.spacingMm === undefined || isOverCurve) return { unit: 'px', x: 1, y: pixelAspect };
  const [y, x] = header.spacingMm;
  const note = noteOf(header.spacing);
  return { unit: 'mm', x, y, ...(note === undefined ? {} : { note }) };
}

function noteOf(spacing: Picture['header']['spacing']): ScaleNote | undefined {
  if (spacing?.from === 'ImagerPixelSpacing') return spacing.magnification === undefined ? 'detector' : 'magnified';
  return spacing?.from === 'NominalScannedPixelSpacing' ? 'film' : undefined;
}
