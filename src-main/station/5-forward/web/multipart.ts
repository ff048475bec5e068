// The body of a STOW-RS request: several objects as Part 10 files in multipart/related (PS3.18 10.5.1, RFC 2387),
// straight from disk.
//
// Guarantees: its length is known beforehand; the digest of each object is checked as it passes, and the piece that would
// complete it is not given out on a mismatch; never more than one piece in memory. Fails as checked-source.ts does.
import { randomBytes } from 'node:crypto';
import { buildFileMeta } from '#station/dicom/index.ts';
import { checkedSource } from '../checked-source.ts';
import type { RevisionBytes } from '../ports.ts';

export type MultipartBody = {
  readonly contentType: string;
  readonly lengthBytes: number;
  pieces(): AsyncGenerator<Buffer, void, void>;
  /** How many parts have begun so far, and how many were given out whole. */
  progress(): { readonly begun: number; readonly whole: number };
};

/** @param sourceAeTitle our own AE title, for the File Meta Information. */
export function multipartBody(revisions: readonly RevisionBytes[], sourceAeTitle: string): MultipartBody {
  // 128 random bits do not occur in an object.
  const boundary = `part-${randomBytes(16).toString('hex')}`;
  const end = Buffer.from(`--${boundary}--\r\n`, 'latin1');
  const after = Buffer.from('\r\n', 'latin1');
  const heads = revisions.map((revision) =>
    Buffer.concat([
      Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`, 'latin1'),
      buildFileMeta({ ...revision, sourceAeTitle }),
    ]),
  );
  const sum = revisions.reduce((bytes, { dataSetLength }) => bytes + dataSetLength, 0);
  let begun = 0;
  let whole = 0;
  return {
    contentType: `multipart/related; type="application/dicom"; boundary=${boundary}`,
    lengthBytes: sum + heads.reduce((bytes, head) => bytes + head.length + after.length, 0) + end.length,
    async *pieces() {
      for (const [n, revision] of revisions.entries()) {
        begun = n + 1;
        yield heads[n] ?? after;
        yield* checkedSource(revision, revision.dataSetSha256);
        whole = n + 1;
        yield after;
      }
      yield end;
    },
    progress: () => ({ begun, whole }),
  };
}
