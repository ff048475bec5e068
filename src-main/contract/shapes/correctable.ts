// The attributes that a correction may set, and what each may hold. Plain constants without a validator, because the
// window needs them too and is to stay small.

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
  'InstitutionalDepartmentName',
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
  InstitutionalDepartmentName: 'LO',
  OperatorsName: 'PN',
} as const satisfies Record<CorrectableKeyword, string>;
