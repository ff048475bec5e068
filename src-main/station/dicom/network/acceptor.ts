// One connection that a peer opened to us, from its first byte to its last: negotiation, time limits, release and abort.
// What is said in between is for its conversation.
//
// Guarantees: every connection ends, and the host is told once when it has. Refuses: what is malformed, too slow or too
// quiet.
import type { Socket } from 'node:net';
import { newId } from '#station/kit/ids.ts';
import type { AssociationFacts, ServerEvent, ServerOptions, ServerRules } from './accepting.ts';
import { decideAdmission, type Room } from './admission.ts';
import { Connection } from './connection.ts';
import { decideContexts } from './context-policy.ts';
import { Conversation, type AcceptedContext } from './conversation.ts';
import { AcceptingNegotiation, type ContextResult, type Proposal } from './negotiation.ts';
import type { IntakeMemory } from './object-intake.ts';
import { Pace } from './pace.ts';
import { abortReason } from './pdu.ts';
import { secureFactsOf } from './secure-door.ts';

/** What an acceptor needs of the server it belongs to. */
export type AcceptorHost = {
  readonly rules: ServerRules;
  readonly options: Required<Omit<ServerOptions, 'secure'>>;
  readonly memory: IntakeMemory;
  /** Whether one more association from this address may be opened. */
  hasRoomFor(address: string): Room;
  /** It is an association now. */
  associated(acceptor: Acceptor): void;
  /** Its socket is closed, and nothing of it is being finished. */
  closed(acceptor: Acceptor): void;
  /** It never became an association. */
  dropped(address: string, why: string): void;
};

type How = 'released' | 'aborted-by-peer' | 'aborted-by-us' | 'lost';

const associateBytes = 65_536;
/** With more than this not yet taken by the peer, nothing more is read from it. */
const unsentBytes = 256 * 1024;

export class Acceptor {
  readonly #host: AcceptorHost;
  readonly #connection: Connection;
  readonly address: string;
  readonly #port: number;
  readonly #openedAt = performance.now();
  readonly #contexts = new Map<number, AcceptedContext>();
  readonly #pace: Pace;
  #association: AssociationFacts | undefined;
  #conversation: Conversation | undefined;
  #isHeld = false;
  #isDeaf = false;
  #isReleaseAsked = false;
  #isEnding = false;
  #isRejected = false;
  #isClosed = false;
  #how: How | undefined;
  #why: string | undefined;

