// What a compressed frame says of itself, read from its first markers without decoding: size, components, bits, colour.
// The decoders allocate what the codestream claims, so the claim is compared with the header before they see it.
import { CannotDraw } from './not-drawable.ts';

export type Codec = 'rle' | 'jpeg' | 'jpeg-ls' | 'jpeg-2000' | 'htj2k' | 'deflate';

const dicomSyntaxes = '1.2.840.10008.1.2.';

/** The codec of a transfer syntax; 'video' for MPEG, undefined for one that we cannot decode. */
export function codecOf(transferSyntax: string): Codec | 'video' | undefined {
  if (!transferSyntax.startsWith(dicomSyntaxes)) return undefined;
  const rest = transferSyntax.slice(dicomSyntaxes.length);
  if (rest === '5') return 'rle';
  if (rest === '8.1') return 'deflate';
  if (!rest.startsWith('4.')) return undefined;
  const number = Number(rest.slice(2).split('.')[0]);
  if (number >= 50 && number <= 70) return 'jpeg';
  if (number === 80 || number === 81) return 'jpeg-ls';
  if (number >= 90 && number <= 93) return 'jpeg-2000';
  if (number >= 100 && number <= 108) return 'video';
  if (number >= 201 && number <= 203) return 'htj2k';
  return undefined;
}

export type Codestream = {
  readonly rows: number;
  readonly columns: number;
  readonly components: number;
  readonly bits: number;
  readonly signed: boolean;
  /** Components lie one after the other although nobody says so: JPEG-LS without interleaving. */
  readonly byPlane: boolean;
  /** What the stream says of its colour: JFIF and Adobe markers, the transform of JPEG 2000; undefined when silent. */
  readonly colour?: 'rgb' | 'ybr';
  readonly lossless: boolean;
};

/** True when these first bytes begin a frame of that syntax. */
export function beginsCodestream(transferSyntax: string, head: Uint8Array): boolean {
  const codec = codecOf(transferSyntax);
  if (codec === 'jpeg' || codec === 'jpeg-ls') return head[0] === 0xff && head[1] === 0xd8;
  if (codec === 'jpeg-2000' || codec === 'htj2k') {
    return (
      (head[0] === 0xff && head[1] === 0x4f) || (head[0] === 0 && head[1] === 0 && head[2] === 0 && head[3] === 12)
    );
  }
  // The first word of an RLE frame is its number of segments, 1 to 15 (PS3.5 G.5).
  if (codec === 'rle') return head[0]! >= 1 && head[0]! <= 15 && head[1] === 0 && head[2] === 0 && head[3] === 0;
  return false;
}

/** Reads the claim of a JPEG or JPEG-LS stream (ISO 10918-1 B.2, 14495-1 C.2). */
export function readJpegClaim(bytes: Buffer): Codestream {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) throw new CannotDraw('codestream-broken');
  let frame: { rows: number; columns: number; components: number; bits: number; kind: number; ids: string } | undefined;
  let colour: Codestream['colour'];
  let adobe = false;
  for (let at = 2; at + 4 <= bytes.length;) {
    if (bytes[at] !== 0xff) {
      at++;
      continue;
    }
    const marker = bytes[at + 1]!;
    if (marker === 0xff || marker === 0 || marker === 1 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    if (marker === 0xd9) break;
    const length = bytes.readUInt16BE(at + 2);
    const body = bytes.subarray(at + 4, at + 2 + length);
    const isFrame =
      (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) || marker === 0xf7;
    if (isFrame && !frame && body.length >= 6) {
      const components = body[5]!;
      let ids = '';
      for (let i = 0; i < components && 6 + i * 3 < body.length; i++) ids += String.fromCharCode(body[6 + i * 3]!);
      frame = {
        bits: body[0]!,
        rows: body.readUInt16BE(1),
        columns: body.readUInt16BE(3),
        components,
        kind: marker,
        ids,
      };
    } else if (marker === 0xe0 && !adobe && body.subarray(0, 5).equals(jfif)) colour = 'ybr';
    else if (marker === 0xee && body.length >= 12 && body.subarray(0, 5).equals(adobeMark)) {
      adobe = true;
      colour = body[11] === 0 ? 'rgb' : 'ybr';
    } else if (marker === 0xda) {
      if (!frame) break;
      const interleave = body[body.length - 2] ?? 0;
      const lossless = frame.kind === 0xc3 || frame.kind === 0xf7;
      if (frame.ids === 'RGB' && !adobe) colour = 'rgb';
      const { rows, columns, components, bits } = frame;
      const byPlane = frame.kind === 0xf7 && components > 1 && interleave === 0;
      // Lossless streams carry the colours as they were; markers there are left over from a converter.
      return {
        rows,
        columns,
        components,
        bits,
        signed: false,
        byPlane,
        lossless,
        ...(colour && !lossless ? { colour } : {}),
      };
    }
    at += 2 + Math.max(2, length);
  }
  throw new CannotDraw('codestream-broken');
}

const jfif = Buffer.from('JFIF\0', 'latin1');
const adobeMark = Buffer.from('Adobe', 'latin1');

/** Reads the claim of a JPEG 2000 codestream or of one in a JP2 box (ISO 15444-1 A.5.1, A.6.1). */
export function readJpeg2000Claim(bytes: Buffer): Codestream {
  const start = bytes.length > 4 && bytes.readUInt32BE(0) === 12 ? bytes.indexOf(startOfCodestream) : 0;
  if (start < 0 || bytes.length < start + 45 || bytes.readUInt32BE(start) !== 0xff4fff51) {
    throw new CannotDraw('codestream-broken');
  }
  const siz = start + 4;
  const columns = bytes.readUInt32BE(siz + 4) - bytes.readUInt32BE(siz + 12);
  const rows = bytes.readUInt32BE(siz + 8) - bytes.readUInt32BE(siz + 16);
  const tileColumns = bytes.readUInt32BE(siz + 20);
  const tileRows = bytes.readUInt32BE(siz + 24);
  const components = bytes.readUInt16BE(siz + 36);
  const precision = bytes[siz + 38]!;
  if (tileColumns === 0 || tileRows === 0 || (columns / tileColumns) * (rows / tileRows) > 65_535) {
    throw new CannotDraw('codestream-broken');
  }
  let transformed = false;
  for (let at = siz + bytes.readUInt16BE(siz); at + 4 <= bytes.length;) {
    const marker = bytes.readUInt16BE(at);
    if (marker === 0xff90 || marker < 0xff00) break;
    if (marker === 0xff52) transformed = bytes[at + 8] === 1;
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return {
    rows,
    columns,
    components,
    bits: (precision & 0x7f) + 1,
    signed: (precision & 0x80) !== 0,
    byPlane: false,
    lossless: false,
    ...(transformed ? { colour: 'rgb' as const } : {}),
  };
}

const startOfCodestream = Buffer.from([0xff, 0x4f, 0xff, 0x51]);
