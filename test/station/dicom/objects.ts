// Small objects made for tests.
import {
  buildFileMeta,
  deflatedExplicitLittleEndian,
  encodeElements,
  transferSyntaxOf,
  type NewElement,
} from '#station/dicom/index.ts';
import { deflateRawSync } from 'node:zlib';

export const sopClassUid = '1.2.840.10008.5.1.4.1.1.7';

export const patient: readonly NewElement[] = [
  { keyword: 'SOPClassUID', value: sopClassUid },
  { keyword: 'SOPInstanceUID', value: '2.25.1001' },
  { keyword: 'StudyInstanceUID', value: '2.25.1002' },
  { keyword: 'SeriesInstanceUID', value: '2.25.1003' },
  { keyword: 'Modality', value: 'OT' },
  { keyword: 'PatientName', value: 'Doe^Jane' },
  { keyword: 'PatientID', value: '4711' },
];

/** A whole file of these elements. */
export function makeObject(
  elements: readonly NewElement[],
  transferSyntaxUid = '1.2.840.10008.1.2.1',
  characterSet: readonly string[] = [],
): Buffer {
  const { explicit, littleEndian } = transferSyntaxOf(transferSyntaxUid);
  const dataSet = encodeElements(elements, { explicit, littleEndian, characterSet });
  const packed = transferSyntaxUid === deflatedExplicitLittleEndian ? deflateRawSync(dataSet) : dataSet;
  return Buffer.concat([buildFileMeta({ sopClassUid, sopInstanceUid: '2.25.1001', transferSyntaxUid }), packed]);
}
