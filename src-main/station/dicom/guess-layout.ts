// Looks at the first elements of a data set to tell how it is written, where nobody says it or what is said is wrong.
import { isKnownVr } from './element-walk.ts';
import type { ElementLayout } from './transfer-syntax.ts';

const candidates: readonly ElementLayout[] = [
  { explicit: true, littleEndian: true },
  { explicit: false, littleEndian: true },
  { explicit: true, littleEndian: false },
  { explicit: false, littleEndian: false },
];

/** True when `head`, the beginning of a data set of `sizeBytes` bytes, reads as a few elements in this layout. */
export function readsAs(head: Buffer, sizeBytes: number, layout: ElementLayout): boolean {
  const u16 = (o: number) => (layout.littleEndian ? head.readUInt16LE(o) : head.readUInt16BE(o));
  const u32 = (o: number) => (layout.littleEndian ? head.readUInt32LE(o) : head.readUInt32BE(o));
  let at = 0;
  let last = -1;
  for (let n = 0; n < 3; n++) {
    if (n > 0 && at + 12 > head.length) return at === sizeBytes || sizeBytes > head.length || at + 8 === sizeBytes;
    if (at + 8 > head.length) return false;
    const group = u16(at);
    const tag = group * 65536 + u16(at + 2);
    if (tag <= last) return false;
    last = tag;
    let header = 8;
    let length: number;
    if (layout.explicit) {
      const vr = head.toString('latin1', at + 4, at + 6);
      if (!isKnownVr(vr)) return false;
      const long = /^(?:O[BDFLVW]|SQ|SV|U[CNRTV])$/.test(vr);
      header = long ? 12 : 8;
      if (at + header > head.length) return false;
      length = long ? u32(at + 8) : u16(at + 6);
    } else length = u32(at + 4);
    if (length === 0xffffffff) return true;
    if (at + header + length > sizeBytes) return false;
    at += header + length;
  }
  return true;
}

/** The layout that the bytes read as, or undefined when they are no elements at all. */
export function guessLayout(head: Buffer, sizeBytes: number): ElementLayout | undefined {
  return candidates.find((layout) => beginsSensibly(head, layout) && readsAs(head, sizeBytes, layout));
}

/** A data set begins with an even group of the standard, hardly ever with a private one. */
function beginsSensibly(head: Buffer, layout: ElementLayout): boolean {
  if (head.length < 8) return false;
  const group = layout.littleEndian ? head.readUInt16LE(0) : head.readUInt16BE(0);
  return group >= 0x0004 && group <= 0x7fe0 && (group & 1) === 0;
}
