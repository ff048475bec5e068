// Frame requests for files of the tests, the samples' folder, and small objects made on the spot.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildFileMeta, encodeElements, openPart10, type NewElement } from '#station/dicom/index.ts';
import type { FrameRequest } from '#station/model/raw-frame.ts';

export const samples = path.resolve(import.meta.dirname, '../../../../resources/samples');

/** A request for a frame of a DICOM file, opened as the station opens it. */
export async function requestFor(file: string, frame = 0): Promise<FrameRequest> {
  const opened = await openPart10(file);
  await opened.close();
  return { path: file, dataSetOffset: opened.dataSetOffset, transferSyntax: opened.syntax.uid, frame };
}

export type Geometry = {
  readonly rows: number;
  readonly columns: number;
  readonly samples?: number;
  readonly bitsAllocated?: number;
  readonly bitsStored?: number;
  readonly frames?: number;
  readonly signed?: boolean;
  readonly photometric?: string;
  readonly more?: readonly NewElement[];
};

/** Writes an object with the given pixel element and gives the request for its first frame. */
export function writeObject(
  file: string,
  transferSyntax: string,
  geometry: Geometry,
  pixelElement: readonly Buffer[],
): FrameRequest {
  const meta = buildFileMeta({
    sopClassUid: '1.2.840.10008.5.1.4.1.1.7',
    sopInstanceUid: '2.25.1',
    transferSyntaxUid: transferSyntax,
  });
  const bits = geometry.bitsAllocated ?? 8;
  const stored = geometry.bitsStored ?? bits;
  const header = encodeElements(
    [
      { keyword: 'SamplesPerPixel', value: geometry.samples ?? 1 },
      { keyword: 'PhotometricInterpretation', value: geometry.photometric ?? 'MONOCHROME2' },
      ...(geometry.frames ? [{ keyword: 'NumberOfFrames', value: geometry.frames }] : []),
      { keyword: 'Rows', value: geometry.rows },
      { keyword: 'Columns', value: geometry.columns },
      { keyword: 'BitsAllocated', value: bits },
      { keyword: 'BitsStored', value: stored },
      { keyword: 'HighBit', value: stored - 1 },
      { keyword: 'PixelRepresentation', value: geometry.signed ? 1 : 0 },
      ...(geometry.more ?? []),
    ],
    { explicit: true, littleEndian: true, characterSet: [] },
  );
  writeFileSync(file, Buffer.concat([meta, header, ...pixelElement]));
  return { path: file, dataSetOffset: meta.length, transferSyntax, frame: 0 };
}

/** A Pixel Data element with these fragments behind this offset table. */
export function fragments(offsets: readonly number[], parts: readonly Buffer[]): Buffer[] {
  const table = Buffer.alloc(offsets.length * 4);
  offsets.forEach((offset, i) => table.writeUInt32LE(offset, i * 4));
  const item = (value: Buffer) => {
    const head = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]);
    head.writeUInt32LE(value.length, 4);
    return Buffer.concat([head, value]);
  };
  const start = Buffer.from([0xe0, 0x7f, 0x10, 0x00, 0x4f, 0x42, 0, 0, 0xff, 0xff, 0xff, 0xff]);
  const end = Buffer.from([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
  return [start, item(table), ...parts.map(item), end];
}
