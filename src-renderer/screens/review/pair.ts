// Which two images belong beside each other: one that was taken again, and its repeat.
import type { ImageQuality } from '#contract/shapes/judging.ts';

/** The repeated image and its repeat. */
export type Pair = { readonly old: string; readonly fresh: string };

/** The pair that an image is of, among those of its exam. */
export function pairOf(quality: ImageQuality | undefined, objectIds: readonly string[]): Pair | undefined {
  if (quality === undefined) return undefined;
  const { objectId, repeatOf, repeatedBy } = quality;
  const pair =
    repeatOf !== null
      ? { old: repeatOf, fresh: objectId }
      : repeatedBy !== null
        ? { old: objectId, fresh: repeatedBy }
        : undefined;
  return pair !== undefined && objectIds.includes(pair.old) && objectIds.includes(pair.fresh) ? pair : undefined;
}
