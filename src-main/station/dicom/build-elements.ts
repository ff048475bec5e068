// Makes data elements: from keyword or tag and values to bytes, in any element layout and character set (PS3.5 6.2, 7).
//
// Elements come out in ascending order with even lengths and the padding of their VR; sequences and items have defined
// lengths. Refuses what cannot be written: an unknown keyword is a bug, a value that does not fit is a problem.
import { bug, Problem } from '#station/kit/problem.ts';
import { keywordOf, tagOf, vrOf } from './dictionary.ts';
import { hasLongForm } from './element-walk.ts';
import { usesCharacterSet } from './text-decode.ts';
import { encodeText, isAscii } from './text-encode.ts';
import type { ElementLayout } from './transfer-syntax.ts';

export type ElementValue = string | number | bigint | Buffer | readonly (string | number | bigint)[];

/**
 * An element to be made. `vr` may be left out where the dictionary knows it. Texts with several values are arrays; a
 * Buffer is taken as it is (already encoded), only padded. Neither value nor items: an empty element.
 */
export type NewElement = ({ readonly keyword: string } | { readonly tag: number }) & {
  readonly vr?: string;
  readonly value?: ElementValue;
  readonly items?: readonly (readonly NewElement[])[];
};

export type WritingStyle = ElementLayout & {
  /** Values of (0008,0005) that the text is written in. */
  readonly characterSet: readonly string[];
};

export function tagOfElement(element: NewElement): number {
  if ('tag' in element) return element.tag;
  const tag = tagOf(element.keyword);
  if (tag === undefined) throw bug(`no such keyword: ${element.keyword}`);
  return tag;
}

/** VR of an element as it will be written. */
export function vrOfElement(element: NewElement): string {
  return element.vr ?? (element.items ? 'SQ' : vrOf(tagOfElement(element)));
}

/** Bytes of a list of elements, sorted by tag. Nested items that bring (0008,0005) are written in that set. */
export function encodeElements(elements: readonly NewElement[], style: WritingStyle): Buffer {
  const sorted = elements.toSorted((a, b) => tagOfElement(a) - tagOfElement(b));
  const own = sorted.find((element) => tagOfElement(element) === 0x00080005)?.value;
  const characterSet =
    typeof own === 'string' ? own.split('\\') : Array.isArray(own) ? own.map(String) : style.characterSet;
  return Buffer.concat(sorted.map((element) => encodeElement(element, { ...style, characterSet })));
}

/** Bytes of one element: header, value, padding. */
export function encodeElement(element: NewElement, style: WritingStyle): Buffer {
  const tag = tagOfElement(element);
  const vr = vrOfElement(element);
  const value = element.items
    ? Buffer.concat(element.items.map((item) => encodeItem(item, style)))
    : padded(vr, encodeValue(element, vr, style));
  return Buffer.concat([encodeHeader(tag, vr, value.length, style), value]);
}

/** One item with a defined length. */
export function encodeItem(elements: readonly NewElement[], style: WritingStyle): Buffer {
  const content = encodeElements(elements, style);
  const header = Buffer.alloc(8);
  writeTag(header, 0, 0xfffee000, style);
  writeUint32(header, 4, content.length, style);
  return Buffer.concat([header, content]);
}

/** The header of an element whose value has `length` bytes. */
export function encodeHeader(tag: number, vr: string, length: number, layout: ElementLayout): Buffer {
  const long = layout.explicit && hasLongForm(vr);
  const header = Buffer.alloc(long ? 12 : 8);
  writeTag(header, 0, tag, layout);
  if (!layout.explicit) writeUint32(header, 4, length, layout);
  else {
    header.write(vr, 4, 'latin1');
    if (long) writeUint32(header, 8, length, layout);
    else if (length > 0xfffe) throw new Problem('value-too-long', { keyword: keywordOf(tag), limit: 0xfffe });
    else if (layout.littleEndian) header.writeUInt16LE(length, 6);
    else header.writeUInt16BE(length, 6);
  }
  return header;
}

function writeTag(into: Buffer, offset: number, tag: number, layout: ElementLayout): void {
  if (layout.littleEndian) {
    into.writeUInt16LE(tag >>> 16, offset);
    into.writeUInt16LE(tag & 0xffff, offset + 2);
  } else into.writeUInt32BE(tag, offset);
}

function writeUint32(into: Buffer, offset: number, value: number, layout: ElementLayout): void {
  if (layout.littleEndian) into.writeUInt32LE(value, offset);
  else into.writeUInt32BE(value, offset);
}

/** Text is padded with a space, identifiers and bytes with a zero (PS3.5 6.2). */
export function padded(vr: string, value: Buffer): Buffer {
  if (value.length % 2 === 0) return value;
  const zero = vr === 'UI' || vr === 'OB' || vr === 'UN' || hasBinaryValue(vr);
  return Buffer.concat([value, Buffer.from([zero ? 0 : 0x20])]);
}

const binarySizes: Readonly<Record<string, number>> = {
  AT: 4,
  FD: 8,
  FL: 4,
  OD: 8,
  OF: 4,
  OL: 4,
  OV: 8,
  OW: 2,
  SL: 4,
  SS: 2,
  SV: 8,
  UL: 4,
  US: 2,
  UV: 8,
};

function hasBinaryValue(vr: string): boolean {
  return binarySizes[vr] !== undefined;
}

function encodeValue(element: NewElement, vr: string, style: WritingStyle): Buffer {
  const { value } = element;
  if (value === undefined) return Buffer.alloc(0);
  if (Buffer.isBuffer(value)) return value;
  const list: readonly (string | number | bigint)[] = Array.isArray(value) ? value : [value];
  if (hasBinaryValue(vr)) return Buffer.concat(list.map((one) => encodeNumber(one, vr, style)));
  const text = list.map((one) => (typeof one === 'number' ? decimalText(one, vr) : String(one))).join('\\');
  const bytes = usesCharacterSet(vr)
    ? encodeText(text, style.characterSet, vr)
    : isAscii(text)
      ? Buffer.from(text, 'latin1')
      : null;
  if (bytes) return bytes;
  throw new Problem('value-not-allowed', { keyword: keywordOf(tagOfElement(element)), expected: 'printable' });
}

/** A number as DS (at most 16 characters) or IS. */
function decimalText(value: number, vr: string): string {
  if (vr !== 'DS') return String(value);
  const shortest = String(value);
  if (shortest.length <= 16) return shortest;
  for (let digits = 15; digits > 0; digits--) {
    const text = value.toPrecision(digits);
    if (text.length <= 16) return text;
  }
  throw bug('a number that no DS can hold');
}

function encodeNumber(value: string | number | bigint, vr: string, layout: ElementLayout): Buffer {
  const out = Buffer.alloc(binarySizes[vr] ?? 0);
  const little = layout.littleEndian;
  const number = Number(value);
  if (vr === 'AT') writeTag(out, 0, number, layout);
  else if (vr === 'FL' || vr === 'OF') (little ? out.writeFloatLE : out.writeFloatBE).call(out, number, 0);
  else if (vr === 'FD' || vr === 'OD') (little ? out.writeDoubleLE : out.writeDoubleBE).call(out, number, 0);
  else {
    const wide = BigInt.asUintN(out.length * 8, BigInt(value));
    for (let i = 0; i < out.length; i++) out[little ? i : out.length - 1 - i] = Number((wide >> BigInt(i * 8)) & 0xffn);
  }
  return out;
}