  constructor(socket: Socket, host: AcceptorHost) {
    this.#host = host;
    this.address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    this.#port = socket.remotePort ?? 0;
    this.#pace = new Pace(host.options, this.#openedAt);
    const { maxPduLength: dataBytes, closingMs } = host.options;
    const options = { role: 'acceptor', limits: { associateBytes, dataBytes }, closingMs } as const;
    this.#connection = new Connection(socket, options, (id) => this.#contexts.has(id), {
      associationAsked: (pdu) => this.#negotiate(pdu),
      dataSetBegins: (contextId, command) => this.#conversation?.dataSetBegins(contextId, command) ?? 'drop',
      message: (contextId, command, dataSet) => this.#conversation?.message(contextId, command, dataSet),
      releaseAsked: () => this.#releaseAsked(),
      abortedByPeer: () => this.#ends('aborted-by-peer'),
      aborted: (why) => this.#ends('aborted-by-us', why),
      broke: (error) => {
        this.#ruleFailed(error);
        this.#abort('broken');
      },
      peerEnded: () => {
        if (!this.#isAnswering) this.#connection.destroy();
      },
      closed: (code) => this.#closed(code),
    });
  }

  /** Its association is over, though the socket may not be closed yet. */
  get isOver(): boolean {
    return this.#connection.isOver;
  }

  /** Ends it now when nothing is under way, else when what is under way was answered. */
  endSoon(): void {
    this.#isEnding = true;
    if (this.#connection.isOver) return;
    if (this.#association === undefined) this.#connection.destroy();
    else if (!this.#connection.isReceiving && !this.#isAnswering) this.#abort('stopping');
  }

  /** Ends it now, whatever is under way. */
  drop(why: string): void {
    this.#ends('aborted-by-us', why);
    this.#connection.destroy();
  }

  /** Ends it when it is too slow or too quiet. Called about once a second. */
  check(now: number): void {
    if (this.#connection.isOver) return;
    if (this.#association === undefined) {
      if (now - this.#openedAt < this.#host.options.artimMs) return;
      this.#why ??= 'no association request in time';
      return this.#connection.artimExpired();
    }
    this.#conversation?.writeWaiting();
    const { socket, receivedBytes } = this.#connection;
    const isWaitingForUs = this.#isAnswering || this.#isHeld || this.#isDeaf;
    const isReceiving = this.#connection.isReceiving && !this.#isHeld && !this.#isDeaf;
    const sent = { writtenBytes: socket.bytesWritten, unsentBytes: socket.writableLength };
    const verdict = this.#pace.judge({ isReceiving, isWaitingForUs, receivedBytes, ...sent }, now);
    if (verdict === 'answers are not taken') this.drop(verdict);
    else if (verdict !== 'fine') this.#abort(verdict);
  }

  get #isAnswering(): boolean {
    return this.#conversation?.isAnswering === true;
  }

  #negotiate(pdu: Buffer): void {
    const negotiation = new AcceptingNegotiation();
    const proposal = negotiation.read(pdu);
    if (proposal === undefined)
      return this.#connection.invalid(abortReason.invalidParameter, 'malformed association request');
    const facts = this.#factsOf(proposal);
    const { rules, options } = this.#host;
    const admission = decideAdmission({
      pdu,
      facts,
      rules,
      room: () => this.#host.hasRoomFor(this.address),
      ruleFailed: (error) => this.#ruleFailed(error),
    });
    if (admission.kind === 'reject') {
      const { result, source, reason } = admission;
      this.#tell({ kind: 'association-rejected', association: facts, result, source, reason });
      this.#isRejected = true;
      return this.#connection.reject(negotiation.reject(result, source, reason));
    }
    const results = decideContexts(proposal, {
      stores: admission.reportsOnly !== true,
      takesReports: rules.onCommitmentReport !== undefined,
      commits: rules.answerCommitment !== undefined && this.#offersCommitment(facts),
      answersQueries: rules.answerQuery !== undefined,
    });
    this.#keep(proposal, results);
    this.#association = facts;
    this.#conversation = this.#converse(facts, proposal.maxPduLength);
    const now = performance.now();
    this.#pace.stir(now);
    this.#pace.restart(now, this.#connection.receivedBytes);
    this.#host.associated(this);
    this.#tell({ kind: 'association-opened', association: facts });
    this.#connection.accept(negotiation.accept(options.maxPduLength, results));
  }

  #offersCommitment(facts: AssociationFacts): boolean {
    try {
      return this.#host.rules.offersCommitment?.(facts) ?? true;
    } catch (error) {
      this.#ruleFailed(error);
      return false;
    }
  }

  #factsOf(proposal: Proposal): AssociationFacts {
    return {
      id: newId(),
      callingAeTitle: proposal.callingAeTitle,
      calledAeTitle: proposal.calledAeTitle,
      address: this.address,
      port: this.#port,
      implementationClassUid: proposal.implementationClassUid,
      implementationVersion: proposal.implementationVersion,
      ...secureFactsOf(this.#connection.socket),
    };
  }

  #keep(proposal: Proposal, results: readonly ContextResult[]): void {
    for (const { id, transferSyntaxUid, result } of results) {
      const abstractSyntaxUid = proposal.contexts.find((offer) => offer.id === id)?.abstractSyntaxUid;
      if (result === 0 && transferSyntaxUid !== undefined && abstractSyntaxUid !== undefined)
        this.#contexts.set(id, { abstractSyntaxUid, transferSyntaxUid });
    }
  }

  #converse(association: AssociationFacts, peerMaxPduLength: number): Conversation {
    const { rules, memory } = this.#host;
    return new Conversation({
      connection: this.#connection,
      rules,
      memory,
      association,
      contexts: this.#contexts,
      peerMaxPduLength,
      readyForMore: () => this.#readyForMore(),
      holdBack: (isHeld) => {
        this.#isHeld = isHeld;
        this.#pace.restart(performance.now(), this.#connection.receivedBytes);
        this.#connection.holdBack(isHeld || this.#isDeaf);
      },
      heard: () => this.#pace.stir(performance.now()),
      answered: () => this.#answered(),
      abort: (why) => this.#abort(why),
      ruleFailed: (error) => this.#ruleFailed(error),
    });
  }

  /** Undefined while the peer takes what it is told. */
  #readyForMore(): Promise<void> | undefined {
    const { socket } = this.#connection;
    if (socket.writableLength < unsentBytes || socket.destroyed) return undefined;
    return new Promise((resolve) => {
      const ready = () => {
        socket.off('drain', ready);
        socket.off('close', ready);
        resolve();
      };
      socket.on('drain', ready);
      socket.on('close', ready);
    });
  }

  #answered(): void {
    if (this.#isClosed) return this.#leave();
    this.#pace.stir(performance.now());
    if (this.#isReleaseAsked) this.#release();
    else if (this.#isEnding) this.#abort('stopping');
    else if (this.#connection.socket.readableEnded) this.#connection.end();
    else this.#holdBackDeaf();
  }

  /** A peer that asks and does not take the answers is not read from, until it does, or is dropped for it. */
  #holdBackDeaf(): void {
    const ready = this.#isDeaf ? undefined : this.#readyForMore();
    if (ready === undefined) return;
    this.#isDeaf = true;
    this.#connection.holdBack(true);
    void ready.then(() => {
      this.#isDeaf = false;
      this.#connection.holdBack(this.#isHeld);
    });
  }

  #releaseAsked(): void {
    if (this.#connection.isReceiving) return this.#abort('released within a message');
    // What was asked before is answered before: a release does not take it back.
    if (this.#isAnswering) this.#isReleaseAsked = true;
    else this.#release();
  }

  #release(): void {
    this.#ends('released');
    this.#connection.answerRelease();
  }

  #abort(why: string): void {
    this.#ends('aborted-by-us', why);
    this.#connection.abort();
  }

  /** The first reason counts. An object that is not whole is discarded now; the socket may take a second to close. */
  #ends(how: How, why?: string): void {
    if (this.#how === undefined) this.#why ??= why;
    this.#how ??= how;
    this.#conversation?.discard();
  }

  #closed(code: string | undefined): void {
    this.#isClosed = true;
    this.#why ??= code;
    this.#conversation?.discard();
    // What is being finished is not left alone: the server is not closed before it is done.
    if (!this.#isAnswering) this.#leave();
  }

  #leave(): void {
    this.#host.closed(this);
    if (this.#association === undefined || this.#conversation === undefined) {
      if (!this.#isRejected) this.#host.dropped(this.address, this.#why ?? 'closed by the peer');
      return;
    }
    this.#tell({
      kind: 'association-closed',
      association: this.#association,
      how: this.#how ?? 'lost',
      ...(this.#why === undefined ? {} : { why: this.#why }),
      ...this.#conversation.received,
    });
  }

  #ruleFailed(error: unknown): void {
    this.#tell({ kind: 'rule-failed', ...(this.#association ? { association: this.#association } : {}), error });
  }

  #tell(event: ServerEvent): void {
    try {
      this.#host.rules.onEvent?.(event);
    } catch {
      // Whoever listens may fail; the association goes on.
    }
  }
}
