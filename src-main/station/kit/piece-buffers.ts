// Buffers to read files into, used again: a new one for each piece of a large file counts as foreign memory, for which the
// collector walks through everything again and again. Whoever opens something that reads keeps one of these.

/** One system call for most objects. */
const pieceBytes = 1024 * 1024;
const mostFree = 8;

export class PieceBuffers {
  readonly #free: Buffer[] = [];

  /** A buffer of 1 MiB that nobody else has. */
  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(pieceBytes);
  }

  /** Only for who knows that nobody looks at it any more. A buffer that is never given back is no harm. */
  giveBack(buffer: Buffer): void {
    if (this.#free.length < mostFree) this.#free.push(buffer);
  }
}
