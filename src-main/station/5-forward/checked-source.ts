// The bytes of a revision on their way out, hashed as they pass.
//
// Guarantees: the piece that would complete the data set is given out only when the digest of all of it is the approved
// one, so a receiver can never answer Success on other bytes. Fails with DigestMismatch: on another digest, on more or
// fewer bytes than the revision has, on none at all. Nothing is read twice.
import { createHash } from 'node:crypto';
import type { RevisionBytes } from './ports.ts';

export class DigestMismatch extends Error {
  override readonly name = 'DigestMismatch';
}

/** @param sha256 the digest that was written down with the attempt, lower case hexadecimal. */
export async function* checkedSource(revision: RevisionBytes, sha256: string): AsyncGenerator<Buffer, void, void> {
  const hash = createHash('sha256');
  let left = revision.dataSetLength;
  let isWhole = false;
  for await (const piece of revision.stream()) {
    // Read to its end: who leaves early costs the reader its buffer.
    if (isWhole || piece.length === 0) continue;
    if (piece.length > left) throw new DigestMismatch('longer than it was');
    left -= piece.length;
    hash.update(piece);
    isWhole = left === 0;
    if (isWhole && hash.digest('hex') !== sha256) throw new DigestMismatch('other bytes');
    yield piece;
  }
  if (!isWhole) throw new DigestMismatch('shorter than it was');
}

/** A source whose first piece is already read. Whoever does not use it drops it. */
export type PrimedSource = { readonly source: AsyncIterable<Buffer>; drop(): void };

/**
 * Reads the first piece ahead, so that the disk works while the line does. Rejects as the source does: an object of one
 * piece that is not what was approved is known before anything of it leaves.
 */
export async function primeSource(revision: RevisionBytes, sha256: string): Promise<PrimedSource> {
  const pieces = checkedSource(revision, sha256);
  let ahead: IteratorResult<Buffer, void> | undefined = await pieces.next();
  const iterator: AsyncIterator<Buffer, void> = {
    next() {
      const first = ahead;
      ahead = undefined;
      return first ? Promise.resolve(first) : pieces.next();
    },
    return: () => pieces.return(),
  };
  return { source: { [Symbol.asyncIterator]: () => iterator }, drop: () => void pieces.return().catch(() => {}) };
}
