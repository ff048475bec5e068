// What examinations of destinations found: the last report of each, and those under way.
import { readTrouble, type Connection, type Trouble } from '#ui/backend/index.ts';
import type { Profile } from '#contract/shapes/profile.ts';
import type { DestinationSetting } from '#contract/shapes/settings.ts';

export class Profiles {
  reports = $state.raw<ReadonlyMap<string, Profile>>(new Map());
  underWay = $state.raw<ReadonlySet<string>>(new Set());
  troubles = $state.raw<ReadonlyMap<string, Trouble>>(new Map());

  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.hear((change) => {
      if (change.kind === 'hello') void this.read();
    });
  }

  async read(): Promise<void> {
    try {
      const found = await this.#connection.station.setup.profiles();
      this.reports = new Map(found.map((profile) => [profile.destinationId, profile]));
    } catch {
      // The link is shown where it is shown; reports stay away meanwhile.
    }
  }

  /** As the destination stands in the form. A test image only when a person has ticked it. */
  async examine(destination: DestinationSetting, sendTestImage: boolean): Promise<void> {
    const { id, aeTitle, host, port, tls, confirm, protocol, web } = destination;
    if (this.underWay.has(id)) return;
    this.underWay = new Set([...this.underWay, id]);
    this.troubles = new Map([...this.troubles].filter(([key]) => key !== id));
    try {
      const asked = { id, aeTitle, host, port, tls, confirm, protocol, web };
      const profile = await this.#connection.station.setup.examine({ destination: asked, sendTestImage });
      this.reports = new Map(this.reports).set(id, profile);
    } catch (thrown) {
      this.troubles = new Map(this.troubles).set(id, readTrouble(thrown));
    } finally {
      this.underWay = new Set([...this.underWay].filter((key) => key !== id));
    }
  }
}
