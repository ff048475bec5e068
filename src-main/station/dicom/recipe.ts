// A recipe: how the bytes that leave are put together from the bytes that came and a few of our own. Pixel data is
// never copied into it. Kept with a revision, and enough to make the same bytes again.
import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import type { PieceBuffers } from '#station/kit/piece-buffers.ts';
import { bug, Problem } from '#station/kit/problem.ts';
import type { ByteReader } from './byte-reader.ts';

export type Segment =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  /** Bytes of the received file. */
  | { readonly kind: 'range'; readonly offset: number; readonly length: number };

export type Recipe = {
  readonly segments: readonly Segment[];
  /** Length of the whole outcome. */
  readonly sizeBytes: number;
  /** Where the data set begins in the outcome, behind preamble and File Meta. */
  readonly dataSetOffset: number;
  readonly transferSyntaxUid: string;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
};

const chunkBytes = 262_144;
const mark = 'SLR1';

export function lengthOf(segment: Segment): number {
  return segment.kind === 'bytes' ? segment.bytes.length : segment.length;
}

/**
 * The outcome as chunks of at most 256 KiB, read from the received file as they are asked for. Returning early closes
 * the file. `from` skips bytes: `recipe.dataSetOffset` gives the data set alone.
 * @throws Problem object-file-missing when the received file is gone or shorter than it was
 */
export async function* openSplicedStream(recipe: Recipe, file: string, from = 0): AsyncGenerator<Buffer, void, void> {
  const handle = await openReceivedFile(file, recipe.sopInstanceUid);
  try {
    let skip = from;
    for (const segment of recipe.segments) {
      const length = lengthOf(segment);
      let at = Math.min(skip, length);
      skip -= at;
      while (at < length) {
        const most = Math.min(chunkBytes, length - at);
        if (segment.kind === 'bytes') yield segment.bytes.subarray(at, at + most);
        else {
          const chunk = Buffer.allocUnsafe(most);
          const { bytesRead } = await handle.read(chunk, 0, most, segment.offset + at);
          if (bytesRead === 0) throw new Problem('object-file-missing', { object: recipe.sopInstanceUid });
          yield chunk.subarray(0, bytesRead);
          at += bytesRead;
          continue;
        }
        at += most;
      }
    }
  } finally {
    await handle.close();
  }
}

/** What `readInPieces` reads: the received file, and how what is wanted is put together from it. */
export type PiecesWanted = {
  readonly file: string;
  readonly segments: readonly Segment[];
  /** Bytes of the outcome that are skipped. */
  readonly from: number;
  /** Shown name of the object, for problems. */
  readonly name: string;
};

/**
 * The outcome in pieces that stay untouched until the next one is asked for, and no longer. Leaving early closes the file.
 * Of a file that has become shorter less comes: who reads compares the digest.
 * @throws Problem object-file-missing when the received file is gone
 */
export async function* readInPieces(wanted: PiecesWanted, buffers: PieceBuffers): AsyncGenerator<Buffer, void, void> {
  const { file, segments, from, name } = wanted;
  const handle = await openReceivedFile(file, name);
  const buffer = buffers.take();
  let isDone = false;
  try {
    let filled = 0;
    let skip = from;
    for (const segment of segments) {
      const length = lengthOf(segment);
      let at = Math.min(skip, length);
      skip -= at;
      while (at < length) {
        const most = Math.min(buffer.length - filled, length - at);
        const count =
          segment.kind === 'bytes'
            ? segment.bytes.copy(buffer, filled, at, at + most)
            : (await handle.read(buffer, filled, most, segment.offset + at)).bytesRead;
        if (count === 0) break;
        filled += count;
        at += count;
        if (filled < buffer.length) continue;
        yield buffer;
        filled = 0;
      }
    }
    if (filled > 0) yield buffer.subarray(0, filled);
    isDone = true;
  } finally {
    // Who left early may still have the last piece under way to a socket.
    if (isDone) buffers.giveBack(buffer);
    await handle.close();
  }
}

