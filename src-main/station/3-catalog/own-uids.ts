// UIDs for objects that came without legal ones (dicom-rules 3: new, map kept). The same words give the same UID, so that
// what belongs together stays together and a repeat is recognised. What was given is written down (IHE RAD-61).
import { createHash } from 'node:crypto';
import type { Book } from '#station/records/index.ts';

export type Gift = {
  readonly level: 'study' | 'series' | 'object';
  readonly words: readonly string[];
  /** ISO. */
  readonly now: string;
};

/** The UID that was given for these words before, or now is. Inside a transaction of the caller. */
export function givenUid(book: Book, { level, words, now }: Gift): string {
  const key = JSON.stringify(words);
  const known = book
    .sql<{ given: string }>('SELECT given FROM given_uid WHERE level = ? AND words = ?')
    .get(level, key);
  if (known) return known.given;
  const given = uidFromWords(level, ...words);
  book.sql('INSERT INTO given_uid (level, words, given, at) VALUES (?, ?, ?, ?)').run(level, key, given, now);
  return given;
}

/** A UID under the UUID-derived root (PS3.5 B.2), made from words (UUID version 8, RFC 9562). */
function uidFromWords(...words: readonly string[]): string {
  const bytes = createHash('sha256').update(JSON.stringify(words)).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return `2.25.${BigInt(`0x${bytes.toString('hex')}`).toString(10)}`;
}
