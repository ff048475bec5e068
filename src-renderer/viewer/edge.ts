// What stands at the edge of a picture: which way the patient lies, a ruler, and the value under the cursor. Each says
// nothing rather than something that the object does not say.
import { axesOf, type Mapping, type Turn } from './mapping.ts';
import type { Picture } from './picture.ts';

export type Sides = { readonly left: string; readonly right: string; readonly top: string; readonly bottom: string };

const opposites: Readonly<Record<string, string>> = { L: 'R', R: 'L', A: 'P', P: 'A', H: 'F', F: 'H' };

/** 'RA' becomes 'LP'. Empty for letters that are not of the body (PS3.3 C.7.6.1.1.1). */
export function opposite(letters: string): string {
  const turned = [...letters].map((letter) => opposites[letter]);
  return turned.every((letter) => letter !== undefined) ? turned.join('') : '';
}

/** Where a direction leads: up to three letters, the strongest first; what is less than a fifth of it is left out. */
export function lettersOf(direction: readonly number[]): string {
  const axes = [
    { value: direction[0] ?? 0, plus: 'L', minus: 'R' },
    { value: direction[1] ?? 0, plus: 'P', minus: 'A' },
    { value: direction[2] ?? 0, plus: 'H', minus: 'F' },
  ];
  const strongest = Math.max(...axes.map(({ value }) => Math.abs(value)));
  if (!(strongest > 0.1)) return '';
  return axes
    .filter(({ value }) => Math.abs(value) >= strongest / 5)
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
    .map(({ value, plus, minus }) => (value > 0 ? plus : minus))
    .join('');
}

/** The letters at the four sides of the screen; undefined when the object does not say how the patient lies. */
export function sidesOf(orientation: Picture['header']['orientation'], turn: Turn): Sides | undefined {
  if (orientation === undefined) return undefined;
  const [row, column] =
    orientation.kind === 'vectors'
      ? [lettersOf(orientation.row), lettersOf(orientation.column)]
      : [orientation.row.trim().toUpperCase(), orientation.column.trim().toUpperCase()];
  if (opposite(row) === '' && opposite(column) === '') return undefined;
  const { swapped, alongX, alongY } = axesOf(turn);
  const [across, down] = swapped ? [column, row] : [row, column];
  const [right, left] = alongX === 1 ? [across, opposite(across)] : [opposite(across), across];
  const [bottom, top] = alongY === 1 ? [down, opposite(down)] : [opposite(down), down];
  return { left, right, top, bottom };
}

/** A ruler down the screen: `mm` millimetres are `pixels` screen pixels, in `parts` equal parts. */
export type Ruler = { readonly mm: number; readonly pixels: number; readonly parts: number };

const lengths = [1000, 500, 200, 100, 50, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1] as const;

/** The longest round length that takes no more than `mostPixels`. `pixelsAMm` down the screen. */
export function rulerOf(pixelsAMm: number, mostPixels: number): Ruler | undefined {
  if (!Number.isFinite(pixelsAMm) || pixelsAMm <= 0) return undefined;
  const mm = lengths.find((length) => length * pixelsAMm <= mostPixels);
  if (mm === undefined) return undefined;
  return { mm, pixels: mm * pixelsAMm, parts: String(mm).replace(/[0.]/g, '') === '2' ? 4 : 5 };
}

/** Screen pixels a millimetre, down the screen; undefined when the object gives no scale. `zoom` is of the columns. */
export function pixelsAMm(
  picture: Picture,
  zoom: number,
  turn: Turn,
  calibrationMm: number | null,
): number | undefined {
  const [betweenRows, betweenColumns] =
    calibrationMm === null ? (picture.header.spacingMm ?? []) : [calibrationMm * picture.pixelAspect, calibrationMm];
  if (betweenRows === undefined || betweenColumns === undefined) return undefined;
  return axesOf(turn).swapped ? zoom / betweenColumns : (zoom * picture.pixelAspect) / betweenRows;
}

/** What lies under a screen point. `values` after rescale, three for colour. Undefined outside the picture. */
export type Probe = { readonly column: number; readonly row: number; readonly values: readonly number[] };

export function probe(
  picture: Picture,
  mapping: Mapping,
  at: { readonly x: number; readonly y: number },
): Probe | undefined {
  const [column, row] = mapping.toImage(at.x, at.y).map(Math.floor) as [number, number];
  if (column < 0 || row < 0 || column >= picture.width || row >= picture.height) return undefined;
  const whole = picture.levels[0];
  const first = (row * picture.width + column) * picture.samples;
  const stored = [...(whole?.values.subarray(first, first + picture.samples) ?? [])];
  const { slope, intercept } = picture.header.rescale;
  return { column, row, values: picture.samples === 3 ? stored : stored.map((value) => value * slope + intercept) };
}
