// Digests for telling duplicates apart: of the whole data set, and of the pixel data alone. Streams; nothing is kept.
import { createHash } from 'node:crypto';
import type { ByteReader } from './byte-reader.ts';
import { walkElements, WalkStop } from './element-walk.ts';
import type { Part10 } from './part10.ts';

const chunkBytes = 262_144;

/** SHA-256, hexadecimal, of the data set as it stands in the file, without preamble and File Meta. */
export async function hashDataSet(object: Part10): Promise<string> {
  return hashRange(object.reader, object.dataSetOffset, object.reader.sizeBytes);
}

/** SHA-256, hexadecimal, of the value of the top-level pixel data; null when there is none or it is cut off. */
export async function hashPixelData(object: Part10): Promise<string | null> {
  const { reader, region } = object.elements;
  let place: { readonly start: number; readonly end: number } | null = null;
  try {
    await walkElements(reader, region, {
      sequence: () => 'skip',
      element: (spot) => {
        if (spot.parent !== null || spot.tag < 0x7fe00008 || spot.tag > 0x7fe00010) return undefined;
        place = { start: spot.valueOffset, end: spot.end };
        return 'stop';
      },
    });
  } catch (error) {
    if (!(error instanceof WalkStop)) throw error;
  }
  return place ? hashRange(reader, (place as { start: number }).start, (place as { end: number }).end) : null;
}

async function hashRange(reader: ByteReader, start: number, end: number): Promise<string> {
  const hash = createHash('sha256');
  for (let at = start; at < end;) {
    const chunk = await reader.read(at, 1, Math.min(chunkBytes, end - at));
    if (chunk.length === 0) break;
    hash.update(chunk);
    at += chunk.length;
  }
  return hash.digest('hex');
}
