// Where the outlines of what is drawn on a picture are on the screen, as paths of SVG.
import type { Spot } from '#contract/shapes/measuring.ts';
import type { Mapping } from '../mapping.ts';
import type { Item } from './items.ts';
import { ellipsePath, outlineOf, polygonPath, rectanglePath, type ScreenPoint } from './outline.ts';
import type { DrawingTool } from './placing.ts';

export type Paths = {
  onScreen(points: readonly Spot[]): ScreenPoint[];
  /** Round on the picture; where its pixels are not square it is none on the screen. Of a center and a point of the edge. */
  circle(points: readonly Spot[]): string;
  of(item: Item): string;
  /** Around the whole picture. */
  readonly whole: string;
};

const kinds: Readonly<Partial<Record<DrawingTool, Item['kind']>>> = {
  calibration: 'distance',
  'shutter-rectangle': 'rectangle',
  'shutter-polygon': 'freehand',
};
/** What a tool looks like while it is drawn with. */
export const kindOf = (tool: DrawingTool): Item['kind'] => kinds[tool] ?? (tool as Item['kind']);

/** @param extent of the picture, in its pixels */
export function pathsOn(
  mapping: Mapping,
  extent: { readonly width: number; readonly height: number },
  shutter: 'rectangle' | 'circle' | 'polygon' | undefined,
): Paths {
  const onScreen = (points: readonly Spot[]) => points.map((each) => mapping.toScreen(each));
  const circle = ([center, edge]: readonly Spot[]): string => {
    if (center === undefined || edge === undefined) return '';
    const radius = Math.hypot(edge[0] - center[0], edge[1] - center[1]);
    const [a, b] = onScreen([
      [center[0] - radius, center[1] - radius],
      [center[0] + radius, center[1] + radius],
    ]);
    return a && b ? ellipsePath(a, b) : '';
  };
  const ofShutter = (item: Item): string => {
    const points = onScreen(item.points);
    const [a, b] = points;
    if (a === undefined || b === undefined) return '';
    if (shutter === 'rectangle') return rectanglePath(a, b);
    return shutter === 'circle' ? circle(item.points) : polygonPath(points);
  };
  const [a, b] = onScreen([
    [0, 0],
    [extent.width, extent.height],
  ]);
  return {
    onScreen,
    circle,
    of: (item) => (item.kind === 'shutter' ? ofShutter(item) : outlineOf(item.kind, onScreen(item.points))),
    whole: a && b ? rectanglePath(a, b) : '',
  };
}
