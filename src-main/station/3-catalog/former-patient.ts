// An order made the exam somebody else's and says no birth date or sex: what the images say of the former patient would
// leave with the new one, two people in one. A person says whether it is kept, or types what is right.
//
// Only where the order names another person than whoever the value came from: a placeholder is nobody, and spelling of a
// name makes no other person. What a person has said of the value since the order was given is an answer.
import type { ProblemNote } from '#contract/problems.ts';
import type { Attributes } from '#contract/shapes/identity.ts';
import type { Book } from '#station/records/index.ts';
import { isPlaceholderId, isPlaceholderName, type SitePlaceholders } from './placeholder-identity.ts';
import { comparableName, nameIdentity, type Identities } from './problems-of-exam.ts';

const keywords = ['PatientBirthDate', 'PatientSex'] as const;

type AppliedRow = {
  readonly content: string;
  readonly correctedBefore: string;
  readonly correctionId: string | null;
  readonly at: string;
  readonly corrected: string;
};

/** What of the former patient would leave with the patient of the order. Nothing once all of the exam is decided. */
export function formerPatientValues(
  book: Book,
  examId: string,
  identities: Identities,
  site: SitePlaceholders,
): ProblemNote[] {
  const row = book
    .sql<AppliedRow>(
      `SELECT content, correctedBefore, correctionId, applied_order.at, exam.corrected
       FROM applied_order JOIN exam ON exam.id = applied_order.examId
       WHERE applied_order.examId = ? || '' AND removedAt IS NULL
         AND EXISTS (SELECT 1 FROM object WHERE object.examId = exam.id AND state IN ('received', 'conflict'))`,
    )
    .get(examId);
  if (!row) return [];
  const order = JSON.parse(row.content) as Attributes;
  const before = JSON.parse(row.correctedBefore) as Attributes;
  const corrected = JSON.parse(row.corrected) as Attributes;
  const spoken = spokenSince(book, examId, row);
  return keywords.flatMap((keyword) => {
    if ((order[keyword] ?? '').trim() !== '' || spoken.has(keyword)) return [];
    // A value that somebody typed before belongs to whom they had typed; one of the images to whom the images name.
    const isTyped = corrected[keyword] !== undefined;
    const owners = identities.map((identity) => (isTyped ? { ...identity, ...before } : identity));
    const former = owners.find((owner) => (owner[keyword] ?? '').trim() !== '' && areTwo(order, owner, site));
    if (!former) return [];
    const [first, second] = [nameIdentity(former, 'PatientName'), nameIdentity(order, 'PatientName')];
    return [{ code: 'former-patient-value', params: { keyword, value: former[keyword] ?? '', first, second } }];
  });
}

function areTwo(order: Attributes, owner: Attributes, site: SitePlaceholders): boolean {
  const [id, name] = [(owner.PatientID ?? '').trim(), owner.PatientName ?? ''];
  const ordered = { id: (order.PatientID ?? '').trim(), name: order.PatientName ?? '' };
  const isOtherId = id !== '' && ordered.id !== '' && id !== ordered.id && !isPlaceholderId(id, site);
  const names = [comparableName(name), comparableName(ordered.name)];
  const isOtherName = !names.includes('') && names[0] !== names[1] && !isPlaceholderName(name, site);
  return isOtherId || isOtherName;
}

/** What people have said something of since the order was given. */
function spokenSince(book: Book, examId: string, { correctionId, at }: AppliedRow): ReadonlySet<string> {
  const rows = book
    .sql<{ attributes: string }>(
      `SELECT attributes FROM correction WHERE examId = :examId AND undoneAt IS NULL AND at >= :at
         AND rowid > coalesce((SELECT rowid FROM correction WHERE id = :correctionId || ''), 0)`,
    )
    .all({ examId, at, correctionId });
  return new Set(rows.flatMap(({ attributes }) => Object.keys(JSON.parse(attributes) as object)));
}
