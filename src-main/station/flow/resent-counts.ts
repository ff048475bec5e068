// Counts objects that came again, behind their answers: the answer needs no row of its own, because the object that it
// speaks of has one. The first is written at once, those that follow in one transaction a moment later. What a crash
// leaves uncounted is a number, no object.
import type { Log } from '#station/kit/log.ts';
import type { ArrivalSource, Catalog } from '#station/3-catalog/index.ts';
import type { Book } from '#station/records/index.ts';

export type CountPorts = { readonly book: Book; readonly catalog: Pick<Catalog, 'countAgain'>; readonly log: Log };

type Again = { readonly objectId: string; readonly source: ArrivalSource };

const pauseMs = 200;

export class ResentCounts {
  readonly #ports: CountPorts;
  #uncounted: Again[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(ports: CountPorts) {
    this.#ports = ports;
  }

  add(again: Again): void {
    this.#uncounted.push(again);
    this.#timer ??= this.#count();
  }

  /** Writes down what is not yet counted. */
  close(): void {
    clearTimeout(this.#timer);
    if (this.#uncounted.length > 0) this.#write(this.#uncounted.splice(0));
  }

  #count(): NodeJS.Timeout {
    this.#write(this.#uncounted.splice(0));
    return setTimeout(() => {
      this.#timer = this.#uncounted.length > 0 ? this.#count() : undefined;
    }, pauseMs).unref();
  }

  #write(all: readonly Again[]): void {
    const { book, catalog, log } = this.#ports;
    const failed = (error: unknown) => log.error('counting-failed', {}, error);
    try {
      const { durable } = book.transactionSoon(() => {
        for (const { objectId, source } of all) catalog.countAgain(objectId, source);
      });
      durable.catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}
