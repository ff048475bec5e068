// Waits for the answers to the request that was sent last, and not for ever.
//
// Guarantees: each wait settles: with the last response, or with undefined when the association is over.
import type { CommandSet } from './command-set.ts';

export type Response = { readonly command: CommandSet; readonly dataSet: Buffer | undefined };

type Waiter = {
  readonly messageId: number;
  /** Takes a response; false when more of them follow. */
  take(response: Response): boolean;
  giveUp(): void;
};

export class AnswerWait {
  readonly #answerMs: number;
  readonly #timedOut: () => void;
  #waiter: Waiter | undefined;
  #timer: NodeJS.Timeout | undefined;
  #messageId = 0;
  #isPaused = false;

  /** @param timedOut called when a response has not come within `answerMs` of the request or of the one before */
  constructor(answerMs: number, timedOut: () => void) {
    this.#answerMs = answerMs;
    this.#timedOut = timedOut;
  }

  /** The id of the request that is sent next, and its last response. One at a time. */
  begin(isLast: (response: Response) => boolean): { messageId: number; response: Promise<Response | undefined> } {
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
    this.#restart();
    return { messageId: this.#messageId, response: promise };
  }

  /** While the request is still being sent no answer is due. */
  pause(): void {
    this.#isPaused = true;
    clearTimeout(this.#timer);
  }

  goOn(): void {
    this.#isPaused = false;
    if (this.#waiter !== undefined) this.#restart();
  }

  /** The peer does what was asked for: its answer is due later by as much. */
  stir(): void {
    if (this.#waiter !== undefined) this.#restart();
  }

  /** Takes what the peer answered; an answer to nothing is let pass. */
  take(response: Response): void {
    const waiter = this.#waiter;
    if (waiter === undefined || waiter.messageId !== response.command.respondsTo) return;
    this.#restart();
    if (waiter.take(response)) this.end();
  }

  /** Nobody waits any more. */
  end(): void {
    clearTimeout(this.#timer);
    this.#waiter = undefined;
  }

  /** The association is over. */
  giveUp(): void {
    const waiter = this.#waiter;
    this.end();
    waiter?.giveUp();
  }

  #restart(): void {
    clearTimeout(this.#timer);
    if (!this.#isPaused) this.#timer = setTimeout(this.#timedOut, this.#answerMs);
  }
}
