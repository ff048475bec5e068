// One connection of the HL7 listener: its messages are taken in their order and answered in their order.
//
// Guarantees: at most so many messages are taken and not answered; a peer that does not read its answers is not read from;
// a message that does not go on, or bytes that are no message, end the connection.
import type { Socket } from 'node:net';
import { MllpReader, type Frame } from './framing.ts';
import type { ListenerLimits } from './limits.ts';

const mostUnanswered = 64;
const mostStrayBytes = 65_536;
const mostUnsentBytes = 1024 * 1024;
const unsentMs = 30_000;
const slowestBytesPerSecond = 1000;

export type ConnectionHost = {
  readonly limits: ListenerLimits;
  take(message: Buffer, address: string): Promise<readonly Buffer[]>;
  reject(head: Buffer, words: string): readonly Buffer[];
  frame(message: Buffer): Buffer;
  /** Memory held grew by so much; false when that is too much for all together. */
  held(difference: number): boolean;
  dropped(address: string, why: string): void;
  closed(connection: Connection): void;
};

export class Connection {
  readonly address: string;
  readonly #socket: Socket;
  readonly #host: ConnectionHost;
  readonly #reader: MllpReader;
  #heldBytes = 0;
  #unanswered = 0;
  #answering: Promise<void> = Promise.resolve();
  #begunAt: number | undefined;
  #begunBytes = 0;
  #unsentSince: number | undefined;
  #settling: NodeJS.Timeout | undefined;
  #isFirst = true;
  #isEnding = false;
  #isGone = false;

  constructor(socket: Socket, address: string, host: ConnectionHost) {
    this.#socket = socket;
    this.address = address;
    this.#host = host;
    this.#reader = new MllpReader(host.limits.mostBytes);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('end', () => this.endSoon());
    socket.on('drain', () => this.#pace());
    socket.on('error', () => {});
    socket.once('close', () => this.#gone());
    socket.resume();
  }

  /** Nothing is under way. */
  get isIdle(): boolean {
    return this.#unanswered === 0 && !this.#reader.isInside;
  }

  /** Called about once a second. */
  check(now: number): void {
    if (this.#socket.writableLength > mostUnsentBytes) {
      this.#unsentSince ??= now;
      if (now - this.#unsentSince > unsentMs) this.drop('does-not-read');
    } else this.#unsentSince = undefined;
    this.#pace();
    if (this.#begunAt === undefined || this.#socket.isPaused()) return;
    const takenMs = now - this.#begunAt;
    if (takenMs > this.#host.limits.messageMs && (this.#begunBytes * 1000) / takenMs < slowestBytesPerSecond) {
      this.drop('too-slow');
    }
  }

  drop(why: string): void {
    if (this.#isGone) return;
    this.#socket.destroy();
    // Its place is free at once, for who comes in its stead.
    this.#gone();
    if (why !== 'stopping') this.#host.dropped(this.address, why);
  }

  /** Answers what was taken, then ends. */
  endSoon(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#take(this.#reader.settle());
    void this.#answering.then(() => {
      if (!this.#isGone) this.#socket.end();
    });
    // Bytes may still come: nobody looks at them.
    setTimeout(() => this.#socket.destroy(), this.#host.limits.closingMs).unref();
  }

  #read(chunk: Buffer): void {
    if (this.#isGone || this.#isEnding) return;
    if (this.#isFirst && chunk[0] === 0x16 && chunk[1] !== undefined && chunk[1] <= 0x03) return this.drop('tls-here');
    this.#isFirst = false;
    clearTimeout(this.#settling);
    this.#take(this.#reader.read(chunk));
    if (this.#isGone) return;
    this.#watchMessage(chunk.length);
    if (this.#isGone) return;
    if (this.#reader.strayBytes > mostStrayBytes) return this.drop('not-mllp');
    if (this.#reader.waitsForEnd) {
      this.#settling = setTimeout(() => this.#take(this.#reader.settle()), this.#host.limits.settleMs);
    }
  }

  #watchMessage(bytes: number): void {
    if (!this.#reader.isInside) this.#begunAt = undefined;
    else if (this.#begunAt === undefined) {
      this.#begunAt = performance.now();
      this.#begunBytes = 0;
    } else this.#begunBytes += bytes;
    const difference = this.#reader.heldBytes - this.#heldBytes;
    this.#heldBytes += difference;
    if (!this.#host.held(difference) && difference > 0) this.drop('too-much-at-once');
  }

  #take(frames: readonly Frame[]): void {
    for (const frame of frames) {
      // Another message begins its own time.
      this.#begunAt = undefined;
      if (frame.kind === 'message') this.#answer(this.#host.take(frame.bytes, this.address));
      else if (frame.kind === 'oversized') this.#answer(Promise.resolve(this.#host.reject(frame.head, 'Too large')));
      // Nobody waits for an answer to what was given up; an end within leaves somebody waiting.
      else if (frame.why === 'no-end') this.#host.dropped(this.address, 'no-end');
      else this.#answer(Promise.resolve(this.#host.reject(frame.head, 'The frame is broken')));
    }
  }

  #answer(coming: Promise<readonly Buffer[]>): void {
    this.#unanswered++;
    this.#pace();
    this.#answering = this.#answering
      .then(() => coming)
      .then((answers) => {
        if (this.#isGone) return;
        for (const answer of answers) this.#socket.write(this.#host.frame(answer));
      })
      .finally(() => {
        this.#unanswered--;
        this.#pace();
      });
  }

  #pace(): void {
    if (this.#isGone) return;
    const isFull = this.#unanswered >= mostUnanswered || this.#socket.writableLength > mostUnsentBytes;
    if (isFull !== this.#socket.isPaused()) {
      if (isFull) this.#socket.pause();
      else this.#socket.resume();
    }
  }

  #gone(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    clearTimeout(this.#settling);
    this.#host.held(-this.#heldBytes);
    this.#host.closed(this);
  }
}
