// One order that several sources speak of: which of their words stands for it in lists, and which stand behind it. Pure.
//
// The same order is one patient's and bears one accession number, or one study, and no step that contradicts. Never one are
// two words of one source, two patients, a cancelled order and one that is not, and numbers of two issuers.
import type { OrderContent, OrderState } from '#contract/shapes/order.ts';
import { compareNames } from './matching/compare-names.ts';

export type Word = {
  readonly id: string;
  readonly sourceId: string;
  readonly sourceKind: 'worklist' | 'hl7' | 'typed';
  readonly state: OrderState;
  readonly goneAt: string | null;
  readonly content: OrderContent;
};

/** For each word the id of the one that stands for it, or null where it stands for itself. */
export function standingFor(words: readonly Word[]): Map<string, string | null> {
  const standing: Word[] = [];
  const found = new Map<string, string | null>();
  for (const word of words.toSorted(bySayingMore)) {
    const one = standing.find((other) => isOneOrder(word, other));
    found.set(word.id, one?.id ?? null);
    if (!one) standing.push(word);
  }
  return found;
}

export function isOneOrder(a: Word, b: Word): boolean {
  if (a.sourceId === b.sourceId || (a.state === 'cancelled') !== (b.state === 'cancelled')) return false;
  const [one, other] = [a.content, b.content];
  if (!isOnePatient(one, other)) return false;
  const isSaid = (keyword: TextKeyword) => one[keyword] !== '' && one[keyword] === other[keyword];
  const differs = (keyword: TextKeyword) => one[keyword] !== '' && other[keyword] !== '' && !isSaid(keyword);
  if (differs('IssuerOfAccessionNumber') || differs('ScheduledProcedureStepID') || differs('AccessionNumber'))
    return false;
  if (differs('RequestedProcedureID') && !isSaid('StudyInstanceUID')) return false;
  return isSaid('AccessionNumber') ? !differs('StudyInstanceUID') : isSaid('StudyInstanceUID');
}

type TextKeyword =
  | 'AccessionNumber'
  | 'IssuerOfAccessionNumber'
  | 'ScheduledProcedureStepID'
  | 'RequestedProcedureID'
  | 'StudyInstanceUID';

function isOnePatient(one: OrderContent, other: OrderContent): boolean {
  const isUnsaidOrEqual = (a: string, b: string) => a === '' || b === '' || a === b;
  return (
    one.PatientID !== '' &&
    one.PatientID === other.PatientID &&
    isUnsaidOrEqual(one.IssuerOfPatientID, other.IssuerOfPatientID) &&
    isUnsaidOrEqual(one.PatientBirthDate, other.PatientBirthDate) &&
    compareNames(one.PatientName, other.PatientName) !== 'other'
  );
}

/** What is still listed before what is gone, what names a step before what does not, a worklist before a message. */
function bySayingMore(a: Word, b: Word): number {
  const kinds = ['worklist', 'hl7', 'typed'];
  return (
    Number(a.goneAt !== null) - Number(b.goneAt !== null) ||
    Number(a.content.ScheduledProcedureStepID === '') - Number(b.content.ScheduledProcedureStepID === '') ||
    kinds.indexOf(a.sourceKind) - kinds.indexOf(b.sourceKind) ||
    (a.id < b.id ? -1 : 1)
  );
}
