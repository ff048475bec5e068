// Whether what an archive says is the chosen patient's. Pure.
//
// An answer of another patient ID answers another question and is left out. What has the ID and contradicts in name, birth
// date, sex or issuer is shown with its doubts, for a person to judge: hidden, it would be missed.
import type { PriorDoubt } from '#contract/shapes/priors.ts';
import type { PatientIdentity } from './ports.ts';

/** An ID with these would ask for other patients too (PS3.4 C.2.2.2.4), or for two values. */
const notAskable = /[*?\\\u0000-\u001f\u007f]/;

/** Whether an archive can be asked for this ID and nothing else. */
export const isAskable = (PatientID: string): boolean =>
  PatientID.trim() !== '' && PatientID.length <= 64 && !notAskable.test(PatientID);

/** Names as they compare: case, padding and punctuation of components do not count. */
const foldName = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toUpperCase()
    .split('=')
    .map((group) => group.replace(/[\s^.,-]+/gu, ' ').trim())
    .join('=')
    .replace(/=+$/, '');

const fold = (text: string): string => text.normalize('NFC').trim().toUpperCase();

/** True for an answer to our question, however it spells the ID. */
export const isOfPatientId = (said: string, asked: string): boolean => fold(said) === fold(asked);

/** What speaks against `said` being `chosen`. What one of them does not say contradicts nobody. */
export function doubtsOf(chosen: PatientIdentity, said: PatientIdentity): PriorDoubt[] {
  const differs = (one: string, other: string) => one !== '' && other !== '' && one !== other;
  const doubts: PriorDoubt[] = [];
  if (namesDiffer(chosen.PatientName, said.PatientName)) doubts.push('name');
  if (differs(chosen.PatientBirthDate.trim(), said.PatientBirthDate.trim())) doubts.push('birth-date');
  if (differs(fold(chosen.PatientSex), fold(said.PatientSex))) doubts.push('sex');
  if (differs(fold(chosen.IssuerOfPatientID), fold(said.IssuerOfPatientID))) doubts.push('issuer');
  if (chosen.PatientID.trim() !== said.PatientID.trim()) doubts.push('id-spelling');
  return doubts;
}

/** Groups that both have: a name that one of them also writes in another script is still the same name. */
function namesDiffer(one: string, other: string): boolean {
  const [groups, others] = [foldName(one).split('='), foldName(other).split('=')];
  return groups.some((group, n) => group !== '' && (others[n] ?? '') !== '' && group !== others[n]);
}
