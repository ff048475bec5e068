// One connection that a peer opened to us: negotiation, C-ECHO, C-STORE, commitment reports, what else the rules serve,
// release and abort.
//
// Guarantees: one message at a time, answered in order; an object that is not whole is discarded; rules that throw
// become 0110H; every connection ends. Refuses: other services (0211H, PS3.7 C.5), anything out of order (A-ABORT).
import type { Socket } from 'node:net';
import { newId } from '#station/kit/ids.ts';
import type { Admission, AssociationFacts, ServerEvent, ServerOptions, ServerRules, StoreAnswer } from './accepting.ts';
import { commandField, writeCommandSet, type CommandSet } from './command-set.ts';
import { commitmentEvents, commitmentReportOf, readCommitmentReport } from './commitment.ts';
import { Connection } from './connection.ts';
import { decideContexts } from './context-policy.ts';
import { writeIdentifier } from './identifier.ts';
import type { DataSetPlace } from './message-assembly.ts';
import { AcceptingNegotiation, type ContextOffer, type Proposal } from './negotiation.ts';
import { ObjectIntake, type IntakeMemory } from './object-intake.ts';
import { abortReason, dataPdus, pduType, releaseResponse } from './pdu.ts';
import { isServed, pendingStatus, serve, type Served } from './served.ts';
import { commitmentClass, commitmentInstance, isStorage, verificationClass } from './services.ts';
import type { Identifier } from './small-data-sets.ts';

/** What an acceptor needs of the server it belongs to. */
export type AcceptorHost = {
  readonly rules: ServerRules;
  readonly options: Required<ServerOptions>;
  readonly memory: IntakeMemory;
  /** Whether one more association from this address may be opened. */
  hasRoomFor(address: string): 'yes' | 'full' | 'closing';
  /** It is an association now. */
  associated(acceptor: Acceptor): void;
  /** Its socket is closed. */
  closed(acceptor: Acceptor): void;
};

type AcceptedContext = { readonly abstractSyntaxUid: string; readonly transferSyntaxUid: string };
type SmallDataSet = readonly [AcceptedContext, Identifier];
type Message = { readonly contextId: number; readonly command: CommandSet };
type How = 'released' | 'aborted-by-peer' | 'aborted-by-us' | 'lost';

const status = {
  success: 0,
  sopClassNotSupported: 0x0122,
  noSuchEventType: 0x0113,
  failure: 0x0110,
  unrecognized: 0x0211,
};
const forgettingPeerBytes = 1024 * 1024;

export class Acceptor {
  readonly #host: AcceptorHost;
  readonly #connection: Connection;
  readonly address: string;
  readonly #port: number;
  readonly #openedAt = performance.now();
  readonly #contexts = new Map<number, AcceptedContext>();
  #association: AssociationFacts | undefined;
  #peerMaxPduLength = 0;
  #intake: ObjectIntake | undefined;
  #isHeld = false;
  #isAnswering = false;
  #isEnding = false;
  #reportsOut = 0;
  #isRejected = false;
  #isClosed = false;
  #how: How | undefined;
  #why: string | undefined;
  #objects = 0;
  #sizeBytes = 0;
  #lastAt = this.#openedAt;
  #windowAt = this.#openedAt;
  #windowBytes = 0;

