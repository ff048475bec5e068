import { expect, it } from 'vitest';
import { keepsItsStudy } from '#contract/shapes/study-of-copies.ts';

const left = { PatientName: 'Müller^Jürgen', PatientID: 'S1', PatientBirthDate: '19500102', AccessionNumber: 'A1' };
const stays = (after: object) => keepsItsStudy(left, { ...left, ...after });

it('images that are corrected in what is said of their patient and order stay in their study', () => {
  expect(stays({ PatientName: 'Moller^Jurgen' })).toBe(true);
  expect(stays({ PatientBirthDate: '19500201', PatientSex: 'M' })).toBe(true);
  expect(stays({ StudyDescription: 'Hand', ReferringPhysicianName: 'Weber' })).toBe(true);
  expect(stays({ PatientID: ' S1 ' })).toBe(true);
});

it('images of another patient or of another order get a study of their own', () => {
  expect(stays({ PatientID: 'R-1' })).toBe(false);
  expect(stays({ IssuerOfPatientID: 'KLINIK' })).toBe(true);
  expect(keepsItsStudy({ ...left, IssuerOfPatientID: 'A' }, { ...left, IssuerOfPatientID: 'B' })).toBe(false);
  expect(stays({ AccessionNumber: 'B2' })).toBe(false);
});

it('without an ID the name and the birth date say who it is, and what was blank may be filled in', () => {
  const { PatientID: _id, ...nobody } = left;
  expect(keepsItsStudy(nobody, { ...nobody, PatientName: 'Right^Person' })).toBe(false);
  expect(keepsItsStudy(nobody, { ...nobody, PatientBirthDate: '19600101' })).toBe(false);
  expect(keepsItsStudy(nobody, left)).toBe(true);
  expect(keepsItsStudy({ ...left, AccessionNumber: '' }, left)).toBe(true);
});
