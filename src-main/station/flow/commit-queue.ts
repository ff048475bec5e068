// Arrivals that are durable as files wait here for the catalogue: one transaction for all that wait (group commit).
//
// When `add` resolves, the row is durable. The sync of the book runs in the thread pool; what arrives meanwhile waits and
// shares the next one, so that an idle station answers at once and a busy one syncs once for many. One arrival that
// cannot be written down fails alone; the others of its transaction are written again without it.
import type { Arrival, Recorded } from '#station/3-catalog/index.ts';
import type { Book, SoonDurable } from '#station/records/index.ts';

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

/** The row is written and nobody knows whether it is durable: no acknowledgement, and its file must stay. */
export class CommitUnsure extends Error {}

const unsure = (cause: unknown) => new CommitUnsure('not known to be durable', { cause });

const mostInOne = 64;

export class CommitQueue {
  readonly #ports: CommitPorts;
  #waiting: Waiting[] = [];
  #running = false;
  /** How many of each content are written down or wait to be, and are not known to be durable. */
  readonly #unsure = new Map<string, number>();

  constructor(ports: CommitPorts) {
    this.#ports = ports;
  }

  /** True while an arrival of this content is not known to be durable: its row, if there is one, vouches for nothing. */
  isUnsure(dataSetSha256: string): boolean {
    return this.#unsure.has(dataSetSha256);
  }

  /** @throws CommitUnsure; what the catalogue throws */
  add(arrival: Arrival): Promise<Recorded> {
    return new Promise((resolve, reject) => {
      const { dataSetSha256 } = arrival;
      this.#unsure.set(dataSetSha256, (this.#unsure.get(dataSetSha256) ?? 0) + 1);
      this.#waiting.push({
        arrival,
        resolve: (recorded) => {
          this.#isSure(dataSetSha256);
          resolve(recorded);
        },
        reject: (error) => {
          this.#isSure(dataSetSha256);
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      });
      if (this.#running) return;
      this.#running = true;
      // After all that finished in this turn have come in as well.
      setImmediate(() => void this.#commitAll());
    });
  }

  #isSure(dataSetSha256: string): void {
    const left = (this.#unsure.get(dataSetSha256) ?? 1) - 1;
    if (left > 0) this.#unsure.set(dataSetSha256, left);
    else this.#unsure.delete(dataSetSha256);
  }

  async #commitAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      // The log is about to be begun anew: a few milliseconds of patience keep it short.
      await this.#ports.book.calm;
      await this.#commit(this.#waiting.splice(0, mostInOne));
    }
    this.#running = false;
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    let soon: SoonDurable<Recorded[]>;
    try {
      soon = this.#ports.book.transactionSoon(() => batch.map(({ arrival }) => this.#ports.record(arrival)));
    } catch (error) {
      if (this.#ports.book.isDoubtful) for (const { reject } of batch) reject(unsure(error));
      else if (batch.length === 1) batch[0]?.reject(error);
      else for (const one of batch) await this.#commit([one]);
      return;
    }
    try {
      await soon.durable;
    } catch (error) {
      for (const { reject } of batch) reject(unsure(error));
      return;
    }
    this.#tell(soon.result);
    for (const [index, { resolve, reject }] of batch.entries()) {
      const one = soon.result[index];
      if (one) resolve(one);
      else reject(new Error('not recorded'));
    }
  }

  /** What is durable is acknowledged, whatever becomes of those who are told. */
  #tell(recorded: readonly Recorded[]): void {
    try {
      this.#ports.onCommitted(recorded);
    } catch (error) {
      setImmediate(() => {
        throw error;
      });
    }
  }
}
