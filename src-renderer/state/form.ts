// The form of an exam as pure rules: which fields there are, what the device said, what goes out, what is wrong with
// what was typed, and which standing problems it answers. No state; the draft is handed in.
import { correctableKeywords, correctableVr, type CorrectableKeyword } from '#contract/shapes/correctable.ts';
import type { Exam } from '#contract/shapes/exam.ts';
import type { SeenIdentity } from '#contract/shapes/seen-identity.ts';
import type { StandingProblem } from '#contract/shapes/problem.ts';
import { isAnotherPerson, numbersOfOrder } from '#contract/shapes/other-person.ts';
import { checkValue, type ValueExpectation } from '#contract/shapes/value-rules.ts';
import { readTypedDate } from './typed-date.ts';

/** A person name is typed in parts; everything else is one field. */
export const nameParts = ['family', 'given', 'more', 'writings'] as const;
export type NamePart = (typeof nameParts)[number];
type PlainKeyword = Exclude<CorrectableKeyword, 'PatientName'>;
export type FieldId = NamePart | PlainKeyword;

/** What was typed, by field. A field that nobody touched is not there. */
export type Draft = Readonly<Partial<Record<FieldId, string>>>;

export type Fault =
  | { readonly code: 'value-too-long'; readonly limit: number }
  | { readonly code: 'value-not-allowed'; readonly expected: ValueExpectation };

const plainKeywords = correctableKeywords.filter((keyword): keyword is PlainKeyword => keyword !== 'PatientName');

/** Every field of the form, in its order. */
export const formFields: readonly FieldId[] = [...nameParts, ...plainKeywords];

export const keywordOf = (field: FieldId): CorrectableKeyword =>
  (nameParts as readonly string[]).includes(field) ? 'PatientName' : (field as PlainKeyword);

/** Splits a person name into what is typed apart: family, given, the other components, the other writings. */
export function splitName(name: string): Readonly<Record<NamePart, string>> {
  const [alphabetic = '', ...writings] = name.split('=');
  const [family = '', given = '', ...more] = alphabetic.split('^');
  return { family, given, more: trimmed(more.join('^')), writings: trimmed(writings.join('='), '=') };
}

/** Puts the parts together again; empty ends are left out. */
export function composeName(parts: Readonly<Record<NamePart, string>>): string {
  const alphabetic = trimmed([parts.family.trim(), parts.given.trim(), parts.more.trim()].join('^'));
  return trimmed([alphabetic, parts.writings.trim()].join('='), '=');
}

const trimmed = (text: string, mark = '^') => {
  let end = text.length;
  while (end > 0 && text[end - 1] === mark) end -= 1;
  return text.slice(0, end);
};

/** Every different value the device sent. More than one is a contradiction. */
export function valuesSaid(exam: Exam, keyword: CorrectableKeyword): readonly string[] {
  const values = exam.receivedValues[keyword] ?? [];
  return values.length > 0 ? values : [exam.received[keyword] ?? ''];
}

/** What the device said in one field; several when it contradicts itself. */
export function fieldSaid(exam: Exam, field: FieldId): readonly string[] {
  const values = valuesSaid(exam, keywordOf(field));
  return [...new Set(values.map((value) => partOf(value, field)))];
}

/** What would go out if nothing more were typed. Undefined where the device contradicts itself and nobody has chosen. */
export function baseValue(exam: Exam, keyword: CorrectableKeyword): string | undefined {
  const corrected =
    exam.corrected[keyword] ??
    exam.corrections.findLast((c) => c.attributes[keyword] !== undefined)?.attributes[keyword];
  if (corrected !== undefined) return corrected;
  const said = valuesSaid(exam, keyword);
  return said.length > 1 ? undefined : said[0];
}

/** True where what goes out is what the order said, and nobody changed it since. */
export function isFromOrder(exam: Exam, draft: Draft, keyword: CorrectableKeyword): boolean {
  const order = exam.appliedOrder;
  if (order === undefined || isTouched(draft, keyword)) return false;
  const said = { ...order.content, StudyID: order.StudyID } as Readonly<Record<string, unknown>>;
  const value = exam.corrected[keyword];
  if (value === undefined || value === '') return false;
  const texts = keyword === 'StudyDescription' ? orderDescriptions : [keyword];
  return texts.some((key) => said[key] === value);
}
const orderDescriptions = ['RequestedProcedureDescription', 'ScheduledProcedureStepDescription'] as const;

/** What stands in a field now. */
export function fieldValue(exam: Exam, draft: Draft, field: FieldId): string {
  return draft[field] ?? partOf(baseValue(exam, keywordOf(field)) ?? '', field);
}

const partOf = (value: string, field: FieldId): string =>
  keywordOf(field) === 'PatientName' ? splitName(value)[field as NamePart] : value;

/** The value a keyword would leave with, in DICOM's form; undefined when a date that was typed is none. */
export function outgoing(exam: Exam, draft: Draft, keyword: CorrectableKeyword): string | undefined {
  if (keyword === 'PatientName') {
    const part = (field: NamePart) => fieldValue(exam, draft, field);
    return composeName({
      family: part('family'),
      given: part('given'),
      more: part('more'),
      writings: part('writings'),
    });
  }
  const typed = draft[keyword];
  if (typed === undefined) return goesWithPatient(exam, draft, keyword) ? '' : (baseValue(exam, keyword) ?? '');
  if (correctableVr[keyword] === 'DA') return readTypedDate(typed);
  return correctableVr[keyword] === 'PN' ? nameWithComma(typed.trim()) : typed.trim();
}

/**
 * True for a number of the order that goes because what was typed makes the images somebody else's: nobody has said which
 * one is theirs. The station makes a Study ID anew.
 */
