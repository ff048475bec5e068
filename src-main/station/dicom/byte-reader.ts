// Bytes at any offset, from a Buffer or from a file, without ever reading more than asked plus one head of 64 KiB.
// A reader belongs to who opened it and must be closed.
import { open, type FileHandle } from 'node:fs/promises';
import { readFully } from '#station/kit/read-fully.ts';

export type ByteReader = {
  /** Whole length in bytes. */
  readonly sizeBytes: number;
  /**
   * Bytes from `offset` on: at least `least` unless the end comes first, at most `most`. The Buffer may be a view of a
   * larger one and must not be written to.
   */
  read(offset: number, least: number, most?: number): Promise<Buffer>;
  close(): Promise<void>;
};

export const headBytes = 65_536;

/** A reader over bytes in memory. Closing does nothing. */
export function readerOfBuffer(bytes: Buffer): ByteReader {
  return {
    sizeBytes: bytes.length,
    read: (offset, least, most = least) => Promise.resolve(bytes.subarray(offset, offset + most)),
    close: () => Promise.resolve(),
  };
}

/** Opens a file for reading; its first 64 KiB are read at once and kept. Throws what the file system throws. */
export async function openFileReader(file: string): Promise<ByteReader> {
  const handle = await open(file, 'r');
  try {
    return await readerOfHandle(handle, () => handle.close());
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A reader over an open file. `close` is called by the reader's close; without it the handle stays open. */
export async function readerOfHandle(handle: FileHandle, close = () => Promise.resolve()): Promise<ByteReader> {
  const sizeBytes = (await handle.stat()).size;
  const head = await readFully(handle, 0, Math.min(headBytes, sizeBytes));
  return readerOfHead(head, sizeBytes, (offset, length) => readFully(handle, offset, length), close);
}

/**
 * A reader over something whose beginning is in memory already, such as an object that has just been received: most
 * headers end there, and nothing is read. `more` gives `length` bytes at `offset`, fewer only at the end.
 */
export function readerOfHead(
  head: Buffer,
  sizeBytes: number,
  more: (offset: number, length: number) => Promise<Buffer>,
  close = () => Promise.resolve(),
): ByteReader {
  return {
    sizeBytes,
    read: (offset, least, most = least) =>
      offset + least <= head.length
        ? Promise.resolve(head.subarray(offset, offset + most))
        : more(offset, Math.max(0, Math.min(most, sizeBytes - offset))),
    close,
  };
}
