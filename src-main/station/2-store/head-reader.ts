// Reads an object that was just written: its first bytes from memory, the rest from its file, which is opened only when
// somebody asks for it. It fits where dicom/ wants a reader of bytes.
import { open, type FileHandle } from 'node:fs/promises';
import { readFully } from '#station/kit/read-fully.ts';

export class HeadReader {
  readonly sizeBytes: number;
  readonly #head: Buffer;
  readonly #file: string;
  #handle: Promise<FileHandle> | undefined;

  constructor(head: Buffer, file: string, sizeBytes: number) {
    this.#head = head;
    this.#file = file;
    this.sizeBytes = sizeBytes;
  }

  /** Bytes from `offset` on: at least `least` unless the end comes first, at most `most`. */
  async read(offset: number, least: number, most: number = least): Promise<Buffer> {
    if (offset + least <= this.#head.length) return this.#head.subarray(offset, offset + most);
    const length = Math.max(0, Math.min(most, this.sizeBytes - offset));
    if (offset + length <= this.#head.length) return this.#head.subarray(offset, offset + length);
    this.#handle ??= open(this.#file, 'r');
    return readFully(await this.#handle, offset, length);
  }

  async close(): Promise<void> {
    const handle = await this.#handle?.catch(() => undefined);
    await handle?.close();
  }
}
