// How the HL7 listener stands and what it heard last. Read while the set-up is shown.
import type { Connection } from '#ui/backend/index.ts';
import type { Hl7Status } from '#contract/shapes/hl7.ts';

type Message = Awaited<ReturnType<Connection['station']['hl7']['message']>>;

const pauseMs = 1000;

export class Hl7 {
  status = $state.raw<Hl7Status | undefined>();
  /** The one that is being looked at. */
  shown = $state.raw<Message | undefined>();

  readonly #connection: Connection;
  #watchers = 0;
  #isWaiting = false;

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.hear((change) => {
      if (change.kind === 'hello' || change.kind === 'station' || change.kind === 'orders') this.#soon();
    });
  }

  /** Keeps itself up to date until the returned function is called. */
  follow(): () => void {
    this.#watchers++;
    void this.read();
    return () => void this.#watchers--;
  }

  async read(): Promise<void> {
    try {
      this.status = await this.#connection.station.hl7.status();
    } catch {
      // The link is shown where it is shown.
    }
  }

  async show(id: number): Promise<void> {
    try {
      this.shown = await this.#connection.station.hl7.message({ id });
    } catch {
      this.shown = undefined;
    }
  }

  close(): void {
    this.shown = undefined;
  }

  /** Many messages are read once. */
  #soon(): void {
    if (this.#watchers === 0 || this.#isWaiting) return;
    this.#isWaiting = true;
    setTimeout(() => {
      this.#isWaiting = false;
      if (this.#watchers > 0) void this.read();
    }, pauseMs);
  }
}
