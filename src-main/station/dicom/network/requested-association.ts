// An association that we opened, from its acceptance to its end: requests, one after the other, and their answers.
//
// Guarantees: each request ends with an outcome, also when the peer is silent, aborts or vanishes; object bytes go from
// the source to the socket uncopied and no faster than the peer takes them. Throws AbortError for the signal only.
import { newId } from '#station/kit/ids.ts';
import { AnswerWait, type Response } from './answer-wait.ts';
import { commandField, writeCommandSet, type CommandSet } from './command-set.ts';
import { commitmentReportOf, commitmentRequestOf, requestCommitmentAction } from './commitment.ts';
import type { Connection } from './connection.ts';
import { DataSetSender } from './data-set-sender.ts';
import { Getting } from './getting.ts';
import { readIdentifier, writeIdentifier } from './identifier.ts';
import type { DataSetPlace } from './message-assembly.ts';
import { dataPdus, readAbort } from './pdu.ts';
import { answerPeer } from './peer-requests.ts';
import type {
  Answered,
  AssociationRequest,
  Ending,
  FindRequest,
  Found,
  GetRequest,
  Got,
  NotAccepted,
  NotSent,
  OpenAssociation,
  RequestOutcome,
  RequestTimeouts,
  SourceFailed,
  StoreRequest,
  UnknownOutcome,
} from './requesting.ts';
import {
  commitmentClass,
  commitmentInstance,
  studyRootFindClass,
  studyRootGetClass,
  verificationClass,
} from './services.ts';
import type { CommitmentReport, Identifier, SopReference } from './small-data-sets.ts';

export type AcceptedOffer = {
  readonly id: number;
  readonly abstractSyntaxUid: string;
  readonly transferSyntaxUid: string;
  readonly isScu: boolean;
};

const failure = 0x0110;

/** FF00H, and FF01H of a worklist that ignores some keys: both mean that more follows (PS3.4 K.4.1.1.4). */
function isPending(command: CommandSet): boolean {
  return command.status === 0xff00 || command.status === 0xff01;
}

/** Which side of the service we are. */
type Role = 'user' | 'provider';

export class RequestedAssociation implements OpenAssociation {
  readonly id = newId();
  readonly ended: Promise<Ending>;
  readonly #connection: Connection;
  readonly #request: AssociationRequest;
  readonly #timeouts: Required<RequestTimeouts>;
  readonly #accepted: readonly AcceptedOffer[];
  readonly #peerMaxPduLength: number;
  readonly #sayEnded: (ending: Ending) => void;
  readonly #onAbort = () => this.#end({ kind: 'aborted-by-us', why: 'cancelled' });
  #ending: Ending | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #wait: AnswerWait;
  #getting: Getting | undefined;
  #isSendingDataSet = false;
  #sayAfterDataSet: Buffer[] = [];

  constructor(
    connection: Connection,
    request: AssociationRequest,
    timeouts: Required<RequestTimeouts>,
    accepted: readonly AcceptedOffer[],
    peerMaxPduLength: number,
  ) {
    this.#connection = connection;
    this.#request = request;
    this.#timeouts = timeouts;
    this.#accepted = accepted;
    this.#peerMaxPduLength = peerMaxPduLength;
    this.#wait = new AnswerWait(timeouts.answerMs, () => this.#end({ kind: 'timed-out', waitedFor: 'answer' }));
    const { promise, resolve } = Promise.withResolvers<Ending>();
    this.ended = promise;
    this.#sayEnded = resolve;
    request.signal?.addEventListener('abort', this.#onAbort, { once: true });
    connection.socket.on('timeout', () => {
      if (this.#isSendingDataSet) this.#end({ kind: 'timed-out', waitedFor: 'sending' });
    });
  }

  get isOpen(): boolean {
    return this.#ending === undefined;
  }

  accepts(abstractSyntaxUid: string, transferSyntaxUid?: string): boolean {
    const syntaxes = this.acceptedSyntaxes(abstractSyntaxUid);
    return transferSyntaxUid === undefined ? syntaxes.length > 0 : syntaxes.includes(transferSyntaxUid);
  }

  acceptedSyntaxes(abstractSyntaxUid: string): readonly string[] {
    return this.#accepted
      .filter((offer) => offer.isScu && offer.abstractSyntaxUid === abstractSyntaxUid)
      .map((offer) => offer.transferSyntaxUid);
  }

  echo(): Promise<RequestOutcome> {
    return this.#inTurn(() => {
      const set = { field: commandField.echoRequest, hasDataSet: false, affectedSopClassUid: verificationClass };
      return this.#exchange(verificationClass, set, undefined);
    });
  }

