// One TCP connection that carries an association: framing, messages, and closing that always closes.
//
// Guarantees: after `endWith`, `abort` or `destroy` no more events but `closed`, which comes exactly once and within
// about a second of them, whatever the peer does. Errors of the socket never leave as exceptions.
import type { Socket } from 'node:net';
import { MessageAssembly, type MessageEvents } from './message-assembly.ts';
import { PduFraming, type FramingLimits } from './pdu-framing.ts';
import { abortOf } from './pdu.ts';

export type ConnectionEvents = MessageEvents & {
  /** A whole PDU that is not P-DATA-TF. */
  control(type: number, pdu: Buffer): void;
  /** A handler threw: a bug of ours, which may cost this connection and nothing else. */
  broke(error: unknown): void;
  /** The peer has ended its side. */
  peerEnded(): void;
  /** The socket is closed; `code` of the system error that closed it. */
  closed(code: string | undefined): void;
};

/** What the peer gets to take our last words in. */
const lingerMs = 1000;

export class Connection {
  readonly socket: Socket;
  readonly limits: FramingLimits;
  readonly #framing: PduFraming;
  readonly #assembly: MessageAssembly;
  #isOver = false;
  #errorCode: string | undefined;
  #receivedBytes = 0;

  constructor(socket: Socket, limits: FramingLimits, isAccepted: (id: number) => boolean, events: ConnectionEvents) {
    this.socket = socket;
    this.limits = limits;
    // Commands and answers are small: without this each of them waits 40 ms for Nagle's algorithm.
    socket.setNoDelay(true);
    this.#assembly = new MessageAssembly(isAccepted, events);
    this.#framing = new PduFraming(limits, {
      control: events.control,
      fragment: (contextId, isCommand, isEnd, piece) => this.#assembly.fragment(contextId, isCommand, isEnd, piece),
      fault: events.fault,
    });
    socket.on('data', (bytes: Buffer) => {
      try {
        this.#take(bytes);
      } catch (error) {
        events.broke(error);
      }
    });
    socket.on('end', () => {
      if (!this.#isOver) events.peerEnded();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => (this.#errorCode ??= error.code ?? 'ERROR'));
    socket.on('close', () => {
      this.#stop();
      events.closed(this.#errorCode);
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** True while a PDU or a message has begun and is not whole. */
  get isReceiving(): boolean {
    return this.#framing.isInside || this.#assembly.isInside;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** False when the peer should be waited for: the socket says 'drain' then. */
  send(bytes: Buffer): boolean {
    return this.#isOver || this.socket.destroyed ? true : this.socket.write(bytes);
  }

  holdBack(isHeld: boolean): void {
    if (this.#isOver) return;
    if (isHeld) this.socket.pause();
    else this.socket.resume();
  }

  /** Says `bytes` as the last thing, then ends; the socket is destroyed when the peer does not end too. */
  endWith(bytes: Buffer): void {
    if (this.#isOver) return;
    this.#stop();
    this.socket.end(bytes);
    // What still comes is read and forgotten, so that our last words are not lost to a reset.
    this.socket.resume();
    const timer = setTimeout(() => this.socket.destroy(), lingerMs);
    this.socket.once('close', () => clearTimeout(timer));
  }

  abort(source: 0 | 2, reason: number): void {
    this.endWith(abortOf(source, reason));
  }

  destroy(): void {
    this.#stop();
    this.socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.#receivedBytes += bytes.length;
    if (!this.#isOver) this.#framing.feed(bytes);
  }

  #stop(): void {
    this.#isOver = true;
    this.#framing.stop();
  }
}
