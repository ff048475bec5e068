// The rules as they are edited, tried on the last exams before they are saved.
import { readTrouble, type Connection, type Trouble } from '#ui/backend/index.ts';
import type { RoutePreview } from '#contract/shapes/routes.ts';
import type { Settings } from '#contract/shapes/settings.ts';

export class Rules {
  preview = $state.raw<RoutePreview | undefined>();
  asking = $state(false);
  trouble = $state.raw<Trouble | undefined>();

  readonly #connection: Connection;
  #question = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async ask(settings: Pick<Settings, 'routes' | 'destinations'>): Promise<void> {
    const question = (this.#question += 1);
    this.asking = true;
    this.trouble = undefined;
    try {
      const destinations = settings.destinations.map(({ id, name, required }) => ({ id, name, required }));
      const found = await this.#connection.station.setup.previewRoutes({
        routes: settings.routes,
        destinations,
        limit: 10,
      });
      if (question === this.#question) this.preview = found;
    } catch (thrown) {
      if (question === this.#question) {
        this.trouble = readTrouble(thrown);
        this.preview = undefined;
      }
    } finally {
      if (question === this.#question) this.asking = false;
    }
  }
}
