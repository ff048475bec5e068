// Does the picture that the header describes fit the bytes that are there? What is told here keeps a viewer from
// asking for gigabytes; nothing is repaired.
import type { ObjectHeader } from '#station/model/object-header.ts';

export type GeometryLie = { readonly expected: string; readonly found: string };

const floatPixelData = 0x7fe00008;
const doublePixelData = 0x7fe00009;

/** What is wrong with the picture's measures; null when nothing is, or when there is no picture. `roomBytes` is what the file holds from the pixel data on. */
export function judgeGeometry(
  header: Omit<ObjectHeader, 'flaws'>,
  encapsulated: boolean,
  roomBytes: number,
): GeometryLie | null {
  const { Rows, Columns, SamplesPerPixel, BitsAllocated, BitsStored, pixelData } = header;
  if (!pixelData) {
    if (Rows === null || Columns === null || !header.wholeHeaderRead) return null;
    return { expected: 'pixel data', found: 'none' };
  }
  if (!Rows || !Columns) return { expected: 'rows and columns', found: `${Rows ?? '-'} x ${Columns ?? '-'}` };
  const frames = header.NumberOfFrames ?? 1;
  if (!Number.isInteger(frames) || frames < 1) return { expected: 'frames', found: String(frames) };
  const samples = SamplesPerPixel ?? 1;
  if (samples < 1) return { expected: 'samples per pixel', found: String(samples) };
  const isFloat = pixelData.tag === floatPixelData || pixelData.tag === doublePixelData;
  const bits = isFloat ? (pixelData.tag === floatPixelData ? 32 : 64) : (BitsAllocated ?? 0);
  if (bits !== 1 && bits % 8 !== 0) return { expected: '8, 16 or 32 bits', found: String(bits) };
  if (bits === 0 || bits > 64) return { expected: '8, 16 or 32 bits', found: String(bits) };
  if (!isFloat && BitsStored !== null && (BitsStored < 1 || BitsStored > bits))
    return { expected: `1 to ${bits} bits stored`, found: String(BitsStored) };
  if (encapsulated || pixelData.length === null) {
    // Every frame needs at least one fragment of eight bytes, except in video, where one fragment holds them all.
    if (frames > roomBytes) return { expected: `${frames} frames`, found: `${roomBytes} bytes` };
    return null;
  }
  const perPixel = header.PhotometricInterpretation.startsWith('YBR_FULL_422') && samples === 3 ? 2 : samples;
  const expected = Math.ceil((Rows * Columns * perPixel * frames * bits) / 8);
  const found = pixelData.length;
  if (found < expected || found > expected + (expected % 2))
    return { expected: `${expected} bytes`, found: `${found} bytes` };
  return null;
}