export function goesWithPatient(exam: Exam, draft: Draft, keyword: CorrectableKeyword): boolean {
  if (!(numbersOfOrder as readonly string[]).includes(keyword) || isTouched(draft, keyword)) return false;
  const who = (of: Draft) =>
    Object.fromEntries(
      (['PatientName', 'PatientID', 'PatientBirthDate'] as const).map((key) => [key, outgoing(exam, of, key) ?? '']),
    );
  const nobody = exam.problems.filter(({ code }) => code === 'placeholder-identity');
  return isAnotherPerson(who({}), who(draft), new Set(nobody.map(({ params }) => String(params['value']).trim())));
}

/** 'Marino, Sofia' is meant as 'Marino^Sofia'. */
const nameWithComma = (typed: string) => (typed.includes('^') ? typed : typed.replace(/\s*,\s*/, '^'));

const isTouched = (draft: Draft, keyword: CorrectableKeyword) =>
  keyword === 'PatientName' ? nameParts.some((part) => draft[part] !== undefined) : draft[keyword] !== undefined;

/** The attributes that differ from what the station would send already. */
export function changes(exam: Exam, draft: Draft): Partial<Record<CorrectableKeyword, string>> {
  const changed: Partial<Record<CorrectableKeyword, string>> = {};
  for (const keyword of correctableKeywords) {
    const value = outgoing(exam, draft, keyword);
    if (isTouched(draft, keyword) && value !== undefined && value !== baseValue(exam, keyword))
      changed[keyword] = value;
  }
  return changed;
}

/** Who stands in the banner: what an approval is meant for. */
export function identityShown(exam: Exam, draft: Draft): SeenIdentity {
  const value = (keyword: CorrectableKeyword) => outgoing(exam, draft, keyword) ?? '';
  return {
    PatientName: value('PatientName'),
    PatientID: value('PatientID'),
    PatientBirthDate: value('PatientBirthDate'),
  };
}

/** What is wrong with what was typed in a field, or undefined. Untouched fields are never at fault here. */
export function faultOf(exam: Exam, draft: Draft, field: FieldId): Fault | undefined {
  const keyword = keywordOf(field);
  if (!isTouched(draft, keyword)) return undefined;
  const value = outgoing(exam, draft, keyword);
  if (value === undefined) return { code: 'value-not-allowed', expected: 'date' };
  if (isNameSeparator(draft, field)) return { code: 'value-not-allowed', expected: 'name' };
  const verdict = checkValue(correctableVr[keyword], value, keyword);
  if (verdict.ok) return undefined;
  return verdict.code === 'value-too-long'
    ? { code: verdict.code, limit: verdict.params.limit }
    : { code: verdict.code, expected: verdict.params.expected };
}

const isNameSeparator = (draft: Draft, field: FieldId) =>
  (field === 'family' || field === 'given') && /[\^=]/.test(draft[field] ?? '');

/** Every field of the form with a fault, in the order of the form. */
export function faults(exam: Exam, draft: Draft): readonly FieldId[] {
  return formFields.filter((field) => faultOf(exam, draft, field) !== undefined);
}

/** CORRECT: somebody typed it wrong. COERCE: it was blank, a placeholder or came from elsewhere (PS3.3 C.12.1.1.9). */
export function reasonFor(exam: Exam, draft: Draft): 'CORRECT' | 'COERCE' {
  const typed = changes(exam, draft);
  // The blank of another source takes nothing away; one that a person typed is meant.
  if (Object.values(typed).includes('')) return 'CORRECT';
  if (exam.source.kind !== 'dicom') return 'COERCE';
  const placeholder = exam.problems.some((problem) => problem.code === 'placeholder-identity');
  const wasBlank = (keyword: CorrectableKeyword) =>
    valuesSaid(exam, keyword).every((value) => value.trim() === '') || (placeholder && keyword === 'PatientName');
  return (Object.keys(typed) as CorrectableKeyword[]).every(wasBlank) ? 'COERCE' : 'CORRECT';
}

const identity = ['PatientName', 'PatientID', 'IssuerOfPatientID', 'PatientBirthDate', 'PatientSex'] as const;

/** The fields whose value would answer a problem; none for a problem that typing cannot answer. */
export function fieldsFor(exam: Exam, problem: StandingProblem): readonly CorrectableKeyword[] {
  const said = (keyword: CorrectableKeyword) => valuesSaid(exam, keyword).filter((value) => value.trim() !== '');
  switch (problem.code) {
    case 'no-patient-id':
      return ['PatientID'];
    case 'no-patient-name':
      return ['PatientName'];
    case 'invalid-sex':
      return ['PatientSex'];
    case 'placeholder-identity':
      return (['PatientName', 'PatientID'] as const).filter((k) => said(k).includes(String(problem.params['value'])));
    case 'two-patients':
      return identity.filter((keyword) => said(keyword).length > 1);
    default:
      return correctableKeywords.filter((keyword) => keyword === problem.params['keyword']);
  }
}

/** True when what was typed, or was recorded before, answers a problem. The station judges again when it is approved. */
export function isAnswered(exam: Exam, draft: Draft, problem: StandingProblem): boolean {
  if (problem.answered) return true;
  const keywords = fieldsFor(exam, problem);
  const typed = { ...exam.corrected, ...changes(exam, draft) };
  const mayBeEmpty =
    problem.code !== 'no-patient-id' && problem.code !== 'no-patient-name' && problem.code !== 'placeholder-identity';
  const isGiven = (keyword: CorrectableKeyword) =>
    typed[keyword] !== undefined && (mayBeEmpty || typed[keyword] !== '');
  return keywords.length > 0 && keywords.every(isGiven);
}
