// Small data sets that we make or read ourselves: query keys and answers, commitment requests and reports.
//
// Guarantees: reading is iterative, allocates nothing for a length that is not there, and ends within the limits below.
// Refuses (undefined) what is malformed; bulk values (OB, OW, UN…) are skipped. Not for objects: those are never decoded.
// The library's own reader allocated 1.9 GB for 38 bytes of garbage, and writes unknown names to the console.
import { bug } from '#station/kit/problem.ts';
import { keywordOf, tagOf, vrOf } from '../dictionary.ts';
import { decodeText } from '../text-decode.ts';
import { implicitLittleEndian } from '../transfer-syntax.ts';
import type { Identifier, IdentifierValue } from './small-data-sets.ts';

/** Longest data set of another service than storage that is collected. */
export const mostIdentifierBytes = 4 * 1024 * 1024;
const mostElements = 500_000;
const mostLevels = 32;
const mostValues = 10_000;

const longVrs: ReadonlySet<string> = new Set('OB OD OF OL OV OW SQ SV UC UN UR UT UV'.split(' '));
const textVrs: ReadonlySet<string> = new Set('LO LT PN SH ST UC UT'.split(' '));
const plainVrs: ReadonlySet<string> = new Set('AE AS CS DA DS DT IS TM UI UR'.split(' '));
const singleVrs: ReadonlySet<string> = new Set('LT ST UR UT'.split(' '));
type NumberKind = { readonly size: number; read(bytes: Buffer, offset: number): number };
const numberVrs: ReadonlyMap<string, NumberKind> = new Map<string, NumberKind>([
  ['US', { size: 2, read: (bytes, offset) => bytes.readUInt16LE(offset) }],
  ['SS', { size: 2, read: (bytes, offset) => bytes.readInt16LE(offset) }],
  ['UL', { size: 4, read: (bytes, offset) => bytes.readUInt32LE(offset) }],
  ['SL', { size: 4, read: (bytes, offset) => bytes.readInt32LE(offset) }],
  ['FL', { size: 4, read: (bytes, offset) => bytes.readFloatLE(offset) }],
  ['FD', { size: 8, read: (bytes, offset) => bytes.readDoubleLE(offset) }],
]);

/** Writes an identifier in explicit or implicit VR little endian, text in UTF-8. A keyword PS3.6 does not know is a bug. */
export function writeIdentifier(identifier: Identifier, transferSyntaxUid: string): Buffer {
  const isExplicit = transferSyntaxUid !== implicitLittleEndian;
  const elements = Object.entries(identifier).map(([keyword, value]) => {
    const tag = tagOf(keyword);
    if (tag === undefined) throw bug(`no such attribute: ${keyword}`);
    return { tag, vr: vrOf(tag), value };
  });
  elements.sort((first, second) => first.tag - second.tag);
  return Buffer.concat(elements.flatMap(({ tag, vr, value }) => element(tag, vr, value, isExplicit)));
}

function element(tag: number, vr: string, value: IdentifierValue, isExplicit: boolean): Buffer[] {
  const bytes = vr === 'SQ' ? sequenceBytes(value, isExplicit) : valueBytes(vr, value);
  const isLong = isExplicit && longVrs.has(vr);
  const header = Buffer.alloc(isLong ? 12 : 8);
  header.writeUInt16LE(tag >>> 16, 0);
  header.writeUInt16LE(tag & 0xffff, 2);
  if (isExplicit) header.write(vr, 4, 'latin1');
  if (isExplicit && !isLong) header.writeUInt16LE(bytes.length, 6);
  else header.writeUInt32LE(bytes.length, isLong ? 8 : 4);
  return [header, bytes];
}

function sequenceBytes(value: IdentifierValue, isExplicit: boolean): Buffer {
  if (!Array.isArray(value)) return Buffer.alloc(0);
  const items = (value as readonly Identifier[]).flatMap((item) => {
    const bytes = writeIdentifier(item, isExplicit ? '' : implicitLittleEndian);
    const header = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]);
    header.writeUInt32LE(bytes.length, 4);
    return [header, bytes];
  });
  return Buffer.concat(items);
}

function valueBytes(vr: string, value: IdentifierValue): Buffer {
  const values = (Array.isArray(value) ? value : [value]) as readonly (string | number)[];
  if (vr === 'US' || vr === 'UL') {
    const size = vr === 'US' ? 2 : 4;
    const given = values.filter((each) => each !== '');
    const bytes = Buffer.alloc(size * given.length);
    given.forEach((each, index) => bytes.writeUIntLE(Number(each), index * size, size));
    return bytes;
  }
  if (!textVrs.has(vr) && !plainVrs.has(vr)) throw bug(`cannot write VR ${vr}`);
  const bytes = Buffer.from(values.join('\\'), 'utf8');
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from([vr === 'UI' ? 0 : 0x20])]);
}

