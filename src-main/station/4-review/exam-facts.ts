// What the objects of an exam say about patient and study, side by side. Pure.
//
// All objects of an exam are one patient's: where two of them say something else, the exam does not leave. An empty value
// contradicts nothing. Studies may be described in more than one way, and one study may serve two orders: that is only told.
import { foldName, fold } from './text-forms.ts';
import { factKeywords, type FactKeyword, type Facts } from './verifier.ts';

export type ObjectFactsRead = { readonly objectId: string; readonly facts: Facts };

const patientKeywords: ReadonlySet<FactKeyword> = new Set([
  ...(['PatientName', 'PatientID', 'IssuerOfPatientID', 'PatientBirthDate', 'PatientSex', 'StudyInstanceUID'] as const),
]);

/** True for what must be the same in all objects of an exam. */
export const mustAgree = (keyword: FactKeyword): boolean => patientKeywords.has(keyword);

/** The first object that contradicts another one about the patient, and in what; or null. */
export function findDisagreement(read: readonly ObjectFactsRead[]): { object: string; keyword: string } | null {
  for (const keyword of patientKeywords) {
    const first = read.find(({ facts }) => facts[keyword] !== '');
    const other = read.find(({ facts }) => !isSame(keyword, facts[keyword], first?.facts[keyword] ?? ''));
    if (first && other) return { object: other.objectId, keyword };
  }
  return null;
}

/** Each attribute with all that is said of it, the commonest first. */
export function countValues(
  read: readonly ObjectFactsRead[],
): { keyword: FactKeyword; said: { value: string; objects: number }[]; mustAgree: boolean }[] {
  return factKeywords.map((keyword) => {
    const counts = new Map<string, number>();
    for (const { facts } of read) counts.set(facts[keyword], (counts.get(facts[keyword]) ?? 0) + 1);
    const said = [...counts].map(([value, objects]) => ({ value, objects })).toSorted((a, b) => b.objects - a.objects);
    return { keyword, said, mustAgree: mustAgree(keyword) };
  });
}

/** Names differ only by what they mean: spelling, padding and empty components at the end do not count. */
function isSame(keyword: FactKeyword, one: string, other: string): boolean {
  if (one === '' || other === '') return true;
  if (keyword !== 'PatientName') return one === other;
  const comparable = (name: string) => foldName(fold(name.split('=')[0] ?? ''));
  return comparable(one) === comparable(other);
}
