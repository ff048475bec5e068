// Puts the fragments of DIMSE messages together: a command, and the data set it announces.
//
// Guarantees: commands and small data sets are collected within their limits; the data set of an object is passed on
// piece by piece and never collected. Refuses by a fault: fragments out of order, of an unknown context, too long.
import { readCommandSet, type CommandSet } from './command-set.ts';
import { mostIdentifierBytes } from './identifier.ts';
import { abortReason } from './pdu.ts';

/** What becomes of a data set: it is collected, read and forgotten, or taken piece by piece. */
export type DataSetPlace = 'collect' | 'drop' | { take(piece: Buffer): void };

export type MessageEvents = {
  /** A command is whole and a data set follows; says where that goes. */
  dataSetBegins(contextId: number, command: CommandSet): DataSetPlace;
  /** A message is whole. `dataSet` is what was collected. */
  message(contextId: number, command: CommandSet, dataSet: Buffer | undefined): void;
  fault(reason: number, why: string): void;
};

/** A command has a dozen short elements. */
const mostCommandBytes = 16 * 1024;

export class MessageAssembly {
  readonly #isAccepted: (contextId: number) => boolean;
  readonly #events: MessageEvents;
  #contextId = 0;
  #collected: Buffer[] = [];
  #collectedBytes = 0;
  #open: { readonly command: CommandSet; readonly place: DataSetPlace } | undefined;
  #isOver = false;

  constructor(isAccepted: (contextId: number) => boolean, events: MessageEvents) {
    this.#isAccepted = isAccepted;
    this.#events = events;
  }

  /** True while a message has begun and is not whole. */
  get isInside(): boolean {
    return this.#open !== undefined || this.#collectedBytes > 0;
  }

  fragment(contextId: number, isCommand: boolean, isEnd: boolean, piece: Buffer): void {
    if (this.#isOver) return;
    if (!this.#isAccepted(contextId)) return this.#fault(abortReason.invalidParameter, 'context was not accepted');
    if (this.isInside && contextId !== this.#contextId)
      return this.#fault(abortReason.unexpectedParameter, 'another context within a message');
    this.#contextId = contextId;
    if (isCommand) this.#takeCommand(isEnd, piece);
    else this.#takeDataSet(isEnd, piece);
  }

  #takeCommand(isEnd: boolean, piece: Buffer): void {
    if (this.#open !== undefined)
      return this.#fault(abortReason.unexpectedParameter, 'a command before the data set was whole');
    if (!this.#collect(piece, mostCommandBytes) || !isEnd) return;
    const command = readCommandSet(this.#takeCollected());
    if (command === undefined) return this.#fault(abortReason.invalidParameter, 'malformed command');
    if (!command.hasDataSet) return this.#events.message(this.#contextId, command, undefined);
    this.#open = { command, place: this.#events.dataSetBegins(this.#contextId, command) };
  }

  #takeDataSet(isEnd: boolean, piece: Buffer): void {
    const open = this.#open;
    if (open === undefined) return this.#fault(abortReason.unexpectedParameter, 'a data set without a command');
    if (open.place === 'collect') {
      if (!this.#collect(piece, mostIdentifierBytes)) return;
    } else if (open.place !== 'drop') open.place.take(piece);
    if (!isEnd) return;
    this.#open = undefined;
    this.#events.message(this.#contextId, open.command, open.place === 'collect' ? this.#takeCollected() : undefined);
  }

  #collect(piece: Buffer, mostBytes: number): boolean {
    this.#collectedBytes += piece.length;
    if (this.#collectedBytes > mostBytes) {
      this.#fault(abortReason.invalidParameter, 'command or data set too long');
      return false;
    }
    // Copied: the piece is a view of a read buffer that may be much larger.
    if (piece.length > 0) this.#collected.push(Buffer.from(piece));
    return true;
  }

  #takeCollected(): Buffer {
    const pieces = this.#collected;
    this.#collected = [];
    this.#collectedBytes = 0;
    return pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
  }

  #fault(reason: number, why: string): void {
    this.#isOver = true;
    this.#collected = [];
    this.#events.fault(reason, why);
  }
}
