// Writes the Pixel Data element of a new object in explicit little endian, in pieces: large values are not copied.
import { pixelDataTag } from '../element-walk.ts';
import { encodeHeader } from '../build-elements.ts';

const layout = { explicit: true, littleEndian: true } as const;

/** Uncompressed pixels: OB up to 8 bits, OW above (PS3.5 A.2). */
export function nativePixelElement(pixels: Buffer, bitsAllocated: 8 | 16): readonly Buffer[] {
  const padding = Buffer.alloc(pixels.length % 2);
  const vr = bitsAllocated === 8 ? 'OB' : 'OW';
  return [encodeHeader(pixelDataTag, vr, pixels.length + padding.length, layout), pixels, padding];
}

/** One compressed frame in one fragment behind an empty offset table (PS3.5 A.4). Its bytes stay as they are. */
export function encapsulatedPixelElement(frame: Buffer): readonly Buffer[] {
  const padding = Buffer.alloc(frame.length % 2);
  const item = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]);
  const fragment = Buffer.from(item);
  fragment.writeUInt32LE(frame.length + padding.length, 4);
  const end = Buffer.from([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
  return [encodeHeader(pixelDataTag, 'OB', 0xffffffff, layout), item, fragment, frame, padding, end];
}
