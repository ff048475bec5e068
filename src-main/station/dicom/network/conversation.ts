// The messages of one association that a peer opened to us: C-ECHO, C-STORE, commitment, queries, and their answers.
//
// Guarantees: one message at a time, answered in order; an object that is not whole is discarded; rules that throw become
// 0110H. Refuses: other services (0211H, PS3.7 C.5), a request before the answer to the last one (A-ABORT).
import type { AssociationFacts, ServerRules, StoreAnswer } from './accepting.ts';
import { commandField, writeCommandSet, type CommandSet } from './command-set.ts';
import { commitmentEvents, commitmentReportOf, readCommitmentReport } from './commitment.ts';
import type { Connection } from './connection.ts';
import { writeIdentifier } from './identifier.ts';
import type { DataSetPlace } from './message-assembly.ts';
import { ObjectIntake, type IntakeMemory } from './object-intake.ts';
import { dataPdus } from './pdu.ts';
import { isServed, pendingStatus, serve, type Served } from './served.ts';
import { commitmentClass, commitmentInstance, isStorage, verificationClass } from './services.ts';
import type { CommitmentReport, Identifier } from './small-data-sets.ts';

export type AcceptedContext = { readonly abstractSyntaxUid: string; readonly transferSyntaxUid: string };

/** What a conversation needs of the acceptor it belongs to. */
export type ConversationPort = {
  readonly connection: Connection;
  readonly rules: ServerRules;
  readonly memory: IntakeMemory;
  readonly association: AssociationFacts;
  readonly contexts: ReadonlyMap<number, AcceptedContext>;
  /** 0 is no limit. */
  readonly peerMaxPduLength: number;
  /** Resolves when the peer has taken enough of what was said to be told more, or is gone. */
  readyForMore(): Promise<void> | undefined;
  holdBack(isHeld: boolean): void;
  /** The peer has said something whole. */
  heard(): void;
  /** A request was answered, or will never be. */
  answered(): void;
  /** Ends the association as its user. */
  abort(why: string): void;
  ruleFailed(error: unknown): void;
};

type SmallDataSet = readonly [AcceptedContext, Identifier];
type Message = { readonly contextId: number; readonly command: CommandSet };

const status = {
  success: 0,
  sopClassNotSupported: 0x0122,
  noSuchEventType: 0x0113,
  failure: 0x0110,
  unrecognized: 0x0211,
};

export class Conversation {
  readonly #port: ConversationPort;
  #intake: ObjectIntake | undefined;
  #isAnswering = false;
  /** Reports that the peer has not answered, by message id; and those that wait for the answer to a request. */
  readonly #reports = new Map<number, (status: number | undefined) => void>();
  #lastReportId = 0;
  #afterAnswer: (() => void)[] = [];
  #objects = 0;
  #sizeBytes = 0;

  constructor(port: ConversationPort) {
    this.#port = port;
  }

  /** A request was taken whole and its answer is not out yet. */
  get isAnswering(): boolean {
    return this.#isAnswering;
  }

