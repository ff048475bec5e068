// The character sets of PS3.3 C.12.1.1.2 and PS3.5 6.1 as tables, built from TextDecoder on first use.
//
// A single-byte set fills the upper half (G1) of a byte; a multi-byte set stands in G0 (7 bit) or G1 (8 bit). ISO-IR 14,
// the roman half of ISO-IR 13, differs from ASCII in two places.
import { TextDecoder } from 'node:util';

export type CodeSet = {
  /** Registration number, PS3.3 table C.12-2 to C.12-4. */
  readonly ir: number;
  readonly half: 0 | 1;
  readonly width: 1 | 2;
  /** Bytes after ESC that designate it. */
  readonly escape: readonly number[];
  /** The character of a code (one byte, or two as high * 256 + low, both as written), undefined when there is none. */
  decode(code: number): string | undefined;
  /** The code of a character, undefined when it has none. */
  encode(character: string): number | undefined;
};

type Table = { readonly byCode: ReadonlyMap<number, string>; readonly byCharacter: ReadonlyMap<string, number> };

function setOf(
  ir: number,
  half: 0 | 1,
  width: 1 | 2,
  escape: readonly number[],
  fill: (put: (code: number, character: string) => void) => void,
): CodeSet {
  let table: Table | undefined;
  const open = (): Table => {
    if (table) return table;
    const byCode = new Map<number, string>();
    const byCharacter = new Map<string, number>();
    fill((code, character) => {
      byCode.set(code, character);
      if (!byCharacter.has(character)) byCharacter.set(character, code);
    });
    table = { byCode, byCharacter };
    return table;
  };
  return {
    ir,
    half,
    width,
    escape,
    decode: (code) => open().byCode.get(code),
    encode: (character) => open().byCharacter.get(character),
  };
}

function decodeOne(decoder: TextDecoder, bytes: readonly number[]): string | undefined {
  try {
    const text = decoder.decode(Uint8Array.from(bytes));
    return [...text].length === 1 && !/[\uE000-\uF8FF\uFFFD]/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

function upperHalf(ir: number, final: number, label: string): CodeSet {
  return setOf(ir, 1, 1, [0x2d, final], (put) => {
    const decoder = new TextDecoder(label, { fatal: true });
    for (let code = 0xa0; code <= 0xff; code++) {
      const character = label === 'latin1' ? String.fromCharCode(code) : decodeOne(decoder, [code]);
      if (character !== undefined) put(code, character);
    }
  });
}

function doubleByte(
  ir: number,
  half: 0 | 1,
  escape: readonly number[],
  label: string,
  lead: readonly number[],
): CodeSet {
  return setOf(ir, half, 2, escape, (put) => {
    const decoder = new TextDecoder(label, { fatal: true });
    for (let row = 0xa1; row <= 0xfe; row++)
      for (let cell = 0xa1; cell <= 0xfe; cell++) {
        const character = decodeOne(decoder, [...lead, row, cell]);
        if (character === undefined) continue;
        put(half === 0 ? (row - 0x80) * 256 + (cell - 0x80) : row * 256 + cell, character);
      }
  });
}

export const ascii: CodeSet = setOf(6, 0, 1, [0x28, 0x42], (put) => {
  for (let code = 0; code < 0x80; code++) put(code, String.fromCharCode(code));
});

export const japaneseRoman: CodeSet = setOf(14, 0, 1, [0x28, 0x4a], (put) => {
  for (let code = 0; code < 0x80; code++)
    put(code, code === 0x5c ? '\u00a5' : code === 0x7e ? '\u203e' : String.fromCharCode(code));
});

const katakana: CodeSet = setOf(13, 1, 1, [0x29, 0x49], (put) => {
  for (let code = 0xa1; code <= 0xdf; code++) put(code, String.fromCharCode(0xff61 + code - 0xa1));
});

/** Every set that an escape sequence or the first value of (0008,0005) can bring, by registration number. */
export const codeSets: ReadonlyMap<number, CodeSet> = new Map(
  [
    ascii,
    japaneseRoman,
    katakana,
    upperHalf(100, 0x41, 'latin1'),
    upperHalf(101, 0x42, 'iso-8859-2'),
    upperHalf(109, 0x43, 'iso-8859-3'),
    upperHalf(110, 0x44, 'iso-8859-4'),
    upperHalf(144, 0x4c, 'iso-8859-5'),
    upperHalf(127, 0x47, 'iso-8859-6'),
    upperHalf(126, 0x46, 'iso-8859-7'),
    upperHalf(138, 0x48, 'iso-8859-8'),
    upperHalf(148, 0x4d, 'windows-1254'),
    upperHalf(203, 0x62, 'iso-8859-15'),
    upperHalf(166, 0x54, 'windows-874'),
    doubleByte(87, 0, [0x24, 0x42], 'euc-jp', []),
    doubleByte(159, 0, [0x24, 0x28, 0x44], 'euc-jp', [0x8f]),
    doubleByte(149, 1, [0x24, 0x29, 0x43], 'euc-kr', []),
    doubleByte(58, 1, [0x24, 0x29, 0x41], 'gbk', []),
  ].map((set) => [set.ir, set]),
);

export type CharacterSet =
  | { readonly kind: 'whole'; readonly name: 'utf-8' | 'gb18030' | 'gbk' }
  | {
      readonly kind: 'coded';
      readonly g0: CodeSet;
      readonly g1: CodeSet | null;
      /** Sets that escapes may bring; empty without code extensions. */
      readonly more: readonly CodeSet[];
      readonly extensions: boolean;
    }
  | { readonly kind: 'unknown' };

const prepared = new Map<string, CharacterSet>();
const mostPrepared = 64;

/** The character set that the values of (0008,0005) name. Tolerates hyphens, underscores and lower case. */
export function characterSetOf(terms: readonly string[]): CharacterSet {
  const key = terms.join('\\');
  const known = prepared.get(key);
  if (known) return known;
  const made = prepare(terms);
  if (prepared.size < mostPrepared) prepared.set(key, made);
  return made;
}

function prepare(terms: readonly string[]): CharacterSet {
  const numbers: number[] = [];
  let extensions = terms.length > 1;
  for (const term of terms.length === 0 ? [''] : terms) {
    const plain = term.trim().toUpperCase();
    if (plain === 'GB18030') return { kind: 'whole', name: 'gb18030' };
    if (plain === 'GBK') return { kind: 'whole', name: 'gbk' };
    if (/^UTF[-_ ]?8$/.test(plain)) return { kind: 'whole', name: 'utf-8' };
    const found = /^ISO[ _-]?(2022[ _-]?)?IR[ _-]?([0-9]{1,3})$/.exec(plain);
    const number = plain === '' ? 6 : found ? Number(found[2]) : -1;
    if (number === 192) return { kind: 'whole', name: 'utf-8' };
    if (found?.[1]) extensions = true;
    if (!codeSets.has(number)) return { kind: 'unknown' };
    numbers.push(number);
  }
  const first = codeSets.get(numbers[0] ?? 6) ?? ascii;
  const more: CodeSet[] = extensions ? [ascii] : [];
  if (extensions)
    for (const number of numbers) {
      const set = codeSets.get(number);
      if (set && !more.includes(set)) more.push(set);
      if (number === 13) more.push(japaneseRoman);
    }
  return {
    kind: 'coded',
    g0: first.ir === 13 || first.ir === 14 ? japaneseRoman : ascii,
    g1: first.half === 1 && first.width === 1 ? first : null,
    more,
    extensions,
  };
}
