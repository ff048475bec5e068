// Brings the text of an element from the character set of its object to UTF-8 (dicom: ISO_IR 192).
import { vrOf } from './dictionary.ts';
import type { Spot } from './element-walk.ts';
import { decodeText, usesCharacterSet } from './text-decode.ts';

/** The VR whose rules the text of an element follows; where UN hides a known attribute, that attribute's. */
export function textVrOf(spot: Spot): string | null {
  const vr = spot.vr === 'UN' ? vrOf(spot.tag) : spot.vr;
  return usesCharacterSet(vr) ? vr : null;
}

export type Reencoded =
  { readonly kind: 'same' } | { readonly kind: 'changed'; readonly bytes: Buffer } | { readonly kind: 'undecodable' };

/**
 * The value in UTF-8, padded to an even length. What the declared set cannot explain is `undecodable`; with `guess`
 * it stays when it already is UTF-8 and else is read as Latin-1.
 */
export function toUnicode(value: Buffer, terms: readonly string[], vr: string, guess: boolean): Reencoded {
  const decoded = decodeText(value, terms, vr);
  let text = decoded.text;
  if (!decoded.sound) {
    if (!guess) return { kind: 'undecodable' };
    if (isUtf8(value)) return { kind: 'same' };
    text = value.toString('latin1');
  }
  let bytes = Buffer.from(text, 'utf8');
  if (bytes.length % 2 === 1)
    bytes = bytes.at(-1) === 0x20 ? bytes.subarray(0, -1) : Buffer.concat([bytes, Buffer.from(' ')]);
  return bytes.equals(value) ? { kind: 'same' } : { kind: 'changed', bytes };
}

function isUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
