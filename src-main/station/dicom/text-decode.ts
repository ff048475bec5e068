// Bytes to text in the character set of an object (PS3.5 6.1.2), with ISO 2022 escapes and the resets at delimiters.
//
// Never refuses: what the set cannot explain is shown as Latin-1 and the result is marked as not sound.
import { ascii, characterSetOf, codeSets, type CodeSet } from './character-sets.ts';

export type Decoded = {
  readonly text: string;
  /** False when some bytes do not belong to the character set, or the set is unknown or plainly the wrong one. */
  readonly sound: boolean;
};

const charsetVrs = new Set(['LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UT']);
const onlyOneValue = new Set(['LT', 'ST', 'UT', 'UR']);

/** True for VRs whose text is in the character set of the object; the others are in the default repertoire. */
export function usesCharacterSet(vr: string): boolean {
  return charsetVrs.has(vr);
}

/** True when a backslash is text in this VR and not the border between two values. */
export function isOneValue(vr: string): boolean {
  return onlyOneValue.has(vr);
}

/**
 * Text of a value, with its backslashes, unpadded not. `terms` are the values of (0008,0005) that apply to it; VRs that
 * know no character set are decoded as ASCII.
 */
export function decodeText(bytes: Buffer, terms: readonly string[], vr: string): Decoded {
  let high = false;
  let special = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0x80) high = true;
    else if (byte === 0x1b || byte === 0x5c || byte === 0x7e) special = true;
  }
  if (!high && !special) return { text: bytes.toString('latin1'), sound: true };
  if (!charsetVrs.has(vr)) return { text: bytes.toString('latin1'), sound: !high };
  const set = characterSetOf(terms);
  if (set.kind === 'unknown') return { text: bytes.toString('latin1'), sound: !high };
  if (set.kind === 'whole') {
    if (!high) return { text: bytes.toString('latin1'), sound: true };
    try {
      return { text: new TextDecoder(set.name, { fatal: true, ignoreBOM: true }).decode(bytes), sound: true };
    } catch {
      return { text: bytes.toString('latin1'), sound: false };
    }
  }
  if (!high && set.g0 === ascii && !bytes.includes(0x1b)) return { text: bytes.toString('latin1'), sound: true };
  const decoded = decodeCoded(bytes, set, vr);
  // Letters of these sets hardly ever form whole UTF-8 sequences: somebody forgot to declare ISO_IR 192.
  if (high && decoded.sound && set.g1 && set.g1.ir !== 13 && set.g1.ir !== 166 && !set.extensions && isUtf8(bytes))
    return { text: decoded.text, sound: false };
  return decoded;
}

/** True when the bytes are whole UTF-8. */
export function isUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

type Start = { readonly g0: CodeSet; readonly g1: CodeSet | null; readonly more: readonly CodeSet[] };

function decodeCoded(bytes: Buffer, start: Start, vr: string): Decoded {
  const undesignated = start.more.find((set) => set.half === 1 && set.width === 2) ?? null;
  const first = start.g1 ?? undesignated;
  let g0 = start.g0;
  let g1 = first;
  let sound = true;
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const byte = bytes[at] ?? 0;
    if (byte === 0x1b) {
      const set = designated(bytes, at + 1);
      if (set) {
        if (set.half === 0) g0 = set;
        else g1 = set;
        at += 1 + set.escape.length;
        continue;
      }
      sound = false;
      text += String.fromCharCode(byte);
      at++;
      continue;
    }
    const set = byte >= 0x80 ? g1 : g0;
    if (byte <= 0x20 || (set?.width === 1 && isDelimiter(byte, vr))) {
      if (byte !== 0x20) {
        g0 = start.g0;
        g1 = first;
      }
      text += String.fromCharCode(byte);
      at++;
      continue;
    }
    const code = set?.width === 2 ? byte * 256 + (bytes[at + 1] ?? 0) : byte;
    const character = set?.decode(code);
    if (character === undefined) {
      sound = false;
      text += String.fromCharCode(byte);
      at++;
    } else {
      text += character;
      at += set?.width ?? 1;
    }
  }
  return { text, sound };
}

function isDelimiter(byte: number, vr: string): boolean {
  if (byte === 0x5c) return !onlyOneValue.has(vr);
  return vr === 'PN' && (byte === 0x5e || byte === 0x3d);
}

function designated(bytes: Buffer, at: number): CodeSet | undefined {
  for (const set of codeSets.values()) if (set.escape.every((byte, i) => bytes[at + i] === byte)) return set;
  return undefined;
}
