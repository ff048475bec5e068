// What host names of listed devices stand for: looked up beforehand and now and then, because an association is decided
// at once and cannot wait for a name server.
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Clock } from '#station/kit/clock.ts';

const againAfterMs = 60_000;
const mostNames = 1000;

export class HostAddresses {
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly addresses: readonly string[]; readonly askedAt: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The addresses known at this moment; asks again in the background when they are older than a minute. */
  of = (host: string): readonly string[] => {
    if (isIP(host) !== 0) return [host];
    const known = this.#known.get(host);
    const now = this.#clock.monotonicMs();
    if (known === undefined || now - known.askedAt > againAfterMs) {
      this.#remember(host, known?.addresses ?? [], now);
      void this.#ask(host, now);
    }
    return known?.addresses ?? [];
  };

  /** Looks the names up, so that the first association finds them. Never rejects; a name nobody knows is no address. */
  async prepare(hosts: readonly string[]): Promise<void> {
    const now = this.#clock.monotonicMs();
    await Promise.all(hosts.filter((host) => isIP(host) === 0).map((host) => this.#ask(host, now)));
  }

  async #ask(host: string, now: number): Promise<void> {
    try {
      const found = await lookup(host, { all: true });
      this.#remember(
        host,
        found.map(({ address }) => address),
        now,
      );
    } catch {
      // The addresses known before stay: a name server that is down must not lock a device out.
    }
  }

  #remember(host: string, addresses: readonly string[], askedAt: number): void {
    this.#known.set(host, { addresses, askedAt });
    const oldest = this.#known.keys().next().value;
    if (this.#known.size > mostNames && oldest !== undefined) this.#known.delete(oldest);
  }
}
