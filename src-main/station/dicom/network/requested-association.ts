// An association that we opened, from its acceptance to its end: requests, one after the other, and their answers.
//
// Guarantees: each request ends with an outcome, also when the peer is silent, aborts or vanishes; object bytes go from
// the source to the socket uncopied and no faster than the peer takes them. Throws AbortError for the signal only.
import { newId } from '#station/kit/ids.ts';
import { commandField, writeCommandSet, type CommandSet } from './command-set.ts';
import { commitmentEvents, commitmentRequestOf, readCommitmentReport, requestCommitmentAction } from './commitment.ts';
import type { Connection } from './connection.ts';
import { DataSetSender } from './data-set-sender.ts';
import { readIdentifier, writeIdentifier } from './identifier.ts';
import type { DataSetPlace } from './message-assembly.ts';
import { abortReason, dataPdus, pduType, readAbort, releaseRequest, releaseResponse } from './pdu.ts';
import type {
  Answered,
  AssociationRequest,
  Ending,
  FindRequest,
  Found,
  NotAccepted,
  NotSent,
  OpenAssociation,
  RequestOutcome,
  RequestTimeouts,
  SourceFailed,
  StoreRequest,
  UnknownOutcome,
} from './requesting.ts';
import { commitmentClass, commitmentInstance, studyRootFindClass, verificationClass } from './services.ts';
import type { Identifier, SopReference } from './small-data-sets.ts';

export type AcceptedOffer = {
  readonly id: number;
  readonly abstractSyntaxUid: string;
  readonly transferSyntaxUid: string;
  readonly isScu: boolean;
};

type Response = { readonly command: CommandSet; readonly dataSet: Buffer | undefined };
type Waiter = {
  readonly messageId: number;
  /** Takes a response; false when more of them follow. */
  take(response: Response): boolean;
  /** The association is over. */
  giveUp(): void;
};

const failure = 0x0110;
const noSuchEventType = 0x0113;
const unrecognized = 0x0211;

