// Where the data set of a DICOM file begins, and its digest. Knows the fixed head of a file (PS3.10 7.1) and nothing more.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

export type FileParts = {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly dataSet: Buffer;
};

/** File Meta and data set of a file with preamble; without one the whole file is the data set. */
export async function readParts(file: string): Promise<FileParts> {
  return partsOf(await readFile(file));
}

export function partsOf(bytes: Buffer): FileParts {
  const uids = new Map<number, string>();
  if (bytes.toString('latin1', 128, 132) !== 'DICM')
    return { sopClassUid: '', sopInstanceUid: '', transferSyntaxUid: '', dataSet: bytes };
  const end = 144 + bytes.readUInt32LE(140);
  for (let offset = 144; offset < end;) {
    const isLong = ['OB', 'UN', 'OW', 'SQ', 'UT'].includes(bytes.toString('latin1', offset + 4, offset + 6));
    const length = isLong ? bytes.readUInt32LE(offset + 8) : bytes.readUInt16LE(offset + 6);
    const value = offset + (isLong ? 12 : 8);
    uids.set(bytes.readUInt16LE(offset + 2), bytes.toString('latin1', value, value + length).replace(/[\0 ]+$/, ''));
    offset = value + length;
  }
  return {
    sopClassUid: uids.get(2) ?? '',
    sopInstanceUid: uids.get(3) ?? '',
    transferSyntaxUid: uids.get(0x10) ?? '',
    dataSet: bytes.subarray(end),
  };
}

export const digestOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
