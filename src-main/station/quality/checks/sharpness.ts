// Blurred in one direction, as by a patient who moved. Pure.
//
// At the strongest edges of a direction: how much of the change over four pixels happens between two of them. All of it is a
// sharp edge, a quarter is a ramp. Movement makes ramps along its own direction and leaves the others as they are;
// a picture that is soft in every direction is no sign of movement.
import { isProjection, type PictureCheck } from './about.ts';
import type { ShownPicture } from './shown-picture.ts';

const reach = 8;
/** Edges looked at: the strongest of those that stand out at all. */
const strongest = 0.01;
const leastEdge = 24;
const fewestEdges = 400;
/** By trials: below this an edge is a ramp, and the direction across it has to be this much sharper. */
const ramp = 0.215;
const sharperAcross = 1.35;

const directions = [
  { degrees: 0, dx: 1, dy: 0 },
  { degrees: 45, dx: 1, dy: 1 },
  { degrees: 90, dx: 0, dy: 1 },
  { degrees: 135, dx: -1, dy: 1 },
] as const;

export const checkBlur: PictureCheck = (picture, about) => {
  if (!isProjection(about) || Math.min(picture.columns, picture.rows) < 256) return null;
  const sharpness = directions.map((direction) => sharpnessAlong(picture, direction));
  let worst: { degrees: number; along: number; across: number } | undefined;
  for (const [n, along] of sharpness.entries()) {
    const across = sharpness[(n + 2) % 4];
    if (along === null || across === undefined || across === null) continue;
    if (along >= ramp || across < along * sharperAcross) continue;
    if (worst === undefined || along < worst.along) worst = { degrees: directions[n]!.degrees, along, across };
  }
  if (worst === undefined) return null;
  const hundredths = (n: number) => Math.round(n * 100) / 100;
  return {
    numbers: { degrees: worst.degrees, along: hundredths(worst.along), across: hundredths(worst.across) },
    place: null,
  };
};

/** 1/8 to 1; null where there are too few edges. */
export function sharpnessAlong(
  { grey, columns, rows }: ShownPicture,
  { dx, dy }: { readonly dx: number; readonly dy: number },
): number | null {
  const step = dy * columns + dx;
  const [fromX, toX] = [dx < 0 ? reach : 0, dx > 0 ? columns - reach : columns];
  const toY = dy > 0 ? rows - reach : rows;
  const counts = new Uint32Array(256);
  for (let y = 0; y < toY; y += 2)
    for (let x = fromX; x < toX; x++) {
      const at = y * columns + x;
      counts[Math.abs(grey[at + step * reach]! - grey[at]!)]!++;
    }
  const places = (toX - fromX) * Math.ceil(toY / 2);
  let threshold = 255;
  for (let seen = counts[255]!; threshold > leastEdge && seen < places * strongest;) seen += counts[--threshold]!;
  let edges = 0;
  let sum = 0;
  for (let y = 0; y < toY; y += 2)
    for (let x = fromX; x < toX; x++) {
      const at = y * columns + x;
      const whole = Math.abs(grey[at + step * reach]! - grey[at]!);
      if (whole < threshold) continue;
      let steepest = 0;
      for (let k = 0; k < reach; k++) {
        const rise = Math.abs(grey[at + step * (k + 1)]! - grey[at + step * k]!);
        if (rise > steepest) steepest = rise;
      }
      sum += Math.min(1, steepest / whole);
      edges++;
    }
  return edges < fewestEdges ? null : sum / edges;
}
