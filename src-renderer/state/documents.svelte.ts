// What objects say that are no pictures: asked for when it is looked at, and kept for nobody. And the presentation state by
// which images are shown for now: it is only looked at, and nothing of it leaves.
import type { Connection } from '#ui/backend/index.ts';
import type { HeaderAnswer, Paper, Presentation, Waveform } from '#contract/shapes/documents.ts';

/** A presentation state that is looked at, and the images it is for. */
export type Shown = {
  readonly title: string;
  readonly isPartial: boolean;
  /** SOPInstanceUIDs, by the object. */
  readonly images: ReadonlyMap<string, string>;
  readonly shows: Presentation;
};

export class Documents {
  shown = $state.raw<Shown | undefined>();
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Throws what the connection throws. */
  header(id: string, search: string): Promise<HeaderAnswer> {
    return this.#connection.station.objects.header({ id, search });
  }

  text(id: string): Promise<Paper> {
    return this.#connection.station.objects.text({ id });
  }

  waveform(id: string): Promise<Waveform> {
    return this.#connection.station.objects.waveform({ id });
  }

  /** By which an image is shown; undefined when nothing says so. Reactive. */
  of(objectId: string): Shown | undefined {
    return this.shown?.images.has(objectId) === true ? this.shown : undefined;
  }
}
