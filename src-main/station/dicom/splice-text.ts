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
 * The text of a value, or null when the declared set cannot explain it. With `guess` it is never null: UTF-8 when the
 * bytes are that, else Latin-1.
 */
export function textOf(value: Buffer, terms: readonly string[], vr: string, guess: boolean): string | null {
  const { text, sound } = decodeText(value, terms, vr);
  if (sound) return text;
  if (!guess) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
  } catch {
    return value.toString('latin1');
  }
}

/** The value in UTF-8, padded to an even length; `guess` as in textOf. */
export function toUnicode(value: Buffer, terms: readonly string[], vr: string, guess: boolean): Reencoded {
  const text = textOf(value, terms, vr, guess);
  if (text === null) return { kind: 'undecodable' };
  let bytes = Buffer.from(text, 'utf8');
  if (bytes.equals(value)) return { kind: 'same' };
  if (bytes.length % 2 === 1)
    bytes = bytes.at(-1) === 0x20 ? bytes.subarray(0, -1) : Buffer.concat([bytes, Buffer.from(' ')]);
  return { kind: 'changed', bytes };
}
