// Who is in an exam, as the images were received: what "split by patient" goes by, and whether two exams may be of one
// person. Reads the book and changes nothing.
import type { PatientGroup } from '#contract/shapes/rearranging.ts';
import { correctableVr, type Attributes } from '#contract/shapes/identity.ts';
import { checkValue } from '#contract/shapes/value-rules.ts';
import type { Book } from '#station/records/index.ts';
import { withoutNotes } from '../own-notes.ts';
import { problemsOfExam } from '../problems-of-exam.ts';

type Row = { readonly id: string; readonly received: string };

/**
 * The images of an exam by patient, in the order of arrival. An image that names nobody goes with the one before it that
 * does: what a device sends without a name belongs to what it sent last. One group when nothing contradicts.
 * @param today YYYYMMDD
 */
export function patientsIn(book: Book, examId: string, today: string): PatientGroup[] {
  const { and, values } = withoutNotes(book, examId);
  const rows = book
    .sql<Row>(
      `SELECT id, received FROM object WHERE examId = ? AND sameAs IS NULL AND state <> 'rejected' ${and} ORDER BY rowid`,
    )
    .all(examId, ...values);
  const groups: { identity: Attributes; objectIds: string[] }[] = [];
  const known = new Map<string, (typeof groups)[number]>();
  let last: (typeof groups)[number] | undefined;
  for (const { id, received } of rows) {
    let group = known.get(received);
    if (!group) {
      const identity = JSON.parse(received) as Attributes;
      group = namesNobody(identity) ? last : groups.find((one) => !areTwo([one.identity, identity], today));
      if (!group) groups.push((group = { identity, objectIds: [] }));
      if (!namesNobody(identity)) known.set(received, group);
    }
    group.objectIds.push(id);
    last = group;
  }
  return groups.map(({ identity, objectIds }) => {
    const { PatientName = '', PatientID = '', PatientBirthDate = '' } = identity;
    return { PatientName, PatientID, PatientBirthDate, objectIds };
  });
}

const namesNobody = ({ PatientID = '', PatientName = '' }: Attributes) =>
  PatientID.trim() === '' && PatientName.replace(/[\^= ]/g, '') === '';

/** True when these cannot be one person. An empty value contradicts nothing. */
export function areTwo(identities: readonly Attributes[], today: string): boolean {
  return problemsOfExam(identities, today).some(({ code }) => code === 'two-patients');
}

export function nameOfPatient({ PatientName = '', PatientID = '' }: Attributes): string {
  return `${PatientName} (${PatientID})`;
}

const identityKeywords = ['PatientName', 'PatientID', 'IssuerOfPatientID', 'PatientBirthDate', 'PatientSex'] as const;

/** What the moved images have to say so that they are the target's: everything in which one of them differs. */
export function identityToFollow(target: Attributes, moved: readonly Attributes[]): Attributes {
  const differing = identityKeywords.filter((keyword) =>
    moved.some((one) => (one[keyword] ?? '').trim() !== (target[keyword] ?? '').trim()),
  );
  return Object.fromEntries(differing.map((keyword) => [keyword, sound(keyword, (target[keyword] ?? '').trim())]));
}

/** What nobody could have typed is no identity to follow: better nothing than that. */
function sound(keyword: (typeof identityKeywords)[number], value: string): string {
  if (keyword === 'PatientSex') return ['M', 'F', 'O'].includes(value) ? value : '';
  return checkValue(correctableVr[keyword], value, keyword).ok ? value : '';
}
