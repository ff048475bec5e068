// The orders of the hospital: the list of a day or what a search finds, live, with the age of each source.
//
// What is kept here is shown at once, at every letter; the worklists themselves are asked when the typing rests. A newer
// search withdraws the older one at the station, and whatever is late here is dropped.
import { isAborted, readTrouble, type Connection } from '#ui/backend/index.ts';
import type { Order } from '#contract/shapes/order.ts';
import type { OrderAnswer, OrderSource, WorklistSetting } from '#contract/shapes/worklists.ts';
import { PagedRows } from './paged-rows.svelte.ts';
import type { TestState } from './setup.svelte.ts';

/** The worklists are asked when nothing was typed for so long. */
const restMs = 250;
/** A letter alone would bring half of the worklist. */
const fewestLetters = 2;

/** YYYYMMDD of this machine's clock, so many days from today. */
export function dayFromToday(days: number, now = new Date()): string {
  const day = new Date(now.getFullYear(), now.getMonth(), now.getDate() + days);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${day.getFullYear()}${two(day.getMonth() + 1)}${two(day.getDate())}`;
}

export type Asked = 'asking' | OrderAnswer['answers'];

export class Orders {
  text = $state('');
  /** Days from today that are listed; undefined for every day. A search looks through every day. */
  offset = $state<number | undefined>(0);
  modality = $state('');
  station = $state('');
  selectedId = $state<string | undefined>();
  sources = $state.raw<readonly OrderSource[]>([]);
  modalities = $state.raw<readonly string[]>([]);
  stations = $state.raw<readonly string[]>([]);
  /** What came of asking the worklists for what is typed; undefined when they were not asked. */
  asked = $state.raw<Asked | undefined>();
  /** True while lists are being fetched because somebody wished it. */
  refreshing = $state(false);
  /** What the last test of each worklist said. */
  tests = $state.raw<ReadonlyMap<string, TestState>>(new Map());

  readonly list: PagedRows<Order>;
  readonly #connection: Connection;
  readonly #searchId = crypto.randomUUID();
  #resting: ReturnType<typeof setTimeout> | undefined;
  #question = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.list = new PagedRows(
      async (offset, limit) => {
        const { text, modality, station } = this;
        const day = text.trim() !== '' || this.offset === undefined ? '' : dayFromToday(this.offset);
        const page = await connection.station.orders.list({ text, day, modality, station, offset, limit });
        this.sources = page.sources;
        this.modalities = page.modalities;
        this.stations = page.stations;
        return { rows: page.orders, total: page.total };
      },
      () => {
        if (this.selectedIndex < 0) this.selectAt(0);
      },
    );
    connection.hear((change) => {
      if (change.kind === 'hello') this.list.again();
      else if ((change.kind === 'orders' || change.kind === 'exams') && this.list.looked) this.list.refresh();
    });
  }

  get selectedIndex(): number {
    return this.list.rows.findIndex((order) => order !== undefined && order.id === this.selectedId);
  }

  get selected(): Order | undefined {
    return this.list.rows.find((order) => order?.id === this.selectedId);
  }

  selectAt(index: number): void {
    const at = Math.max(0, Math.min(this.list.rows.length - 1, index));
    this.selectedId = this.list.rows[at]?.id ?? (this.list.rows.length === 0 ? undefined : this.selectedId);
  }

  /** Another day; undefined for every day. */
  show(offset: number | undefined): void {
    this.offset = offset;
    this.#restart();
  }

  filter(chosen: { readonly modality?: string; readonly station?: string }): void {
    this.modality = chosen.modality ?? this.modality;
    this.station = chosen.station ?? this.station;
    this.#restart();
  }

  /** What is kept here is shown at once; the worklists are asked when the typing rests. */
  find(text: string): void {
    this.text = text;
    this.#restart();
    clearTimeout(this.#resting);
    this.#question += 1;
    this.asked = undefined;
    if (text.trim().length < fewestLetters || this.sources.every(({ kind }) => kind !== 'worklist')) return;
    this.#resting = setTimeout(() => void this.#ask(), restMs);
  }

  /** Fetches the lists of all worklists now. */
  async refresh(): Promise<void> {
    if (this.refreshing) return;
    this.refreshing = true;
    try {
      this.sources = await this.#connection.station.orders.refresh({});
    } finally {
      this.refreshing = false;
    }
  }

  /** Gives an order to an exam. Throws what the station refuses. */
  async give(orderId: string, exam: { readonly id: string; readonly counts: { readonly objects: number } }) {
    await this.#connection.station.exams.applyOrder({
      ...{ id: exam.id, orderId, seenObjects: exam.counts.objects },
      commandId: crypto.randomUUID(),
    });
  }

  /** One echo and one small query to a worklist as it stands in the draft. */
  async test(worklist: WorklistSetting): Promise<void> {
    const tested = (result: TestState) => (this.tests = new Map(this.tests).set(worklist.id, result));
    tested('asking');
    try {
      tested(await this.#connection.station.orders.test($state.snapshot(worklist) as WorklistSetting));
    } catch (thrown) {
      const { code, params } = readTrouble(thrown);
      tested({ ok: false, key: code, params, tookMs: 0 });
    }
  }

  #restart(): void {
    this.selectedId = undefined;
    this.list.restart();
  }

  async #ask(): Promise<void> {
    const question = this.#question;
    this.asked = 'asking';
    try {
      const { answers } = await this.#connection.station.orders.ask({ searchId: this.#searchId, text: this.text });
      if (question !== this.#question) return;
      this.asked = answers;
      this.list.refresh();
    } catch (thrown) {
      if (question !== this.#question || isAborted(thrown)) return;
      this.asked = undefined;
      this.list.trouble = readTrouble(thrown);
    }
  }
}
