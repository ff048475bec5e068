// UIDs for objects that came without legal ones (dicom-rules 3: new, map kept). The same words give the same UID, so that
// what belongs together stays together and a repeat is recognised. Pure.
import { createHash } from 'node:crypto';

/** A UID under the UUID-derived root (PS3.5 B.2), made from words (UUID version 8, RFC 9562). */
export function uidFromWords(...words: readonly string[]): string {
  const bytes = createHash('sha256').update(JSON.stringify(words)).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return `2.25.${BigInt(`0x${bytes.toString('hex')}`).toString(10)}`;
}
