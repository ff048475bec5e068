// Figures of the days that are looked at, the group that is looked into, and the images behind it.
import { readTrouble, saveFile, type Connection, type Trouble } from '#ui/backend/index.ts';
import type { Axis, KeptBack, SpanAsked, Statistics as Figures, TimeUnit } from '#contract/shapes/statistics.ts';

export type Asked = SpanAsked & { readonly unit?: TimeUnit | undefined };
export type ChosenGroup = { readonly axis: Axis; readonly key: string };
export type TableFile = 'groups' | 'time' | 'hours' | 'exposure' | 'sending' | 'images';

const pageOfImages = 60;

export class Statistics {
  asked = $state.raw<Asked>({ span: '30-days' });
  /** Undefined until they are counted for the first time. */
  figures = $state.raw<Figures | undefined>();
  /** The figures on screen are of other days: those asked for are being counted. */
  counting = $state(false);
  trouble = $state.raw<Trouble | undefined>();
  /** Undefined: the images of all groups. */
  group = $state.raw<ChosenGroup | undefined>();
  images = $state.raw<readonly KeptBack[]>([]);
  total = $state(0);
  /** Every chart is shown as a table. */
  asTables = $state(false);

  readonly #connection: Connection;
  #question = 0;
  #page = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.see((state) => state === 'open' && this.figures !== undefined && void this.count());
  }

  /** Counts anew, and looks up the images behind it. */
  async count(): Promise<void> {
    const question = (this.#question += 1);
    this.counting = true;
    try {
      const figures = await this.#connection.station.statistics.read(this.asked);
      if (question !== this.#question) return;
      this.figures = figures;
      this.trouble = undefined;
      await this.#look(0);
    } catch (thrown) {
      if (question === this.#question) this.trouble = readTrouble(thrown);
    } finally {
      if (question === this.#question) this.counting = false;
    }
  }

  ask(asked: Asked): Promise<void> {
    this.asked = asked;
    this.group = undefined;
    return this.count();
  }

  async choose(group: ChosenGroup | undefined): Promise<void> {
    this.group = group;
    await this.#look(0);
  }

  async more(): Promise<void> {
    await this.#look(this.images.length);
  }

  /** Gives the name of the file. */
  save(what: `${TableFile}.csv` | 'report.pdf', { patients = false } = {}): Promise<string> {
    const words = new URLSearchParams(Object.entries(this.#spanWords()));
    if (what === 'images.csv' && this.group) {
      words.set('axis', this.group.axis);
      words.set('key', this.group.key);
    }
    if (patients) words.set('patients', 'true');
    return saveFile(`/api/statistics/${what}?${words}`);
  }

  async #look(offset: number): Promise<void> {
    const page = (this.#page += 1);
    const { unit: _, ...span } = this.asked;
    try {
      const found = await this.#connection.station.statistics.images({
        ...{ ...span, ...this.group, offset },
        limit: pageOfImages,
      });
      if (page !== this.#page) return;
      this.images = offset === 0 ? found.images : [...this.images, ...found.images];
      this.total = found.total;
    } catch (thrown) {
      if (page === this.#page) this.trouble = readTrouble(thrown);
    }
  }

  #spanWords(): Record<string, string> {
    return Object.fromEntries(Object.entries(this.asked).flatMap(([name, value]) => (value ? [[name, value]] : [])));
  }
}
