// A presentation state as a file: Grayscale or Color Softcopy Presentation State (PS3.3 A.33.1, A.33.2), in the study of its
// pictures and a series of its own.
//
// Pure: the same content gives the same bytes. It says of patient and study what its first picture was received with, so that
// every correction of the exam applies to it as to any object. Explicit little endian, UTF-8.
import { buildFileMeta, encodeElements, explicitLittleEndian, type NewElement } from '#station/dicom/index.ts';
import type { ObjectHeader } from '#station/model/object-header.ts';
import { colorStateClass, grayscaleStateClass, isColour, stateElements, type StatePicture } from './state-content.ts';

export type MadeBy = {
  readonly station: { readonly name: string; readonly institution: string; readonly softwareVersion: string };
  readonly by: string;
  /** YYYYMMDDHHMMSS in the zone of the station. */
  readonly at: string;
};

export type StateWish = MadeBy & {
  /** At least one, all with the same key. */
  readonly pictures: readonly [StatePicture, ...StatePicture[]];
  /** Of the first picture, as it was received. */
  readonly header: ObjectHeader;
  readonly StudyInstanceUID: string;
  readonly SeriesInstanceUID: string;
  readonly SOPInstanceUID: string;
  /** Number within the series, from 1. */
  readonly number: number;
};

/** High, so that states stand behind the images in any list, and before notes. */
const seriesNumber = '9980';

export type MadeFile = { readonly pieces: readonly Buffer[]; readonly dataSetOffset: number };

export function buildSoftcopyState(wish: StateWish): MadeFile {
  const sopClassUid = isColour(wish.pictures[0]) ? colorStateClass : grayscaleStateClass;
  const { SOPInstanceUID, StudyInstanceUID, SeriesInstanceUID, header, station, by, at, number } = wish;
  const meta = buildFileMeta({ sopClassUid, sopInstanceUid: SOPInstanceUID, transferSyntaxUid: explicitLittleEndian });
  const elements: NewElement[] = [
    { keyword: 'SpecificCharacterSet', value: 'ISO_IR 192' },
    { keyword: 'SOPClassUID', value: sopClassUid },
    { keyword: 'SOPInstanceUID', value: SOPInstanceUID },
    { keyword: 'InstanceCreationDate', value: at.slice(0, 8) },
    { keyword: 'InstanceCreationTime', value: at.slice(8, 14) },
    ...identityOf(header),
    { keyword: 'StudyInstanceUID', value: StudyInstanceUID },
    { keyword: 'Modality', value: 'PR' },
    { keyword: 'SeriesInstanceUID', value: SeriesInstanceUID },
    { keyword: 'SeriesNumber', value: seriesNumber },
    { keyword: 'SeriesDescription', value: 'Presentation states' },
    { keyword: 'Manufacturer', value: 'Safelight' },
    { keyword: 'ManufacturerModelName', value: 'Safelight' },
    { keyword: 'SoftwareVersions', value: station.softwareVersion },
    ...(station.name === '' ? [] : [{ keyword: 'StationName', value: station.name.slice(0, 16) }]),
    { keyword: 'InstanceNumber', value: String(number) },
    { keyword: 'ContentLabel', value: 'SAFELIGHT' },
    { keyword: 'ContentDescription', value: 'As seen by the technologist' },
    { keyword: 'PresentationCreationDate', value: at.slice(0, 8) },
    { keyword: 'PresentationCreationTime', value: at.slice(8, 14) },
    { keyword: 'ContentCreatorName', value: by.replace(/[\\=]/g, ' ').slice(0, 64) },
    ...stateElements(wish.pictures),
  ];
  const style = { explicit: true, littleEndian: true, characterSet: ['ISO_IR 192'] };
  return { pieces: [meta, encodeElements(elements, style)], dataSetOffset: meta.length };
}

const type2 = [
  ...(['PatientName', 'PatientID', 'PatientBirthDate', 'PatientSex', 'StudyDate', 'StudyTime', 'StudyID'] as const),
  ...(['AccessionNumber', 'ReferringPhysicianName'] as const),
];
const whereKnown = [
  ...(['IssuerOfPatientID', 'PatientAge', 'StudyDescription', 'OperatorsName', 'InstitutionName'] as const),
  'InstitutionalDepartmentName' as const,
];
/** Text that may be in any script; of the others a value that is not ASCII would not be legal anywhere. */
const anyScript: ReadonlySet<string> = new Set([
  ...['PatientName', 'PatientID', 'StudyID', 'AccessionNumber', 'ReferringPhysicianName', 'IssuerOfPatientID'],
  ...['StudyDescription', 'OperatorsName', 'InstitutionName', 'InstitutionalDepartmentName'],
]);

/** Patient, study and equipment as the picture came: corrections read and replace them. */
function identityOf(header: ObjectHeader): NewElement[] {
  const said = (keyword: (typeof type2 | typeof whereKnown)[number] | 'Laterality') =>
    anyScript.has(keyword) || /^[\x20-\x7e]*$/.test(header[keyword]) ? header[keyword] : '';
  return [
    ...type2.map((keyword) => ({ keyword, value: said(keyword) })),
    { keyword: 'Laterality', value: said('Laterality') },
    ...whereKnown.flatMap((keyword) => (said(keyword) === '' ? [] : [{ keyword, value: said(keyword) }])),
  ];
}
