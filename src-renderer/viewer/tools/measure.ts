// What a drawing measures on a picture: what the contract says of lengths, and what the values within are.
import type { Annotation } from '#contract/shapes/markup.ts';
import { measureDrawn, type Measure, type PixelSizes } from '#contract/shapes/measuring.ts';
import type { Picture } from '../picture.ts';
import { statisticsOf, type Statistics } from './statistics.ts';

export type Measured =
  | Exclude<Measure, { readonly kind: 'area' }>
  | (Extract<Measure, { readonly kind: 'area' }> & {
      /** Absent for colour, and where no pixel lies within. */
      readonly statistics?: Statistics;
      /** What the values are in, '' where the object does not say. */
      readonly unit: string;
    });

/** The picture that is measured, what a person calibrated, and what its values are in. */
export type Subject = { readonly picture: Picture; readonly calibrationMm: number | null; readonly unit: string };

/** How long its pixels are. */
export const sizesOf = ({ header, pixelAspect }: Picture): PixelSizes => ({ ...header, pixelAspect });

/** Undefined for what measures nothing, and while points are missing. */
export function measure(drawn: Pick<Annotation, 'kind' | 'points'>, subject: Subject): Measured | undefined {
  const { picture, calibrationMm, unit } = subject;
  const found = measureDrawn(drawn, sizesOf(picture), calibrationMm);
  if (found?.kind !== 'area') return found;
  const statistics = statisticsOf(picture, drawn.kind === 'ellipse' ? 'ellipse' : 'rectangle', found.box);
  return { ...found, unit, ...(statistics === undefined ? {} : { statistics }) };
}
