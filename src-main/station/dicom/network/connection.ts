// One TCP connection that carries an association: it frames, assembles messages, and follows the state table of PS3.8.
//
// Guarantees: what the peer sends leads to what table 9-10 says, at its header already where the answer is an abort; after
// the association is over its user hears nothing but `closed`, which comes exactly once and within about `closingMs`,
// whatever the peer does. Errors of the socket never leave as exceptions.
import type { Socket } from 'node:net';
import { MessageAssembly, type MessageEvents } from './message-assembly.ts';
import { PduFraming, type FramingLimits } from './pdu-framing.ts';
import { abortOf, abortReason, pduType, releaseRequest, releaseResponse } from './pdu.ts';
import { actionFor, stateAfter, type Action, type Role, type State, type UpperEvent } from './state-table.ts';

/** What the user of a connection is told. The names in brackets are actions of PS3.8 tables 9-6 to 9-9. */
export type ConnectionEvents = Omit<MessageEvents, 'fault'> & {
  /** A whole A-ASSOCIATE-RQ (AE-6), to be answered by `accept`, `reject` or `invalid` before this returns. */
  associationAsked?(pdu: Buffer): void;
  /** A whole A-ASSOCIATE-AC (AE-3). */
  associationAccepted?(pdu: Buffer): void;
  /** A whole A-ASSOCIATE-RJ (AE-4); the socket closes. */
  associationRejected?(pdu: Buffer): void;
  /** The peer wants to release (AR-2, AR-8): `answerRelease`, now or later. */
  releaseAsked(): void;
  /** The peer has confirmed our release (AR-3, AR-10). */
  released?(): void;
  /** A whole A-ABORT (AA-2, AA-3); the socket closes. */
  abortedByPeer(pdu: Buffer): void;
  /** The peer did what it must not; it was sent an A-ABORT (AA-1, AA-8). */
  aborted(why: string): void;
  /** A listener threw: a bug of ours, which may cost this connection and nothing else. */
  broke(error: unknown): void;
  /** The peer has ended its side. */
  peerEnded(): void;
  /** The socket is closed; `code` of the system error that closed it. */
  closed(code: string | undefined): void;
};

export type ConnectionOptions = {
  readonly role: Role;
  readonly limits: FramingLimits;
  /** What the peer gets to take our last words in and to close: ARTIM of Sta13. */
  readonly closingMs: number;
};

/** The event of each PDU type (PS3.8 9.3). */
const eventOfPdu: Readonly<Record<number, UpperEvent>> = {
  [pduType.associateRequest]: 'A-ASSOCIATE-RQ',
  [pduType.associateAccept]: 'A-ASSOCIATE-AC',
  [pduType.associateReject]: 'A-ASSOCIATE-RJ',
  [pduType.data]: 'P-DATA-TF',
  [pduType.releaseRequest]: 'A-RELEASE-RQ',
  [pduType.releaseResponse]: 'A-RELEASE-RP',
  [pduType.abort]: 'A-ABORT',
};
const refusals: ReadonlySet<Action> = new Set<Action>(['AA-1', 'AA-6', 'AA-7', 'AA-8']);

export class Connection {
  readonly socket: Socket;
  readonly #role: Role;
  readonly #closingMs: number;
  readonly #events: ConnectionEvents;
  readonly #framing: PduFraming;
  readonly #assembly: MessageAssembly;
  /** An accepted socket has gone through AE-5, an opened one through AE-1. */
  #state: State;
  #closing: NodeJS.Timeout | undefined;
  #errorCode: string | undefined;
  #receivedBytes = 0;

