// Names of our own for everything that is kept: nothing that came from outside becomes part of a path or a key.
import { randomUUID } from 'node:crypto';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * A new id: 26 characters of Crockford base 32, lower case; 48 bits of milliseconds, then 80 random bits.
 * Ids made in different milliseconds sort by time.
 */
export function newId(now: number = Date.now()): string {
  let time = '';
  for (let rest = now, i = 0; i < 10; i++) {
    time = alphabet.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  // Node draws the bytes of UUIDs for many at a time; drawing our own each time took three times as long. These digits of one
  // are random (RFC 9562 5.4).
  const uuid = randomUUID();
  const digits = uuid.slice(0, 8) + uuid.slice(9, 13) + uuid.slice(24, 32);
  let random = '';
  for (let at = 0; at < digits.length; at += 5) {
    const bits = Number.parseInt(digits.slice(at, at + 5), 16);
    for (const shift of [15, 10, 5, 0]) random += alphabet.charAt((bits >> shift) & 31);
  }
  return time + random;
}

/** When an id was made, milliseconds since the epoch. */
export function timeOfId(id: string): number {
  let time = 0;
  for (const sign of id.slice(0, 10)) time = time * 32 + Math.max(0, alphabet.indexOf(sign));
  return time;
}

/** True for what newId() makes. Anything else from outside is refused before it is used as a key. */
export function isId(value: string): boolean {
  return /^[0-9a-hjkmnp-tv-z]{26}$/.test(value);
}

/** A new DICOM UID under the UUID-derived root (PS3.5 B.2): `2.25.` and the UUID as a decimal, at most 44 characters. */
export function newUid(): string {
  return `2.25.${BigInt(`0x${randomUUID().replaceAll('-', '')}`).toString(10)}`;
}
