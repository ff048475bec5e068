// The attributes of an ObjectHeader and where they stand. A table of its own, so that reading a header does not wait
// for the whole dictionary.
import type { HeaderNumberKeyword, HeaderTextKeyword } from '#station/model/object-header.ts';

export type HeaderTag = { readonly tag: number; readonly vr: string } & (
  | { readonly kind: 'charset'; readonly keyword: 'SpecificCharacterSet' }
  | { readonly kind: 'text'; readonly keyword: HeaderTextKeyword }
  | { readonly kind: 'number'; readonly keyword: HeaderNumberKeyword }
  | { readonly kind: 'numbers'; readonly keyword: 'WindowCenter' | 'WindowWidth' }
);

const text = (tag: number, vr: string, keyword: HeaderTextKeyword): HeaderTag => ({ kind: 'text', tag, vr, keyword });
const number = (tag: number, vr: string, keyword: HeaderNumberKeyword): HeaderTag => ({
  kind: 'number',
  tag,
  vr,
  keyword,
});

const rows: readonly HeaderTag[] = [
  { kind: 'charset', tag: 0x00080005, vr: 'CS', keyword: 'SpecificCharacterSet' },
  text(0x00080016, 'UI', 'SOPClassUID'),
  text(0x00080018, 'UI', 'SOPInstanceUID'),
  text(0x00080020, 'DA', 'StudyDate'),
  text(0x00080030, 'TM', 'StudyTime'),
  text(0x00080050, 'SH', 'AccessionNumber'),
  text(0x00080060, 'CS', 'Modality'),
  text(0x00080070, 'LO', 'Manufacturer'),
  text(0x00080080, 'LO', 'InstitutionName'),
  text(0x00080090, 'PN', 'ReferringPhysicianName'),
  text(0x00081010, 'SH', 'StationName'),
  text(0x00081030, 'LO', 'StudyDescription'),
  text(0x0008103e, 'LO', 'SeriesDescription'),
  text(0x00081040, 'LO', 'InstitutionalDepartmentName'),
  text(0x00081070, 'PN', 'OperatorsName'),
  text(0x00081090, 'LO', 'ManufacturerModelName'),
  text(0x00100010, 'PN', 'PatientName'),
  text(0x00100020, 'LO', 'PatientID'),
  text(0x00100021, 'LO', 'IssuerOfPatientID'),
  text(0x00100030, 'DA', 'PatientBirthDate'),
  text(0x00100040, 'CS', 'PatientSex'),
  text(0x00101010, 'AS', 'PatientAge'),
  text(0x00180015, 'CS', 'BodyPartExamined'),
  number(0x00181063, 'DS', 'FrameTime'),
  text(0x0020000d, 'UI', 'StudyInstanceUID'),
  text(0x0020000e, 'UI', 'SeriesInstanceUID'),
  text(0x00200010, 'SH', 'StudyID'),
  number(0x00200011, 'IS', 'SeriesNumber'),
  number(0x00200013, 'IS', 'InstanceNumber'),
  text(0x00200060, 'CS', 'Laterality'),
  number(0x00280002, 'US', 'SamplesPerPixel'),
  text(0x00280004, 'CS', 'PhotometricInterpretation'),
  number(0x00280006, 'US', 'PlanarConfiguration'),
  number(0x00280008, 'IS', 'NumberOfFrames'),
  number(0x00280010, 'US', 'Rows'),
  number(0x00280011, 'US', 'Columns'),
  number(0x00280100, 'US', 'BitsAllocated'),
  number(0x00280101, 'US', 'BitsStored'),
  number(0x00280102, 'US', 'HighBit'),
  number(0x00280103, 'US', 'PixelRepresentation'),
  text(0x00280301, 'CS', 'BurnedInAnnotation'),
  { kind: 'numbers', tag: 0x00281050, vr: 'DS', keyword: 'WindowCenter' },
  { kind: 'numbers', tag: 0x00281051, vr: 'DS', keyword: 'WindowWidth' },
  number(0x00281052, 'DS', 'RescaleIntercept'),
  number(0x00281053, 'DS', 'RescaleSlope'),
];

export const headerTags: ReadonlyMap<number, HeaderTag> = new Map(rows.map((row) => [row.tag, row]));

/** Nothing that is wanted stands behind it. */
export const lastHeaderTag = 0x00281053;
