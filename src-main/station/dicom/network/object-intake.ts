// The bytes of one C-STORE on their way from the socket to its sink: one write at a time, while it is under way more is
// collected, and when too much waits the socket is held back.
//
// Guarantees: the sink sees every byte once and in order; after `end` it gets `finish`, after `discard` or a failure it
// gets `discard`; what waits is bounded for each object and, by the budget, over all of them.
import type { ObjectSink, StoreAnswer } from './accepting.ts';
import type { ReceiveBuffers } from './receive-buffers.ts';

/** From here on what was collected is given to the sink: a whole object of a usual size in one write. */
const writeAtBytes = 640 * 1024;
/** Shorter pieces are copied together, so that tiny fragments cannot make the house fill with views. */
const shortPieceBytes = 2048;
const joinedBytes = 32 * 1024;

/** Bytes that wait for sinks, over all associations of a server. */
export class WaitingBudget {
  readonly #mostBytes: number;
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  get isSpent(): boolean {
    return this.#bytes > this.#mostBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }
}

/** What the intakes of a server share. */
export type IntakeMemory = { readonly budget: WaitingBudget; readonly buffers: ReceiveBuffers };

export type IntakeEvents = {
  /** The socket may go on, or must wait. Said only when it changes. */
  holdBack(isHeld: boolean): void;
  /** The rule or the sink threw; gives the answer to that. */
  failed(error: unknown): StoreAnswer;
};

export class ObjectIntake {
  readonly #budget: WaitingBudget;
  readonly #buffers: ReceiveBuffers;
  readonly #events: IntakeEvents;
  #sink: ObjectSink | undefined;
  #pieces: Buffer[] = [];
  /** What the sink has at this moment. */
  #given: readonly Buffer[] = [];
  #joined: Buffer | undefined;
  #joinedFilled = 0;
  #waiting = 0;
  #writing = 0;
  #isBusy = false;
  #isHeld = false;
  #isOver = false;
  #failure: StoreAnswer | undefined;
  #ended: ((answer: StoreAnswer) => void) | undefined;
  sizeBytes = 0;

  constructor(sink: ObjectSink | Promise<ObjectSink>, { budget, buffers }: IntakeMemory, events: IntakeEvents) {
    this.#budget = budget;
    this.#buffers = buffers;
    this.#events = events;
    if (!(sink instanceof Promise)) {
      this.#sink = sink;
      return;
    }
    this.#isBusy = true;
    sink.then(
      (opened) => this.#opened(opened),
      (error: unknown) => this.#fail(error),
    );
  }

  /** Takes the next piece of the data set, a view that stays untouched while it is held. */
  take(piece: Buffer): void {
    this.sizeBytes += piece.length;
    if (this.#isOver || this.#failure !== undefined || piece.length === 0) return;
    if (piece.length < shortPieceBytes) this.#join(piece);
    else {
      this.#closeJoined();
      this.#buffers.hold(piece);
      this.#pieces.push(piece);
    }
    this.#waiting += piece.length;
    this.#budget.add(piece.length);
    this.#goOn();
  }

  /** Gives the sink what waits, however little, unless it is writing. */
  writeWaiting(): void {
    if (this.#isBusy || this.#isOver || this.#failure !== undefined || this.#waiting === 0) return;
    this.#write();
    this.#goOn();
  }

  /** All pieces were taken. Resolves with the answer; never rejects. */
  end(): Promise<StoreAnswer> {
    return new Promise((resolve) => {
      this.#ended = resolve;
      this.#goOn();
    });
  }

  /** The object will never be whole. After `end` it is too late: what is being finished is finished. */
  discard(): void {
    if (this.#isOver || this.#ended !== undefined) return;
    this.#isOver = true;
    this.#drop();
    if (!this.#isBusy) this.#discardSink();
  }

  #opened(sink: ObjectSink): void {
    this.#sink = sink;
    this.#isBusy = false;
    if (this.#isOver) this.#discardSink();
    else this.#goOn();
  }

  #goOn(): void {
    if (!this.#isBusy && !this.#isOver) {
      if (this.#failure !== undefined) this.#answerFailure();
      else if (
        this.#waiting > 0 &&
        (this.#ended !== undefined || this.#waiting >= writeAtBytes || this.#budget.isSpent)
      )
        this.#write();
      else if (this.#ended !== undefined) this.#finish();
    }
    this.#hold(this.#isBusy && this.#ended === undefined && (this.#waiting >= writeAtBytes || this.#budget.isSpent));
  }

  #write(): void {
    this.#closeJoined();
    const pieces = this.#pieces;
    this.#given = pieces;
    this.#writing = this.#waiting;
    this.#pieces = [];
    this.#waiting = 0;
    try {
      const written = this.#sink?.write(pieces);
      if (written === undefined) return this.#written();
      this.#isBusy = true;
      written.then(
        () => this.#written(),
        (error: unknown) => this.#fail(error),
      );
    } catch (error) {
      this.#fail(error);
    }
  }

  #written(): void {
    this.#takeBack();
    if (this.#isOver) this.#discardSink();
    else this.#goOn();
  }

  /** The sink has done with what it was given. */
  #takeBack(): void {
    this.#isBusy = false;
    this.#budget.add(-this.#writing);
    this.#writing = 0;
    for (const piece of this.#given) this.#buffers.letGo(piece);
    this.#given = [];
  }

  #finish(): void {
    const sink = this.#sink;
    if (sink === undefined) return;
    this.#isOver = true;
    try {
      sink.finish().then(
        (answer) => this.#answer(answer),
        (error: unknown) => this.#failedToFinish(error),
      );
    } catch (error) {
      this.#failedToFinish(error);
    }
  }

  #failedToFinish(error: unknown): void {
    this.#answer(this.#events.failed(error));
  }

  #fail(error: unknown): void {
    this.#takeBack();
    this.#failure = this.#events.failed(error);
    this.#drop();
    this.#discardSink();
    if (!this.#isOver) this.#goOn();
  }

  /** A failed object is drained to its end before it is answered, else the peer would write against a closed door. */
  #answerFailure(): void {
    if (this.#ended === undefined || this.#failure === undefined) return;
    this.#isOver = true;
    this.#answer(this.#failure);
  }

  #answer(answer: StoreAnswer): void {
    const ended = this.#ended;
    this.#ended = undefined;
    ended?.(answer);
  }

  #discardSink(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    try {
      sink?.discard();
    } catch (error) {
      this.#events.failed(error);
    }
  }

  #drop(): void {
    this.#budget.add(-this.#waiting);
    this.#waiting = 0;
    for (const piece of this.#pieces) this.#buffers.letGo(piece);
    this.#pieces = [];
    this.#joined = undefined;
    this.#hold(false);
  }

  #join(piece: Buffer): void {
    if (this.#joined !== undefined && this.#joinedFilled + piece.length > joinedBytes) this.#closeJoined();
    this.#joined ??= Buffer.allocUnsafeSlow(joinedBytes);
    this.#joinedFilled += piece.copy(this.#joined, this.#joinedFilled);
  }

  #closeJoined(): void {
    if (this.#joined !== undefined) this.#pieces.push(this.#joined.subarray(0, this.#joinedFilled));
    this.#joined = undefined;
    this.#joinedFilled = 0;
  }

  #hold(isHeld: boolean): void {
    if (this.#isHeld === isHeld) return;
    this.#isHeld = isHeld;
    this.#events.holdBack(isHeld);
  }
}
