// Tells of connections that never became associations, without letting a flood of them become a flood of events.
//
// Guarantees: every connection is told of, alone or with others of its address and reason; not more than a few events a
// second for each of those.
import type { ServerEvent } from './accepting.ts';

type Dropped = Extract<ServerEvent, { kind: 'connection-dropped' }>;

const toldAtOnce = 5;
/** So many addresses and reasons are told apart in one second; the others are not told of one by one either. */
const mostKinds = 100;

export class DroppedConnections {
  readonly #tell: (event: Dropped) => void;
  #kinds = new Map<string, { readonly event: Dropped; told: number; untold: number }>();

  constructor(tell: (event: Dropped) => void) {
    this.#tell = tell;
  }

  add(address: string, why: string): void {
    const isKnown = this.#kinds.has(`${address} ${why}`) || this.#kinds.size < mostKinds;
    const key = isKnown ? `${address} ${why}` : 'others';
    const event = { kind: 'connection-dropped', address: isKnown ? address : 'several', why, count: 1 } as const;
    const kind = this.#kinds.get(key) ?? { event, told: 0, untold: 0 };
    this.#kinds.set(key, kind);
    if (kind.told === toldAtOnce) {
      kind.untold++;
      return;
    }
    kind.told++;
    this.#tell(event);
  }

  /** Tells the rest. Called about once a second, and at the end. */
  flush(): void {
    for (const { event, untold } of this.#kinds.values()) if (untold > 0) this.#tell({ ...event, count: untold });
    this.#kinds.clear();
  }
}
