// The few things of EXIF and TIFF headers that a DICOM object can use. Reads at most three small directories, stays
// inside the bytes, and says nothing rather than something doubtful.

export type PictureFacts = {
  /** When the shutter opened, as the camera's clock said: YYYYMMDDHHMMSS, with its zone (&ZZXX) where it is known. */
  readonly takenAt?: string;
  readonly make?: string;
  readonly model?: string;
  /** TIFF compression (tag 259). */
  readonly compression?: number;
};

const mostEntries = 512;
const mostTextBytes = 128;

type Entry = { readonly tag: number; readonly type: number; readonly count: number; readonly at: number };

/** @param bytes an EXIF segment, with or without `Exif\0\0` in front, or the start of a TIFF file */
export function readPictureFacts(bytes: Buffer): PictureFacts {
  const tiff = bytes.subarray(0, 6).equals(exifMark) ? bytes.subarray(6) : bytes;
  const order = tiff.toString('latin1', 0, 2);
  if (tiff.length < 8 || (order !== 'II' && order !== 'MM')) return {};
  const read = readerOf(tiff, order === 'II');
  const first = readDirectory(read, read.u32(4));
  const exif = readDirectory(read, valueOf(read, first, 0x8769) ?? 0);
  const moment = dicomMoment(textOf(tiff, read, exif, 0x9003) ?? '', textOf(tiff, read, exif, 0x9011) ?? '');
  const make = textOf(tiff, read, first, 0x010f);
  const model = textOf(tiff, read, first, 0x0110);
  const compression = valueOf(read, first, 259);
  return {
    ...(moment ? { takenAt: moment } : {}),
    ...(make ? { make } : {}),
    ...(model ? { model } : {}),
    ...(compression !== undefined ? { compression } : {}),
  };
}

const exifMark = Buffer.from('Exif\0\0', 'latin1');

type Reader = { readonly length: number; u16(at: number): number; u32(at: number): number };

/** Numbers at any place; 0 where there are no bytes. */
function readerOf(bytes: Buffer, little: boolean): Reader {
  const fits = (at: number, size: number) => at >= 0 && at + size <= bytes.length;
  return {
    length: bytes.length,
    u16: (at) => (fits(at, 2) ? (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at)) : 0),
    u32: (at) => (fits(at, 4) ? (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)) : 0),
  };
}

function readDirectory(read: Reader, at: number): readonly Entry[] {
  if (at < 8) return [];
  const count = Math.min(read.u16(at), mostEntries);
  return Array.from({ length: count }, (_, i) => {
    const entry = at + 2 + i * 12;
    return { tag: read.u16(entry), type: read.u16(entry + 2), count: read.u32(entry + 4), at: entry + 8 };
  });
}

function valueOf(read: Reader, entries: readonly Entry[], tag: number): number | undefined {
  const entry = entries.find((each) => each.tag === tag);
  if (!entry) return undefined;
  return entry.type === 3 ? read.u16(entry.at) : entry.type === 4 ? read.u32(entry.at) : undefined;
}

function textOf(bytes: Buffer, read: Reader, entries: readonly Entry[], tag: number): string | undefined {
  const entry = entries.find((each) => each.tag === tag && each.type === 2);
  if (!entry) return undefined;
  const length = Math.min(entry.count, mostTextBytes);
  const from = entry.count <= 4 ? entry.at : read.u32(entry.at);
  const text = bytes
    .toString('latin1', from, from + length)
    .split('\0')[0]!
    .trim();
  return /^[\x20-\x5b\x5d-\x7e]+$/.test(text) ? text : undefined;
}

/** EXIF's `2018:03:14 10:11:12` and `+02:00` as a DICOM DT; undefined when it is no moment. */
function dicomMoment(text: string, zone: string): string | undefined {
  const found = /^(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)$/.exec(text);
  if (!found) return undefined;
  const [, year, month, day, hour, minute, second] = found;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  // A camera that was never set says 0000:00:00; a wrong day would be written back as another one.
  const parsed = Number(year) >= 1826 ? Date.parse(iso) : Number.NaN;
  if (Number.isNaN(parsed) || new Date(parsed).toISOString() !== iso) return undefined;
  const offset = /^([+-])(\d\d):(\d\d)$/.exec(zone);
  const known = offset && Number(offset[2]) <= 14 && Number(offset[3]) < 60;
  return `${year}${month}${day}${hour}${minute}${second}${known ? `${offset[1]}${offset[2]}${offset[3]}` : ''}`;
}
