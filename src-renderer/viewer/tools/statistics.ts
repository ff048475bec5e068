// Values within an ellipse or a rectangle, of the whole picture and not of what is shown of it: after rescale, whatever
// the window, zoom or turn.
import type { Box } from '#contract/shapes/markup.ts';
import type { Picture } from '../picture.ts';

/** `deviation` is that of all values (divided by their number). */
export type Statistics = {
  readonly pixels: number;
  readonly mean: number;
  readonly deviation: number;
  readonly min: number;
  readonly max: number;
};

/**
 * Of the pixels whose centre lies within; on the left and upper edge counts, on the right and lower does not, so that
 * boxes side by side share no pixel. Undefined for colour, and where there is no pixel. Padding and what is no number
 * is left out.
 */
export function statisticsOf(picture: Picture, kind: 'ellipse' | 'rectangle', box: Box): Statistics | undefined {
  const { width, height, samples, header, levels } = picture;
  const values = levels[0]?.values;
  if (samples !== 1 || values === undefined) return undefined;
  const { slope, intercept } = header.rescale;
  const { from, to } = header.padding ?? { from: Infinity, to: -Infinity };
  const [middleX, middleY] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
  const [radiusX, radiusY] = [(box.right - box.left) / 2, (box.bottom - box.top) / 2];
  const first = Math.max(0, Math.ceil(box.top - 0.5));
  const end = Math.min(height, Math.ceil(box.bottom - 0.5));
  let [pixels, sum, squares, min, max, origin] = [0, 0, 0, Infinity, -Infinity, 0];
  for (let row = first; row < end; row += 1) {
    let [left, right] = [box.left, box.right];
    if (kind === 'ellipse') {
      const off = (row + 0.5 - middleY) / radiusY;
      const half = radiusX * Math.sqrt(Math.max(0, 1 - off * off));
      [left, right] = [middleX - half, middleX + half];
    }
    const start = Math.max(0, Math.ceil(left - 0.5));
    const stop = Math.min(width, Math.ceil(right - 0.5));
    for (let at = row * width + start; at < row * width + stop; at += 1) {
      const stored = values[at] as number;
      if (!Number.isFinite(stored) || (stored >= from && stored <= to)) continue;
      // Sums of what lies near 0 keep their digits.
      if (pixels === 0) origin = stored;
      const value = stored - origin;
      pixels += 1;
      sum += value;
      squares += value * value;
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  if (pixels === 0) return undefined;
  const mean = sum / pixels;
  const [one, other] = [min, max].map((value) => (value + origin) * slope + intercept) as [number, number];
  return {
    pixels,
    mean: (mean + origin) * slope + intercept,
    deviation: Math.sqrt(Math.max(0, squares / pixels - mean * mean)) * Math.abs(slope),
    min: Math.min(one, other),
    max: Math.max(one, other),
  };
}
