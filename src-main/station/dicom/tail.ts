// Is encapsulated pixel data complete? Looked at from the end of the file, so that a thousand fragments cost nothing.
import type { ByteReader } from './byte-reader.ts';

const tailBytes = 65_536;

/**
 * True when the sequence of fragments that begins at `start` is closed: its delimiter ends the file, or only whole
 * elements of a higher tag follow it (padding, digital signatures) within the last 64 KiB.
 */
export async function endsWithWholePixels(reader: ByteReader, start: number, littleEndian: boolean): Promise<boolean> {
  const delimiter = Buffer.from(littleEndian ? 'feffdde000000000' : 'fffee0dd00000000', 'hex');
  const size = reader.sizeBytes;
  const last = await reader.read(Math.max(start, size - 8), Math.min(8, size - start));
  if (last.equals(delimiter)) return true;
  const from = Math.max(start, size - tailBytes);
  const tail = await reader.read(from, size - from);
  for (let at = tail.lastIndexOf(delimiter); at >= 0; at = at === 0 ? -1 : tail.lastIndexOf(delimiter, at - 1)) {
    if (tail.length - at < 16) return true;
    const group = littleEndian ? tail.readUInt16LE(at + 8) : tail.readUInt16BE(at + 8);
    if (group > 0x7fe0 && group <= 0xfffc) return true;
  }
  return false;
}
