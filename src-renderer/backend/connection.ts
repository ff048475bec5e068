// The one connection of the window. It opens a way to the station, follows the feed of changes, and when the way is
// lost opens another with growing pauses, for ever. Every new way begins with a `hello`, on which whoever shows
// something asks for it again: so nothing that happened meanwhile is missed.
import type { Change } from '#contract/shapes/station.ts';
import { isLockedOut } from './session.ts';
import { shell } from './shell.ts';
import { openWay, type Station, type Way } from './transport.ts';
import { TroubleError } from './trouble.ts';

export type LinkState = 'connecting' | 'open' | 'lost' | 'locked-out';

const longestPauseMs = 4000;

export class Connection {
  readonly #ended = new AbortController();
  readonly #hears = new Set<(change: Change) => void>();
  readonly #sees = new Set<(state: LinkState) => void>();
  #way: Way | undefined;

  /** The contract over the open way. Throws 'connection-lost' while there is none. */
  get station(): Station {
    if (this.#way === undefined) throw new TroubleError({ code: 'connection-lost', params: {} });
    return this.#way.station;
  }

  /** Calls back for every change from now on, until the returned function is called. */
  hear(listener: (change: Change) => void): () => void {
    this.#hears.add(listener);
    return () => this.#hears.delete(listener);
  }

  /** Calls back whenever the connection comes or goes. */
  see(listener: (state: LinkState) => void): () => void {
    this.#sees.add(listener);
    return () => this.#sees.delete(listener);
  }

  /** Connects and keeps connecting until `close`. */
  async follow(): Promise<void> {
    for (let failures = 0; !this.#ended.signal.aborted; failures += 1) {
      if (await this.#once()) failures = 0;
      if (this.#ended.signal.aborted) return;
      const lockedOut = shell() === undefined && (await isLockedOut());
      this.#tell(lockedOut ? 'locked-out' : 'lost');
      await pause(Math.min(longestPauseMs, 150 * 2 ** failures) * (0.75 + Math.random() / 2), this.#ended.signal);
    }
  }

  close(): void {
    this.#ended.abort();
    this.#way?.close();
  }

  /** One way from its opening to its end. True when the feed began. */
  async #once(): Promise<boolean> {
    let began = false;
    try {
      const way = await openWay(this.#ended.signal);
      this.#way = way;
      const feed = await way.station.station.watch(undefined, { signal: this.#ended.signal });
      const over = way.gone.then(() => ({ done: true, value: undefined }) as const);
      for (;;) {
        const next = await Promise.race([feed.next(), over]);
        if (next.done === true || next.value === undefined) break;
        if (!began) this.#tell('open');
        began = true;
        for (const listener of this.#hears) listener(next.value);
      }
    } catch {
      // A way that could not be opened or broke is an outcome here: the loop opens another.
    }
    this.#way?.close();
    this.#way = undefined;
    return began;
  }

  #tell(state: LinkState): void {
    for (const listener of this.#sees) listener(state);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
