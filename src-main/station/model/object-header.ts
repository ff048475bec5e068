// What the house knows of one object from its header: decoded and trimmed text, numbers, where the pixels lie, and what
// is wrong with it. Made by dicom/ once on arrival, kept by the catalogue. Immutable, no I/O.
//
// Texts are '' when the attribute is absent or empty, numbers are null, lists are empty.
import type { ProblemNote } from '#contract/problems.ts';

export const headerTextKeywords = [
  'PatientName',
  'PatientID',
  'IssuerOfPatientID',
  'PatientBirthDate',
  'PatientSex',
  'PatientAge',
  'StudyInstanceUID',
  'SeriesInstanceUID',
  'SOPInstanceUID',
  'SOPClassUID',
  'StudyDate',
  'StudyTime',
  'StudyID',
  'AccessionNumber',
  'Modality',
  'StudyDescription',
  'SeriesDescription',
  'ReferringPhysicianName',
  'OperatorsName',
  'InstitutionName',
  'InstitutionalDepartmentName',
  'StationName',
  'Manufacturer',
  'ManufacturerModelName',
  'BodyPartExamined',
  'Laterality',
  'BurnedInAnnotation',
  'PhotometricInterpretation',
] as const;

export type HeaderTextKeyword = (typeof headerTextKeywords)[number];

export const headerNumberKeywords = [
  'SeriesNumber',
  'InstanceNumber',
  'Rows',
  'Columns',
  'NumberOfFrames',
  'SamplesPerPixel',
  'BitsAllocated',
  'BitsStored',
  'HighBit',
  'PixelRepresentation',
  'PlanarConfiguration',
  'RescaleIntercept',
  'RescaleSlope',
  'FrameTime',
] as const;

export type HeaderNumberKeyword = (typeof headerNumberKeywords)[number];

export type PixelDataPlace = {
  /** Where the value begins, in bytes from the start of the file (of the inflated data set when deflated). */
  readonly offset: number;
  /** Length of the value in bytes as the header gives it; null when it is undefined (encapsulated frames). */
  readonly length: number | null;
  readonly vr: string;
  readonly tag: number;
};

export type ObjectHeader = Readonly<Record<HeaderTextKeyword, string>> &
  Readonly<Record<HeaderNumberKeyword, number | null>> & {
    readonly SpecificCharacterSet: readonly string[];
    readonly WindowCenter: readonly number[];
    readonly WindowWidth: readonly number[];
    /** What text is that SpecificCharacterSet cannot explain: '' when there is none. */
    readonly textSends: '' | 'UTF-8' | 'other';
    /** The transfer syntax the bytes are in; '' when it could not be known. */
    readonly transferSyntaxUid: string;
    /** Offset of the data set in the file, bytes. */
    readonly dataSetOffset: number;
    readonly hasPixelData: boolean;
    readonly pixelData: PixelDataPlace | null;
    /** False when the header could not be read up to the pixel data or the end: what is missing here may be in the file. */
    readonly wholeHeaderRead: boolean;
    readonly flaws: readonly ProblemNote[];
  };
