// Inflates a deflated data set (PS3.5 A.5) into memory, up to a limit: a small file may pretend to hold gigabytes.
import { pipeline, Readable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import type { ByteReader } from './byte-reader.ts';

/** Beyond this many bytes, what is more than so many times its compressed size is taken for a trap. */
const mostTrustedBytes = 8 * 1_048_576;
const mostRatio = 100;

export type Inflated = {
  readonly bytes: Buffer;
  /** True when this is all: the stream ended before the limit and was not damaged. */
  readonly whole: boolean;
  /** True when the stream broke; `bytes` is what came before. */
  readonly damaged: boolean;
};

/** Inflates from `start` on; stops at `limitBytes` of output. */
export async function inflateFrom(reader: ByteReader, start: number, limitBytes: number): Promise<Inflated> {
  const chunks: Buffer[] = [];
  let total = 0;
  const inflating = createInflateRaw();
  pipeline(Readable.from(chunksOf(reader, start)), inflating, () => undefined);
  try {
    for await (const chunk of inflating as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      total += chunk.length;
      if (total > limitBytes || (total > mostTrustedBytes && total > mostRatio * (reader.sizeBytes - start)))
        return { bytes: Buffer.concat(chunks).subarray(0, limitBytes), whole: false, damaged: false };
    }
    return { bytes: Buffer.concat(chunks), whole: true, damaged: false };
  } catch (error) {
    if (!String((error as NodeJS.ErrnoException).code).startsWith('Z_')) throw error;
    return { bytes: Buffer.concat(chunks), whole: false, damaged: true };
  }
}

async function* chunksOf(reader: ByteReader, start: number): AsyncGenerator<Buffer> {
  for (let at = start; at < reader.sizeBytes;) {
    const chunk = await reader.read(at, 1, 65_536);
    if (chunk.length === 0) return;
    at += chunk.length;
    yield chunk;
  }
}
