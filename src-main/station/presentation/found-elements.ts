// Elements of a received object as they are to be written anew: look-up tables, shutters, geometry, functional groups. Values
// come in little endian, whatever they were written in; what stands behind the pixels is not looked at.
//
// Refuses nothing: a data set that breaks off gives what was read of it. Texts that are not ASCII are read in the character set
// of the object; what it cannot explain is left out where it is written anew.
import {
  decodeText,
  pixelDataTag,
  usesCharacterSet,
  walkElements,
  WalkStop,
  type NewElement,
  type Part10,
  type Spot,
} from '#station/dicom/index.ts';

/** An element with its items as lists of the same; `value` in little endian. */
export type FoundElement = {
  readonly tag: number;
  readonly vr: string;
  readonly value: Buffer;
  /** Text that is not ASCII, where its character set explains it. */
  readonly text?: string;
  readonly items?: readonly (readonly FoundElement[])[];
};
export type FoundElements = ReadonlyMap<number, FoundElement>;

const longestValueBytes = 1_048_576;

/** The elements of `wanted` at the top, and all that is in them. */
export async function readElements(object: Part10, wanted: ReadonlySet<number>): Promise<FoundElements> {
  const top: FoundElement[] = [];
  const insides = new Map<Spot | null, FoundElement[]>([[null, top]]);
  const lists = new Map<Spot, FoundElement[][]>();
  let terms: readonly string[] = [];
  const textOf = (vr: string, value: Buffer): { readonly text?: string } => {
    if (!isWritten(vr, value)) return {};
    const { text, sound } = decodeText(value, terms, vr);
    return sound ? { text: text.replace(/[\0 ]+$/, '') } : {};
  };
  const isOurs = (spot: Spot): boolean => (spot.parent === null ? wanted.has(spot.tag) : insides.has(spot.parent));
  try {
    await walkElements(object.elements.reader, object.elements.region, {
      before: (spot) => (spot.depth === 0 && spot.tag >= pixelDataTag ? 'stop' : undefined),
      wants: (spot) => (isOurs(spot) || spot.tag === characterSet ? longestValueBytes : 0),
      element: (spot, value) => {
        if (value !== null && spot.tag === characterSet && spot.parent === null) terms = termsOf(value);
        if (value !== null && isOurs(spot)) {
          insides
            .get(spot.parent)
            ?.push({ tag: spot.tag, vr: spot.vr, value: inLittleEndian(spot, value), ...textOf(spot.vr, value) });
        }
        return undefined;
      },
      sequence: (spot) => {
        if (!isOurs(spot)) return 'skip';
        const items: FoundElement[][] = [];
        lists.set(spot, items);
        insides.get(spot.parent)?.push({ tag: spot.tag, vr: 'SQ', value: Buffer.alloc(0), items });
        return 'enter';
      },
      item: (spot) => {
        const list = spot.parent && lists.get(spot.parent);
        if (!list) return;
        const inside: FoundElement[] = [];
        list.push(inside);
        insides.set(spot, inside);
      },
    });
  } catch (error) {
    if (!(error instanceof WalkStop)) throw error;
  }
  return new Map(top.map((element) => [element.tag, element]));
}

const characterSet = 0x00080005;
const termsOf = (value: Buffer): string[] =>
  value
    .toString('latin1')
    .split('\\')
    .map((term) => term.replaceAll('\0', '').trim());

/** In a script of its own: other bytes mean the same in every character set. */
const isWritten = (vr: string, value: Buffer): boolean =>
  usesCharacterSet(vr) && value.some((byte) => byte > 0x7e || byte === 0x1b);

const wordBytes: Readonly<Record<string, number>> = {
  ...{ US: 2, SS: 2, OW: 2, AT: 2, UL: 4, SL: 4, FL: 4, OF: 4, OL: 4, FD: 8, OD: 8, SV: 8, UV: 8, OV: 8 },
};

function inLittleEndian(spot: Spot, value: Buffer): Buffer {
  const bytes = Buffer.from(value);
  const size = wordBytes[spot.vr];
  if (spot.littleEndian || size === undefined || bytes.length % size !== 0) return bytes;
  return size === 2 ? bytes.swap16() : size === 4 ? bytes.swap32() : bytes.swap64();
}

/** To be written with a little-endian style, in whatever character set. */
export function asNewElement({ tag, vr, value, text, items }: FoundElement): NewElement | undefined {
  if (items) return { tag, vr: 'SQ', items: items.map((item) => item.flatMap((one) => asNewElement(one) ?? [])) };
  if (isWritten(vr, value)) return text === undefined ? undefined : { tag, vr, value: text };
  return { tag, vr, value };
}

/** To be written into the object that it stood in, in its character set. */
export const asItStood = ({ tag, vr, value, items }: FoundElement): NewElement =>
  items ? { tag, vr: 'SQ', items: items.map((item) => item.map(asItStood)) } : { tag, vr, value };

export function textsOf(found: FoundElement | undefined): string[] {
  const text = found?.value.toString('latin1').replace(/[\0 ]+$/, '') ?? '';
  return text === '' ? [] : text.split('\\').map((one) => one.trim());
}

const readers = { US: 'readUInt16LE', SS: 'readInt16LE', UL: 'readUInt32LE', SL: 'readInt32LE' } as const;
const floats = { FL: ['readFloatLE', 4], FD: ['readDoubleLE', 8] } as const;

/** Values as numbers, those that are none left out. */
export function numbersOf(found: FoundElement | undefined): number[] {
  if (!found) return [];
  const { vr, value } = found;
  if (vr in readers) {
    const read = readers[vr as keyof typeof readers];
    const size = vr === 'US' || vr === 'SS' ? 2 : 4;
    return Array.from({ length: Math.floor(value.length / size) }, (_, at) => value[read](at * size));
  }
  if (vr in floats) {
    const [read, size] = floats[vr as keyof typeof floats];
    return Array.from({ length: Math.floor(value.length / size) }, (_, at) => value[read](at * size));
  }
  return textsOf(found)
    .map((one) => (one === '' ? NaN : Number(one)))
    .filter((one) => Number.isFinite(one));
}

/** Elements of one item by their tags. */
export type Group = ReadonlyMap<number, FoundElement>;

/** Item `n` of a sequence; empty where it has none. */
export const groupOf = (items: readonly (readonly FoundElement[])[] | undefined, n: number): Group =>
  new Map(items?.[n]?.map((element) => [element.tag, element]) ?? []);
