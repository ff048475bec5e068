// Values of a data set as they were found on the way to its pixels, read as numbers and words. Lenient on purpose: what
// cannot be read is undefined or left out, never thrown; only a picture that cannot be drawn without it fails.
import { mostElements } from '../element-walk.ts';
import { decodeText } from '../text-decode.ts';

export type Found = { readonly tag: number; readonly vr: string; readonly bytes: Buffer; readonly little: boolean };
export type Values = ReadonlyMap<number, Found>;
/** Where a value was found: 'top'; 'modality', 'voi:N', 'region:N' for items of those sequences; 'group' of the frame. */
export type Place = 'top' | 'modality' | 'group' | `voi:${number}` | `region:${number}`;
export type Findings = ReadonlyMap<Place, Values>;

export function text(found: Found | undefined): string {
  return found ? found.bytes.toString('latin1').split('\0')[0]!.trim() : '';
}

export function texts(found: Found | undefined): string[] {
  const all = text(found);
  return all === '' ? [] : all.split('\\').map((one) => one.trim());
}

/** Of a name: whoever reads it sees no more, and needs no more. */
const longestName = 64;
/** What moves a cursor, turns the way of writing or cannot be seen. */
const unseen = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Words that a stranger wrote, short and harmless. */
export function plainWords(words: string): string {
  const plain = words.replace(unseen, ' ').trim();
  return plain.length <= longestName ? plain : Array.from(plain).slice(0, longestName).join('').trim();
}

/**
 * Names of VR LO, each harmless, in the character set of the object. `terms` are the values of (0008,0005) that apply to them;
 * what they cannot explain is read as Latin-1.
 */
export function names(found: Found | undefined, terms: readonly string[]): string[] {
  if (!found) return [];
  const { text: all } = decodeText(found.bytes, terms, 'LO');
  return (all.split('\0')[0] ?? '').split('\\').map(plainWords);
}

const binary = {
  FL: { bytes: 4, little: 'readFloatLE', big: 'readFloatBE' },
  FD: { bytes: 8, little: 'readDoubleLE', big: 'readDoubleBE' },
  US: { bytes: 2, little: 'readUInt16LE', big: 'readUInt16BE' },
  SS: { bytes: 2, little: 'readInt16LE', big: 'readInt16BE' },
  UL: { bytes: 4, little: 'readUInt32LE', big: 'readUInt32BE' },
  SL: { bytes: 4, little: 'readInt32LE', big: 'readInt32BE' },
} as const;

/** Every value as a number, whatever VR it was written with; NaN where it is none. */
export function numbers(found: Found | undefined): number[] {
  if (!found) return [];
  const kind = Object.hasOwn(binary, found.vr) ? binary[found.vr as keyof typeof binary] : undefined;
  if (!kind) return texts(found).map((each) => (each === '' ? NaN : Number(each)));
  const values: number[] = [];
  for (let at = 0; at + kind.bytes <= found.bytes.length; at += kind.bytes) {
    values.push(found.bytes[found.little ? kind.little : kind.big](at));
  }
  return values;
}

export function number(found: Found | undefined): number | undefined {
  const [first] = numbers(found);
  if (first === undefined || Number.isFinite(first)) return first;
  const leading = Number.parseInt(texts(found)[0] ?? '', 10);
  return Number.isFinite(leading) ? leading : undefined;
}

export function wholeNumber(found: Found | undefined): number | undefined {
  return sixteenBits(found)[0];
}

export function sixteenBits(found: Found | undefined): number[] {
  const values: number[] = [];
  if (!found) return values;
  for (let at = 0; at + 2 <= found.bytes.length; at += 2) {
    values.push(found.little ? found.bytes.readUInt16LE(at) : found.bytes.readUInt16BE(at));
  }
  return values;
}

export function wholeNumbers64(found: Found | undefined): number[] {
  const values: number[] = [];
  if (!found || found.bytes.length / 8 > mostElements) return values;
  for (let at = 0; at + 8 <= found.bytes.length; at += 8) {
    values.push(Number(found.little ? found.bytes.readBigUInt64LE(at) : found.bytes.readBigUInt64BE(at)));
  }
  return values;
}

export function asSigned(value: number | undefined, signed: boolean): number | undefined {
  return value !== undefined && signed && value > 0x7fff ? value - 0x10000 : value;
}