function openReceivedFile(file: string, name: string): Promise<FileHandle> {
  return open(file, 'r').catch((error: unknown) => {
    throw new Problem('object-file-missing', { object: name }, { cause: error });
  });
}

/** SHA-256, as hexadecimal, over the data set of the outcome. */
export async function hashSplicedDataSet(recipe: Recipe, file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of openSplicedStream(recipe, file, recipe.dataSetOffset)) hash.update(chunk);
  return hash.digest('hex');
}

/** The outcome as if it were a file, over a reader of the received one; the scan that verifies a splice looks at it. */
export function readerOfSegments(segments: readonly Segment[], source: ByteReader): ByteReader {
  const starts: number[] = [];
  let sizeBytes = 0;
  for (const segment of segments) {
    starts.push(sizeBytes);
    sizeBytes += lengthOf(segment);
  }
  return {
    sizeBytes,
    read: async (offset, least, most = least) => {
      const parts: Buffer[] = [];
      let at = offset;
      const end = Math.min(offset + most, sizeBytes);
      for (let i = findSegment(starts, at); i < segments.length && at < end; i++) {
        const segment = segments[i];
        if (!segment) break;
        const inside = at - (starts[i] ?? 0);
        const length = Math.min(lengthOf(segment) - inside, end - at);
        if (length <= 0) continue;
        parts.push(
          segment.kind === 'bytes'
            ? segment.bytes.subarray(inside, inside + length)
            : (await source.read(segment.offset + inside, length)).subarray(0, length),
        );
        at += length;
      }
      return parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts);
    },
    close: () => Promise.resolve(),
  };
}

/** Where `length` bytes at `offset` of the outcome come from in the received file; -1 when they are not one piece of it. */
export function sourceOffsetOf(segments: readonly Segment[], offset: number, length: number): number {
  let start = 0;
  for (const segment of segments) {
    const end = start + lengthOf(segment);
    if (offset < end || (offset === end && length === 0)) {
      return segment.kind === 'range' && offset + length <= end ? segment.offset + offset - start : -1;
    }
    start = end;
  }
  return -1;
}

function findSegment(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}

type Written = Omit<Recipe, 'segments'> & { readonly segments: readonly (number | readonly [number, number])[] };

/** One Buffer: a mark, the length of a JSON header, the header, then the literal bytes one after the other. */
export function encodeRecipe(recipe: Recipe): Buffer {
  const written: Written = {
    ...recipe,
    segments: recipe.segments.map((each) => (each.kind === 'bytes' ? each.bytes.length : [each.offset, each.length])),
  };
  const header = Buffer.from(JSON.stringify(written), 'utf8');
  const front = Buffer.alloc(8);
  front.write(mark, 0, 'latin1');
  front.writeUInt32LE(header.length, 4);
  const literals = recipe.segments.flatMap((each) => (each.kind === 'bytes' ? [each.bytes] : []));
  return Buffer.concat([front, header, ...literals]);
}

/**
 * Reads what encodeRecipe wrote.
 * @throws Problem book-damaged when it is anything else
 */
export function decodeRecipe(encoded: Buffer): Recipe {
  try {
    if (encoded.toString('latin1', 0, 4) !== mark) throw bug('no recipe');
    const headerEnd = 8 + encoded.readUInt32LE(4);
    const written = JSON.parse(encoded.toString('utf8', 8, headerEnd)) as Written;
    let at = headerEnd;
    const segments = written.segments.map((each): Segment => {
      if (typeof each !== 'number') return { kind: 'range', offset: natural(each[0]), length: natural(each[1]) };
      const bytes = encoded.subarray(at, at + natural(each));
      at += each;
      return { kind: 'bytes', bytes };
    });
    const sizeBytes = segments.reduce((sum, segment) => sum + lengthOf(segment), 0);
    if (at !== encoded.length || sizeBytes !== written.sizeBytes) throw bug('recipe does not add up');
    return { ...written, segments };
  } catch (error) {
    throw new Problem('book-damaged', { book: 'recipe' }, { cause: error });
  }
}

function natural(value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw bug('not a length');
}
