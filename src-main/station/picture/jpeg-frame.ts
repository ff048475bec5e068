// The frame header of a JPEG file (ISO 10918-1 B.2.2): which process, how many bits and components, which colours.

export type JpegFrame = {
  /** SOF0: sequential DCT with Huffman coding, baseline. */
  readonly isBaseline: boolean;
  readonly bits: number;
  readonly components: number;
  readonly isYbr: boolean;
};

/** Undefined when there is no frame header where one should be. */
export function readJpegFrame(bytes: Buffer): JpegFrame | undefined {
  let adobeTransform: number | undefined;
  let isJfif = false;
  for (let at = 2; at + 4 <= bytes.length;) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1]!;
    if (marker === 0xff || marker === 1 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    const body = bytes.subarray(at + 4, at + 2 + bytes.readUInt16BE(at + 2));
    if (marker === 0xe0 && body.toString('latin1', 0, 4) === 'JFIF') isJfif = true;
    if (marker === 0xee && body.length >= 12 && body.toString('latin1', 0, 5) === 'Adobe') adobeTransform = body[11];
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      if (body.length < 6) return undefined;
      const components = body[5]!;
      const ids = [6, 9, 12].map((place) => String.fromCharCode(body[place] ?? 0)).join('');
      const isRgb = adobeTransform === 0 || (adobeTransform === undefined && !isJfif && ids === 'RGB');
      return { isBaseline: marker === 0xc0, bits: body[0]!, components, isYbr: components === 3 && !isRgb };
    }
    if (marker === 0xda || marker === 0xd9) return undefined;
    at += 4 + body.length;
  }
  return undefined;
}
