// What is here already when an object comes again: found by its digest before anything of the new one is made durable.
import type { Book } from '#station/records/index.ts';
import type { StandingProblems } from './standing-problems.ts';

export type Content = { readonly dataSetSha256: string; readonly transferSyntaxUid: string };

/** An object with the same content; its file is not looked at. */
export type Held = {
  readonly objectId: string;
  readonly examId: string;
  readonly file: string;
  readonly sizeBytes: number;
};

/**
 * The earliest object with this content, unless its file went away on purpose or is known to be missing or damaged: then
 * the one that comes again is to be kept. What the transaction at hand has written is found too, durable or not.
 */
export function findHeld(book: Book, problems: StandingProblems, content: Content): Held | undefined {
  const held = book
    .sql<Held & { purgingAt: string | null }>(
      `SELECT id AS objectId, examId, file, sizeBytes, purgingAt FROM object
       WHERE dataSetSha256 = ? || '' AND +TransferSyntaxUID = ? ORDER BY rowid LIMIT 1`,
    )
    .get(content.dataSetSha256, content.transferSyntaxUid);
  if (!held || held.purgingAt !== null) return undefined;
  const isLost = problems.stands(held, 'object-file-missing') || problems.stands(held, 'digest-mismatch');
  return isLost ? undefined : held;
}
