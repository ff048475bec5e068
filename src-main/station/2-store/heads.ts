// Buffers for the first bytes of incoming files, used again: a new one of 64 KiB costs more than all that is copied into
// it. Best effort: one that is not given back is the collector's.
export const headBytes = 64 * 1024;
const mostKept = 64;

export class Heads {
  readonly #free: Buffer[] = [];

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(headBytes);
  }

  /** Nobody may read or write it any more. */
  giveBack(head: Buffer): void {
    if (this.#free.length < mostKept) this.#free.push(head);
  }
}
