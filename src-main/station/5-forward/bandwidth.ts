// How many bytes a second may leave for one destination, over all of its associations: a bucket that fills at that rate
// and holds what half a second brings. Whoever asks first gets first.
import type { Clock } from '#station/kit/clock.ts';

const holdsMs = 500;

export class Bandwidth {
  readonly #clock: Clock;
  #bytesPerSecond: number | undefined;
  /** Below zero after a piece that was larger than what was there. */
  #bytes = 0;
  #filledAtMs: number;
  #turn: Promise<void> = Promise.resolve();

  constructor(clock: Clock, bytesPerSecond: number | undefined) {
    this.#clock = clock;
    this.#bytesPerSecond = bytesPerSecond;
    this.#filledAtMs = clock.monotonicMs();
  }

  set bytesPerSecond(limit: number | undefined) {
    this.#fill();
    this.#bytesPerSecond = limit;
  }

  get isLimited(): boolean {
    return this.#bytesPerSecond !== undefined;
  }

  /** Settles when `bytes` may leave; an abort settles it at once. */
  take(bytes: number, signal: AbortSignal): Promise<void> {
    this.#turn = this.#turn.then(() => this.#take(bytes, signal));
    return this.#turn;
  }

  async #take(bytes: number, signal: AbortSignal): Promise<void> {
    this.#fill();
    // A piece may leave as soon as anything is there, and is paid for by the next: no piece is ever too large.
    if (this.#bytesPerSecond !== undefined && this.#bytes <= 0 && !signal.aborted) {
      await this.#wait(Math.ceil(((1 - this.#bytes) * 1000) / this.#bytesPerSecond), signal);
      this.#fill();
    }
    this.#bytes -= bytes;
  }

  #fill(): void {
    const now = this.#clock.monotonicMs();
    const most = this.#bytesPerSecond === undefined ? 0 : (this.#bytesPerSecond * holdsMs) / 1000;
    const came = ((this.#bytesPerSecond ?? 0) * (now - this.#filledAtMs)) / 1000;
    this.#bytes = this.#bytesPerSecond === undefined ? 0 : Math.min(most, this.#bytes + came);
    this.#filledAtMs = now;
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const takeBack = this.#clock.after(ms, () => {
        signal.removeEventListener('abort', stop);
        resolve();
      });
      const stop = () => {
        takeBack();
        resolve();
      };
      signal.addEventListener('abort', stop, { once: true });
    });
  }
}

/** Largest piece that leaves at once under a limit, so that the limit is felt evenly. */
const mostAtOnce = 64 * 1024;

/** A source that gives its bytes no faster than the bucket fills. */
export async function* limitedSource(
  source: AsyncIterable<Buffer>,
  bandwidth: Bandwidth,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, void> {
  for await (const piece of source) {
    for (let at = 0; at < piece.length; at += mostAtOnce) {
      const part = piece.subarray(at, at + mostAtOnce);
      await bandwidth.take(part.length, signal);
      yield part;
    }
  }
}
