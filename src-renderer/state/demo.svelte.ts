// The sample devices and embedded receivers of the demo.
import type { Connection } from '#ui/backend/index.ts';
import type { DemoStatus } from '#contract/shapes/station.ts';

export class Demo {
  status = $state.raw<DemoStatus | undefined>();
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.hear((change) => {
      const demo = change.kind === 'hello' && change.station.demo;
      if (demo || (this.status !== undefined && change.kind !== 'imports')) void this.#read();
    });
  }

  async send(id: string): Promise<void> {
    this.status = await this.#connection.station.demo.send({ id });
  }

  async switchReceiver(id: string, on: boolean): Promise<void> {
    this.status = await this.#connection.station.demo.switchReceiver({ id, on });
  }

  async #read(): Promise<void> {
    this.status = await this.#connection.station.demo.read().catch(() => this.status);
  }
}
