// One object on its way into the store.
//
// Bytes go to incoming/<id>.part and are hashed as they pass. After `sync` they are durable, after `place` under their
// final name as well; after `discard`, or when one of them throws, nothing is left. A descriptor whose sync failed is
// never used again. Refuses to eat into the reserve ('no-room').
//
// `place` may be called while `sync` runs: the name and the bytes are made durable side by side. So a crash may leave
// one of these, and none of them was acknowledged: a .part of any length; a file under its final name without a row,
// whole after a killed process, and after a power cut of any length, down to nothing. It never leaves a row without a file.
import { createHash, type Hash } from 'node:crypto';
import path from 'node:path';
import { bug } from '#station/kit/problem.ts';
import { diskProblem, type Disk } from './disk.ts';
import { HeadReader } from './head-reader.ts';
import { headBytes, type Heads } from './heads.ts';
import type { Shards } from './shards.ts';
import type { SpaceWatch } from './space.ts';

/** An object that is durable in the store, not yet in the catalogue. */
export type SealedFile = {
  readonly objectId: string;
  /** Its name below objects/, for `pathOf`. */
  readonly file: string;
  readonly sizeBytes: number;
  /** Where the data set begins in the file. */
  readonly dataSetOffset: number;
  /** Of the bytes from `dataSetOffset` to the end, lower case hex. */
  readonly dataSetSha256: string;
};

export type IncomingParts = {
  readonly objectId: string;
  readonly folder: string;
  readonly dataSetOffset: number;
  readonly promisedBytes: number;
  readonly disk: Disk;
  readonly heads: Heads;
  readonly shards: Shards;
  readonly space: SpaceWatch;
  readonly onDiskFailed: (cause: unknown) => void;
  readonly onSealed: () => void;
};

export class IncomingFile {
  readonly objectId: string;
  readonly #parts: IncomingParts;
  readonly #part: string;
  readonly #hash: Hash = createHash('sha256');
  readonly #head: Buffer;
  #isHeadLent = false;
  #dataSetSha256: string | undefined;
  readonly #opened: Promise<number>;
  #sizeBytes = 0;
  #flushedBytes = 0;
  #underway: Promise<void> | undefined;
  #syncing: Promise<void> | undefined;
  #placed: string | undefined;
  #stage: 'open' | 'syncing' | 'synced' | 'ended' = 'open';
  #released = false;

  constructor(parts: IncomingParts) {
    this.objectId = parts.objectId;
    this.#parts = parts;
    this.#head = parts.heads.take();
    this.#part = path.join(parts.folder, `${parts.objectId}.part`);
    this.#opened = parts.disk.create(this.#part);
    this.#opened.catch(() => {}); // told by whoever waits for it
  }