type Level = {
  /** Where it ends; Infinity for an undefined length. */
  readonly end: number;
  /** What nothing inside may pass: the nearest end of those around it. */
  readonly limit: number;
  readonly record?: Record<string, IdentifierValue>;
  readonly items?: Identifier[];
};

/** Reads an identifier, text in its own character set; undefined when it is malformed or beyond the limits. */
export function readIdentifier(bytes: Buffer, transferSyntaxUid: string): Identifier | undefined {
  const isExplicit = transferSyntaxUid !== implicitLittleEndian;
  const root: Record<string, IdentifierValue> = Object.create(null);
  const levels: Level[] = [{ end: bytes.length, limit: bytes.length, record: root }];
  let characterSets: readonly string[] = [];
  let offset = 0;
  for (let count = 0; ; count++) {
    let level = levels.at(-1);
    while (level !== undefined && offset === level.end) {
      levels.pop();
      level = levels.at(-1);
    }
    if (level === undefined) return root;
    if (count === mostElements || levels.length > mostLevels) return undefined;
    const head = readHead(bytes, offset, isExplicit);
    if (head === undefined) return undefined;
    const { tag, vr, length, valueAt } = head;
    const end = length === 0xffffffff ? Infinity : valueAt + length;
    if (valueAt > level.limit || (end !== Infinity && end > level.limit)) return undefined;
    const limit = Math.min(end, level.limit);
    offset = valueAt;
    if (tag === 0xfffee00d || tag === 0xfffee0dd) {
      if (level.end !== Infinity || (tag === 0xfffee00d) !== (level.record !== undefined)) return undefined;
      levels.pop();
    } else if (level.items !== undefined) {
      if (tag !== 0xfffee000) return undefined;
      const item: Record<string, IdentifierValue> = Object.create(null);
      level.items.push(item);
      levels.push({ end, limit, record: item });
    } else if (vr === 'SQ') {
      const items: Identifier[] = [];
      if (level.record) level.record[keywordOf(tag)] = items;
      levels.push({ end, limit, items });
    } else if (end === Infinity || tag === 0xfffee000) {
      return undefined;
    } else {
      const value = bytes.subarray(valueAt, end);
      if (tag === 0x00080005) characterSets = valuesOf(value.toString('latin1'));
      const read = readValue(vr, value, characterSets);
      if (read !== undefined && level.record) level.record[keywordOf(tag)] = read;
      offset = end;
    }
  }
}

type Head = { readonly tag: number; readonly vr: string; readonly length: number; readonly valueAt: number };

function readHead(bytes: Buffer, offset: number, isExplicit: boolean): Head | undefined {
  if (offset + 8 > bytes.length) return undefined;
  const tag = bytes.readUInt16LE(offset) * 0x10000 + bytes.readUInt16LE(offset + 2);
  if (!isExplicit || tag >>> 16 === 0xfffe)
    return { tag, vr: vrOf(tag), length: bytes.readUInt32LE(offset + 4), valueAt: offset + 8 };
  const vr = bytes.toString('latin1', offset + 4, offset + 6);
  if (!/^[A-Z]{2}$/.test(vr)) return undefined;
  if (!longVrs.has(vr)) return { tag, vr, length: bytes.readUInt16LE(offset + 6), valueAt: offset + 8 };
  if (offset + 12 > bytes.length) return undefined;
  return { tag, vr, length: bytes.readUInt32LE(offset + 8), valueAt: offset + 12 };
}

function readValue(vr: string, value: Buffer, characterSets: readonly string[]): IdentifierValue | undefined {
  const number = numberVrs.get(vr);
  if (number !== undefined) {
    const count = Math.floor(value.length / number.size);
    const numbers = Array.from({ length: count }, (_, index) => number.read(value, index * number.size));
    return numbers.length === 1 ? numbers[0] : numbers.length === 0 ? '' : numbers;
  }
  if (!textVrs.has(vr) && !plainVrs.has(vr)) return undefined;
  const { text } = decodeText(value, characterSets, vr);
  if (singleVrs.has(vr)) return text.replace(/[\0 ]+$/, '');
  const values = valuesOf(text);
  return values.length === 1 ? values[0] : values;
}

function valuesOf(text: string): readonly string[] {
  return text.split('\\', mostValues).map((each) => each.replace(/^ +|[\0 ]+$/g, ''));
}
