// What an order says about an exam, and whether it may be written. Pure.
//
// An order comes from outside: a value that no attribute may hold is refused with the field, before anything is changed.
import type { CorrectableKeyword } from '#contract/shapes/correctable.ts';
import type { AppliedOrder } from '#contract/shapes/applied-order.ts';
import type { Attributes, CorrectionReason } from '#contract/shapes/identity.ts';
import { orderContentShape, type Code, type OrderContent } from '#contract/shapes/order.ts';
import { checkValue } from '#contract/shapes/value-rules.ts';
import { Problem } from '#station/kit/problem.ts';

/** Attributes of an order that are written, beyond those that a person may type, by their VR. */
const otherVrs = {
  AdmissionID: 'LO',
  IssuerOfAdmissionID: 'UT',
  IssuerOfAccessionNumber: 'UT',
  RequestingPhysician: 'PN',
  RequestedProcedureID: 'SH',
  RequestedProcedureDescription: 'LO',
  ReasonForTheRequestedProcedure: 'LO',
  ScheduledProcedureStepID: 'SH',
  ScheduledProcedureStepDescription: 'LO',
  StudyInstanceUID: 'UI',
} as const satisfies Partial<Record<keyof OrderContent, string>>;

/** @throws Problem 'value-too-long', 'value-not-allowed' with the keyword of the order */
export function checkOrder(content: OrderContent): void {
  const demand = (vr: string, value: string, keyword: string): void => {
    const verdict = checkValue(vr, value.trim(), keyword);
    if (!verdict.ok) throw new Problem(verdict.code, verdict.params);
  };
  for (const [keyword, vr] of Object.entries(otherVrs)) demand(vr, content[keyword as keyof typeof otherVrs], keyword);
  for (const uid of content.ReferencedStudySOPInstanceUIDs) demand('UI', uid, 'ReferencedStudySequence');
  const codes: readonly (readonly [string, readonly Code[]])[] = [
    ['ProcedureCodeSequence', content.RequestedProcedureCodes],
    ['ScheduledProtocolCodeSequence', content.ScheduledProtocolCodes],
  ];
  for (const [keyword, list] of codes) for (const code of list) checkCode(code, keyword);
}

/** @throws Problem 'value-too-long', 'value-not-allowed' at the sequence */
export function checkCode(
  { CodeValue, CodingSchemeDesignator, CodingSchemeVersion, CodeMeaning }: Code,
  at: string,
): void {
  // A code without meaning or scheme says nothing to whoever does not know it (PS3.3 table 8.8-1: both are Type 1).
  if (CodeValue.trim() === '' || CodingSchemeDesignator.trim() === '' || CodeMeaning.trim() === '') {
    throw new Problem('value-not-allowed', { keyword: at, expected: 'notEmpty' });
  }
  const parts = [
    // A longer value is written as Long Code Value.
    [CodeValue.length > 16 ? 'UC' : 'SH', CodeValue],
    ['SH', CodingSchemeDesignator],
    ['SH', CodingSchemeVersion],
    ['LO', CodeMeaning],
  ] as const;
  for (const [vr, value] of parts) {
    const verdict = checkValue(vr, value.trim(), at);
    if (!verdict.ok) throw new Problem(verdict.code, verdict.params);
  }
}

/** The texts of the exam that an order sets. What it does not say stays; a referring physician of another order goes. */
export function textsOfOrder(
  content: OrderContent,
  StudyID: string,
  reason: CorrectionReason,
): Partial<Record<CorrectableKeyword, string>> {
  const { PatientName, PatientID, IssuerOfPatientID, PatientBirthDate, PatientSex } = content;
  const { AccessionNumber, ReferringPhysicianName, RequestedProcedureDescription: StudyDescription } = content;
  const all: Partial<Record<CorrectableKeyword, string>> = {
    ...{ PatientName, PatientID, IssuerOfPatientID, PatientBirthDate, PatientSex },
    ...{ AccessionNumber, StudyID, StudyDescription, ReferringPhysicianName },
  };
  const said = Object.entries(all).filter(([, value]) => value.trim() !== '');
  const texts = Object.fromEntries(said) as Partial<Record<CorrectableKeyword, string>>;
  if (reason === 'CORRECT' && texts.ReferringPhysicianName === undefined) texts.ReferringPhysicianName = '';
  return texts;
}

/** Study ID is what people read on a folder: the day and time at which the order was given. */
export function madeStudyId(now: string): string {
  return `SL${now.replace(/\D/g, '').slice(2, 14)}`;
}

/** What the exam says now, and why each value is another one than was received. */
type Typed = { readonly chosen: Attributes; readonly reasons: ReadonlyMap<string, CorrectionReason> };

/**
 * Whether what was typed after an order was given makes the exam somebody else's. A number that the hospital itself gave the
 * patient since is the same person's.
 */
export function isOfSomebodyElse({ content }: Pick<AppliedOrder, 'content'>, { chosen, reasons }: Typed): boolean {
  const isKnown = content.OtherPatientIDs.some((id) => id.trim() === chosen.PatientID?.trim());
  if (isKnown || !differs(content, chosen, 'PatientID')) return false;
  return reasons.get('PatientID') === 'CORRECT' || differs(content, chosen, 'PatientBirthDate');
}

/** Says nothing of an order, and takes away what is said of a wrong one. */
export const nothingOrdered = {
  reason: 'CORRECT',
  content: orderContentShape.parse({}),
  StudyInstanceUID: '',
} as const satisfies Partial<AppliedOrder>;

/**
 * An order as it counts beside what was typed after it. With another accession number its request says that one. Where the
 * exam was made somebody else's, nothing of the order is theirs: it says nothing, and what it would have set goes.
 */
export function orderAsTyped(order: AppliedOrder, typed: Typed): AppliedOrder {
  const { content } = order;
  if (isOfSomebodyElse(order, typed)) return { ...order, ...nothingOrdered };
  if (!differs(content, typed.chosen, 'AccessionNumber')) return order;
  return {
    ...order,
    content: { ...content, AccessionNumber: typed.chosen.AccessionNumber?.trim() ?? '', IssuerOfAccessionNumber: '' },
  };
}

function differs(
  content: OrderContent,
  chosen: Attributes,
  keyword: 'PatientID' | 'PatientBirthDate' | 'AccessionNumber',
): boolean {
  const [typed, ordered] = [chosen[keyword]?.trim() ?? '', content[keyword].trim()];
  return typed !== '' && ordered !== '' && typed !== ordered;
}
