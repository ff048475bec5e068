// The Inbox: exams newest first under one filter and one search, live, and the exam that is selected, in full.
//
// News is put into the list once a frame; the station is asked again only now and then whether all is in its place, and of
// the selected exam at most once a second, however fast its images come.
import { readTrouble, type Connection } from '#ui/backend/index.ts';
import type { ApprovalForecast, Exam, ExamFilter, ExamRow } from '#contract/shapes/exam.ts';
import { GatheredNews, type ExamNews } from './exam-news.ts';
import { putInOrder, renewRows } from './exams-in-order.ts';
import { PagedRows } from './paged-rows.svelte.ts';

export const filters = [
  'needs-you',
  'arriving',
  'held',
  'approved',
  'rejected',
  'all',
] as const satisfies readonly ExamFilter[];

/** From a selection to the question for the exam: who runs through the list asks for what they stay at. */
const restMs = 60;

/** Shortest time between two questions for an exam that only follow the news of it. */
const followMs = 1_000;

export class Inbox {
  filter = $state<ExamFilter>('needs-you');
  search = $state('');
  totals = $state.raw<Readonly<Partial<Record<ExamFilter, number>>>>({});
  selectedId = $state<string | undefined>();
  /** The selected exam in full, or undefined while it is asked for. */
  selected = $state.raw<Exam | undefined>();
  forecast = $state.raw<ApprovalForecast | undefined>();
  /** A person chose the selected exam: its row stays where it is when others come in above. */
  chosen = $state(false);
  /** Exams that came in above what is looked at since the top was seen last. */
  newAbove = $state(0);

  readonly list: PagedRows<ExamRow>;
  readonly #connection: Connection;
  #question = 0;
  #later: ReturnType<typeof setTimeout> | undefined;
  #readAt = -followMs;
  #dueAt = 0;
  #lastIndex = 0;
  #topIndex = 0;
  #seenId: string | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.list = new PagedRows(
      async (offset, limit) => {
        const { filter, search } = this;
        const page = await connection.station.exams.list({ filter, search, offset, limit });
        this.totals = page.totals;
        return { rows: page.exams, total: page.total };
      },
      () => this.#settle(),
      true,
    );
    const gathered = new GatheredNews((news) => this.#take(news));
    connection.hear((change) => {
      if (change.kind === 'hello') this.#again();
      if (change.kind === 'exams') gathered.add(change);
    });
  }

  /** Where the selected exam stands in the list; -1 when it is not among the rows that are held. */
  get selectedIndex(): number {
    return this.list.rows.findIndex((row) => row !== undefined && row.id === this.selectedId);
  }

  show(filter: ExamFilter): void {
    this.filter = filter;
    this.#restart();
  }

  find(search: string): void {
    this.search = search;
    this.#restart();
  }

  /** Says which row is the first on screen. */
  lookAt(topIndex: number): void {
    this.#topIndex = topIndex;
    this.#countAbove();
  }

  /** Selects the row at an index, as near as there is one; the choice of a person. */
  selectAt(index: number): void {
    const id = this.#idAt(index);
    if (id !== undefined) this.select(id);
  }

  /** The choice of a person. */
  select(id: string): void {
    this.chosen = true;
    this.#select(id);
  }

  /** Nobody points at the selected exam any more: the list is free to show the newest. */
  release(): void {
    this.chosen = false;
  }

  #idAt(index: number): string | undefined {
    return this.list.rows[Math.max(0, Math.min(this.list.rows.length - 1, index))]?.id;
  }

  #select(id: string | undefined): void {
    if (id === undefined) return;
    this.#lastIndex = Math.max(
      0,
      this.list.rows.findIndex((row) => row?.id === id),
    );
    if (id === this.selectedId) return;
    this.selectedId = id;
    this.selected = undefined;
    this.forecast = undefined;
    this.#readAfter(restMs);
  }

  /** Puts the selected exam aside, or takes it back. */
  async hold(): Promise<'held' | 'back' | undefined> {
    const row = this.list.rows.find((candidate) => candidate?.id === this.selectedId);
    if (row === undefined) return undefined;
    const held = row.state !== 'held';
    await this.#connection.station.exams.hold({ id: row.id, held });
    return held ? 'held' : 'back';
  }

  /** Says that nothing more comes for the selected exam. False when it was not arriving. */
  async complete(): Promise<boolean> {
    const row = this.list.rows.find((candidate) => candidate?.id === this.selectedId);
    if (row?.state !== 'arriving') return false;
    await this.#connection.station.exams.complete({ id: row.id });
    return true;
  }

  #restart(): void {
    this.#lastIndex = 0;
    this.#topIndex = 0;
    this.#seenId = undefined;
    this.newAbove = 0;
    this.chosen = false;
    this.selectedId = undefined;
    this.selected = undefined;
    this.forecast = undefined;
    this.list.restart();
  }

  #again(): void {
    if (this.list.looked) this.list.again();
    else this.list.look(0, 0);
    if (this.selectedId !== undefined) this.#readAfter(restMs);
  }

  #take(news: ExamNews): void {
    this.totals = news.totals;
    if (this.list.known) {
      const wasListed = this.selectedIndex >= 0;
      if (this.search === '') this.list.merge((rows) => putInOrder(rows, news, this.filter));
      else {
        // Only the station knows what a search finds.
        this.list.merge((rows) => renewRows(rows, news.exams));
        this.list.refresh();
      }
      const at = this.selectedIndex;
      if (at >= 0) this.#lastIndex = at;
      else if (wasListed || this.selectedId === undefined) this.#select(this.#idAt(this.#lastIndex));
      if (this.list.rows.length === 0) this.#settle();
      this.#countAbove();
    } else this.list.refresh();
    if (this.selectedId !== undefined && news.exams.has(this.selectedId)) {
      this.#readAfter(Math.max(restMs, this.#readAt + followMs - performance.now()));
    }
  }

  #countAbove(): void {
    const { rows } = this.list;
    const seen = this.#topIndex === 0 ? -1 : rows.findIndex((row) => row !== undefined && row.id === this.#seenId);
    if (seen < 0) this.#seenId = rows[0]?.id;
    const above = Math.max(0, Math.min(seen, this.#topIndex));
    if (above !== this.newAbove) this.newAbove = above;
  }

  /** After an answer: something is always selected, and what left the list hands on to what stands in its place. */
  #settle(): void {
    if (this.list.rows.length === 0) {
      this.selectedId = undefined;
      this.selected = undefined;
      return;
    }
    const at = this.selectedIndex;
    if (at >= 0) this.#lastIndex = at;
    else if (this.selectedId === undefined || !this.list.rows.includes(undefined)) {
      this.#select(this.#idAt(this.#lastIndex));
    }
    this.#countAbove();
  }

  #readAfter(waitMs: number): void {
    const at = performance.now() + waitMs;
    if (this.#later !== undefined && this.#dueAt <= at) return;
    clearTimeout(this.#later);
    this.#dueAt = at;
    this.#later = setTimeout(() => {
      this.#later = undefined;
      this.#readAt = performance.now();
      void this.#read();
    }, waitMs);
  }

  async #read(): Promise<void> {
    const id = this.selectedId;
    if (id === undefined) return;
    const question = (this.#question += 1);
    const isLate = () => question !== this.#question || id !== this.selectedId;
    try {
      const { exams } = this.#connection.station;
      const [exam, forecast] = await Promise.all([exams.read({ id }), exams.forecast({ id })]);
      if (isLate()) return;
      this.selected = exam;
      this.forecast = forecast;
    } catch (thrown) {
      if (!isLate()) this.list.trouble = readTrouble(thrown);
    }
  }
}
