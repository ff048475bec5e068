// What a drawing measures on a picture.
import type { Annotation } from '#contract/shapes/markup.ts';
import type { Picture } from '../picture.ts';
import { angleAt, angleOfLines, areaOfBox, areaOfEllipse, boxOf, lengthBetween } from './geometry.ts';
import { scaleFor, type Scale } from './scale.ts';
import { statisticsOf, type Statistics } from './statistics.ts';

export type Measured =
  | { readonly kind: 'length'; readonly length: number; readonly scale: Scale }
  | { readonly kind: 'angle'; readonly degrees: number }
  | {
      readonly kind: 'area';
      readonly area: number;
      readonly scale: Scale;
      /** Absent for colour, and where no pixel lies within. */
      readonly statistics?: Statistics;
      /** What the values are in, '' where the object does not say. */
      readonly unit: string;
    };

/** The picture that is measured, what a person calibrated, and what its values are in. */
export type Subject = { readonly picture: Picture; readonly calibrationMm: number | null; readonly unit: string };

/** Undefined for what measures nothing, and while points are missing. */
export function measure(drawn: Pick<Annotation, 'kind' | 'points'>, subject: Subject): Measured | undefined {
  const { picture, calibrationMm, unit } = subject;
  const [a, b, c, d] = drawn.points;
  if (a === undefined || b === undefined) return undefined;
  const scale = scaleFor(picture, calibrationMm, drawn.points);
  switch (drawn.kind) {
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
      const statistics = statisticsOf(picture, drawn.kind, box);
      const area = drawn.kind === 'ellipse' ? areaOfEllipse(box, scale) : areaOfBox(box, scale);
      return { kind: 'area', area, scale, unit, ...(statistics === undefined ? {} : { statistics }) };
    }
    default:
      return undefined;
  }
}
