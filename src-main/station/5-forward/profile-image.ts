// The test image that a person may let an examination send: a grey wedge of a patient who does not exist, marked as a test
// in every way there is. Each one is a study of its own under UIDs of its own.
import type { Identifier } from '#station/dicom/network/index.ts';
import { encodeElements, explicitLittleEndian, type NewElement } from '#station/dicom/index.ts';
import { newUid } from '#station/kit/ids.ts';

export const secondaryCaptureClass = '1.2.840.10008.5.1.4.1.1.7';
export const testPatientName = 'SAFELIGHT^TEST';
export const testPatientId = 'SAFELIGHT-TEST';
/** Letters of several scripts: what comes back shows whether the destination keeps character sets. */
export const testDescription = 'TEST äßé Ωж 試験';

export type TestImage = {
  readonly StudyInstanceUID: string;
  readonly SOPInstanceUID: string;
  readonly transferSyntaxUid: string;
  /** The data set in explicit little endian. */
  readonly bytes: Buffer;
};

const side = 512;

/** @param now ISO. */
export function makeTestImage(now: string): TestImage {
  const [StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID] = [newUid(), newUid(), newUid()];
  const [date, time] = [now.slice(0, 10).replaceAll('-', ''), now.slice(11, 19).replaceAll(':', '')];
  const pixels = Buffer.alloc(side * side);
  for (let at = 0; at < pixels.length; at++) pixels[at] = (at % side) >> 1;
  const fields: Readonly<Record<string, string | number | Buffer>> = {
    ...{ SpecificCharacterSet: 'ISO_IR 192', ImageType: 'DERIVED\\SECONDARY', SOPClassUID: secondaryCaptureClass },
    ...{ SOPInstanceUID, StudyInstanceUID, SeriesInstanceUID, StudyID: 'TEST', AccessionNumber: '' },
    ...{
      StudyDate: date,
      StudyTime: time,
      ContentDate: date,
      ContentTime: time,
      Modality: 'OT',
      ConversionType: 'WSD',
    },
    ...{ StudyDescription: testDescription, SeriesDescription: 'TEST, to be deleted', ReferringPhysicianName: '' },
    ...{ PatientName: testPatientName, PatientID: testPatientId, PatientBirthDate: '', PatientSex: 'O' },
    ...{ PatientComments: 'Test image of Safelight. No patient. To be deleted.', QualityControlImage: 'YES' },
    ...{ SeriesNumber: 1, InstanceNumber: 1, PatientOrientation: '', SamplesPerPixel: 1, Rows: side, Columns: side },
    ...{ PhotometricInterpretation: 'MONOCHROME2', BitsAllocated: 8, BitsStored: 8, HighBit: 7 },
    ...{ PixelRepresentation: 0, BurnedInAnnotation: 'NO' },
  };
  const elements: NewElement[] = Object.entries(fields).map(([keyword, value]) => ({
    keyword,
    value: typeof value === 'string' && value.includes('\\') ? value.split('\\') : value,
  }));
  const style = { explicit: true, littleEndian: true, characterSet: ['ISO_IR 192'] };
  const bytes = encodeElements([...elements, { keyword: 'PixelData', vr: 'OB', value: pixels }], style);
  return { StudyInstanceUID, SOPInstanceUID, transferSyntaxUid: explicitLittleEndian, bytes };
}

/** What is asked of the destination afterwards. */
export const testQuery = (StudyInstanceUID: string): Identifier => ({
  ...{ StudyInstanceUID, PatientName: '', PatientID: '', StudyDescription: '' },
});