  constructor(socket: Socket, host: AcceptorHost) {
    this.#host = host;
    this.address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    this.#port = socket.remotePort ?? 0;
    const limits = {
      expected: new Set<number>([pduType.associateRequest, pduType.abort]),
      associateBytes: 65_536,
      dataBytes: host.options.maxPduLength,
    };
    this.#connection = new Connection(socket, limits, (id) => this.#contexts.has(id), {
      control: (type, pdu) => this.#control(type, pdu),
      dataSetBegins: (contextId, command) => this.#dataSetBegins(contextId, command),
      message: (contextId, command, dataSet) => this.#message({ contextId, command }, dataSet),
      fault: (reason, why) => this.#abort(reason, why),
      broke: (error) => {
        this.#ruleFailed(error);
        this.#abort(abortReason.notSpecified, 'broken');
      },
      peerEnded: () => this.#peerEnded(),
      closed: (code) => this.#closed(code),
    });
  }

  /** Ends it now when nothing is under way, else when what is under way was answered. */
  endSoon(): void {
    this.#isEnding = true;
    if (this.#connection.isOver) return;
    if (this.#association === undefined) this.#connection.destroy();
    else if (!this.#connection.isReceiving && !this.#isAnswering) this.#abort(abortReason.notSpecified, 'stopping');
  }

  /** Ends it now, whatever is under way. */
  drop(why: string): void {
    this.#why ??= why;
    this.#how ??= 'aborted-by-us';
    this.#connection.destroy();
  }

  /** Ends it when it is too slow or too quiet. Called about once a second. */
  check(now: number): void {
    const { artimMs, idleMs, rateWindowMs, slowestBytesPerSecond } = this.#host.options;
    if (this.#connection.isOver) return;
    if (this.#association === undefined) {
      if (now - this.#openedAt >= artimMs) this.drop('no association request in time');
      return;
    }
    if (this.#connection.isReceiving && !this.#isHeld) {
      if (now - this.#windowAt < rateWindowMs) return;
      const received = this.#connection.receivedBytes - this.#windowBytes;
      if (received < (slowestBytesPerSecond * (now - this.#windowAt)) / 1000)
        return this.#abort(abortReason.notSpecified, 'too slow');
      this.#beginWindow(now);
      return;
    }
    this.#beginWindow(now);
    if (this.#isAnswering || this.#isHeld) this.#lastAt = now;
    else if (now - this.#lastAt >= idleMs) this.#abort(abortReason.notSpecified, 'idle');
  }

  #beginWindow(now: number): void {
    this.#windowAt = now;
    this.#windowBytes = this.#connection.receivedBytes;
  }

  #control(type: number, pdu: Buffer): void {
    if (type === pduType.associateRequest) return this.#negotiate(pdu);
    if (type === pduType.abort) {
      this.#how ??= 'aborted-by-peer';
      return this.#connection.destroy();
    }
    if (this.#connection.isReceiving || this.#isAnswering)
      return this.#abort(abortReason.unexpectedPdu, 'released within a message');
    this.#how ??= 'released';
    this.#connection.endWith(releaseResponse());
  }

  #negotiate(pdu: Buffer): void {
    const negotiation = new AcceptingNegotiation();
    const proposal = negotiation.read(pdu);
    if (proposal === undefined) return this.#abort(abortReason.invalidParameter, 'malformed association request');
    const facts = this.#factsOf(proposal);
    const admission = this.#admit(pdu, facts);
    if (admission.kind === 'reject') {
      const { result, source, reason } = admission;
      this.#tell({ kind: 'association-rejected', association: facts, result, source, reason });
      this.#isRejected = true;
      return this.#connection.endWith(negotiation.reject(result, source, reason));
    }
    const { onCommitmentReport, answerCommitment, answerQuery } = this.#host.rules;
    const results = decideContexts(proposal, {
      takesReports: onCommitmentReport !== undefined,
      commits: answerCommitment !== undefined,
      answersQueries: answerQuery !== undefined,
    });
    for (const { id, transferSyntaxUid, result } of results) {
      const abstractSyntaxUid = proposal.contexts.find((offer: ContextOffer) => offer.id === id)?.abstractSyntaxUid;
      if (result === 0 && transferSyntaxUid !== undefined && abstractSyntaxUid !== undefined)
        this.#contexts.set(id, { abstractSyntaxUid, transferSyntaxUid });
    }
    this.#association = facts;
    this.#peerMaxPduLength = proposal.maxPduLength;
    this.#connection.limits.expected = new Set([pduType.data, pduType.releaseRequest, pduType.abort]);
    this.#lastAt = performance.now();
    this.#beginWindow(this.#lastAt);
    this.#host.associated(this);
    this.#tell({ kind: 'association-opened', association: facts });
    this.#connection.send(negotiation.accept(this.#host.options.maxPduLength, results));
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
    };
  }

  #admit(pdu: Buffer, facts: AssociationFacts): Admission {
    const reject = (result: 1 | 2, source: 1 | 2 | 3, reason: number) =>
      ({ kind: 'reject', result, source, reason }) as const;
    if ((pdu.readUInt16BE(6) & 1) === 0) return reject(1, 2, 2);
    if (applicationContextOf(pdu) !== dicomApplicationContext) return reject(1, 1, 2);
    const room = this.#host.hasRoomFor(this.address);
    if (room === 'full') return reject(2, 3, 2);
    if (room === 'closing') return reject(2, 3, 1);
    try {
      return this.#host.rules.admit(facts);
    } catch (error) {
      this.#ruleFailed(error);
      return reject(2, 3, 1);
    }
  }

  #dataSetBegins(contextId: number, command: CommandSet): DataSetPlace {
    if (this.#isAnswering) {
      this.#abort(abortReason.unexpectedPdu, 'a request before the answer to the last one');
      return 'drop';
    }
    const context = this.#contexts.get(contextId);
    if (context === undefined) return 'drop';
    if (command.field === commandField.storeRequest && isStorage(context.abstractSyntaxUid)) {
      this.#intake = this.#beginObject(context, command);
      return this.#intake;
    }
    if (isServed(this.#host.rules, context.abstractSyntaxUid, command)) return 'collect';
    const isReport = command.field === commandField.eventReportRequest;
    return isReport && context.abstractSyntaxUid === commitmentClass ? 'collect' : 'drop';
  }

  #beginObject(context: AcceptedContext, command: CommandSet): ObjectIntake {
    const begin = () => {
      if (this.#association === undefined) throw new TypeError('no association');
      return this.#host.rules.beginObject({
        sopClassUid: command.affectedSopClassUid ?? '',
        sopInstanceUid: command.affectedSopInstanceUid ?? '',
        transferSyntaxUid: context.transferSyntaxUid,
        association: this.#association,
      });
    };
    const holdBack = (isHeld: boolean) => {
      this.#isHeld = isHeld;
      this.#beginWindow(performance.now());
      this.#connection.holdBack(isHeld);
    };
    const events = { holdBack, failed: (error: unknown) => this.#answerTo(error) };
    try {
      return new ObjectIntake(begin(), this.#host.memory, events);
    } catch (error) {
      return new ObjectIntake(Promise.reject(error), this.#host.memory, events);
    }
  }

  #message(message: Message, dataSet: Buffer | undefined): void {
    this.#lastAt = performance.now();
    const { command, contextId } = message;
    const context = this.#contexts.get(contextId);
    if (command.field === commandField.cancelRequest || context === undefined) return;
    if (command.field === (commandField.eventReportRequest | commandField.response) && this.#reportsOut > 0)
      return void this.#reportsOut--;
    if ((command.field & commandField.response) !== 0)
      return this.#abort(abortReason.unexpectedPdu, 'a response that nobody waits for');
    if (this.#isAnswering) return this.#abort(abortReason.unexpectedPdu, 'a request before the answer to the last one');
    const intake = this.#intake;
    this.#intake = undefined;
    if (intake !== undefined) return this.#answerStore(message, intake);
    if (command.field === commandField.echoRequest) return this.#answer(message, { status: status.success });
    if (command.field === commandField.storeRequest)
      return this.#answer(message, {
        status: isStorage(context.abstractSyntaxUid) ? status.failure : status.sopClassNotSupported,
      });
    if (command.field === commandField.eventReportRequest && context.abstractSyntaxUid === commitmentClass)
      return this.#answerReport(message, context, dataSet);
    if (isServed(this.#host.rules, context.abstractSyntaxUid, command))
      return this.#answerServed(message, context, dataSet);
    const isKnown = context.abstractSyntaxUid === verificationClass || context.abstractSyntaxUid === commitmentClass;
    this.#answer(message, { status: isKnown ? status.unrecognized : status.sopClassNotSupported });
  }

  #answerStore(message: Message, intake: ObjectIntake): void {
    this.#isAnswering = true;
    this.#contain(
      intake.end().then((answer) => {
        this.#objects++;
        this.#sizeBytes += intake.sizeBytes;
        this.#answered(message, answer);
      }),
    );
  }

  #answerReport(message: Message, context: AcceptedContext, dataSet: Buffer | undefined): void {
    if (!commitmentEvents.has(message.command.eventTypeId ?? 0))
      return this.#answer(message, { status: status.noSuchEventType });
    const report = dataSet && readCommitmentReport(dataSet, context.transferSyntaxUid);
    const { onCommitmentReport } = this.#host.rules;
    if (report === undefined || onCommitmentReport === undefined || this.#association === undefined)
      return this.#answer(message, { status: status.failure });
    const association = this.#association;
    this.#isAnswering = true;
    const ask = async () => onCommitmentReport(report, association);
    const answered = ask().then(
      (answer) => this.#answered(message, { status: answer }),
      (error: unknown) => {
        this.#ruleFailed(error);
        this.#answered(message, { status: status.failure });
      },
    );
    this.#contain(answered);
  }

  #answerServed(message: Message, context: AcceptedContext, dataSet: Buffer | undefined): void {
    if (this.#association === undefined) return;
    this.#isAnswering = true;
    const { command } = message;
    const served = serve(this.#host.rules, { ...context, command, dataSet, association: this.#association }).then(
      (served) => this.#served(message, context, served),
      (error: unknown) => {
        this.#ruleFailed(error);
        this.#answered(message, { status: status.failure });
      },
    );
    this.#contain(served);
  }

  #served(message: Message, context: AcceptedContext, { status: answer, matches = [], report }: Served): void {
    if (!this.#isClosed)
      for (const match of matches) this.#answer(message, { status: pendingStatus }, [context, match]);
    this.#answered(message, { status: answer });
    if (report === undefined || this.#connection.isOver) return;
    this.#reportsOut++;
    const set = writeCommandSet({
      field: commandField.eventReportRequest,
      hasDataSet: true,
      messageId: this.#reportsOut,
      affectedSopClassUid: commitmentClass,
      affectedSopInstanceUid: commitmentInstance,
      eventTypeId: report.failed.length > 0 ? 2 : 1,
    });
    this.#send(message.contextId, set, [context, commitmentReportOf(report)]);
  }

  #answered(message: Message, answer: StoreAnswer): void {
    this.#isAnswering = false;
    if (this.#isClosed) return this.#leave();
    this.#lastAt = performance.now();
    this.#answer(message, answer);
  }

  #answer({ contextId, command }: Message, answer: StoreAnswer, dataSet?: SmallDataSet): void {
    const set = writeCommandSet({
      field: command.field | commandField.response,
      hasDataSet: dataSet !== undefined,
      respondsTo: command.messageId ?? 0,
      status: answer.status,
      errorComment: answer.comment,
      affectedSopClassUid: command.affectedSopClassUid ?? command.requestedSopClassUid,
      affectedSopInstanceUid: command.affectedSopInstanceUid ?? command.requestedSopInstanceUid,
      eventTypeId: command.eventTypeId,
      actionTypeId: command.actionTypeId,
    });
    this.#send(contextId, set, dataSet);
    if (dataSet !== undefined) return;
    if (this.#isEnding) this.#abort(abortReason.notSpecified, 'stopping');
    else if (this.#connection.socket.writableLength > forgettingPeerBytes) this.drop('answers are not taken');
    else if (this.#connection.socket.readableEnded) this.#connection.endWith(Buffer.alloc(0));
  }

  #send(contextId: number, commandSet: Buffer, dataSet?: SmallDataSet): void {
    this.#connection.send(dataPdus(contextId, true, commandSet, this.#peerMaxPduLength));
    if (dataSet === undefined) return;
    const bytes = writeIdentifier(dataSet[1], dataSet[0].transferSyntaxUid);
    this.#connection.send(dataPdus(contextId, false, bytes, this.#peerMaxPduLength));
  }

  #peerEnded(): void {
    if (!this.#isAnswering) this.#connection.destroy();
  }

  #abort(reason: number, why: string): void {
    this.#how ??= 'aborted-by-us';
    this.#why ??= why;
    // An object that is not whole is discarded now; the socket may take a second to close.
    this.#intake?.discard();
    this.#connection.abort(reason === abortReason.notSpecified ? 0 : 2, reason);
  }

  #closed(code: string | undefined): void {
    this.#isClosed = true;
    this.#why ??= code;
    this.#intake?.discard();
    this.#intake = undefined;
    // What is being finished is not left alone: the server is not closed before it is done.
    if (!this.#isAnswering) this.#leave();
  }

  #leave(): void {
    this.#host.closed(this);
    if (this.#association === undefined) {
      if (!this.#isRejected)
        this.#tell({ kind: 'connection-dropped', address: this.address, why: this.#why ?? 'closed by the peer' });
      return;
    }
    this.#tell({
      kind: 'association-closed',
      association: this.#association,
      how: this.#how ?? 'lost',
      ...(this.#why === undefined ? {} : { why: this.#why }),
      objects: this.#objects,
      sizeBytes: this.#sizeBytes,
    });
  }

  /** Nothing that goes wrong in answering may end the process: this association ends instead. */
  #contain(answering: Promise<unknown>): void {
    answering.catch((error: unknown) => {
      this.#isAnswering = false;
      this.#ruleFailed(error);
      if (this.#isClosed) this.#leave();
      else this.#abort(abortReason.notSpecified, 'no answer could be made');
    });
  }

  #answerTo(error: unknown): StoreAnswer {
    this.#ruleFailed(error);
    try {
      return this.#host.rules.answerTo?.(error) ?? { status: status.failure };
    } catch {
      return { status: status.failure };
    }
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

/** PS3.7 A.2.1. */
const dicomApplicationContext = '1.2.840.10008.3.1.1.1';

/** The first application context item of an A-ASSOCIATE-RQ that the library has read without complaint. */
function applicationContextOf(pdu: Buffer): string {
  for (let offset = 74; offset + 4 <= pdu.length;) {
    const length = pdu.readUInt16BE(offset + 2);
    if (pdu[offset] === 0x10) return pdu.toString('latin1', offset + 4, offset + 4 + length).replace(/[\0 ]+$/, '');
    offset += 4 + length;
  }
  return '';
}
