// What stands against an exam because of the identities that its objects carry. Pure: facts in, problems out.
//
// A correction answers a problem when it gives the value that was missing or wrong; two patients in one exam are
// answered only by a correction of everything in which they differ, which is a person's word that they are one.
import type { ProblemCode, ProblemNote } from '#contract/problems.ts';
import { correctableVr, type Attributes, type CorrectableKeyword } from '#contract/shapes/identity.ts';
import { checkValue } from '#contract/shapes/value-rules.ts';
import { isPlaceholderId, isPlaceholderName, type SitePlaceholders } from './placeholder-identity.ts';
import { foldText } from '#station/kit/search-text.ts';

/** Every different set of values that the objects of an exam carry, in the order of arrival; rejected objects left out. */
export type Identities = readonly Attributes[];

const identityKeywords = ['PatientID', 'IssuerOfPatientID', 'PatientName', 'PatientBirthDate', 'PatientSex'] as const;
const earliestBirth = '18800101';

/**
 * @param today YYYYMMDD
 * @param site what names nobody besides, as the site set it
 */
export function problemsOfExam(identities: Identities, today: string, site?: SitePlaceholders): ProblemNote[] {
  const found = new Map<string, ProblemNote>();
  const say = (code: ProblemCode, params: ProblemNote['params'] = {}) =>
    found.set(`${code} ${JSON.stringify(params)}`, { code, params });
  for (const identity of identities) {
    const { PatientID = '', PatientName = '', PatientBirthDate = '', PatientSex = '' } = identity;
    if (PatientID === '') say('no-patient-id');
    else if (isPlaceholderId(PatientID, site)) say('placeholder-identity', { value: PatientID });
    if (isEmptyName(PatientName)) say('no-patient-name');
    else if (isPlaceholderName(PatientName, site)) say('placeholder-identity', { value: PatientName });
    if (PatientBirthDate !== '' && !isPossibleBirth(PatientBirthDate, today)) {
      say('impossible-date', { keyword: 'PatientBirthDate', value: PatientBirthDate });
    }
    if (!['', 'M', 'F', 'O'].includes(PatientSex)) say('invalid-sex', { value: PatientSex });
    for (const keyword of illegalValues(identity)) say('illegal-value', { keyword });
  }
  const two = twoPatients(identities);
  if (two) say('two-patients', two);
  return [...found.values()];
}

/** True when the corrections of the exam give what this problem misses. */
export function isAnswered(problem: ProblemNote, corrected: Attributes, identities: Identities): boolean {
  const gives = (keyword: CorrectableKeyword) => (corrected[keyword] ?? '') !== '';
  const { keyword, value } = problem.params;
  switch (problem.code) {
    case 'no-patient-id':
      return gives('PatientID');
    case 'no-patient-name':
      return gives('PatientName');
    case 'placeholder-identity':
      return identities.every(
        (identity) =>
          (identity.PatientID !== value || gives('PatientID')) &&
          (identity.PatientName !== value || gives('PatientName')),
      );
    case 'invalid-sex':
      return corrected.PatientSex !== undefined;
    case 'impossible-date':
    case 'illegal-value':
    case 'undecodable-text':
      return typeof keyword === 'string' && corrected[keyword as CorrectableKeyword] !== undefined;
    case 'two-patients':
      return identityKeywords.every((key) => corrected[key] !== undefined || !differs(identities, key));
    case 'patient-merged':
      return identities.every((identity) => !isMeant({ ...identity, ...corrected }, problem.params));
    case 'order-changed':
      return (
        isOfPatientOnly(problem) &&
        identities.every((identity) => isPatient({ ...identity, ...corrected }, problem.params))
      );
    case 'patient-updated':
      return identities.every((identity) => saysTheSame({ ...identity, ...corrected }, problem.params));
    default:
      return false;
  }
}

/** The identity is that of the identifier which the hospital merged into another. */
function isMeant({ PatientID = '', IssuerOfPatientID = '' }: Attributes, params: ProblemNote['params']): boolean {
  const isIssuer = IssuerOfPatientID === '' || IssuerOfPatientID === params['priorIssuer'];
  return PatientID === params['prior'] && isIssuer;
}

