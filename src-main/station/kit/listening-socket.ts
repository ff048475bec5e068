// A socket that listens, and the end of it: what every listener of the house does alike, whatever is spoken on it.
//
// Guarantees: an error in accepting costs one connection and never the listener; who is let in is looked at again and
// again until the end, and never judged by a time in which the station itself stood still; closing takes nobody new, lets
// what is under way finish in its time, and then closes everything.
import net from 'node:net';
import { Problem } from './problem.ts';

/** Somebody who came in, from the first byte on; also while a handshake is under way. */
export type Guest = {
  readonly address: string;
  /** Called at every look, with the time of `performance.now`. */
  check(now: number): void;
  /** Finishes what is under way, then ends. */
  endSoon(): void;
  /** Ends now. */
  drop(why: string): void;
};

export type ListeningTerms = {
  readonly host: string;
  readonly port: number;
  /** Time between two looks. */
  readonly lookEveryMs: number;
};

export type ListeningRules<G extends Guest> = {
  /** A socket that is paused, and half-open when its peer has ended its side. Must not throw. */
  accept(socket: net.Socket): void;
  /** Everybody who is in. */
  guests(): readonly G[];
  /** At every look, before the guests are looked at. */
  look?(): void;
};

/** The owner calls `left` whenever a guest is no longer among `guests`, and closes it. */
export class ListeningSocket<G extends Guest> {
  readonly #terms: ListeningTerms;
  readonly #rules: ListeningRules<G>;
  readonly #server: net.Server;
  #watch: NodeJS.Timeout | undefined;
  #lookedAt = 0;
  #isSpared = false;
  #emptied: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(terms: ListeningTerms, rules: ListeningRules<G>) {
    this.#terms = terms;
    this.#rules = rules;
    // Half-open is allowed, so that a peer that ends its side after the last byte still gets its answer.
    const settings = { allowHalfOpen: true, noDelay: true, keepAlive: true, pauseOnConnect: true };
    this.#server = net.createServer(settings, (socket) => rules.accept(socket));
  }

  /** Resolves when it listens. @throws Problem 'port-in-use', or the system's error */
  listen(): Promise<void> {
    const { host, port, lookEveryMs } = this.#terms;
    return new Promise((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException) =>
        reject(error.code === 'EADDRINUSE' ? new Problem('port-in-use', { port }, { cause: error }) : error);
      this.#server.once('error', failed);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', failed);
        // Too many files are open: costs one connection.
        this.#server.on('error', () => {});
        this.#lookedAt = performance.now();
        this.#watch = setInterval(() => this.#look(), lookEveryMs);
        this.#watch.unref();
        resolve();
      });
    });
  }

  get port(): number {
    const address = this.#server.address();
    return address !== null && typeof address === 'object' ? address.port : this.#terms.port;
  }

  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  /** Somebody has left. */
  left(): void {
    if (this.#rules.guests().length === 0) this.#emptied?.();
  }

  /** Resolves when everybody has left. Who has not after `withinMs` is dropped, and has `lastWaitMs` to be gone. */
  close(withinMs: number, lastWaitMs: number): Promise<void> {
    this.#closing ??= this.#close(withinMs, lastWaitMs);
    return this.#closing;
  }

  async #close(withinMs: number, lastWaitMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const emptied = new Promise<void>((resolve) => (this.#emptied = resolve));
    for (const guest of this.#rules.guests()) guest.endSoon();
    this.left();
    let timer = setTimeout(() => {
      for (const guest of this.#rules.guests()) guest.drop('stopping');
      timer = setTimeout(() => this.#emptied?.(), lastWaitMs);
    }, withinMs);
    await emptied;
    clearTimeout(timer);
    await closed;
    clearInterval(this.#watch);
  }

  #look(): void {
    this.#rules.look?.();
    const now = performance.now();
    // After a standstill (a machine that slept, a stalled disk) timers run before what came meanwhile is read: it would
    // seem that nobody had said anything. The next look judges, however late it is itself.
    this.#isSpared = !this.#isSpared && now - this.#lookedAt > 3 * this.#terms.lookEveryMs;
    this.#lookedAt = now;
    if (this.#isSpared) return;
    for (const guest of this.#rules.guests()) guest.check(now);
  }
}

/** Those of the address that has most, oldest first: who keeps many does not crowd out who has one. */
export function ofTheFullestAddress<G extends Pick<Guest, 'address'>>(guests: readonly G[]): readonly G[] {
  const byAddress = Map.groupBy(guests, ({ address }) => address);
  return [...byAddress.values()].reduce<readonly G[]>((most, some) => (some.length > most.length ? some : most), []);
}
