// Reading a part of a file to its end: one read of the system may give less than was asked for.
import type { FileHandle } from 'node:fs/promises';

/** `length` bytes from `offset` on; fewer only where the file ends. */
export async function readFully(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
