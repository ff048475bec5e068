// Text to bytes in the character set of an object: reverse tables, ISO 2022 escapes, resets before delimiters and at
// the end of a value (PS3.5 6.1.2.5.3). Refuses, by null, what the set cannot hold; nothing is replaced or left out.
import { characterSetOf, type CodeSet } from './character-sets.ts';
import { isOneValue } from './text-decode.ts';

/**
 * Bytes of `text`, without padding, or null when the character set `terms` cannot hold it.
 * ASCII is held by all of them, also by unknown ones.
 */
export function encodeText(text: string, terms: readonly string[], vr: string): Buffer | null {
  if (!text.isWellFormed() || text.includes('\u001b')) return null;
  const set = characterSetOf(terms);
  if (set.kind === 'whole') {
    if (set.name === 'utf-8') return Buffer.from(text, 'utf8');
    return encodeChinese(text, set.name);
  }
  const plain = isAscii(text);
  if (set.kind === 'unknown') return plain ? Buffer.from(text, 'latin1') : null;
  if (plain && set.g0.ir === 6) return Buffer.from(text, 'latin1');
  return encodeCoded(text, set, vr);
}

/** True when every character of `text` can be written in the character set that (0008,0005) names by `terms`. */
export function canHold(terms: readonly string[], text: string): boolean {
  return encodeText(text, terms, 'PN') !== null;
}

export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

type Start = { readonly g0: CodeSet; readonly g1: CodeSet | null; readonly more: readonly CodeSet[] };

function encodeCoded(text: string, start: Start, vr: string): Buffer | null {
  const out: number[] = [];
  let g0 = start.g0;
  let g1 = start.g1;
  const switchTo = (set: CodeSet): void => {
    out.push(0x1b, ...set.escape);
    if (set.half === 0) g0 = set;
    else g1 = set;
  };
  const reset = (): void => {
    if (g0 !== start.g0) switchTo(start.g0);
    if (start.g1 && g1 !== start.g1) switchTo(start.g1);
    g1 = start.g1;
  };
  for (const character of text) {
    if (isBorder(character, vr)) {
      reset();
      out.push(character.charCodeAt(0));
      continue;
    }
    // The set at hand first, so that no escape is written without need.
    const set = [g0, g1, start.g0, start.g1, ...start.more].find((each) => each?.encode(character) !== undefined);
    const code = set?.encode(character);
    if (!set || code === undefined) return null;
    if (set !== g0 && set !== g1) switchTo(set);
    if (set.width === 2) out.push(code >> 8, code & 0xff);
    else out.push(code);
  }
  reset();
  return Buffer.from(out);
}

function isBorder(character: string, vr: string): boolean {
  if (character === '\\') return !isOneValue(vr);
  if (character === '^' || character === '=') return vr === 'PN';
  return character === '\t' || character === '\n' || character === '\f' || character === '\r';
}

type ChineseTable = ReadonlyMap<string, readonly number[]>;
const chineseTables = new Map<string, ChineseTable>();

function encodeChinese(text: string, name: 'gb18030' | 'gbk'): Buffer | null {
  if (isAscii(text)) return Buffer.from(text, 'latin1');
  const table = chineseTables.get(name) ?? buildChinese(name);
  chineseTables.set(name, table);
  const out: number[] = [];
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    const bytes =
      point < 0x80
        ? [point]
        : point > 0xffff && name === 'gb18030'
          ? fourBytes(point - 0x10000 + 189000)
          : table.get(character);
    if (!bytes) return null;
    out.push(...bytes);
  }
  return Buffer.from(out);
}

/** GB 18030 counts its four-byte codes through; the planes beyond the first begin at 189000. */
function fourBytes(linear: number): readonly number[] {
  return [
    0x81 + Math.floor(linear / 12600),
    0x30 + (Math.floor(linear / 1260) % 10),
    0x81 + (Math.floor(linear / 10) % 126),
    0x30 + (linear % 10),
  ];
}

function buildChinese(name: 'gb18030' | 'gbk'): ChineseTable {
  const decoder = new TextDecoder(name, { fatal: true });
  const table = new Map<string, readonly number[]>();
  const put = (bytes: readonly number[]): void => {
    try {
      const character = decoder.decode(Uint8Array.from(bytes));
      if ([...character].length === 1 && !table.has(character)) table.set(character, bytes);
    } catch {
      // a code that nothing is assigned to
    }
  };
  for (let lead = 0x81; lead <= 0xfe; lead++)
    for (let trail = 0x40; trail <= 0xfe; trail++) if (trail !== 0x7f) put([lead, trail]);
  if (name === 'gb18030') for (let linear = 0; linear < 39420; linear++) put(fourBytes(linear));
  return table;
}
