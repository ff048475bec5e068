// Objects a second over the last ten seconds.
import type { Clock } from '#station/kit/clock.ts';

const seconds = 10;

export class RateMeter {
  readonly #clock: Clock;
  readonly #counts = new Map<number, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  count(): void {
    const second = Math.floor(this.#clock.monotonicMs() / 1000);
    this.#counts.set(second, (this.#counts.get(second) ?? 0) + 1);
    for (const old of this.#counts.keys()) if (old <= second - seconds) this.#counts.delete(old);
  }

  get perSecond(): number {
    const second = Math.floor(this.#clock.monotonicMs() / 1000);
    let sum = 0;
    for (const [at, count] of this.#counts) if (at > second - seconds) sum += count;
    return sum / seconds;
  }
}
