// Points are placed one after the other until a tool has what it needs.
import type { Annotation } from '#contract/shapes/markup.ts';
import type { Spot } from '#contract/shapes/measuring.ts';

export type DrawingTool =
  | Exclude<Annotation['kind'], 'marker'>
  | 'marker-left'
  | 'marker-right'
  | 'shutter-rectangle'
  | 'shutter-circle'
  | 'shutter-polygon'
  | 'crop'
  | 'redaction'
  | 'calibration';

type Need = {
  /** How many points make it; with `orMore`, the least. */
  readonly points: number;
  readonly orMore?: number;
};

export const needs: Readonly<Record<DrawingTool, Need>> = {
  distance: { points: 2 },
  angle: { points: 3 },
  cobb: { points: 4 },
  ellipse: { points: 2 },
  rectangle: { points: 2 },
  arrow: { points: 2 },
  text: { points: 1 },
  freehand: { points: 2, orMore: 2000 },
  'marker-left': { points: 1 },
  'marker-right': { points: 1 },
  'shutter-rectangle': { points: 2 },
  'shutter-circle': { points: 2 },
  'shutter-polygon': { points: 3, orMore: 500 },
  crop: { points: 2 },
  redaction: { points: 2 },
  calibration: { points: 2 },
};

const near = (one: Spot | undefined, other: Spot) =>
  one !== undefined && Math.abs(one[0] - other[0]) < 1e-6 && Math.abs(one[1] - other[1]) < 1e-6;

/** `open`: wants more points. `done`: has what it needs. */
export type Placed = { readonly kind: 'open' | 'done'; readonly points: readonly Spot[] };

/**
 * Places one more point. The same place twice ends what takes any number of points; elsewhere it is placed only once,
 * because what has no length measures nothing.
 */
export function place(tool: DrawingTool, points: readonly Spot[], point: Spot): Placed {
  const { points: least, orMore } = needs[tool];
  if (near(points.at(-1), point))
    return { kind: orMore !== undefined && points.length >= least ? 'done' : 'open', points };
  const next = [...points, point];
  const isFull = orMore === undefined ? next.length >= least : next.length >= orMore;
  return { kind: isFull ? 'done' : 'open', points: next };
}