  store(request: StoreRequest): Promise<RequestOutcome | SourceFailed> {
    return this.#inTurn(() => this.#store(request));
  }

  find(request: FindRequest): Promise<Found | NotAccepted | NotSent | UnknownOutcome> {
    return this.#inTurn(() => this.#find(request));
  }

  get(request: GetRequest): Promise<Got | NotAccepted | NotSent | UnknownOutcome> {
    return this.#inTurn(() => this.#get(request));
  }

  requestCommitment(transactionUid: string, references: readonly SopReference[]): Promise<RequestOutcome> {
    return this.#inTurn(() => {
      const set = {
        field: commandField.actionRequest,
        hasDataSet: true,
        requestedSopClassUid: commitmentClass,
        requestedSopInstanceUid: commitmentInstance,
        actionTypeId: requestCommitmentAction,
      };
      return this.#exchange(commitmentClass, set, commitmentRequestOf(transactionUid, references));
    });
  }

  reportCommitment(report: CommitmentReport): Promise<RequestOutcome> {
    return this.#inTurn(() => {
      const set = {
        field: commandField.eventReportRequest,
        hasDataSet: true,
        affectedSopClassUid: commitmentClass,
        affectedSopInstanceUid: commitmentInstance,
        eventTypeId: report.failed.length > 0 ? 2 : 1,
      };
      return this.#exchange(commitmentClass, set, commitmentReportOf(report), 'provider');
    });
  }

  create({ sopClassUid, sopInstanceUid }: SopReference, attributes: Identifier): Promise<RequestOutcome> {
    return this.#inTurn(() => {
      const names = { affectedSopClassUid: sopClassUid, affectedSopInstanceUid: sopInstanceUid };
      return this.#exchange(
        sopClassUid,
        { field: commandField.createRequest, hasDataSet: true, ...names },
        { SpecificCharacterSet: 'ISO_IR 192', ...attributes },
      );
    });
  }

  set({ sopClassUid, sopInstanceUid }: SopReference, changes: Identifier): Promise<RequestOutcome> {
    return this.#inTurn(() => {
      const names = { requestedSopClassUid: sopClassUid, requestedSopInstanceUid: sopInstanceUid };
      return this.#exchange(
        sopClassUid,
        { field: commandField.setRequest, hasDataSet: true, ...names },
        { SpecificCharacterSet: 'ISO_IR 192', ...changes },
      );
    });
  }

  async release(): Promise<Ending> {
    await this.#turn;
    if (this.#ending === undefined) {
      this.#connection.askRelease();
      const timer = setTimeout(
        () => this.#end({ kind: 'aborted-by-us', why: 'release was not answered' }),
        this.#timeouts.releaseMs,
      );
      await this.ended;
      clearTimeout(timer);
    }
    return this.ended;
  }

  abort(): void {
    this.#end({ kind: 'aborted-by-us', why: 'asked to' });
  }

  hasContext(id: number): boolean {
    return this.#accepted.some((offer) => offer.id === id);
  }

  /** What of the peer's messages has a data set worth collecting: matches of a query, reports, objects of a C-GET. */
  dataSetBegins(contextId: number, command: CommandSet): DataSetPlace {
    if (command.field === commandField.storeRequest) return this.#objectBegins(contextId, command);
    const isMatch = command.field === (commandField.findRequest | commandField.response);
    return isMatch || command.field === commandField.eventReportRequest ? 'collect' : 'drop';
  }

  message(contextId: number, command: CommandSet, dataSet: Buffer | undefined): void {
    if ((command.field & commandField.response) === 0) this.#answerRequest(contextId, command, dataSet);
    else this.#wait.take({ command, dataSet });
  }

  /** Both want to release, or the peer alone: it is confirmed at once, but not in the middle of an object. */
  releaseAsked(): void {
    if (this.#isSendingDataSet) return this.#end({ kind: 'aborted-by-us', why: 'released within an object' });
    this.#ending ??= { kind: 'released' };
    this.#connection.answerRelease();
  }

  released(): void {
    this.#ending ??= { kind: 'released' };
  }

  abortedByPeer(pdu: Buffer): void {
    this.#ending ??= { kind: 'aborted-by-peer', ...readAbort(pdu) };
  }

  /** The connection was aborted by us, or must be. */
  aborted(why: string): void {
    this.#end({ kind: 'aborted-by-us', why });
  }

  peerEnded(): void {
    this.#ending ??= { kind: 'lost', code: 'EOF' };
    this.#connection.destroy();
  }

  closed(code: string | undefined): void {
    this.#request.signal?.removeEventListener('abort', this.#onAbort);
    this.#ending ??= { kind: 'lost', code: code ?? 'EOF' };
    this.#getting?.giveUp();
    this.#sayEnded(this.#ending);
    this.#wait.giveUp();
  }

  /** The first reason counts. The socket closes within a second; then `ended` settles. */
  #end(ending: Ending): void {
    this.#ending ??= ending;
    this.#connection.abort();
  }

  /** One request at a time: no asynchronous window is ever asked for. */
  #inTurn<T>(ask: () => Promise<T>): Promise<T> {
    const asked = this.#turn.then(ask);
    const answered = asked.then((outcome) => {
      if (this.#request.signal?.aborted) throw new DOMException('The association was cancelled', 'AbortError');
      return outcome;
    });
    this.#turn = asked.catch(() => {});
    return answered;
  }

  #contextFor(abstractSyntaxUid: string, transferSyntaxUid?: string, as: Role = 'user'): AcceptedOffer | NotAccepted {
    const ofClass = this.#accepted.filter(
      (offer) => offer.isScu === (as === 'user') && offer.abstractSyntaxUid === abstractSyntaxUid,
    );
    const fits = ofClass.find((offer) => (transferSyntaxUid ?? offer.transferSyntaxUid) === offer.transferSyntaxUid);
    return fits ?? { kind: 'not-accepted', why: ofClass.length > 0 ? 'syntax' : 'class' };
  }

  async #exchange(
    abstractSyntaxUid: string,
    set: CommandSet,
    identifier: Identifier | undefined,
    as: Role = 'user',
  ): Promise<RequestOutcome> {
    const context = this.#contextFor(abstractSyntaxUid, undefined, as);
    if ('kind' in context) return context;
    if (this.#ending !== undefined) return { kind: 'not-sent', ending: await this.ended };
    const { messageId, response } = this.#wait.begin(() => true);
    this.#say(context, { ...set, messageId }, identifier);
    return this.#outcomeOf(response);
  }

  async #store(request: StoreRequest): Promise<RequestOutcome | SourceFailed> {
    const context = this.#contextFor(request.sopClassUid, request.transferSyntaxUid);
    if ('kind' in context) return context;
    if (this.#ending !== undefined) return { kind: 'not-sent', ending: await this.ended };
    const { messageId, response } = this.#wait.begin(() => true);
    this.#wait.pause();
    this.#isSendingDataSet = true;
    this.#connection.socket.setTimeout(this.#timeouts.stalledMs);
    const set = {
      messageId,
      field: commandField.storeRequest,
      hasDataSet: true,
      priority: request.priority ?? 0,
      affectedSopClassUid: request.sopClassUid,
      affectedSopInstanceUid: request.sopInstanceUid,
    };
    const command = this.#commandPdus(context, set);
    const sender = new DataSetSender(this.#connection, context.id, this.#peerMaxPduLength);
    const failed = await sender.send(command, request);
    this.#isSendingDataSet = false;
    this.#connection.socket.setTimeout(0);
    for (const bytes of this.#sayAfterDataSet.splice(0)) this.#connection.send(bytes);
    if (failed !== undefined) {
      this.#end({ kind: 'aborted-by-us', why: 'the source failed' });
      await this.ended;
      return { kind: 'source-failed', error: failed.error };
    }
    this.#wait.goOn();
    return this.#outcomeOf(response);
  }

  async #find(request: FindRequest): Promise<Found | NotAccepted | NotSent | UnknownOutcome> {
    const sopClassUid = request.sopClassUid ?? studyRootFindClass;
    const context = this.#contextFor(sopClassUid);
    if ('kind' in context) return context;
    if (this.#ending !== undefined) return { kind: 'not-sent', ending: await this.ended };
    const matches: Identifier[] = [];
    const most = request.mostMatches ?? 10_000;
    let count = 0;
    let unreadable = 0;
    let isCancelled = false;
    const { messageId, response } = this.#wait.begin(({ command, dataSet }: Response) => {
      if (!isPending(command)) return true;
      const match = dataSet && readIdentifier(dataSet, context.transferSyntaxUid);
      if (isCancelled) return false;
      if (match === undefined) unreadable++;
      else if (request.onMatch) request.onMatch(match);
      else matches.push(match);
      if (++count >= most) cancel();
      return false;
    });
    const cancel = () => {
      if (isCancelled || this.#ending !== undefined) return;
      isCancelled = true;
      this.#sayCancel(context, messageId);
    };
    const keys = {
      SpecificCharacterSet: 'ISO_IR 192',
      ...(request.level ? { QueryRetrieveLevel: request.level } : {}),
      ...request.keys,
    };
    const set = {
      messageId,
      field: commandField.findRequest,
      hasDataSet: true,
      priority: 0,
      affectedSopClassUid: sopClassUid,
    };
    this.#say(context, set, keys);
    request.signal?.addEventListener('abort', cancel, { once: true });
    if (request.signal?.aborted) cancel();
    const outcome = await this.#outcomeOf(response);
    request.signal?.removeEventListener('abort', cancel);
    if (outcome.kind !== 'answered') return outcome;
    return { ...outcome, matches, complete: !isCancelled, ...(unreadable > 0 && { unreadable }) };
  }

  async #get(request: GetRequest): Promise<Got | NotAccepted | NotSent | UnknownOutcome> {
    const context = this.#contextFor(studyRootGetClass);
    if ('kind' in context) return context;
    if (this.#ending !== undefined) return { kind: 'not-sent', ending: await this.ended };
    const last: { completed?: number | undefined; failed?: number | undefined } = {};
    const { messageId, response } = this.#wait.begin(({ command }: Response) => {
      last.completed = command.completed ?? last.completed;
      last.failed = command.failed ?? last.failed;
      return !isPending(command);
    });
    this.#getting = new Getting(request, (isHeld) => this.#connection.holdBack(isHeld));
    const cancel = () => this.#ending === undefined && this.#sayCancel(context, messageId);
    const set = {
      ...{ messageId, field: commandField.getRequest, hasDataSet: true, priority: 0 },
      affectedSopClassUid: studyRootGetClass,
    };
    this.#say(context, set, { QueryRetrieveLevel: request.level, ...request.keys });
    request.signal?.addEventListener('abort', cancel, { once: true });
    if (request.signal?.aborted) cancel();
    const outcome = await this.#outcomeOf(response);
    request.signal?.removeEventListener('abort', cancel);
    this.#getting?.giveUp();
    this.#getting = undefined;
    return outcome.kind === 'answered' ? { ...outcome, completed: last.completed, failed: last.failed } : outcome;
  }

  /** Bytes of an object that was asked for are a sign of life. */
  #objectBegins(contextId: number, command: CommandSet): DataSetPlace {
    const context = this.#accepted.find((offer) => offer.id === contextId);
    if (this.#getting === undefined || context === undefined) return 'drop';
    const place = this.#getting.begins(context, command);
    const stir = () => this.#wait.stir();
    if (typeof place === 'string') return { take: stir };
    return {
      take(piece) {
        stir();
        place.take(piece);
      },
    };
  }

  #sayCancel(context: AcceptedOffer, messageId: number): void {
    const set = { field: commandField.cancelRequest, hasDataSet: false, respondsTo: messageId };
    this.#connection.send(this.#commandPdus(context, set));
  }

  async #outcomeOf(response: Promise<Response | undefined>): Promise<Answered | UnknownOutcome> {
    const settled = await response;
    this.#wait.end();
    if (settled === undefined) return { kind: 'unknown-outcome', ending: await this.ended };
    const { status, errorComment } = settled.command;
    return { kind: 'answered', status: status ?? failure, ...(errorComment ? { comment: errorComment } : {}) };
  }

  #commandPdus(context: AcceptedOffer, set: CommandSet): Buffer {
    return dataPdus(context.id, true, writeCommandSet(set), this.#peerMaxPduLength);
  }

  #say(context: AcceptedOffer, set: CommandSet, identifier: Identifier | undefined): void {
    const command = this.#commandPdus(context, set);
    if (identifier === undefined) return void this.#connection.send(command);
    const bytes = writeIdentifier(identifier, context.transferSyntaxUid);
    const dataSet = dataPdus(context.id, false, bytes, this.#peerMaxPduLength);
    this.#connection.send(Buffer.concat([command, dataSet]));
  }

  #answerRequest(contextId: number, command: CommandSet, dataSet: Buffer | undefined): void {
    const context = this.#accepted.find((offer) => offer.id === contextId);
    if (context === undefined) return;
    const { transferSyntaxUid } = context;
    const { onCommitmentReport } = this.#request;
    const isObject = command.field === commandField.storeRequest && this.#getting !== undefined;
    const answered = isObject
      ? this.#getting?.ended(command)
      : answerPeer({ command, dataSet, transferSyntaxUid, onCommitmentReport });
    void answered?.then((answer) => {
      if (isObject) this.#wait.stir();
      if (answer === undefined) return;
      const bytes = dataPdus(contextId, true, answer, this.#peerMaxPduLength);
      // Between the fragments of a data set nothing else may be said.
      if (this.#isSendingDataSet) this.#sayAfterDataSet.push(bytes);
      else this.#connection.send(bytes);
    });
  }
}
