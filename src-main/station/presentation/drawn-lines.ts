// Drawings as lines, ellipses and words in pixels of the picture: what a presentation state says and what is burned in are
// made of the same list, so that both look alike. Pure.
import type { Annotation, Markup, Point } from '#contract/shapes/markup.ts';
import { wordsOf, type Measured } from './measured-text.ts';

export type DrawnLine = { readonly kind: 'line'; readonly points: readonly Point[] };
/** `major` and `minor` are the ends of the axes. */
export type DrawnEllipse = {
  readonly kind: 'ellipse';
  readonly major: readonly [Point, Point];
  readonly minor: readonly [Point, Point];
};
export type DrawnWords = { readonly kind: 'words'; readonly at: Point; readonly lines: readonly string[] };
export type DrawnThing = DrawnLine | DrawnEllipse | DrawnWords;

/** Of one annotation; `frame` counted from 1, null for all. */
export type Drawing = { readonly frame: number | null; readonly things: readonly DrawnThing[] };

export type DrawnOn = Measured & { readonly rows: number; readonly columns: number };

/** Longer than this the head of an arrow does not grow with its shaft, pixels. */
const longestHead = 24;

/** What of the annotations can be seen; everything lies on the picture (PS3.3 C.10.5.1.2). */
export function drawingsOf({ annotations }: Pick<Markup, 'annotations'>, on: DrawnOn): Drawing[] {
  return annotations.map((annotation) => ({ frame: annotation.frame, things: thingsOf(annotation, on) }));
}

function thingsOf(annotation: Annotation, on: DrawnOn): DrawnThing[] {
  const place = ([column, row]: Point): Point => [
    Math.min(on.columns, Math.max(0, column)),
    Math.min(on.rows, Math.max(0, row)),
  ];
  const points = annotation.points.map(place);
  const [a, b, c, d] = points;
  if (!a) return [];
  const words = wordsOf(annotation, on).filter((line) => line !== '');
  const beside = (at: Point): DrawnThing[] => (words.length === 0 ? [] : [{ kind: 'words', at, lines: words }]);
  switch (annotation.kind) {
    case 'text':
    case 'marker':
      return beside(a);
    case 'freehand':
      return [{ kind: 'line', points }, ...beside(a)];
    case 'angle':
      return [{ kind: 'line', points }, ...beside(b ?? a)];
    case 'cobb':
      if (!b || !c || !d) return [];
      return [{ kind: 'line', points: [a, b] }, { kind: 'line', points: [c, d] }, ...beside(b)];
    case 'distance':
      return b ? [{ kind: 'line', points }, ...beside(b)] : [];
    case 'arrow':
      return b
        ? [{ kind: 'line', points: [a, b] }, { kind: 'line', points: headOf(a, b).map(place) }, ...beside(a)]
        : [];
    case 'rectangle': {
      if (!b) return [];
      const corners: Point[] = [a, [b[0], a[1]], b, [a[0], b[1]], a];
      return [{ kind: 'line', points: corners }, ...beside([Math.max(a[0], b[0]), Math.min(a[1], b[1])])];
    }
    case 'ellipse':
      return b ? [...ellipseIn(a, b), ...beside([Math.max(a[0], b[0]), (a[1] + b[1]) / 2])] : [];
  }
}

function ellipseIn(a: Point, b: Point): DrawnThing[] {
  const [left, right] = [Math.min(a[0], b[0]), Math.max(a[0], b[0])];
  const [top, bottom] = [Math.min(a[1], b[1]), Math.max(a[1], b[1])];
  const across: [Point, Point] = [
    [left, (top + bottom) / 2],
    [right, (top + bottom) / 2],
  ];
  const down: [Point, Point] = [
    [(left + right) / 2, top],
    [(left + right) / 2, bottom],
  ];
  const isWide = right - left >= bottom - top;
  return [{ kind: 'ellipse', major: isWide ? across : down, minor: isWide ? down : across }];
}

function headOf([x1, y1]: Point, [x2, y2]: Point): Point[] {
  const length = Math.hypot(x2 - x1, y2 - y1);
  if (length === 0) return [];
  const size = Math.min(longestHead, length / 3) / length;
  const [alongX, alongY] = [(x2 - x1) * size, (y2 - y1) * size];
  return [
    [x2 - alongX - alongY / 2, y2 - alongY + alongX / 2],
    [x2, y2],
    [x2 - alongX + alongY / 2, y2 - alongY - alongX / 2],
  ];
}
