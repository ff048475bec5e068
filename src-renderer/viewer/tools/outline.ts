// The lines of a drawing on the screen, as paths of SVG. Points are of the screen.
import type { ItemKind } from './items.ts';

export type ScreenPoint = { readonly x: number; readonly y: number };

const at = ({ x, y }: ScreenPoint) => `${x.toFixed(1)} ${y.toFixed(1)}`;
const along = (points: readonly ScreenPoint[]) =>
  points.map((point, n) => `${n === 0 ? 'M' : 'L'}${at(point)}`).join('');
const middle = (a: ScreenPoint, b: ScreenPoint) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });

/** Across the end of a line, so that it can be seen where exactly it ends. */
function tick(end: ScreenPoint, from: ScreenPoint, size = 5): string {
  const length = Math.hypot(end.x - from.x, end.y - from.y);
  if (length === 0) return '';
  const [x, y] = [(-(end.y - from.y) / length) * size, ((end.x - from.x) / length) * size];
  return along([
    { x: end.x - x, y: end.y - y },
    { x: end.x + x, y: end.y + y },
  ]);
}

function head(tip: ScreenPoint, tail: ScreenPoint): string {
  const angle = Math.atan2(tip.y - tail.y, tip.x - tail.x);
  const barb = (turn: number) => ({
    x: tip.x - 13 * Math.cos(angle + turn),
    y: tip.y - 13 * Math.sin(angle + turn),
  });
  return along([barb(0.45), tip, barb(-0.45)]);
}

export function rectanglePath(a: ScreenPoint, b: ScreenPoint): string {
  return `${along([a, { x: b.x, y: a.y }, b, { x: a.x, y: b.y }])}Z`;
}

/** The ellipse in a box of the screen. */
export function ellipsePath(a: ScreenPoint, b: ScreenPoint): string {
  const { x, y } = middle(a, b);
  const [rx, ry] = [Math.abs(b.x - a.x) / 2, Math.abs(b.y - a.y) / 2];
  const arc = (to: number) => `A${rx.toFixed(1)} ${ry.toFixed(1)} 0 1 1 ${at({ x: to, y })}`;
  return `M${at({ x: x - rx, y })}${arc(x + rx)}${arc(x - rx)}Z`;
}

export const polygonPath = (points: readonly ScreenPoint[]): string => `${along(points)}Z`;

/** What is drawn of the points that are there; '' for what has no lines (text, a marker). */
export function outlineOf(kind: ItemKind, points: readonly ScreenPoint[]): string {
  const [a, b, c, d] = points;
  if (a === undefined) return '';
  if (b === undefined) return kind === 'text' || kind === 'marker' ? '' : `M${at(a)}h0.1`;
  switch (kind) {
    case 'distance':
      return along([a, b]) + tick(b, a) + tick(a, b);
    case 'cobb': {
      const second = c === undefined ? '' : along(d === undefined ? [c, { x: c.x + 0.1, y: c.y }] : [c, d]);
      return along([a, b]) + second;
    }
    case 'arrow':
      return along([a, b]) + head(b, a);
    case 'ellipse':
      return ellipsePath(a, b);
    case 'rectangle':
    case 'crop':
    case 'redaction':
      return rectanglePath(a, b);
    case 'text':
    case 'marker':
      return '';
    default:
      return along(points);
  }
}

/** Between the middles of the two lines of a Cobb angle: which belong together. */
export function betweenLines(points: readonly ScreenPoint[]): string {
  const [a, b, c, d] = points;
  return a && b && c && d ? along([middle(a, b), middle(c, d)]) : '';
}
