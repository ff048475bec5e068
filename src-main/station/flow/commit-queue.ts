// Arrivals that are durable as files wait here for the catalogue: one transaction for all that wait (group commit).
//
// When `add` resolves, the row is durable. One arrival that cannot be written down fails alone; the others of its
// transaction are written again without it.
import type { Arrival, Recorded } from '#station/3-catalog/index.ts';
import type { Book } from '#station/records/index.ts';

export type CommitPorts = {
  readonly book: Book;
  /** Writes one arrival down, inside the transaction. */
  readonly record: (arrival: Arrival) => Recorded;
  /** Called after each transaction, when it is durable. */
  readonly onCommitted: (recorded: readonly Recorded[]) => void;
};

type Waiting = {
  readonly arrival: Arrival;
  readonly resolve: (recorded: Recorded) => void;
  readonly reject: (error: unknown) => void;
};

const mostInOne = 64;

export class CommitQueue {
  readonly #ports: CommitPorts;
  #waiting: Waiting[] = [];
  #scheduled = false;

  constructor(ports: CommitPorts) {
    this.#ports = ports;
  }

  add(arrival: Arrival): Promise<Recorded> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ arrival, resolve, reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      // After all that finished in this turn have come in as well.
      setImmediate(() => this.#commitAll());
    });
  }

  #commitAll(): void {
    this.#scheduled = false;
    while (this.#waiting.length > 0) this.#commit(this.#waiting.splice(0, mostInOne));
  }

  #commit(batch: readonly Waiting[]): void {
    let recorded: Recorded[];
    try {
      recorded = this.#ports.book.transaction(() => batch.map(({ arrival }) => this.#ports.record(arrival)));
    } catch (error) {
      if (batch.length === 1) batch[0]?.reject(error);
      else for (const one of batch) this.#commit([one]);
      return;
    }
    this.#ports.onCommitted(recorded);
    for (const [index, { resolve, reject }] of batch.entries()) {
      const one = recorded[index];
      if (one) resolve(one);
      else reject(new Error('not recorded'));
    }
  }
}
