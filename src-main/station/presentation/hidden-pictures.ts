// Pictures of the picture that lie elsewhere in its object: icons in items of sequences, previews in private elements. What a
// person cropped or made black would still be seen in them, so they do not leave with the derived picture (PS3.15 E.3.1 goes as
// far for the same reason).
//
// A private value that is long enough for a picture is taken for one: nobody here can say what it is. Private text may stay where
// it reads as text; where a picture could be written in its letters, or where it is too long to be looked at, it goes as well.
import {
  pixelDataTag,
  walkElements,
  WalkStop,
  type Edit,
  type Part10,
  type PathStep,
  type Spot,
} from '#station/dicom/index.ts';

/** IconImageSequence. */
const icon = 0x00880200;
/** Fewer bytes are no picture that shows anything: 15 by 15 pixels. */
const smallestPicture = 225;
/** As many bytes in letters, four for three. */
const smallestWritten = 300;
/** Longer private texts are not looked through. */
const mostText = 65_536;
/** Lines of what is written in letters are this long but for the last. */
const leastLine = 40;
const binary: ReadonlySet<string> = new Set('OB OW UN OF OD OL OV US SS UL SL UV SV FL FD'.split(' '));
const texts: ReadonlySet<string> = new Set(['UT', 'LT', 'ST', 'UC', 'UR', 'LO']);

export type HiddenPictures = {
  readonly edits: readonly Edit[];
  readonly icons: number;
  /** Or sequences with pixels of their own. */
  readonly privateValues: number;
};

export const nothingHidden: HiddenPictures = { edits: [], icons: 0, privateValues: 0 };

/** What must go, before the pixels; icons at the top are not counted here. What the object is broken by is left. */
export async function findHiddenPictures(object: Part10): Promise<HiddenPictures> {
  const icons = new Set<Spot>();
  const values = new Set<Spot>();
  try {
    await walkElements(object.elements.reader, object.elements.region, {
      before: (spot) => (spot.depth === 0 && spot.tag >= pixelDataTag ? 'stop' : undefined),
      sequence: (spot) => {
        if (spot.tag === icon && spot.depth > 0) icons.add(spot);
        return 'enter';
      },
      wants: (spot) => (isPrivateText(spot) ? mostText : 0),
      element: (spot, value) => {
        const found = mayBePicture(spot, value) ? (spot.tag === pixelDataTag ? aroundPixels(spot) : spot) : undefined;
        if (found !== undefined && found.tag !== icon) values.add(found);
        return undefined;
      },
    });
  } catch (error) {
    if (!(error instanceof WalkStop)) throw error;
  }
  const isInside = (spot: Spot): boolean => {
    for (let at = spot.parent; at; at = at.parent) if (at.tag === icon || icons.has(at) || values.has(at)) return true;
    return false;
  };
  const [ownIcons, ownValues] = [icons, values].map((some) => [...some].filter((spot) => !isInside(spot)));
  const edits = [...(ownIcons ?? []), ...(ownValues ?? [])].map((spot): Edit => {
    const path = pathOf(spot);
    return { kind: 'remove', tag: spot.tag, ...(path.length > 0 ? { path } : {}) };
  });
  return { edits, icons: ownIcons?.length ?? 0, privateValues: ownValues?.length ?? 0 };
}

const isPrivate = ({ tag }: Spot): boolean => ((tag >>> 16) & 1) === 1;

const isInPrivate = (spot: Spot): boolean => {
  for (let at: Spot | null = spot; at; at = at.parent) if (at.kind === 'element' && isPrivate(at)) return true;
  return false;
};

const isPrivateText = (spot: Spot): boolean =>
  texts.has(spot.vr) && spot.length >= smallestWritten && isInPrivate(spot);

/** Pixels in a private sequence, too, and what a retired group of pixels holds (7Fxx). `value` of private text. */
function mayBePicture(spot: Spot, value: Buffer | null): boolean {
  const { tag, vr, length, depth } = spot;
  if (depth > 0 && tag === pixelDataTag) return true;
  if (tag >>> 16 >= 0x7f00 && tag >>> 16 < 0x7fe0) return true;
  if (isPrivateText(spot)) return value === null || isWrittenInLetters(value.toString('latin1'));
  return binary.has(vr) && length >= smallestPicture && isInPrivate(spot);
}

/** Whether a stretch of it could be base64 or hexadecimal, in one line or in lines of one length. */
function isWrittenInLetters(text: string): boolean {
  return text.split(/[^A-Za-z0-9+/_=\r\n-]/).some((stretch) => {
    let length = 0;
    for (const line of stretch.split(/[\r\n]+/)) {
      length += line.length;
      if (length >= smallestWritten) return true;
      if (line.length < leastLine) length = 0;
    }
    return false;
  });
}

/** The sequence that nested pixels make a picture: the outermost private one, else the one they stand in. */
function aroundPixels(spot: Spot): Spot {
  let around = spot.parent?.parent ?? spot;
  for (let at: Spot | null = spot.parent; at; at = at.parent) if (at.kind === 'element' && isPrivate(at)) around = at;
  return around;
}

/** From the top to the container that a spot lies in. */
function pathOf(spot: Spot): PathStep[] {
  const steps: PathStep[] = [];
  for (let item: Spot | null = spot.parent; item?.parent; item = item.parent.parent) {
    steps.unshift({ tag: item.parent.tag, item: item.index });
  }
  return steps;
}
