// Where a transcode is written: one file, synchronously (its thread does nothing else), hashed from the data set on.
// Nothing larger than a chunk is held. The file is durable when `finish` returns; who opened it closes it.
import { createHash } from 'node:crypto';
import { closeSync, fdatasyncSync, openSync, readSync, writeSync } from 'node:fs';
import { CannotTranscode } from './cannot-transcode.ts';

const chunkBytes = 1024 * 1024;

/** Bytes of a word whose order is turned; 1: as they are. */
export type WordBytes = 1 | 2 | 4 | 8;

export type Sink = {
  write(bytes: Uint8Array): void;
  /** Copies from another open file. @throws CannotTranscode when it is too short, or `word` does not divide it */
  copy(from: number, offset: number, length: number, word: WordBytes): void;
  /** Called now and then while something long is written. */
  finish(): { readonly lengthBytes: number; readonly sha256: string };
  close(): void;
};

/** @param head what stands in the file before the data set */
export function openSink(file: string, head: Buffer, onProgress: () => void): Sink {
  const fd = openSync(file, 'wx', 0o600);
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafeSlow(chunkBytes);
  const chunk = Buffer.allocUnsafeSlow(chunkBytes);
  let filled = 0;
  let lengthBytes = 0;
  const put = (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at, bytes.length - at);
    onProgress();
  };
  const flush = () => {
    if (filled > 0) put(buffer.subarray(0, filled));
    filled = 0;
  };
  const write = (bytes: Uint8Array) => {
    hash.update(bytes);
    lengthBytes += bytes.length;
    if (filled + bytes.length > buffer.length) flush();
    if (bytes.length > buffer.length) return put(bytes);
    buffer.set(bytes, filled);
    filled += bytes.length;
  };
  put(head);
  return {
    write,
    copy(from, offset, length, word) {
      if (length % word !== 0) throw new CannotTranscode('header-broken');
      for (let at = 0; at < length;) {
        const most = Math.min(chunk.length, length - at);
        readWhole(from, chunk, most, offset + at);
        write(turned(chunk.subarray(0, most), word));
        at += most;
      }
    },
    finish() {
      flush();
      fdatasyncSync(fd);
      return { lengthBytes, sha256: hash.digest('hex') };
    },
    close: () => closeSync(fd),
  };
}

function readWhole(fd: number, into: Buffer, length: number, offset: number): void {
  for (let at = 0; at < length;) {
    const count = readSync(fd, into, at, length - at, offset + at);
    if (count === 0) throw new CannotTranscode('truncated');
    at += count;
  }
}

/** Turns the words in place. */
export function turned(bytes: Buffer, word: WordBytes): Buffer {
  if (word === 2) return bytes.swap16();
  if (word === 4) return bytes.swap32();
  return word === 8 ? bytes.swap64() : bytes;
}
