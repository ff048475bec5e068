// What is written beside a drawing: what the window showed of it, or, where nobody showed it, what it measures.
//
// Pure. Lengths are in millimetres only where somebody says how long a pixel is; else in pixels, and called so.
import type { Annotation, Point } from '#contract/shapes/markup.ts';
import type { RawFrame } from '#station/model/raw-frame.ts';

export type Measured = Pick<RawFrame, 'spacingMm' | 'pixelAspect' | 'regions'> & {
  readonly calibrationMm: number | null;
};
type Scale = { readonly unit: 'mm' | 'px'; readonly x: number; readonly y: number };

/** Lines from top to bottom; empty where a drawing says nothing. */
export function wordsOf(drawn: Annotation, measured: Measured): string[] {
  if (drawn.kind === 'marker') return [[drawn.side ?? '', drawn.initials ?? ''].filter((one) => one !== '').join(' ')];
  const own = drawn.text.trim() === '' ? [] : drawn.text.split(/\r\n|\r|\n/);
  const label = drawn.label?.trim() ?? '';
  return [...own, ...(label === '' ? measure(drawn, measured) : label.split(/\r\n|\r|\n/))];
}

function measure({ kind, points }: Annotation, measured: Measured): string[] {
  const scale = scaleOf(measured, points);
  const [a, b, c, d] = points;
  if (!a || !b) return [];
  if (kind === 'distance') return [`${rounded(Math.hypot(...between(a, b, scale)))} ${scale.unit}`];
  if (kind === 'angle' && c) return [`${rounded(degrees(between(b, a, scale), between(b, c, scale)))}°`];
  if (kind === 'cobb' && c && d) {
    const angle = degrees(between(a, b, scale), between(c, d, scale));
    return [`${rounded(Math.min(angle, 180 - angle))}°`];
  }
  if (kind !== 'ellipse' && kind !== 'rectangle') return [];
  const [width, height] = between(a, b, scale).map(Math.abs) as [number, number];
  return [`${rounded(width * height * (kind === 'ellipse' ? Math.PI / 4 : 1))} ${scale.unit}²`];
}

const twoDimensions = 1;
const centimetres = 3;

function scaleOf({ calibrationMm, spacingMm, pixelAspect, regions = [] }: Measured, points: readonly Point[]): Scale {
  if (calibrationMm !== null) return { unit: 'mm', x: calibrationMm, y: calibrationMm * pixelAspect };
  const isIn = ([column, row]: Point, { left, top, right, bottom }: (typeof regions)[number]) =>
    column >= left && column <= right + 1 && row >= top && row <= bottom + 1;
  const isFlat = (region: (typeof regions)[number]) =>
    region.spatialFormat === twoDimensions && region.unitX === centimetres && region.unitY === centimetres;
  const flat = regions.find((region) => isFlat(region) && points.every((point) => isIn(point, region)));
  if (flat) return { unit: 'mm', x: flat.deltaX * 10, y: flat.deltaY * 10 };
  const isOverCurve = regions.some((region) => !isFlat(region) && points.some((point) => isIn(point, region)));
  if (!spacingMm || isOverCurve) return { unit: 'px', x: 1, y: pixelAspect };
  return { unit: 'mm', x: spacingMm[1], y: spacingMm[0] };
}

const between = ([c1, r1]: Point, [c2, r2]: Point, { x, y }: Scale): [number, number] => [(c2 - c1) * x, (r2 - r1) * y];

const degrees = ([ax, ay]: [number, number], [bx, by]: [number, number]): number =>
  (Math.abs(Math.atan2(ax * by - ay * bx, ax * bx + ay * by)) * 180) / Math.PI;

const rounded = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(1));
