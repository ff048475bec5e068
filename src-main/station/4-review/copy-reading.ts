// One of the two copies that the verifier compares, read from its file: digest, size and elements in one pass.
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { readOnce, Unreadable, type Leaf, type Summary } from './second-reader.ts';

export type Copy = {
  /** Bytes of the Part 10 file, as often as asked. A piece is only good until the next one is asked for. */
  open(): AsyncIterable<Buffer>;
  readonly sizeBytes: number;
  readonly dataSetOffset: number;
  /** How the data set is written. */
  readonly transferSyntaxUid: string;
};

export type CopyRead = {
  /** Null when the elements cannot be followed. */
  readonly summary: Summary | null;
  /** Of the data set. */
  readonly sha256: string;
  /** Of the whole file. */
  readonly sizeBytes: number;
};

const deflatedSyntax = '1.2.840.10008.1.2.1.99';
const mostInflatedBytes = 2 ** 31;

const mostFrontBytes = 1_048_576;

/**
 * Reads a file to its end and shows its elements, and to `lookInFront` what lies before the data set. Throws only what
 * reading the disk throws.
 */
export async function readCopy(
  copy: Copy,
  look: (leaf: Leaf) => void,
  lookInFront?: (front: Buffer) => void,
): Promise<CopyRead> {
  const digest = createHash('sha256');
  let sizeBytes = 0;
  let skip = copy.dataSetOffset;
  const front: Buffer[] = [];
  let frontBytes = 0;
  const source = copy.open()[Symbol.asyncIterator]();
  const dataSet: AsyncIterableIterator<Buffer> = {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      for (;;) {
        const next = await source.next();
        if (next.done) return { done: true, value: undefined };
        sizeBytes += next.value.length;
        const piece = next.value.subarray(Math.min(skip, next.value.length));
        if (skip > 0 && lookInFront && frontBytes < mostFrontBytes) {
          front.push(Buffer.from(next.value.subarray(0, skip)));
          frontBytes += Math.min(skip, next.value.length);
          if (skip <= next.value.length) lookInFront(Buffer.concat(front));
        }
        skip -= next.value.length - piece.length;
        if (piece.length === 0) continue;
        digest.update(piece);
        return { done: false, value: piece };
      }
    },
  };
  let summary: Summary | null = null;
  try {
    summary = await readOnce(inflated(dataSet, copy), layoutOf(copy.transferSyntaxUid), look);
  } catch (error) {
    if (!(error instanceof Unreadable) && !isInflateError(error)) throw error;
  }
  for await (const _rest of dataSet);
  return { summary, sha256: digest.digest('hex'), sizeBytes };
}

async function* inflated(pieces: AsyncIterable<Buffer>, copy: Copy): AsyncGenerator<Buffer> {
  if (copy.transferSyntaxUid !== deflatedSyntax) {
    yield* pieces;
    return;
  }
  let total = 0;
  for await (const piece of Readable.from(copied(pieces), { objectMode: false }).pipe(createInflateRaw())) {
    total += (piece as Buffer).length;
    if (total > mostInflatedBytes) throw new Unreadable('inflates without end', 0);
    yield piece as Buffer;
  }
}

/** A stream asks for pieces before it has done with those it got. */
async function* copied(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const piece of pieces) yield Buffer.from(piece);
}

function isInflateError(error: unknown): boolean {
  return String((error as { code?: unknown } | null)?.code ?? '').startsWith('Z_');
}

function layoutOf(uid: string): { explicit: boolean; littleEndian: boolean } {
  const implicit = uid === '1.2.840.10008.1.2' || uid === '1.2.840.113619.5.2';
  return { explicit: !implicit, littleEndian: uid !== '1.2.840.10008.1.2.2' };
}
