// Announces exams for which nothing came any more: arriving becomes review without anybody doing anything, and the
// screens must hear of it. One timer, for the exam that is next. When the book cannot be written it is tried again: nobody
// waits here for an answer, and nobody else would.
import type { Clock } from '#station/kit/clock.ts';
import type { Catalog } from '#station/3-catalog/index.ts';
import type { Log } from '#station/kit/log.ts';
import type { Book } from '#station/records/index.ts';

export type QuietPorts = {
  readonly catalog: Catalog;
  readonly book: Book;
  readonly clock: Clock;
  readonly log: Log;
  readonly onQuiet: (examIds: readonly string[]) => void;
};

/** So that the moment itself has passed when we look. */
const graceMs = 5;
const afterFailureMs = 5_000;

export class QuietWatch {
  readonly #ports: QuietPorts;
  #since: string;
  #takeBack: (() => void) | undefined;
  #awaited: string | undefined;
  #closed = false;

  constructor(ports: QuietPorts) {
    this.#ports = ports;
    this.#since = ports.clock.now();
    this.look();
  }

  /** Waits for the next exam, unless it waits for an earlier one already: devices have quiet times of their own. */
  look(): void {
    if (this.#closed) return;
    const { catalog, clock } = this.#ports;
    const next = catalog.nextQuietAt();
    if (next === null || (this.#takeBack && this.#awaited !== undefined && this.#awaited <= next)) return;
    this.#takeBack?.();
    this.#awaited = next;
    const waitMs = Math.max(0, Date.parse(next) - clock.epochMs()) + graceMs;
    this.#takeBack = clock.after(waitMs, () => this.#ring());
  }

  close(): void {
    this.#closed = true;
    this.#takeBack?.();
    this.#takeBack = undefined;
  }

  #ring(): void {
    this.#takeBack = undefined;
    this.#awaited = undefined;
    if (this.#closed) return;
    const { clock, log } = this.#ports;
    try {
      this.#tellQuiet();
      this.look();
    } catch (error) {
      log.error('quiet-not-told', {}, error);
      this.#takeBack = clock.after(afterFailureMs, () => this.#ring());
    }
  }

  #tellQuiet(): void {
    const { catalog, book, clock, onQuiet } = this.#ports;
    const now = clock.now();
    const quiet = book.transaction(() => catalog.markQuiet(this.#since));
    this.#since = now;
    if (quiet.length > 0) onQuiet(quiet);
  }
}
