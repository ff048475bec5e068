// Whether corrected images may stay in the study they left in. Pure, for station and screen alike.
import type { CorrectableKeyword } from './correctable.ts';

type Said = Readonly<Partial<Record<CorrectableKeyword, string>>>;

/**
 * True when images that left with one identity may stay in their study with the other: the patient and the order are the
 * same, and only what is said of them is another. The ID decides; without one the name and the birth date do.
 */
export function keepsItsStudy(before: Said, after: Said): boolean {
  const said = (of: Said, keyword: CorrectableKeyword) => (of[keyword] ?? '').trim();
  const isOther = (keyword: CorrectableKeyword) =>
    said(before, keyword) !== '' && said(after, keyword) !== '' && said(before, keyword) !== said(after, keyword);
  if (isOther('PatientID') || isOther('IssuerOfPatientID') || isOther('AccessionNumber')) return false;
  const hasOneId = said(before, 'PatientID') !== '' && said(after, 'PatientID') !== '';
  return hasOneId || !(isOther('PatientName') || isOther('PatientBirthDate'));
}
