// What the station says about itself, and whether it can be asked at all. Read by the strip on every screen.
import type { LinkState, Connection } from '#ui/backend/index.ts';
import type { StationStatus } from '#contract/shapes/station.ts';

export class Truth {
  link = $state<LinkState>('connecting');
  /** When the link came to its present state. */
  since = $state(Date.now());
  /** The last that was heard; stale while the link is lost. */
  station = $state.raw<StationStatus | undefined>();

  constructor(connection: Connection) {
    connection.see((state) => {
      if (state === this.link) return;
      this.link = state;
      this.since = Date.now();
    });
    connection.hear((change) => {
      if (change.kind === 'hello' || change.kind === 'station') this.station = change.station;
    });
  }

  /** The name a person gave to a destination, or its id. */
  nameOf(destinationId: string): string {
    return this.station?.destinations.find((destination) => destination.id === destinationId)?.name ?? destinationId;
  }
}

/** A clock that components may read: `second` ticks each second, `minute` every fifteen. */
export class Now {
  second = $state(Date.now());
  minute = $state(Date.now());

  /** Starts to tick; the returned function stops it. */
  tick(): () => void {
    const timer = setInterval(() => {
      this.second = Date.now();
      if (this.second - this.minute >= 15_000) this.minute = this.second;
    }, 1000);
    return () => clearInterval(timer);
  }
}
