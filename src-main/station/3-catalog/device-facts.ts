// What is known of the devices that have sent: kept as counts with each arrival, read here as rows. Only reads.
import type { Book } from '#station/records/index.ts';

/** One calling AE title at one address. */
export type SourceFacts = {
  readonly aeTitle: string;
  readonly address: string;
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  readonly received: number;
  readonly resent: number;
  readonly rejected: number;
  readonly textLies: number;
  readonly textSays: string;
  readonly textSends: string;
  readonly otherModality: number;
  readonly lastOtherModality: string;
};

const most = 2000;

/** Every device that has sent something, the last seen first. */
export function readSourceFacts(book: Book): SourceFacts[] {
  return book
    .sql<SourceFacts>(
      `SELECT label AS aeTitle, coalesce(address, '') AS address, firstSeenAt, lastSeenAt, objects AS received, resent,
         rejected, textLies, textSays, textSends, otherModality, lastOtherModality
       FROM source WHERE kind = 'dicom' ORDER BY lastSeenAt DESC LIMIT ?`,
    )
    .all(most);
}

/** The AE titles and addresses from which the objects of an exam came. */
export function sourcesOfExam(book: Book, examId: string): { readonly aeTitle: string; readonly address: string }[] {
  return book
    .sql<{ aeTitle: string; address: string }>(
      `SELECT label AS aeTitle, coalesce(address, '') AS address FROM source
       WHERE kind = 'dicom' AND id IN (SELECT DISTINCT sourceId FROM object WHERE examId = ?)`,
    )
    .all(examId);
}
