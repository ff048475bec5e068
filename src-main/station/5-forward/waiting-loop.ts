// What works for one destination: takes its turn, waits until there may be more to do, takes its turn again.
//
// Guarantees: one turn at a time; a failure of a turn never ends it; a ring while a turn is taken is not lost; after
// `close` no turn begins, and what does not end by itself is aborted by `signal`.
import type { Clock } from '#station/kit/clock.ts';
import { Alarm } from './alarm.ts';

export type Turns = {
  readonly clock: Clock;
  readonly paused: boolean;
  /** Does what is to be done now; gives the milliseconds until there may be more, or null when only a ring can tell. */
  turn(): Promise<number | null>;
  /** A turn has thrown. Gives how long to wait, in milliseconds. Must not throw. */
  failed(error: unknown): number;
};

export class WaitingLoop {
  readonly #turns: Turns;
  readonly #alarm: Alarm;
  readonly #giveUp = new AbortController();
  #paused: boolean;
  #closing = false;
  readonly #running: Promise<void>;

  /** The first turn begins after the caller is done with making it. */
  constructor(turns: Turns) {
    this.#turns = turns;
    this.#alarm = new Alarm(turns.clock);
    this.#paused = turns.paused;
    this.#running = Promise.resolve().then(() => this.#run());
  }

  /** Something waits, or may be tried sooner than it was told. */
  wake(): void {
    this.#alarm.ring();
  }

  get paused(): boolean {
    return this.#paused;
  }

  set paused(paused: boolean) {
    this.#paused = paused;
    this.#alarm.ring();
  }

  get isClosing(): boolean {
    return this.#closing;
  }

  /** Neither paused nor about to close. */
  get mayGoOn(): boolean {
    return !this.#closing && !this.#paused;
  }

  /** Aborted when what is under way must end at once. */
  get signal(): AbortSignal {
    return this.#giveUp.signal;
  }

  /** Ends after the turn at hand; after `withinMs` it is cut off. */
  async close(withinMs: number): Promise<void> {
    this.#closing = true;
    this.#alarm.ring();
    const takeBack = this.#turns.clock.after(withinMs, () => this.#giveUp.abort());
    await this.#running;
    takeBack();
  }

  async #run(): Promise<void> {
    while (!this.#closing) {
      let waitMs: number | null;
      try {
        waitMs = await this.#turns.turn();
      } catch (error) {
        waitMs = this.#turns.failed(error);
      }
      if (!this.#closing && waitMs !== 0) await this.#alarm.wait(waitMs);
    }
  }
}
