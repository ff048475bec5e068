// The reserve as a file: bytes that are really taken on the volume, so that no other program can take them. When the
// volume runs out all the same, they are given back and the book can go on writing.
//
// Intake keeps its own distance (space.ts); this file is for what intake cannot see coming. Best effort: where it cannot
// be made, nothing else stops.
import { randomBytes } from 'node:crypto';
import { open, rm, stat } from 'node:fs/promises';

const blockBytes = 1 << 20;

export class Reserve {
  readonly #file: string;
  #working: Promise<void> | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** Takes so many bytes, a little at a time. What is not compressible, so that every file system really keeps it. */
  hold(bytes: number): Promise<void> {
    this.#working ??= this.#hold(bytes).finally(() => (this.#working = undefined));
    return this.#working;
  }

  /** Gives them back. Never rejects. */
  async release(): Promise<void> {
    await this.#working?.catch(() => {});
    await rm(this.#file, { force: true }).catch(() => {});
  }

  /** Bytes that it holds now. */
  async heldBytes(): Promise<number> {
    return stat(this.#file).then(
      ({ size }) => size,
      () => 0,
    );
  }

  async #hold(bytes: number): Promise<void> {
    const held = await this.heldBytes();
    if (held === bytes) return;
    const handle = await open(this.#file, 'a', 0o600);
    try {
      if (held > bytes) await handle.truncate(bytes);
      for (let at = held; at < bytes; at += blockBytes) {
        await handle.write(randomBytes(Math.min(blockBytes, bytes - at)));
      }
      await handle.datasync();
    } catch (error) {
      await rm(this.#file, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
  }
}
