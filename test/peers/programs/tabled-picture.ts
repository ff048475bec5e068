// A picture that offers several windows and look-up tables by name, made from nothing, for programs that show by them: a ramp
// of 12 bits, 96 by 64, with a rescale.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildFileMeta, encodeElements, explicitLittleEndian, type NewElement } from '#station/dicom/index.ts';
import { newUid } from '#station/kit/ids.ts';
import { imagePixelElements } from '../../support/image-pixel.ts';

const width = 96;
const height = 64;
const intercept = -1024;
export const tabledClass = '1.2.840.10008.5.1.4.1.1.7';

const entries = 4096;
const curve = (of: (part: number) => number) =>
  Array.from({ length: entries }, (_, n) => Math.round(of(n / (entries - 1)) * 65_535));

const table = (name: string, values: readonly number[]): NewElement[] => [
  { keyword: 'LUTDescriptor', vr: 'SS', value: [entries, intercept, 16] },
  { keyword: 'LUTExplanation', value: name },
  { keyword: 'LUTData', vr: 'OW', value: Buffer.from(new Uint16Array(values).buffer) },
];

export const tableNames = ['NORMAL', '肺の表'] as const;
export const windowNames = ['Überblick', 'Knochen'] as const;

/** Data set of a picture with these UIDs; `more` comes beside and in the place of what is said here. */
export function tabledPicture(
  uids: { readonly StudyInstanceUID: string; readonly SeriesInstanceUID: string; readonly SOPInstanceUID: string },
  more: readonly NewElement[] = [],
): Buffer {
  const pixels = new Uint16Array(width * height);
  for (let at = 0; at < pixels.length; at++) pixels[at] = Math.floor((at * 4096) / pixels.length) ^ (at % 7);
  const said = { SOPClassUID: tabledClass, ...uids, PatientName: 'SAMPLE^TABLES', PatientID: 'T1', Modality: 'OT' };
  const plain: NewElement[] = [
    { keyword: 'SpecificCharacterSet', value: 'ISO_IR 192' },
    ...Object.entries({
      ...said,
      StudyDate: '20261123',
      StudyTime: '080000',
      SeriesNumber: '1',
      InstanceNumber: '1',
    }).map(([keyword, value]) => ({ keyword, value })),
    ...['AccessionNumber', 'StudyID', 'PatientBirthDate', 'PatientSex', 'ReferringPhysicianName', 'Laterality'].map(
      (keyword) => ({ keyword, value: '' }),
    ),
    { keyword: 'ConversionType', value: 'WSD' },
    ...imagePixelElements({ rows: height, columns: width, bitsStored: 12 }),
    { keyword: 'WindowCenter', value: ['1000', '300'] },
    { keyword: 'WindowWidth', value: ['4000', '700'] },
    { keyword: 'WindowCenterWidthExplanation', value: [...windowNames] },
    { keyword: 'RescaleIntercept', value: String(intercept) },
    { keyword: 'RescaleSlope', value: '1' },
    { keyword: 'RescaleType', value: 'US' },
    {
      keyword: 'VOILUTSequence',
      items: [
        table(
          tableNames[0],
          curve((part) => part ** 2),
        ),
        table(
          tableNames[1],
          curve((part) => 1 - part ** 0.5),
        ),
      ],
    },
    { keyword: 'PixelData', vr: 'OW', value: Buffer.from(pixels.buffer) },
  ];
  const nameOf = (element: NewElement) => ('keyword' in element ? element.keyword : element.tag);
  const others = new Set(more.map(nameOf));
  const elements = [...plain.filter((element) => !others.has(nameOf(element))), ...more];
  return encodeElements(elements, { explicit: true, littleEndian: true, characterSet: ['ISO_IR 192'] });
}

/** Writes one with UIDs of its own into a folder. */
export function writeTabledPicture(folder: string, more: readonly NewElement[] = []): string {
  const uids = { StudyInstanceUID: newUid(), SeriesInstanceUID: newUid(), SOPInstanceUID: newUid() };
  const sop = { sopClassUid: tabledClass, sopInstanceUid: uids.SOPInstanceUID };
  const meta = buildFileMeta({ ...sop, transferSyntaxUid: explicitLittleEndian });
  const file = path.join(folder, `${uids.SOPInstanceUID}.dcm`);
  writeFileSync(file, Buffer.concat([meta, tabledPicture(uids, more)]));
  return file;
}
