// The proof that stays of what is gone: which object it was, its digest, who vouched for it and when.
import type { ProofPage, ProofRow, RetentionReason } from '#contract/shapes/space.ts';
import type { Book } from '#station/records/index.ts';

/** `search`: a whole UID, object id, digest or Patient ID, or words that are in names and IDs; '' finds everything. */
export type ProofQuery = { readonly search: string; readonly limit: number; readonly offset: number };

type ProofRecord = Omit<ProofRow, 'proofs' | 'reason' | 'PatientName' | 'PatientID'> & {
  readonly received: string;
  readonly corrected: string;
  readonly reason: RetentionReason;
  readonly proofs: string;
};

const columns = `object.id AS objectId, object.examId, exam.received, exam.corrected,
  coalesce((SELECT nullif(revision.StudyInstanceUID, '') FROM revision WHERE revision.id = object.revisionId),
    exam.StudyInstanceUID) AS StudyInstanceUID, SOPInstanceUID, SOPClassUID, sizeBytes, dataSetSha256,
  purgedAt, purge.reason, purge.proofs`;
const gone = `object JOIN exam ON exam.id = object.examId
  JOIN purge ON purge.objectId = object.id AND purge.decidedAt = object.purgingAt
  WHERE object.purgedAt IS NOT NULL`;

/** Newest first. */
export function readProofs(book: Book, { search, limit, offset }: ProofQuery): ProofPage {
  const words = search.trim();
  if (words === '') {
    const total = book.sql<{ objects: number }>('SELECT objects FROM purge_total').get()?.objects ?? 0;
    return { proofs: page(book, '', {}, { limit, offset }), total };
  }
  const { where, values } = conditionOf(words);
  const total =
    book.sql<{ objects: number }>(`SELECT count(*) AS objects FROM ${gone} AND ${where}`).get(values)?.objects ?? 0;
  return { proofs: page(book, `AND ${where}`, values, { limit, offset }), total };
}

function page(
  book: Book,
  and: string,
  values: Readonly<Record<string, string>>,
  range: { readonly limit: number; readonly offset: number },
): ProofRow[] {
  return book
    .sql<ProofRecord>(
      `SELECT ${columns} FROM ${gone} ${and} ORDER BY purgedAt DESC, object.id LIMIT :limit OFFSET :offset`,
    )
    .all({ ...values, ...range })
    .map(({ received, corrected, proofs, ...row }) => {
      const said = { ...(JSON.parse(received) as Said), ...(JSON.parse(corrected) as Said) };
      const { PatientName = '', PatientID = '' } = said;
      return { ...row, PatientName, PatientID, proofs: JSON.parse(proofs) as ProofRow['proofs'] };
    });
}

type Said = { readonly PatientName?: string; readonly PatientID?: string };

/** What looks like a UID or a digest is looked up; anything else is searched in the text of the exam. */
function conditionOf(words: string): { readonly where: string; readonly values: Readonly<Record<string, string>> } {
  if (/^[0-9]+(\.[0-9]+)+$/.test(words)) {
    const where = `(object.SOPInstanceUID = :exact
      OR object.examId IN (SELECT id FROM exam WHERE StudyInstanceUID = :exact)
      OR object.revisionId IN (SELECT id FROM revision WHERE StudyInstanceUID = :exact AND StudyInstanceUID <> ''))`;
    return { where, values: { exact: words } };
  }
  if (/^[0-9a-f]{64}$/i.test(words)) return { where: 'dataSetSha256 = :exact', values: { exact: words.toLowerCase() } };
  if (/^[0-9a-hjkmnp-tv-z]{26}$/.test(words)) return { where: 'object.id = :exact', values: { exact: words } };
  const folded = words
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[\\%_]/g, (mark) => `\\${mark}`);
  return { where: `searchText LIKE :like ESCAPE '\\'`, values: { like: `%${folded}%` } };
}
