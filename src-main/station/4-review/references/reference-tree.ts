// The sequences of an object as a tree, with the values of those elements that are wanted. Reads no pixels.
//
// Iterative, within the limits of the walk; keeps at most 64 MiB. Values are as they stand in the file.
import { pixelDataTag, walkElements, WalkStop, type Part10, type Spot } from '#station/dicom/index.ts';

export type Leaf = { readonly tag: number; readonly vr: string; readonly bytes: Buffer };
export type Sequence = { readonly tag: number; readonly items: Item[] };
export type Item = { readonly leaves: Leaf[]; readonly sequences: Sequence[] };

export type Tree = {
  readonly root: Item;
  /** False when something was too large to be kept. */
  readonly whole: boolean;
};

const originalAttributes = 0x04000561;
const mostBytes = 64 * 1_048_576;

/**
 * @param wants the longest value of an element that is kept, bytes; 0 when it is not
 * @param enters true for a sequence at the top that is looked into
 * @throws what reading the disk throws
 */
export async function readTree(
  object: Part10,
  wants: (spot: Spot) => number,
  enters: (tag: number) => boolean,
): Promise<Tree> {
  const { reader, region } = object.elements;
  const root: Item = { leaves: [], sequences: [] };
  const items = new Map<Spot, Item>();
  const sequences = new Map<Spot, Sequence>();
  let kept = 0;
  let whole = true;
  const around = (spot: Spot): Item | undefined => (spot.parent === null ? root : items.get(spot.parent));
  try {
    await walkElements(reader, region, {
      before: (spot) => (spot.parent === null && spot.tag >= pixelDataTag ? 'stop' : undefined),
      wants: (spot) => (around(spot) ? wants(spot) : 0),
      sequence: (spot) => {
        const item = around(spot);
        const isOutside = spot.parent === null && (spot.tag === originalAttributes || !enters(spot.tag));
        if (!item || isOutside) return 'skip';
        const sequence: Sequence = { tag: spot.tag, items: [] };
        item.sequences.push(sequence);
        sequences.set(spot, sequence);
        return 'enter';
      },
      item: (spot) => {
        const sequence = spot.parent && sequences.get(spot.parent);
        if (!sequence) return;
        const item: Item = { leaves: [], sequences: [] };
        sequence.items.push(item);
        items.set(spot, item);
      },
      element: (spot, value) => {
        const item = around(spot);
        if (!item || !value) {
          if (item && wants(spot) > 0 && spot.length > 0) whole = false;
          return undefined;
        }
        kept += value.length;
        if (kept > mostBytes) whole = false;
        else item.leaves.push({ tag: spot.tag, vr: spot.vr, bytes: Buffer.from(value) });
        return undefined;
      },
      closed: (spot) => {
        items.delete(spot);
        sequences.delete(spot);
      },
      fragments: () => 'stop',
    });
  } catch (error) {
    if (!(error instanceof WalkStop)) throw error;
    whole = false;
  }
  return { root, whole };
}

/** A UID as text, without padding. */
export const uidOf = ({ bytes }: Leaf): string => bytes.toString('latin1').replace(/[\0 ]+$/, '');