  /** @param isAccepted whether messages may come on this presentation context */
  constructor(
    socket: Socket,
    { role, limits, closingMs }: ConnectionOptions,
    isAccepted: (contextId: number) => boolean,
    events: ConnectionEvents,
  ) {
    this.socket = socket;
    this.#role = role;
    this.#closingMs = closingMs;
    this.#events = events;
    this.#state = role === 'acceptor' ? 2 : 4;
    // Commands and answers are small: without this each of them waits 40 ms for Nagle's algorithm.
    socket.setNoDelay(true);
    this.#assembly = new MessageAssembly(isAccepted, {
      dataSetBegins: (contextId, command) => events.dataSetBegins(contextId, command),
      message: (contextId, command, dataSet) => events.message(contextId, command, dataSet),
      fault: (reason, why) => this.#fault(reason, why),
    });
    this.#framing = new PduFraming(limits, {
      begins: (type) => this.#begins(type),
      control: (type, pdu) => this.#happens(eventOfPdu[type] ?? 'invalid PDU', pdu),
      fragment: (contextId, isCommand, isEnd, piece) => {
        if (this.isOpen) this.#assembly.fragment(contextId, isCommand, isEnd, piece);
      },
      fault: (reason, why) => this.#fault(reason, why),
    });
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.on('end', () => {
      if (this.isOver) socket.end();
      else events.peerEnded();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => (this.#errorCode ??= error.code ?? 'ERROR'));
    socket.on('close', () => {
      this.#happens('connection closed');
      this.#framing.stop();
      clearTimeout(this.#closing);
      events.closed(this.#errorCode);
    });
  }

  /** Sta1 to Sta13 of PS3.8. */
  get state(): State {
    return this.#state;
  }

  /** Messages may come. */
  get isOpen(): boolean {
    return this.#state === 6 || this.#state === 7;
  }

  /** There is no association any more, and there will be none. */
  get isOver(): boolean {
    return this.#state === 13 || this.#state === 1;
  }

  /** True while a PDU or a message has begun and is not whole. */
  get isReceiving(): boolean {
    return this.#framing.isInside || this.#assembly.isInside;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** The socket is connected: says the A-ASSOCIATE-RQ. */
  associate(request: Buffer): void {
    this.#happens('connected', request);
  }

  accept(acceptance: Buffer): void {
    this.#happens('association accepted', acceptance);
  }

  reject(rejection: Buffer): void {
    this.#happens('association rejected', rejection);
  }

  /** Says P-DATA-TFs. False when the peer should be waited for: the socket says 'drain' then. */
  send(bytes: Buffer): boolean {
    if (actionFor(this.#state, 'data given') === undefined || this.socket.destroyed) return true;
    return this.socket.write(bytes);
  }

  askRelease(): void {
    this.#happens('release asked');
  }

  answerRelease(): void {
    this.#happens('release answered');
  }

  /** Ends it as its user; where no association has begun, the socket is closed. */
  abort(): void {
    if (actionFor(this.#state, 'abort asked') === undefined && !this.isOver) this.destroy();
    else this.#happens('abort asked');
  }

  /** A PDU that was handed out must not say what it says. */
  invalid(reason: number, why: string): void {
    // A request that cannot be read was no request: Evt19 of Sta2, not Evt6.
    if (this.#state === 3) this.#state = 2;
    this.#fault(reason, why);
  }

  /** The timer of PS3.8 9.1.5 has run out. */
  artimExpired(): void {
    this.#happens('ARTIM expired');
  }

  holdBack(isHeld: boolean): void {
    if (this.isOver) return;
    if (isHeld) this.socket.pause();
    else this.socket.resume();
  }

  /** For a peer that has ended its side and was told all: ends ours. */
  end(): void {
    if (this.isOver) return;
    this.#state = 13;
    this.#awaitClose();
    this.socket.end();
  }

  destroy(): void {
    this.#state = 1;
    this.#framing.stop();
    this.socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.#receivedBytes += bytes.length;
    try {
      this.#framing.feed(bytes);
    } catch (error) {
      this.#events.broke(error);
    }
  }

  /** At the header of a PDU: what will be refused is refused now, its bytes are not waited for. */
  #begins(type: number): 'take' | 'skip' {
    const event = eventOfPdu[type] ?? 'invalid PDU';
    const action = actionFor(this.#state, event);
    if (action !== undefined && !refusals.has(action)) return 'take';
    this.#happens(event, undefined, { reason: abortReason.unexpectedPdu, why: `unexpected ${event}` });
    return 'skip';
  }

  /** Reason 0 is a fault of the messages, which is for the user of the association to end. */
  #fault(reason: number, why: string): void {
    if (reason !== abortReason.notSpecified) return this.#happens('invalid PDU', undefined, { reason, why });
    if (this.isOver) return;
    this.#happens('abort asked');
    this.#events.aborted(why);
  }

  #happens(event: UpperEvent, pdu: Buffer = nothing, fault: Fault = noFault): void {
    const action = actionFor(this.#state, event);
    if (action === undefined) return;
    this.#state = stateAfter(action, this.#role);
    this.#act(action, pdu, fault);
  }

  #act(action: Action, pdu: Buffer, { reason, why }: Fault): void {
    const events = this.#events;
    switch (action) {
      case 'AE-2':
      case 'AE-7':
        this.socket.write(pdu);
        return;
      case 'AE-3':
        return events.associationAccepted?.(pdu);
      case 'AE-4':
        events.associationRejected?.(pdu);
        return this.destroy();
      case 'AE-6':
        return events.associationAsked?.(pdu);
      case 'AE-8':
        return this.#sayLast(pdu);
      case 'AR-1':
        this.socket.write(releaseRequest());
        return;
      case 'AR-2':
      case 'AR-8':
        return events.releaseAsked();
      case 'AR-3':
        events.released?.();
        return this.destroy();
      case 'AR-4':
        return this.#sayLast(releaseResponse());
      case 'AR-9':
        this.socket.write(releaseResponse());
        return;
      case 'AR-10':
        return events.released?.();
      case 'AA-1':
        this.#sayLast(abortOf(0, 0));
        if (why !== '') events.aborted(why);
        return;
      case 'AA-2':
        if (pdu.length > 0 && this.#closing === undefined) events.abortedByPeer(pdu);
        return this.destroy();
      case 'AA-3':
        events.abortedByPeer(pdu);
        return this.destroy();
      case 'AA-7':
        // Once: who keeps on does not make us write to who does not read.
        if (this.socket.writableLength === 0 && this.socket.writable) this.socket.write(abortOf(2, reason));
        return;
      case 'AA-8':
        this.#sayLast(abortOf(2, reason));
        return events.aborted(why);
      default:
        // What is sent or taken elsewhere (DT-1, DT-2, AR-6, AR-7), ignored (AA-6), or closed already (AA-4, AA-5, AR-5).
        return;
    }
  }

  #sayLast(bytes: Buffer): void {
    this.#awaitClose();
    if (this.socket.destroyed) return;
    this.socket.write(bytes);
    // Whoever was sending a data set has given whole PDUs so far and will not go on.
    this.socket.uncork();
    // What still comes is read and skipped, so that our last words are not lost to a reset.
    this.socket.resume();
    // Who has ended already will not close after us.
    if (this.socket.readableEnded) this.socket.end();
  }

  /** ARTIM of Sta13. */
  #awaitClose(): void {
    this.#closing ??= setTimeout(() => this.artimExpired(), this.#closingMs);
  }
}

type Fault = { readonly reason: number; readonly why: string };
const noFault: Fault = { reason: abortReason.notSpecified, why: '' };
const nothing = Buffer.alloc(0);
