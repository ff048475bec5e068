// The side that each frame of an enhanced object says (Frame Anatomy, PS3.3 C.7.6.16.2.8): what a person says of the side of
// an image holds for its frames too, or it would leave with two sides.
//
// Reads no pixels. An object whose frames say a side is not given one at its top as well, where it had none: Laterality and
// Image Laterality are for what has no Frame Laterality (PS3.3 C.7.3.1).
import type { CorrectionReason } from '#contract/shapes/identity.ts';
import { pixelDataTag, walkElements, WalkStop, type Part10, type PathStep, type Spot } from '#station/dicom/index.ts';
import { tagOfSet, type SetElement } from './set-elements.ts';

const functionalGroups: ReadonlySet<number> = new Set([0x52009229, 0x52009230]);
const frameAnatomy = 0x00209071;
export const frameLaterality = 0x00209072;
/** Image Laterality, Laterality. */
const sideTags: readonly number[] = [0x00200062, 0x00200060];
export const isSideTag = (tag: number): boolean => sideTags.includes(tag);

export type FrameSide = { readonly path: readonly PathStep[]; readonly said: string };

/** What the frames are to say instead. */
export type NewFrameSides = {
  readonly value: string;
  readonly reason: CorrectionReason;
  /** Those that say something else. */
  readonly of: readonly FrameSide[];
};

/** The frames of an object that say a side, and what decisions make of it; undefined where either has nothing to say. */
export async function newFrameSides(
  opened: Part10,
  elements: readonly SetElement[],
): Promise<NewFrameSides | undefined> {
  const side = sideIn(elements);
  if (side === undefined) return undefined;
  const frames = await readFrameSides(opened);
  return frames.length === 0 ? undefined : { ...side, of: frames.filter(({ said }) => said !== side.value) };
}

/** The side that decisions name, that of the image before that of the series; undefined when they name none. */
function sideIn(elements: readonly SetElement[]): Omit<NewFrameSides, 'of'> | undefined {
  for (const tag of sideTags) {
    const set = elements.find((one) => tagOfSet(one) === tag);
    if (set?.kind === 'put' && typeof set.element.value === 'string' && set.element.value !== '')
      return { value: set.element.value, reason: set.reason };
  }
  return undefined;
}

/** Every Frame Laterality of an object, in order. What is broken behind the header ends the list. */
async function readFrameSides({ elements: { reader, region } }: Part10): Promise<FrameSide[]> {
  const found: FrameSide[] = [];
  try {
    await walkElements(reader, region, {
      before: (spot) => (spot.parent === null && spot.tag === pixelDataTag ? 'stop' : undefined),
      sequence: (spot) => (spot.parent === null && !functionalGroups.has(spot.tag) ? 'skip' : 'enter'),
      wants: (spot) => (spot.tag === frameLaterality ? 64 : 0),
      element: (spot, value) => {
        const path = spot.tag === frameLaterality && value ? pathOf(spot) : [];
        if (value && path.length === 2 && path[1]?.tag === frameAnatomy)
          found.push({ path, said: value.toString('latin1').replace(/[ \0]+$/, '') });
        return undefined;
      },
    });
  } catch (error) {
    if (!(error instanceof WalkStop)) throw error;
  }
  return found;
}

function pathOf(spot: Spot): PathStep[] {
  const path: PathStep[] = [];
  for (let item = spot.parent; item; item = item.parent?.parent ?? null) {
    if (item.parent) path.unshift({ tag: item.parent.tag, item: item.index });
  }
  return path;
}
