// The part of a picture that is on screen, one value for each device pixel, between the pixels it lies among. Values stay
// what the object stores: how light they are is decided afterwards. Values of at most 16 bits are worked out in whole
// numbers, and each row of the picture is stretched once, however many rows of the screen it takes.
import { axesOf, standing, type Turn, type View } from './mapping.ts';
import { levelFor, type Picture, type Values } from './picture.ts';

/** What lies where on a canvas; `values` are of the box, row by row. */
export type Resampled = {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly values: Values;
};

type Seen = { readonly picture: Picture; readonly view: View; readonly turn: Turn };

/** From this zoom on each image pixel is shown as the square it is. */
const nearestFrom = 24;

/** The part that lies on a canvas of this size; an empty box when none does. */
export function resample(
  { picture, view, turn }: Seen,
  canvas: { readonly width: number; readonly height: number },
): Resampled {
  const size = standing(picture, turn);
  const edge = (centre: number, half: number) => Math.round(centre + half * view.zoom);
  const left = Math.max(0, edge(view.x, -size.width / 2));
  const top = Math.max(0, edge(view.y, -size.height / 2));
  const width = Math.max(0, Math.min(canvas.width, edge(view.x, size.width / 2)) - left);
  const height = Math.max(0, Math.min(canvas.height, edge(view.y, size.height / 2)) - top);
  const zoomRow = view.zoom * picture.pixelAspect;
  const { level, factor } = levelFor(picture, Math.min(view.zoom, zoomRow));
  const { samples } = picture;
  const columns = { size: picture.width, zoom: view.zoom, most: level.width, stride: samples };
  const rows = { size: picture.height, zoom: zoomRow, most: level.height, stride: level.width * samples };
  const { swapped, alongX, alongY } = axesOf(turn);
  const across = steps({
    from: left,
    count: width,
    centre: view.x,
    factor,
    sign: alongX,
    ...(swapped ? rows : columns),
  });
  const down = steps({ from: top, count: height, centre: view.y, factor, sign: alongY, ...(swapped ? columns : rows) });
  const pick = level.values.BYTES_PER_ELEMENT > 2 ? pickWide : pickWhole;
  return { left, top, width, height, values: pick(level.values, samples, across, down) };
}

/** `at` and `next` count in values, not in pixels. */
type Steps = { readonly at: Int32Array; readonly next: Int32Array; readonly share: Int32Array };

/** For each device pixel along one direction: the two image pixels it lies between, and the second one's share of 256. */
function steps(along: {
  readonly from: number;
  readonly count: number;
  readonly centre: number;
  readonly size: number;
  readonly zoom: number;
  readonly factor: number;
  readonly most: number;
  /** Values from one pixel to the next. */
  readonly stride: number;
  /** Whether the picture runs with the screen or against it. */
  readonly sign: 1 | -1;
}): Steps {
  const { from, count, centre, size, zoom, factor, most, stride, sign } = along;
  const at = new Int32Array(count);
  const next = new Int32Array(count);
  const share = new Int32Array(count);
  const last = most - 1;
  for (let i = 0; i < count; i += 1) {
    const image = ((sign * (from + i + 0.5 - centre)) / zoom + size / 2) / factor;
    const exact = zoom >= nearestFrom ? Math.floor(image) : image - 0.5;
    const whole = Math.floor(exact);
    at[i] = Math.max(0, Math.min(last, whole)) * stride;
    next[i] = Math.max(0, Math.min(last, whole + 1)) * stride;
    share[i] = Math.round((exact - whole) * 256);
  }
  return { at, next, share };
}

/** Shares are of 256; down of 128 where values have 16 bits: 65,535 times 256 times 128 has 31. */
function pickWhole(from: Values, samples: 1 | 3, alongX: Steps, alongY: Steps): Values {
  const wide = alongX.at.length * samples;
  const height = alongY.at.length;
  const out = new (from.constructor as { new (length: number): Values })(wide * height);
  const fine = from.BYTES_PER_ELEMENT === 1 ? 8 : 7;
  const half = 1 << (fine + 7);
  let [upper, lower] = [new Int32Array(wide), new Int32Array(wide)];
  let [upperAt, lowerAt] = [-1, -1];
  for (let y = 0, to = 0; y < height; y += 1) {
    const above = alongY.at[y] as number;
    const below = alongY.next[y] as number;
    if (above !== upperAt && above !== below && (above === lowerAt || below === upperAt)) {
      [upper, lower] = [lower, upper];
      [upperAt, lowerAt] = [lowerAt, upperAt];
    }
    if (above !== upperAt) {
      stretch(from, above, samples, alongX, upper);
      upperAt = above;
    }
    // Where no second row has a share, none is stretched for it.
    const share = above === below ? 0 : (alongY.share[y] as number) >> (8 - fine);
    if (share === 0) {
      for (let x = 0; x < wide; x += 1, to += 1) out[to] = ((upper[x] as number) + 128) >> 8;
      continue;
    }
    if (below !== lowerAt) {
      stretch(from, below, samples, alongX, lower);
      lowerAt = below;
    }
    for (let x = 0; x < wide; x += 1, to += 1) {
      const first = upper[x] as number;
      out[to] = ((first << fine) + Math.imul((lower[x] as number) - first, share) + half) >> (fine + 8);
    }
  }
  return out;
}

/** One row as it lies along the screen, in parts of 256. */
function stretch(from: Values, row: number, samples: 1 | 3, along: Steps, into: Int32Array): void {
  const { at, next, share } = along;
  if (samples === 1) {
    for (let x = 0; x < at.length; x += 1) {
      const a = from[row + (at[x] as number)] as number;
      const b = from[row + (next[x] as number)] as number;
      into[x] = (a << 8) + Math.imul(b - a, share[x] as number);
    }
    return;
  }
  for (let x = 0, to = 0; x < at.length; x += 1) {
    const left = row + (at[x] as number);
    const right = row + (next[x] as number);
    for (let c = 0; c < 3; c += 1, to += 1) {
      const a = from[left + c] as number;
      into[to] = (a << 8) + Math.imul((from[right + c] as number) - a, share[x] as number);
    }
  }
}

/** Values of 32 bits and floating-point numbers. Grey only. */
function pickWide(from: Values, _samples: 1 | 3, alongX: Steps, alongY: Steps): Values {
  const width = alongX.at.length;
  const height = alongY.at.length;
  const out = new (from.constructor as { new (length: number): Values })(width * height);
  for (let y = 0, to = 0; y < height; y += 1) {
    const upper = alongY.at[y] as number;
    const lower = alongY.next[y] as number;
    const down = (alongY.share[y] as number) / 256;
    for (let x = 0; x < width; x += 1, to += 1) {
      const left = alongX.at[x] as number;
      const right = alongX.next[x] as number;
      const along = (alongX.share[x] as number) / 256;
      const a = from[upper + left] as number;
      const d = from[lower + left] as number;
      const high = a + ((from[upper + right] as number) - a) * along;
      const low = d + ((from[lower + right] as number) - d) * along;
      out[to] = high + (low - high) * down;
    }
  }
  return out;
}
