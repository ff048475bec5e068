// Who and what an exam is about: the attributes a technologist may see and correct, by their DICOM keywords.
import { z } from 'zod';

/** The attributes that a correction may set on a whole exam, in the order of the form. */
export const correctableKeywords = [
  'PatientName',
  'PatientID',
  'IssuerOfPatientID',
  'PatientBirthDate',
  'PatientSex',
  'AccessionNumber',
  'StudyID',
  'StudyDescription',
  'ReferringPhysicianName',
  'InstitutionName',
  'OperatorsName',
] as const;

export type CorrectableKeyword = (typeof correctableKeywords)[number];

export const correctableVr = {
  PatientName: 'PN',
  PatientID: 'LO',
  IssuerOfPatientID: 'LO',
  PatientBirthDate: 'DA',
  PatientSex: 'CS',
  AccessionNumber: 'SH',
  StudyID: 'SH',
  StudyDescription: 'LO',
  ReferringPhysicianName: 'PN',
  InstitutionName: 'LO',
  OperatorsName: 'PN',
} as const satisfies Record<CorrectableKeyword, string>;

/** Values by keyword. A missing key means: says nothing about it. An empty text means: empty. */
export const attributesShape = z.partialRecord(z.enum(correctableKeywords), z.string().max(1024));
export type Attributes = Readonly<Partial<Record<CorrectableKeyword, string>>>;

/** Reason for the Attribute Modification (0400,0565), PS3.3 C.12.1.1.9. */
export const correctionReasonShape = z.enum(['CORRECT', 'COERCE']);
export type CorrectionReason = z.infer<typeof correctionReasonShape>;
