// How fast each destination is sent to, from totals that the book keeps. No timer: a sample is taken when somebody looks,
// and the rate is what went since the oldest sample of the last half minute.
import type { Clock } from '#station/kit/clock.ts';
import type { Book } from '#station/records/index.ts';

const windowMs = 30_000;
/** Closer together they say nothing. */
const apartMs = 500;

type Sample = { readonly atMs: number; readonly objects: number; readonly bytes: number };

export type SendingRate = { readonly objectsPerSecond: number; readonly bytesPerSecond: number };

export class SendingRates {
  readonly #book: Book;
  readonly #clock: Clock;
  readonly #samples = new Map<string, Sample[]>();

  constructor(book: Book, clock: Clock) {
    this.#book = book;
    this.#clock = clock;
  }

  read(destinationId: string): SendingRate {
    const atMs = this.#clock.monotonicMs();
    const now = {
      atMs,
      objects: this.#total(destinationId, 'sent-objects'),
      bytes: this.#total(destinationId, 'sent-bytes'),
    };
    const kept = (this.#samples.get(destinationId) ?? []).filter((sample) => atMs - sample.atMs <= windowMs);
    const last = kept.at(-1);
    if (!last || atMs - last.atMs >= apartMs) kept.push(now);
    this.#samples.set(destinationId, kept);
    const first = kept[0];
    const seconds = first ? (atMs - first.atMs) / 1000 : 0;
    if (!first || seconds < apartMs / 1000) return { objectsPerSecond: 0, bytesPerSecond: 0 };
    return {
      objectsPerSecond: (now.objects - first.objects) / seconds,
      bytesPerSecond: Math.round((now.bytes - first.bytes) / seconds),
    };
  }

  #total(destinationId: string, name: string): number {
    return (
      this.#book
        .sql<{ value: number }>('SELECT value FROM outbox_total WHERE destinationId = ? AND name = ?')
        .get(destinationId, name)?.value ?? 0
    );
  }
}