const isOfPatientOnly = ({ params }: ProblemNote) =>
  String(params['changed'])
    .split(', ')
    .every((keyword) => /Patient/.test(keyword));

const isPatient = (identity: Attributes, params: ProblemNote['params']) =>
  identity.PatientID === params['PatientID'] && saysTheSame(identity, params);

/** What the hospital says of the patient; what it does not say contradicts nothing. */
function saysTheSame(identity: Attributes, params: ProblemNote['params']): boolean {
  return (['PatientName', 'PatientBirthDate', 'PatientSex'] as const).every(
    (keyword) => (params[keyword] ?? '') === '' || identity[keyword] === params[keyword],
  );
}

/**
 * A late image that says somebody else than the patient who was chosen before it came: nobody has seen that. What the
 * device had said before, or says rightly now, is no surprise; an empty value contradicts nothing.
 * @param seen identities that were there when the patient was chosen
 * @param late identities that came afterwards
 */
export function lateOtherPatient(seen: Identities, late: Identities, corrected: Attributes): ProblemNote | undefined {
  const same = (key: CorrectableKeyword, a: string, b: string) =>
    key === 'PatientName' ? comparableName(a) === comparableName(b) : a.trim() === b.trim();
  for (const identity of late) {
    const surprise = identityKeywords.find((key) => {
      const [said = '', chosen] = [identity[key], corrected[key]];
      if (said.trim() === '' || chosen === undefined || same(key, said, chosen)) return false;
      return !seen.some((known) => same(key, known[key] ?? '', said));
    });
    if (surprise === undefined) continue;
    const [first, second] = [nameIdentity(corrected, surprise), nameIdentity(identity, surprise)];
    return { code: 'late-other-patient', params: { first, second } };
  }
  return undefined;
}

/** The first two identities that cannot be one person's, as words, or undefined. An empty value contradicts nothing. */
function twoPatients(identities: Identities): { first: string; second: string } | undefined {
  for (const key of identityKeywords) {
    const [first, second] = firstOfEach(identities, key);
    if (first && second) return { first: nameIdentity(first, key), second: nameIdentity(second, key) };
  }
  return undefined;
}

const differs = (identities: Identities, key: CorrectableKeyword) => firstOfEach(identities, key).length > 1;

function firstOfEach(identities: Identities, key: CorrectableKeyword): Attributes[] {
  const byValue = new Map<string, Attributes>();
  for (const identity of identities) {
    const value = identity[key] ?? '';
    const same = key === 'PatientName' ? comparableName(value) : value.trim();
    if (same !== '' && !byValue.has(same)) byValue.set(same, identity);
  }
  return [...byValue.values()];
}

export function nameIdentity(identity: Attributes, key: CorrectableKeyword): string {
  const { PatientName = '', PatientID = '' } = identity;
  const own = key === 'PatientName' || key === 'PatientID' ? '' : ` ${identity[key] ?? ''}`;
  return `${PatientName} (${PatientID})${own}`.trim();
}

/** Names differ only by what they mean: case, padding and empty components at the end do not count. */
export function comparableName(name: string): string {
  return foldText((name.split('=')[0] ?? '').replace(/[\^ ]+$/, ''));
}

const isEmptyName = (name: string) => name.replace(/[\^= ]/g, '') === '';

function isPossibleBirth(text: string, today: string): boolean {
  return checkValue('DA', text).ok && text.replaceAll('.', '') <= today && text.replaceAll('.', '') >= earliestBirth;
}

/** Texts that the value representation does not allow; dates and sex have words of their own. */
function illegalValues(identity: Attributes): CorrectableKeyword[] {
  const keywords = Object.keys(identity) as CorrectableKeyword[];
  return keywords.filter((keyword) => {
    const vr = correctableVr[keyword];
    return vr !== 'DA' && vr !== 'CS' && !checkValue(vr, identity[keyword] ?? '', keyword).ok;
  });
}
