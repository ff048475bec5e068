// The body of an answer, read to its end within limits of size and time.
//
// Guarantees: never more than `mostBytes` in memory, packed or unpacked; ends within its time; never throws. What is too
// long, cut short, badly packed or too slow is `undefined`, and the connection is of no more use then.
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';

type Unpack = (packed: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;
const gunzipped: Unpack = promisify(gunzip);
const unpackers: Readonly<Record<string, Unpack | undefined>> = {
  gzip: gunzipped,
  'x-gzip': gunzipped,
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

/** @param withinMs for the whole body. */
export async function readBounded(
  answer: IncomingMessage,
  { mostBytes, withinMs }: { readonly mostBytes: number; readonly withinMs: number },
): Promise<Buffer | undefined> {
  const packed = await collect(answer, mostBytes, withinMs);
  const encoding = (answer.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (packed === undefined || packed.length === 0 || encoding === 'identity' || encoding === '') return packed;
  return unpackers[encoding]?.(packed, { maxOutputLength: mostBytes }).catch(() => undefined);
}

function collect(answer: IncomingMessage, mostBytes: number, withinMs: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let length = 0;
    const settle = (body: Buffer | undefined) => {
      clearTimeout(timer);
      if (body === undefined) answer.destroy();
      resolve(body);
    };
    const timer = setTimeout(() => settle(undefined), withinMs);
    // Late errors of an answer that is given up must find a listener.
    answer.on('error', () => settle(undefined));
    answer.on('close', () => settle(answer.complete ? Buffer.concat(pieces) : undefined));
    answer.on('end', () => settle(answer.complete ? Buffer.concat(pieces) : undefined));
    answer.on('data', (piece: Buffer) => {
      length += piece.length;
      if (length > mostBytes) settle(undefined);
      else pieces.push(piece);
    });
  });
}
