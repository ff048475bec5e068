// How much comes in: bytes of the last 24 hours, by the hour. The book is asked once for what was before, then only for
// what arrived since it was asked last, so that the cost does not grow with the day.
import type { Clock } from '#station/kit/clock.ts';
import type { Book } from '#station/records/index.ts';

const hourMs = 3_600_000;
const windowHours = 24;

export class IntakeRate {
  readonly #book: Book;
  readonly #clock: Clock;
  /** Hour since the epoch -> bytes. */
  readonly #hours = new Map<number, number>();
  #until: string;

  constructor(book: Book, clock: Clock) {
    this.#book = book;
    this.#clock = clock;
    this.#until = new Date(clock.epochMs() - windowHours * hourMs).toISOString();
  }

  /** Over the time since the first arrival of the last 24 hours, an hour at least; 0 when nothing came. */
  bytesPerHour(): number {
    const now = this.#clock.now();
    const found = this.#book
      .sql<{ hour: string; bytes: number }>(
        `SELECT substr(arrivedAt, 1, 13) AS hour, sum(sizeBytes) AS bytes FROM object
         WHERE arrivedAt > ? AND arrivedAt <= ? GROUP BY 1`,
      )
      .all(this.#until, now);
    this.#until = now;
    for (const { hour, bytes } of found) {
      const at = Math.floor(Date.parse(`${hour}:00:00.000Z`) / hourMs);
      this.#hours.set(at, (this.#hours.get(at) ?? 0) + bytes);
    }
    const nowHour = this.#clock.epochMs() / hourMs;
    for (const hour of this.#hours.keys()) if (hour <= nowHour - windowHours) this.#hours.delete(hour);
    const total = [...this.#hours.values()].reduce((sum, bytes) => sum + bytes, 0);
    const elapsed = nowHour - Math.min(...this.#hours.keys());
    return total === 0 ? 0 : total / Math.min(windowHours, Math.max(1, elapsed));
  }
}
