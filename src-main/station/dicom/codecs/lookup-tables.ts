// Look-up tables as they stand in a data set: Modality and VOI LUT, palettes, segmented palettes (PS3.3 C.11.1, C.11.2,
// C.7.6.3.1.5, C.7.9). A table that is not as long as it says is undefined, never guessed.
import { asSigned, sixteenBits, type Found, type Values } from './found-values.ts';

export type LookUpTable = { readonly first: number; readonly bits: number; readonly values: Uint16Array };
export type Palette = readonly [LookUpTable, LookUpTable, LookUpTable];

export const paletteTags = {
  redDescriptor: 0x00281101,
  greenDescriptor: 0x00281102,
  blueDescriptor: 0x00281103,
  red: 0x00281201,
  green: 0x00281202,
  blue: 0x00281203,
  segmentedRed: 0x00281221,
  segmentedGreen: 0x00281222,
  segmentedBlue: 0x00281223,
} as const;

/** A LUT of PS3.3 C.11.1.1: descriptor (entries, first value mapped, bits) and 8 or 16-bit entries. */
export function plainTable(
  descriptor: Found | undefined,
  values: Found | undefined,
  signed: boolean,
): LookUpTable | undefined {
  const said = describe(descriptor, signed);
  const table = said && values && tableValues(values, said.count);
  return table && { first: said.first, bits: said.bits, values: table };
}

/** The three tables of a palette, plain or segmented; undefined when one of them is missing or broken. */
export function paletteFrom(top: Values, signed: boolean): Palette | undefined {
  const { redDescriptor, greenDescriptor, blueDescriptor } = paletteTags;
  const tables = (
    [
      [redDescriptor, paletteTags.red, paletteTags.segmentedRed],
      [greenDescriptor, paletteTags.green, paletteTags.segmentedGreen],
      [blueDescriptor, paletteTags.blue, paletteTags.segmentedBlue],
    ] as const
  ).map(([descriptor, values, segmented]) => {
    const plain = plainTable(top.get(descriptor), top.get(values), signed);
    return plain ?? segmentedTable(top.get(descriptor), top.get(segmented), signed);
  });
  const [red, green, blue] = tables;
  return red && green && blue ? [red, green, blue] : undefined;
}

function describe(descriptor: Found | undefined, signed: boolean) {
  const [entries, first, bits] = sixteenBits(descriptor);
  if (entries === undefined || first === undefined || bits === undefined) return undefined;
  const isSigned = signed || descriptor?.vr === 'SS';
  return { count: entries === 0 ? 65_536 : entries, first: asSigned(first, isSigned) ?? 0, bits };
}

function tableValues(found: Found, count: number): Uint16Array | undefined {
  if (found.bytes.length >= count * 2) return Uint16Array.from(sixteenBits(found).slice(0, count));
  // Entries of 8 bits are packed two a word (PS3.3 C.7.6.3.1.6).
  if (found.bytes.length >= count) return Uint16Array.from(inBytes(found).subarray(0, count));
  return undefined;
}

/** The bytes of words in the order they count: the lower half of each word first. */
function inBytes(found: Found): Buffer {
  if (found.little || found.vr !== 'OW' || found.bytes.length % 2 === 1) return found.bytes;
  return Buffer.from(found.bytes).swap16();
}

/**
 * A segmented palette (PS3.3 C.7.9.2): discrete, linear and indirect segments, in bytes when the entries have 8 bits.
 * An indirect segment may not lead to another one, and nothing is made beyond what the descriptor says.
 */
function segmentedTable(
  descriptor: Found | undefined,
  segments: Found | undefined,
  signed: boolean,
): LookUpTable | undefined {
  const said = describe(descriptor, signed);
  if (!said || !segments) return undefined;
  const inEights = said.bits === 8;
  const cells = inEights ? [...inBytes(segments)] : sixteenBits(segments);
  const values = new Uint16Array(said.count);
  let filled = 0;
  const expand = (from: number, most: number, isDirect: boolean): boolean => {
    for (let at = from, done = 0; at + 2 < cells.length && done < most && filled < values.length; done++) {
      const kind = cells[at]!;
      const length = cells[at + 1]!;
      at += 2;
      if (kind === 0) {
        for (let i = 0; i < length && filled < values.length; i++) values[filled++] = cells[at + i] ?? 0;
        at += length;
      } else if (kind === 1 && filled > 0) {
        const start = values[filled - 1]!;
        const stop = cells[at++]!;
        for (let i = 1; i <= length && filled < values.length; i++) {
          values[filled++] = Math.round(start + ((stop - start) * i) / length);
        }
      } else if (kind === 2 && isDirect && filled > 0) {
        const parts = cells.slice(at, at + (inEights ? 4 : 2));
        at += parts.length;
        const offset = parts.reduceRight((sum, part) => sum * (inEights ? 256 : 65_536) + part, 0);
        if (!expand(inEights ? offset : offset / 2, length, false)) return false;
      } else return false;
    }
    return true;
  };
  return expand(0, Infinity, true) && filled > 0 ? { first: said.first, bits: said.bits, values } : undefined;
}