/** FF00H, and FF01H of a worklist that ignores some keys: both mean that more follows (PS3.4 K.4.1.1.4). */
function isPending(command: CommandSet): boolean {
  return command.status === 0xff00 || command.status === 0xff01;
}

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
  #waiter: Waiter | undefined;
  #answerTimer: NodeJS.Timeout | undefined;
  #messageId = 0;
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

  async release(): Promise<Ending> {
    await this.#turn;
    if (this.#ending === undefined) {
      this.#connection.send(releaseRequest());
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

  /** What of the peer's messages has a data set worth collecting: matches of a query, and reports. */
  dataSetBegins(_contextId: number, command: CommandSet): DataSetPlace {
    const isMatch = command.field === (commandField.findRequest | commandField.response);
    return isMatch || command.field === commandField.eventReportRequest ? 'collect' : 'drop';
  }

  message(contextId: number, command: CommandSet, dataSet: Buffer | undefined): void {
    if ((command.field & commandField.response) === 0) return this.#answerRequest(contextId, command, dataSet);
    const waiter = this.#waiter;
    if (waiter === undefined || waiter.messageId !== command.respondsTo) return;
    this.#awaitAnswer();
    if (!waiter.take({ command, dataSet })) return;
    clearTimeout(this.#answerTimer);
    this.#waiter = undefined;
  }

  control(type: number, pdu: Buffer): void {
    if (type === pduType.abort) return this.#end({ kind: 'aborted-by-peer', ...readAbort(pdu) }, 'destroy');
    if (type === pduType.releaseRequest) {
      this.#ending ??= { kind: 'released' };
      return this.#connection.endWith(releaseResponse());
    }
    this.#end({ kind: 'released' }, 'destroy');
  }

  fault(reason: number, why: string): void {
    this.#end({ kind: 'aborted-by-us', why }, 'abort', reason);
  }

  peerEnded(): void {
    this.#end({ kind: 'lost', code: 'EOF' }, 'destroy');
  }

  closed(code: string | undefined): void {
    clearTimeout(this.#answerTimer);
    this.#request.signal?.removeEventListener('abort', this.#onAbort);
    this.#ending ??= { kind: 'lost', code: code ?? 'EOF' };
    this.#sayEnded(this.#ending);
    this.#waiter?.giveUp();
  }

  /** The first reason counts. The socket closes within a second; then `ended` settles. */
  #end(ending: Ending, how: 'abort' | 'destroy' = 'abort', reason: number = abortReason.notSpecified): void {
    this.#ending ??= ending;
    if (how === 'destroy') this.#connection.destroy();
    else this.#connection.abort(reason === abortReason.notSpecified ? 0 : 2, reason);
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

  #contextFor(abstractSyntaxUid: string, transferSyntaxUid?: string): AcceptedOffer | NotAccepted {
    const ofClass = this.#accepted.filter((offer) => offer.isScu && offer.abstractSyntaxUid === abstractSyntaxUid);
    const fits = ofClass.find((offer) => (transferSyntaxUid ?? offer.transferSyntaxUid) === offer.transferSyntaxUid);
    return fits ?? { kind: 'not-accepted', why: ofClass.length > 0 ? 'syntax' : 'class' };
  }

  async #exchange(
    abstractSyntaxUid: string,
    set: CommandSet,
    identifier: Identifier | undefined,
  ): Promise<RequestOutcome> {
    const context = this.#contextFor(abstractSyntaxUid);
    if ('kind' in context) return context;
    if (this.#ending !== undefined) return { kind: 'not-sent', ending: await this.ended };
    const response = this.#nextResponse(() => true);
    this.#say(context, set, identifier);
    return this.#outcomeOf(response);
  }

  async #store(request: StoreRequest): Promise<RequestOutcome | SourceFailed> {
    const context = this.#contextFor(request.sopClassUid, request.transferSyntaxUid);
    if ('kind' in context) return context;
    if (this.#ending !== undefined) return { kind: 'not-sent', ending: await this.ended };
    const response = this.#nextResponse(() => true);
    clearTimeout(this.#answerTimer);
    this.#isSendingDataSet = true;
    this.#connection.socket.setTimeout(this.#timeouts.stalledMs);
    const set = {
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
    if (this.#waiter !== undefined) this.#awaitAnswer();
    return this.#outcomeOf(response);
  }

  async #find(request: FindRequest): Promise<Found | NotAccepted | NotSent | UnknownOutcome> {
    const sopClassUid = request.sopClassUid ?? studyRootFindClass;
    const context = this.#contextFor(sopClassUid);
    if ('kind' in context) return context;
    if (this.#ending !== undefined) return { kind: 'not-sent', ending: await this.ended };
    const matches: Identifier[] = [];
    let isComplete = true;
    const response = this.#nextResponse(({ command, dataSet }) => {
      if (!isPending(command)) return true;
      const match = dataSet && readIdentifier(dataSet, context.transferSyntaxUid);
      if (match !== undefined && isComplete) matches.push(match);
      if (isComplete && matches.length >= (request.mostMatches ?? 10_000)) {
        isComplete = false;
        const set = { field: commandField.cancelRequest, hasDataSet: false, respondsTo: command.respondsTo ?? 0 };
        this.#connection.send(dataPdus(context.id, true, writeCommandSet(set), this.#peerMaxPduLength));
      }
      return false;
    });
    const keys = {
      SpecificCharacterSet: 'ISO_IR 192',
      ...(request.level ? { QueryRetrieveLevel: request.level } : {}),
      ...request.keys,
    };
    const set = { field: commandField.findRequest, hasDataSet: true, priority: 0, affectedSopClassUid: sopClassUid };
    this.#say(context, set, keys);
    const outcome = await this.#outcomeOf(response);
    return outcome.kind === 'answered' ? { ...outcome, matches, complete: isComplete } : outcome;
  }

  /** The last response to the request that is sent next; undefined when the association ends before. */
  #nextResponse(isLast: (response: Response) => boolean): Promise<Response | undefined> {
    this.#messageId = (this.#messageId % 0xffff) + 1;
    const { promise, resolve } = Promise.withResolvers<Response | undefined>();
    this.#waiter = {
      messageId: this.#messageId,
      take: (response) => {
        if (!isLast(response)) return false;
        resolve(response);
        return true;
      },
      giveUp: () => resolve(undefined),
    };
    this.#awaitAnswer();
    return promise;
  }

  #awaitAnswer(): void {
    clearTimeout(this.#answerTimer);
    if (this.#isSendingDataSet) return;
    this.#answerTimer = setTimeout(
      () => this.#end({ kind: 'timed-out', waitedFor: 'answer' }),
      this.#timeouts.answerMs,
    );
  }

  async #outcomeOf(response: Promise<Response | undefined>): Promise<Answered | UnknownOutcome> {
    const settled = await response;
    this.#waiter = undefined;
    clearTimeout(this.#answerTimer);
    if (settled === undefined) return { kind: 'unknown-outcome', ending: await this.ended };
    const { status, errorComment } = settled.command;
    return { kind: 'answered', status: status ?? failure, ...(errorComment ? { comment: errorComment } : {}) };
  }

  #commandPdus(context: AcceptedOffer, set: CommandSet): Buffer {
    return dataPdus(context.id, true, writeCommandSet({ ...set, messageId: this.#messageId }), this.#peerMaxPduLength);
  }

  #say(context: AcceptedOffer, set: CommandSet, identifier: Identifier | undefined): void {
    const command = this.#commandPdus(context, set);
    if (identifier === undefined) return void this.#connection.send(command);
    const bytes = writeIdentifier(identifier, context.transferSyntaxUid);
    const dataSet = dataPdus(context.id, false, bytes, this.#peerMaxPduLength);
    this.#connection.send(Buffer.concat([command, dataSet]));
  }

  /** The only request a peer may make here is a commitment report; anything else is told so. */
  #answerRequest(contextId: number, command: CommandSet, dataSet: Buffer | undefined): void {
    const context = this.#accepted.find((offer) => offer.id === contextId);
    if (context === undefined || command.field === commandField.cancelRequest) return;
    const answer = (status: number) => {
      const set = {
        field: command.field | commandField.response,
        hasDataSet: false,
        respondsTo: command.messageId ?? 0,
        status,
        affectedSopClassUid: command.affectedSopClassUid ?? command.requestedSopClassUid,
        affectedSopInstanceUid: command.affectedSopInstanceUid ?? command.requestedSopInstanceUid,
        eventTypeId: command.eventTypeId,
      };
      const bytes = dataPdus(contextId, true, writeCommandSet(set), this.#peerMaxPduLength);
      // Between the fragments of a data set nothing else may be said.
      if (this.#isSendingDataSet) this.#sayAfterDataSet.push(bytes);
      else this.#connection.send(bytes);
    };
    if (command.field !== commandField.eventReportRequest) return answer(unrecognized);
    if (!commitmentEvents.has(command.eventTypeId ?? 0)) return answer(noSuchEventType);
    const report = dataSet && readCommitmentReport(dataSet, context.transferSyntaxUid);
    const { onCommitmentReport } = this.#request;
    if (report === undefined || onCommitmentReport === undefined) return answer(failure);
    const ask = async () => onCommitmentReport(report);
    void ask().then(answer, () => answer(failure));
  }
}
