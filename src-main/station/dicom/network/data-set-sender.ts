// Sends one data set from its source to the socket: full fragments, one system call for many of them, and never more
// than a megabyte ahead of the peer.
//
// Guarantees: the source's pieces are done with when the next one is asked for. An odd data set (a deflated one may be,
// PS3.5 A.5) gets one NULL byte behind it: fragments are even, DCMTK aborts on an odd one. Refuses: a source of another
// length than was said; what was sent then is not whole and the association must be aborted.
import type { Connection } from './connection.ts';
import { dataHeader, fragmentBytes } from './pdu.ts';

export type DataSetSource = {
  readonly lengthBytes: number;
  readonly source: AsyncIterable<Buffer> | Iterable<Buffer>;
  onProgress?(sentBytes: number): void;
};

/** Longest fragment, whatever the peer would take, and how much is given to the socket before it is waited for. */
const longestFragmentBytes = 256 * 1024;
const aheadBytes = 1024 * 1024;

export class DataSetSender {
  readonly #connection: Connection;
  readonly #contextId: number;
  readonly #fragmentBytes: number;
  /** What is too short for a fragment of its own, copied; two of them, because the socket may still have the other. */
  #rest: Buffer = Buffer.alloc(0);
  #other: Buffer = Buffer.alloc(0);
  #restBytes = 0;
  #sentBytes = 0;

  constructor(connection: Connection, contextId: number, peerMaxPduLength: number) {
    this.#connection = connection;
    this.#contextId = contextId;
    this.#fragmentBytes = fragmentBytes(peerMaxPduLength, longestFragmentBytes);
  }

  /**
   * Sends `command` and the data set. Returns when the socket has all of it, or the association is over; an error of the
   * source is returned, not thrown.
   */
  async send(
    command: Buffer,
    { lengthBytes, source, onProgress }: DataSetSource,
  ): Promise<{ readonly error: unknown } | undefined> {
    const { socket } = this.#connection;
    const evenBytes = lengthBytes + (lengthBytes % 2);
    socket.cork();
    this.#connection.send(command);
    try {
      let given = 0;
      for await (const piece of source) {
        given += piece.length;
        if (given > lengthBytes) throw new RangeError('the source is longer than was said');
        for (let offset = 0; offset < piece.length; offset += aheadBytes) {
          this.#give(piece.subarray(offset, offset + aheadBytes), evenBytes);
          if (!(await this.#isTaken())) return undefined;
          onProgress?.(this.#sentBytes);
        }
      }
      if (given < lengthBytes) throw new RangeError('the source is shorter than was said');
      if (lengthBytes === 0) this.#fragment(0);
      if (evenBytes > lengthBytes) this.#give(Buffer.alloc(1), evenBytes);
      await this.#isTaken();
      return undefined;
    } catch (error) {
      return { error };
    } finally {
      socket.uncork();
    }
  }

  /** Gives the corked socket all whole fragments of what is there, and keeps the rest; at the end there is no rest. */
  #give(part: Buffer, wholeBytes: number): void {
    const isEnd = this.#sentBytes + this.#restBytes + part.length === wholeBytes;
    let offset = 0;
    for (;;) {
      const available = this.#restBytes + part.length - offset;
      if (available === 0 || (!isEnd && available < this.#fragmentBytes)) break;
      const length = Math.min(this.#fragmentBytes, available);
      this.#fragment(length, this.#sentBytes + length === wholeBytes);
      const fromPart = length - this.#restBytes;
      if (this.#restBytes > 0) this.#connection.send(this.#takeRest());
      if (fromPart > 0) this.#connection.send(part.subarray(offset, offset + fromPart));
      offset += fromPart;
      this.#sentBytes += length;
    }
    if (offset < part.length) this.#keepRest(part.subarray(offset), wholeBytes);
  }

  #fragment(length: number, isLast = true): void {
    this.#connection.send(dataHeader(this.#contextId, false, isLast, length));
  }

  #keepRest(part: Buffer, wholeBytes: number): void {
    if (this.#rest.length === 0) this.#rest = Buffer.allocUnsafeSlow(Math.min(this.#fragmentBytes, wholeBytes));
    this.#restBytes += part.copy(this.#rest, this.#restBytes);
  }

  #takeRest(): Buffer {
    const rest = this.#rest.subarray(0, this.#restBytes);
    [this.#rest, this.#other] = [this.#other, this.#rest];
    this.#restBytes = 0;
    return rest;
  }

  /** Lets the socket send what it was given and waits until it has; false when the association is over. */
  async #isTaken(): Promise<boolean> {
    const { socket } = this.#connection;
    socket.uncork();
    if (!this.#connection.isOver && socket.writableLength > 0)
      // A socket that is destroyed calls back too, with an error.
      await new Promise<void>((resolve) => socket.write(Buffer.alloc(0), () => resolve()));
    if (this.#connection.isOver) return false;
    socket.cork();
    return true;
  }
}
