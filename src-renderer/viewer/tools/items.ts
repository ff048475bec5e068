// Everything that lies on a picture as one list of things that can be gone through, moved and taken away: drawings, the
// shutter, the crop and the boxes that are made black. Nothing here changes what it is given.
import type { Annotation, Box, Markup, Point, Shutter } from '#contract/shapes/markup.ts';
import { boxOf, type Spot } from '#contract/shapes/measuring.ts';
import { onPicture, wholePixels } from './geometry.ts';

export type Extent = { readonly width: number; readonly height: number };
export type ItemKind = Annotation['kind'] | 'shutter' | 'crop' | 'redaction';
/** `key` is that of one thing on one object, for as long as nothing before it in its list goes. */
export type Item = {
  readonly key: string;
  readonly kind: ItemKind;
  readonly points: readonly Spot[];
  readonly annotation?: Annotation;
};

/** @param frame from 1 */
export function itemsOf(markup: Markup, frame: number): readonly Item[] {
  return [
    ...markup.annotations
      .filter((annotation) => annotation.frame === null || annotation.frame === frame)
      .map((annotation) => ({ key: annotation.id, kind: annotation.kind, points: annotation.points, annotation })),
    ...(markup.shutter === null
      ? []
      : [{ key: 'shutter', kind: 'shutter' as const, points: pointsOfShutter(markup.shutter) }]),
    ...(markup.crop === null ? [] : [{ key: 'crop', kind: 'crop' as const, points: cornersOf(markup.crop) }]),
    ...markup.redactions.map((box, n) => ({
      key: `redaction-${n}`,
      kind: 'redaction' as const,
      points: cornersOf(box),
    })),
  ];
}

const cornersOf = ({ left, top, right, bottom }: Box): readonly Spot[] => [
  [left, top],
  [right, bottom],
];

/** Corners, corners of a polygon, or the middle and a point of the circle. */
function pointsOfShutter(shutter: Shutter): readonly Spot[] {
  if (shutter.kind === 'rectangle') return cornersOf(shutter.box);
  if (shutter.kind === 'polygon') return shutter.points;
  const [column, row] = shutter.center;
  return [shutter.center, [column + shutter.radius, row]];
}

/** A shutter from its points; undefined when nothing of the picture would be left to see. */
export function shutterOf(kind: Shutter['kind'], points: readonly Spot[], extent: Extent): Shutter | undefined {
  const [a, b] = points;
  if (a === undefined || b === undefined) return undefined;
  if (kind === 'rectangle') {
    const box = onPicture(wholePixels(boxOf(a, b)), extent.width, extent.height);
    return box && { kind, box };
  }
  if (kind === 'circle') {
    const radius = Math.hypot(b[0] - a[0], b[1] - a[1]);
    return radius < 1 || radius > 65_536 ? undefined : { kind, center: [...a], radius };
  }
  return points.length < 3 ? undefined : { kind, points: points.map((point): Point => [...point]) };
}

/** The same thing at other points; undefined where it would be nothing any more. */
export function moved(
  markup: Markup,
  key: string,
  points: readonly Spot[],
  extent: Extent,
): Partial<Markup> | undefined {
  const [a, b] = points;
  if (key === 'shutter' && markup.shutter !== null) {
    const shutter = shutterOf(markup.shutter.kind, points, extent);
    return shutter && { shutter };
  }
  if (key === 'crop' || key.startsWith('redaction-')) {
    const box = a && b && onPicture(wholePixels(boxOf(a, b)), extent.width, extent.height);
    if (box === undefined) return undefined;
    if (key === 'crop') return { crop: box };
    return { redactions: markup.redactions.map((one, n) => (key === `redaction-${n}` ? box : one)) };
  }
  return {
    annotations: markup.annotations.map((one) =>
      one.id === key ? { ...one, points: points.map((point): Point => [...point]) } : one,
    ),
  };
}

export function removed(markup: Markup, key: string): Partial<Markup> {
  if (key === 'shutter') return { shutter: null };
  if (key === 'crop') return { crop: null };
  if (key.startsWith('redaction-')) return { redactions: markup.redactions.filter((_, n) => key !== `redaction-${n}`) };
  return { annotations: markup.annotations.filter(({ id }) => id !== key) };
}

/** By whole points, as far as every point stays on the picture. */
export function shifted(points: readonly Spot[], [across, down]: Spot, { width, height }: Extent): readonly Spot[] {
  const columns = points.map(([column]) => column);
  const rows = points.map(([, row]) => row);
  const clamp = (by: number, low: number, high: number, most: number) =>
    Math.max(Math.min(0, -low), Math.min(Math.max(0, most - high), by));
  const dx = clamp(across, Math.min(...columns), Math.max(...columns), width);
  const dy = clamp(down, Math.min(...rows), Math.max(...rows), height);
  return points.map(([column, row]) => [column + dx, row + dy]);
}

/** Without window and turn: nothing but what was drawn. */
export const nothingDrawn = {
  annotations: [],
  shutter: null,
  crop: null,
  redactions: [],
  calibrationMm: null,
} satisfies Partial<Markup>;

const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

/** What of one image goes onto another of the same size. What stands there already is not drawn twice. */
export function copied(from: Markup, to: Markup, newId: () => string): Partial<Markup> {
  const there = (one: Annotation) =>
    to.annotations.some(({ kind, points, text, side }) =>
      isSame([kind, points, text, side], [one.kind, one.points, one.text, one.side]),
    );
  const annotations = from.annotations
    .filter((one) => !there(one))
    .map(({ label, ...one }) => ({
      ...one,
      id: newId(),
      frame: null,
      // Values are of another picture there: they are measured when it is on screen.
      ...(label !== undefined && one.kind !== 'ellipse' && one.kind !== 'rectangle' ? { label } : {}),
    }));
  const redactions = from.redactions.filter((box) => !to.redactions.some((one) => isSame(one, box)));
  return {
    annotations: [...to.annotations, ...annotations].slice(0, 500),
    shutter: from.shutter ?? to.shutter,
    crop: from.crop ?? to.crop,
    redactions: [...to.redactions, ...redactions].slice(0, 100),
  };
}
