// Bytes of a message to text, in the character set that it claims (MSH-18, table 0211) or that is set for its sender.
//
// Strict: a byte that the set does not have refuses the message; nothing is guessed. A message that says 8859 of itself and
// is whole UTF-8 claims another set than it has. Where only the setting said so, the text is taken and marked.
import type { hl7CharacterSets } from '#contract/shapes/hl7.ts';

export type Hl7CharacterSet = (typeof hl7CharacterSets)[number];

type Way = {
  readonly label: string;
  /** One byte a character, the upper half from 0xA0 on. */
  readonly single?: true;
};

const ways: Readonly<Record<Hl7CharacterSet, Way>> = {
  ASCII: { label: 'ascii' },
  '8859/1': { label: 'latin1', single: true },
  '8859/2': { label: 'iso-8859-2', single: true },
  '8859/3': { label: 'iso-8859-3', single: true },
  '8859/4': { label: 'iso-8859-4', single: true },
  '8859/5': { label: 'iso-8859-5', single: true },
  '8859/6': { label: 'iso-8859-6', single: true },
  '8859/7': { label: 'iso-8859-7', single: true },
  '8859/8': { label: 'iso-8859-8-i', single: true },
  '8859/9': { label: 'windows-1254', single: true },
  '8859/15': { label: 'iso-8859-15', single: true },
  'UNICODE UTF-8': { label: 'utf-8' },
  'ISO IR87': { label: 'iso-2022-jp' },
  'GB 18030-2000': { label: 'gb18030' },
  'KS X 1001': { label: 'euc-kr' },
  'BIG-5': { label: 'big5' },
};

/** How senders spell them, without blanks, hyphens and underscores. */
const spellings: Readonly<Record<string, Hl7CharacterSet>> = {
  ...Object.fromEntries((Object.keys(ways) as Hl7CharacterSet[]).map((name) => [fold(name), name])),
  USASCII: 'ASCII',
  ISOIR6: 'ASCII',
  ISOIR14: 'ISO IR87',
  ISOIR100: '8859/1',
  UNICODE: 'UNICODE UTF-8',
  UTF8: 'UNICODE UTF-8',
  GB18030: 'GB 18030-2000',
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9, 15].map((n) => [`ISO8859${n}`, `8859/${n}` as Hl7CharacterSet])),
};

function fold(name: string): string {
  return name.toUpperCase().replace(/[\s_-]/g, '');
}

/**
 * The set that the repetitions of MSH-18 name: the first one, unless a later one adds escapes to it, or is the only one that
 * adds anything to ASCII.
 * `undefined`: one of them is not known.
 */
export function characterSetOf(names: readonly string[]): Hl7CharacterSet | undefined {
  const known = names.filter((name) => name.trim() !== '').map((name) => spellings[fold(name)]);
  if (known.includes(undefined)) return undefined;
  if (known.includes('ISO IR87')) return 'ISO IR87';
  const [first] = known;
  const more = [...new Set(known.filter((set) => set !== 'ASCII'))];
  return first === 'ASCII' && more.length === 1 ? more[0] : first;
}

export type DecodedMessage =
  | { readonly kind: 'text'; readonly text: string; readonly looksLikeUtf8: boolean }
  | { readonly kind: 'not-of-the-set' };

export function decodeBytes(bytes: Buffer, set: Hl7CharacterSet): DecodedMessage {
  const { label, single } = ways[set];
  if (!bytes.some((byte) => byte >= 0x80 || byte === 0x1b)) {
    return { kind: 'text', text: bytes.toString('latin1'), looksLikeUtf8: false };
  }
  if (label === 'ascii') return { kind: 'not-of-the-set' };
  if (single && bytes.some((byte) => byte >= 0x80 && byte < 0xa0) && !isUtf8(bytes)) return { kind: 'not-of-the-set' };
  try {
    const text =
      label === 'latin1'
        ? bytes.toString('latin1')
        : new TextDecoder(label, { fatal: true, ignoreBOM: true }).decode(bytes);
    // The private use area and the mark of a lost character are holes in the set.
    if (/[\ue000-\uf8ff\ufffd]/.test(text)) return { kind: 'not-of-the-set' };
    return { kind: 'text', text, looksLikeUtf8: single === true && isUtf8(bytes) };
  } catch {
    return { kind: 'not-of-the-set' };
  }
}

function isUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
