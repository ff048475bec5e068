// Waiting for whichever comes first: a ring or a time. A ring while nobody waits is kept for the next wait.
import type { Clock } from '#station/kit/clock.ts';

export class Alarm {
  readonly #clock: Clock;
  #rung = false;
  #wake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** @param atMostMs null waits for a ring alone. */
  async wait(atMostMs: number | null): Promise<void> {
    if (!this.#rung) {
      let takeBack: (() => void) | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (atMostMs !== null) takeBack = this.#clock.after(Math.max(0, atMostMs), resolve);
      });
      takeBack?.();
      this.#wake = undefined;
    }
    this.#rung = false;
  }
}
