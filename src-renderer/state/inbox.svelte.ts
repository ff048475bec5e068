// The Inbox: exams newest first under one filter and one search, live, and the exam that is selected, in full.
import { readTrouble, type Connection } from '#ui/backend/index.ts';
import type { ApprovalForecast, Exam, ExamFilter, ExamRow } from '#contract/shapes/exam.ts';
import { PagedRows } from './paged-rows.svelte.ts';

export const filters = [
  'needs-you',
  'arriving',
  'held',
  'approved',
  'rejected',
  'all',
] as const satisfies readonly ExamFilter[];

export class Inbox {
  filter = $state<ExamFilter>('needs-you');
  search = $state('');
  totals = $state.raw<Readonly<Partial<Record<ExamFilter, number>>>>({});
  selectedId = $state<string | undefined>();
  /** The selected exam in full, or undefined while it is asked for. */
  selected = $state.raw<Exam | undefined>();
  forecast = $state.raw<ApprovalForecast | undefined>();

  readonly list: PagedRows<ExamRow>;
  readonly #connection: Connection;
  #question = 0;
  #later: ReturnType<typeof setTimeout> | undefined;
  #lastIndex = 0;

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
    );
    connection.hear((change) => {
      if (change.kind === 'hello') this.#again();
      if (change.kind !== 'exams') return;
      this.totals = change.totals;
      const newer = new Map(change.exams.map((exam) => [exam.id, exam]));
      this.list.replace((row) => {
        const renewed = newer.get(row.id);
        return renewed !== undefined && renewed.version >= row.version ? renewed : row;
      });
      this.list.refresh();
      if (this.selectedId !== undefined && newer.has(this.selectedId)) this.#readSoon();
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

  /** Selects the row at an index, as near as there is one. */
  selectAt(index: number): void {
    const at = Math.max(0, Math.min(this.list.rows.length - 1, index));
    const row = this.list.rows[at];
    if (row !== undefined) this.select(row.id);
  }

  select(id: string): void {
    this.#lastIndex = Math.max(
      0,
      this.list.rows.findIndex((row) => row?.id === id),
    );
    if (id === this.selectedId) return;
    this.selectedId = id;
    this.selected = undefined;
    this.forecast = undefined;
    this.#readSoon();
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
    this.selectedId = undefined;
    this.selected = undefined;
    this.forecast = undefined;
    this.list.restart();
  }

  #again(): void {
    if (this.list.looked) this.list.again();
    else this.list.look(0, 0);
    if (this.selectedId !== undefined) this.#readSoon();
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
    else if (this.selectedId === undefined || !this.list.rows.includes(undefined)) this.selectAt(this.#lastIndex);
  }

  #readSoon(): void {
    this.#later ??= setTimeout(() => {
      this.#later = undefined;
      void this.#read();
    }, 60);
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
