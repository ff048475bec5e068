// What was measured, in words: beside a drawing on the screen and in the objects that leave, which say the same. Pure.
import type { Scale, ScaleNote } from './measuring.ts';

/** Why a length is what it is, where that matters. */
const notes: Readonly<Partial<Record<ScaleNote, string>>> = {
  detector: ' at the detector',
  magnified: ', magnification estimated by the device',
  film: ' on the film',
  person: ', calibrated by hand',
};

/** One place after the point, none from a thousand on. */
export const sayRounded = (value: number): string =>
  Math.abs(value) >= 1000 ? String(Math.round(value)) : value.toFixed(1);

/** With its sign, a true minus, and one place after the point. */
export function saySigned(value: number): string {
  const said = Math.abs(value).toFixed(1);
  return said === '0.0' ? said : `${value > 0 ? '+' : '−'}${said}`;
}

function sayArea(area: number, unit: Scale['unit']): string {
  return unit === 'mm' && area >= 1000 ? `${(area / 100).toFixed(1)} cm²` : `${sayRounded(area)} ${unit}²`;
}

type SaidScale = Pick<Scale, 'unit' | 'note'>;
export type SaidMeasure =
  | { readonly kind: 'length'; readonly length: number; readonly scale: SaidScale }
  | { readonly kind: 'angle'; readonly degrees: number }
  | { readonly kind: 'area'; readonly area: number; readonly scale: SaidScale };

/** One line; a length or an area says where its millimetres come from. */
export function sayMeasure(measure: SaidMeasure): string {
  if (measure.kind === 'angle') return `${measure.degrees.toFixed(1)}°`;
  const { scale } = measure;
  const note = scale.note === undefined ? '' : (notes[scale.note] ?? '');
  if (measure.kind === 'length') return `${sayRounded(measure.length)} ${scale.unit}${note}`;
  return `Area ${sayArea(measure.area, scale.unit)}${note}`;
}