  /** Bytes taken so far. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** SHA-256 of the data set, lower case hex. Nothing can be written any more. */
  get dataSetSha256(): string {
    return (this.#dataSetSha256 ??= this.#hash.digest('hex'));
  }

  /**
   * Takes the next bytes of the file. `undefined`: they are copied, go on at once. A promise: they are being written,
   * the buffers belong to this file until it settles, and nothing else may be called before. Throws or rejects with
   * 'no-room' or 'disk-failed'; then only `discard` is left.
   */
  write(pieces: readonly Uint8Array[]): Promise<void> | undefined {
    if (this.#stage !== 'open' || this.#underway || this.#dataSetSha256 !== undefined)
      throw bug('written to at the wrong moment');
    let bytes = 0;
    for (const piece of pieces) bytes += piece.length;
    this.#parts.space.spend(bytes);
    const rest = this.#keepHead(pieces);
    if (rest.length === 0) {
      this.#digest(pieces);
      return undefined;
    }
    const flushed = this.#flush(rest);
    this.#digest(pieces); // meanwhile the thread pool writes
    this.#underway = flushed.finally(() => (this.#underway = undefined));
    return this.#underway;
  }

  /**
   * Makes the bytes durable: nothing can be written any more, `reader` may be used meanwhile, `place` or `discard`
   * follows and may begin before this is over. Throws 'no-room' or 'disk-failed'; then nothing is left.
   */
  sync(): Promise<void> {
    if (this.#stage !== 'open' || this.#underway) throw bug('synced at the wrong moment');
    if (this.#sizeBytes < this.#parts.dataSetOffset) throw bug('synced before its data set began');
    this.#stage = 'syncing';
    this.#syncing = this.#sync();
    this.#syncing.catch(() => {}); // told by whoever waits for it
    return this.#syncing;
  }

  async #sync(): Promise<void> {
    const { disk } = this.#parts;
    let operation = 'write';
    try {
      const fd = await this.#opened;
      try {
        await this.#flush([]);
        operation = 'sync';
        await disk.fdatasync(fd);
        if (this.#stage === 'syncing') this.#stage = 'synced';
      } finally {
        // Nobody waits for it: what is synced cannot be lost by closing.
        void disk.close(fd).catch(() => {});
      }
    } catch (error) {
      // `place` tidies up when it has begun.
      if (this.#stage === 'syncing') await this.#giveUp();
      throw this.#failed(error, operation);
    }
  }

  /**
   * Gives the object its final name and returns when bytes and name are durable. Throws 'no-room' or 'disk-failed'; then
   * nothing is left of it.
   */
  async place(): Promise<SealedFile> {
    if (this.#stage !== 'synced' && this.#stage !== 'syncing') {
      await this.#syncing; // tells why there is nothing to be placed
      throw bug('placed at the wrong moment');
    }
    this.#stage = 'ended';
    const { shards } = this.#parts;
    try {
      const naming = this.#opened.then(() => shards.place(this.#part, `${this.objectId}.dcm`));
      // Both must be over before either failure is told: what is left is removed then.
      const [named, synced] = await Promise.allSettled([naming, this.#syncing]);
      if (named.status === 'fulfilled') this.#placed = named.value;
      if (synced.status === 'rejected') throw synced.reason;
      if (named.status === 'rejected') throw named.reason;
      this.#parts.onSealed();
      this.#release();
      // It is written, and whoever read it has read it before `place`.
      this.#parts.heads.giveBack(this.#head);
      return {
        objectId: this.objectId,
        file: named.value,
        sizeBytes: this.#sizeBytes,
        dataSetOffset: this.#parts.dataSetOffset,
        dataSetSha256: this.dataSetSha256,
      };
    } catch (error) {
      await this.#giveUp();
      throw this.#failed(error, 'place');
    }
  }

  /** `sync` and `place` in one. */
  async seal(): Promise<SealedFile> {
    void this.sync();
    return this.place();
  }

  /**
   * Reads what was written so far, most of it from memory; to be used after the last `write` settled and before `place`.
   * Whoever asks closes it.
   */
  reader(): HeadReader {
    this.#isHeadLent = true;
    const head = this.#head.subarray(0, Math.min(this.#sizeBytes, headBytes));
    return new HeadReader(head, this.#part, this.#sizeBytes);
  }

  /** Leaves nothing. Safe before `place` and more than once; after `place` it does nothing. Never rejects. */
  async discard(): Promise<void> {
    if (this.#stage === 'ended') return;
    const stage = this.#stage;
    this.#stage = 'ended';
    try {
      await this.#underway?.catch(() => {});
      await this.#syncing?.catch(() => {});
      const fd = await this.#opened;
      // A sync that is under way closes its descriptor itself.
      if (stage === 'open') await this.#parts.disk.close(fd).catch(() => {});
      if (!this.#isHeadLent) this.#parts.heads.giveBack(this.#head);
    } catch {
      // never opened
    }
    await this.#giveUp();
  }

  /** A .part that cannot be removed is dropped at the next start. */
  async #giveUp(): Promise<void> {
    this.#stage = 'ended';
    this.#release();
    const left = this.#placed === undefined ? this.#part : this.#parts.shards.pathOf(this.#placed);
    await this.#parts.disk.unlink(left).catch(() => {});
  }

  #release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#parts.space.release(this.#parts.promisedBytes);
  }

  /** Copies what still fits into the head and gives what is to be written beside it. */
  #keepHead(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
    if (this.#sizeBytes >= headBytes) {
      for (const piece of pieces) this.#sizeBytes += piece.length;
      return pieces;
    }
    const rest: Uint8Array[] = [];
    for (const piece of pieces) {
      const room = Math.max(0, headBytes - this.#sizeBytes);
      const copied = Math.min(room, piece.length);
      if (copied > 0) this.#head.set(piece.subarray(0, copied), this.#sizeBytes);
      if (copied < piece.length) rest.push(piece.subarray(copied));
      this.#sizeBytes += piece.length;
    }
    return rest;
  }

  async #flush(rest: readonly Uint8Array[]): Promise<void> {
    const unwritten = this.#head.subarray(this.#flushedBytes, Math.min(this.#sizeBytes, headBytes));
    let vector = this.#flushedBytes < headBytes && unwritten.length > 0 ? [unwritten, ...rest] : rest;
    try {
      const fd = await this.#opened;
      while (vector.length > 0) {
        const written = await this.#parts.disk.writev(fd, vector, this.#flushedBytes);
        this.#flushedBytes += written;
        vector = dropFirst(vector, written);
      }
    } catch (error) {
      throw this.#failed(error, 'write');
    }
  }

  #digest(pieces: readonly Uint8Array[]): void {
    let at = this.#sizeBytes;
    for (const piece of pieces) at -= piece.length;
    for (const piece of pieces) {
      const skipped = Math.max(0, this.#parts.dataSetOffset - at);
      if (skipped < piece.length) this.#hash.update(skipped > 0 ? piece.subarray(skipped) : piece);
      at += piece.length;
    }
  }

  #failed(error: unknown, operation: string): Error {
    const problem = diskProblem(error, operation);
    if (problem.code === 'disk-failed' && problem !== error) this.#parts.onDiskFailed(error);
    return problem;
  }
}

/** What is left of a vector after its first `bytes` were written. */
function dropFirst(vector: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let skip = bytes;
  let index = 0;
  for (let piece = vector[index]; piece && piece.length <= skip; piece = vector[index]) {
    skip -= piece.length;
    index++;
  }
  const left = vector.slice(index);
  const first = left[0];
  if (first && skip > 0) left[0] = first.subarray(skip);
  return left;
}