  /** Objects that were taken whole and answered, and their bytes. */
  get received(): { readonly objects: number; readonly sizeBytes: number } {
    return { objects: this.#objects, sizeBytes: this.#sizeBytes };
  }

  /** An object that is not whole will not become so. What is being finished is finished. */
  discard(): void {
    this.#intake?.discard();
    this.#intake = undefined;
    // Nothing is said or heard any more.
    for (const heard of this.#reports.values()) heard(undefined);
    this.#reports.clear();
    for (const call of this.#afterAnswer.splice(0)) call();
  }

  /** What came of an object so far goes to its sink: a peer that dawdles shall not keep memory that others need. */
  writeWaiting(): void {
    this.#intake?.writeWaiting();
  }

  dataSetBegins(contextId: number, command: CommandSet): DataSetPlace {
    const { contexts, rules, abort } = this.#port;
    if (this.#isAnswering) {
      abort('a request before the answer to the last one');
      return 'drop';
    }
    const context = contexts.get(contextId);
    if (context === undefined) return 'drop';
    if (command.field === commandField.storeRequest && isStorage(context.abstractSyntaxUid)) {
      this.#intake = this.#beginObject(context, command);
      return this.#intake;
    }
    if (isServed(rules, context.abstractSyntaxUid, command)) return 'collect';
    const isReport = command.field === commandField.eventReportRequest;
    return isReport && context.abstractSyntaxUid === commitmentClass ? 'collect' : 'drop';
  }

  message(contextId: number, command: CommandSet, dataSet: Buffer | undefined): void {
    const { contexts, rules, abort } = this.#port;
    const message = { contextId, command };
    this.#port.heard();
    const context = contexts.get(contextId);
    if (command.field === commandField.cancelRequest || context === undefined) return;
    if (command.field === (commandField.eventReportRequest | commandField.response) && this.#reports.size > 0)
      return this.#reportAnswered(command);
    if ((command.field & commandField.response) !== 0) return abort('a response that nobody waits for');
    if (this.#isAnswering) return abort('a request before the answer to the last one');
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
    if (isServed(rules, context.abstractSyntaxUid, command)) return this.#answerServed(message, context, dataSet);
    const isKnown = context.abstractSyntaxUid === verificationClass || context.abstractSyntaxUid === commitmentClass;
    this.#answer(message, { status: isKnown ? status.unrecognized : status.sopClassNotSupported });
  }

  #beginObject(context: AcceptedContext, command: CommandSet): ObjectIntake {
    const { rules, memory, association, holdBack } = this.#port;
    const start = {
      sopClassUid: command.affectedSopClassUid ?? '',
      sopInstanceUid: command.affectedSopInstanceUid ?? '',
      transferSyntaxUid: context.transferSyntaxUid,
      association,
    };
    const events = { holdBack, failed: (error: unknown) => this.#answerTo(error) };
    try {
      return new ObjectIntake(rules.beginObject(start), memory, events);
    } catch (error) {
      return new ObjectIntake(Promise.reject(error), memory, events);
    }
  }

  #answerStore(message: Message, intake: ObjectIntake): void {
    this.#isAnswering = true;
    this.#contain(
      intake.end().then((answer) => {
        this.#objects++;
        this.#sizeBytes += intake.sizeBytes;
        this.#answer(message, answer);
      }),
    );
  }

  #answerReport(message: Message, context: AcceptedContext, dataSet: Buffer | undefined): void {
    if (!commitmentEvents.has(message.command.eventTypeId ?? 0))
      return this.#answer(message, { status: status.noSuchEventType });
    const report = dataSet && readCommitmentReport(dataSet, context.transferSyntaxUid);
    const { rules, association } = this.#port;
    const { onCommitmentReport } = rules;
    if (report === undefined || onCommitmentReport === undefined)
      return this.#answer(message, { status: status.failure });
    this.#isAnswering = true;
    const ask = async () => onCommitmentReport(report, association);
    this.#contain(
      ask().then(
        (answer) => this.#answer(message, { status: answer }),
        (error: unknown) => this.#failed(message, error),
      ),
    );
  }

  #answerServed(message: Message, context: AcceptedContext, dataSet: Buffer | undefined): void {
    const { rules, association } = this.#port;
    this.#isAnswering = true;
    this.#contain(
      serve(rules, {
        ...{ ...context, command: message.command, dataSet, association },
        report: (report) => this.#reportLater(message.contextId, context, report),
      }).then(
        (served) => this.#serve(message, context, served),
        (error: unknown) => this.#failed(message, error),
      ),
    );
  }

  async #serve(message: Message, context: AcceptedContext, served: Served): Promise<void> {
    const { status: answer, matches = [], report } = served;
    for (const match of matches) {
      if (this.#port.connection.isOver) break;
      this.#respond(message, { status: pendingStatus }, [context, match]);
      await this.#port.readyForMore();
    }
    this.#respond(message, { status: answer });
    if (report !== undefined) void this.#report(message.contextId, context, report);
    this.#done();
  }

  /** A report goes out behind the answer to its request, and never between a request and its answer. */
  async #reportLater(contextId: number, context: AcceptedContext, report: CommitmentReport) {
    if (this.#isAnswering) await new Promise<void>((resolve) => this.#afterAnswer.push(resolve));
    return this.#report(contextId, context, report);
  }

  #report(contextId: number, context: AcceptedContext, report: CommitmentReport): Promise<number | undefined> {
    if (this.#port.connection.isOver) return Promise.resolve(undefined);
    this.#lastReportId = (this.#lastReportId % 0xffff) + 1;
    const messageId = this.#lastReportId;
    const set = writeCommandSet({
      field: commandField.eventReportRequest,
      hasDataSet: true,
      messageId,
      affectedSopClassUid: commitmentClass,
      affectedSopInstanceUid: commitmentInstance,
      eventTypeId: report.failed.length > 0 ? 2 : 1,
    });
    const answered = new Promise<number | undefined>((resolve) => this.#reports.set(messageId, resolve));
    this.#send(contextId, set, [context, commitmentReportOf(report)]);
    return answered;
  }

  /** One that answers with another message id answers the oldest. */
  #reportAnswered(command: CommandSet): void {
    const [oldest] = this.#reports.keys();
    const asked = command.respondsTo ?? 0;
    const messageId = this.#reports.has(asked) ? asked : (oldest ?? 0);
    this.#reports.get(messageId)?.(command.status ?? status.failure);
    this.#reports.delete(messageId);
  }

  #failed(message: Message, error: unknown): void {
    this.#port.ruleFailed(error);
    this.#answer(message, { status: status.failure });
  }

  /** The last answer to a request. */
  #answer(message: Message, answer: StoreAnswer): void {
    this.#respond(message, answer);
    this.#done();
  }

  #done(): void {
    this.#isAnswering = false;
    for (const call of this.#afterAnswer.splice(0)) call();
    this.#port.answered();
  }

  #respond({ contextId, command }: Message, answer: StoreAnswer, dataSet?: SmallDataSet): void {
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
  }

  #send(contextId: number, commandSet: Buffer, dataSet?: SmallDataSet): void {
    const { connection, peerMaxPduLength } = this.#port;
    connection.send(dataPdus(contextId, true, commandSet, peerMaxPduLength));
    if (dataSet === undefined) return;
    const bytes = writeIdentifier(dataSet[1], dataSet[0].transferSyntaxUid);
    connection.send(dataPdus(contextId, false, bytes, peerMaxPduLength));
  }

  /** Nothing that goes wrong in answering may end the process: this association ends instead. */
  #contain(answering: Promise<unknown>): void {
    answering.catch((error: unknown) => {
      this.#port.ruleFailed(error);
      this.#port.abort('no answer could be made');
      this.#done();
    });
  }

  #answerTo(error: unknown): StoreAnswer {
    this.#port.ruleFailed(error);
    try {
      return this.#port.rules.answerTo?.(error) ?? { status: status.failure };
    } catch {
      return { status: status.failure };
    }
  }
}
