// A long list of which only the part on screen is held fresh: asked by page, when it is looked at, and asked again
// when something changed. Late answers to older questions are dropped.
import { isAborted, readTrouble, type Trouble } from '#ui/backend/index.ts';
import { settle } from './settled-rows.ts';

export type Page<Row> = { readonly rows: readonly Row[]; readonly total: number };

export const pageSize = 50;

/** After news that could be put in at once, the station is asked at most this often whether all is in its place. */
const reconcilePauseMs = 1_500;

export class PagedRows<Row extends { readonly id: string; readonly version?: number }> {
  /** As long as the whole list; undefined where nothing has been asked yet. */
  rows = $state.raw<readonly (Row | undefined)[]>([]);
  /** False until the first answer. */
  known = $state(false);
  trouble = $state.raw<Trouble | undefined>();

  readonly #ask: (offset: number, limit: number) => Promise<Page<Row>>;
  readonly #answered: () => void;
  readonly #keepsOrder: boolean;
  readonly #fresh = new Set<number>();
  readonly #asked = new Set<number>();
  #generation = 0;
  /** True once somebody has looked at it. */
  looked = false;
  #first = 0;
  #last = 0;
  #later: ReturnType<typeof setTimeout> | undefined;
  #laterAt = 0;

  /**
   * @param answered called after each answer has been taken in.
   * @param keepsOrder an answer that has the rows of its page in another order only, leaves them where they are
   */
  constructor(ask: (offset: number, limit: number) => Promise<Page<Row>>, answered: () => void, keepsOrder = false) {
    this.#ask = ask;
    this.#answered = answered;
    this.#keepsOrder = keepsOrder;
  }

  /** Says which rows are on screen, from `first` to `last`; asks for what is missing. */
  look(first: number, last: number): void {
    this.looked = true;
    this.#first = first;
    this.#last = last;
    // Half a page more on either side, so that a quick scroll finds its rows there.
    const begin = Math.max(0, first - pageSize / 2);
    const end = Math.max(begin, Math.min(last + pageSize / 2, Math.max(0, this.rows.length - 1)));
    for (let page = Math.floor(begin / pageSize); page <= Math.floor(end / pageSize); page += 1) this.#fetch(page);
  }

  /** Another list altogether: forgets what there was and asks from the top. */
  restart(): void {
    this.#generation += 1;
    this.#fresh.clear();
    this.#asked.clear();
    this.#first = 0;
    this.known = false;
    this.look(0, 0);
  }

  /** There is a new way to the station: what was asked over the one that was lost may never be answered. */
  again(): void {
    if (this.known) this.refresh();
    else if (this.looked) this.restart();
  }

  /** Something changed: what is on screen is asked again soon, the rest when it is looked at. Rows stay meanwhile. */
  refresh(): void {
    this.#fresh.clear();
    this.#askAgain(120);
  }

  /** Puts news into the list: it is shown at once, and looked after later. `change` may give back what it got. */
  merge(change: (rows: readonly (Row | undefined)[]) => readonly (Row | undefined)[]): void {
    const next = change(this.rows);
    if (next !== this.rows) this.rows = next;
    this.look(this.#first, this.#last);
    this.#askAgain(reconcilePauseMs);
  }

  #askAgain(pauseMs: number): void {
    const at = performance.now() + pauseMs;
    if (this.#later !== undefined && this.#laterAt <= at) return;
    clearTimeout(this.#later);
    this.#laterAt = at;
    this.#later = setTimeout(() => {
      this.#later = undefined;
      this.#generation += 1;
      this.#asked.clear();
      this.#fresh.clear();
      this.look(this.#first, this.#last);
    }, pauseMs);
  }

  /** News above a page moves its rows on, and holes may come into it. */
  #isWhole(page: number): boolean {
    const end = Math.min(this.rows.length, (page + 1) * pageSize);
    for (let at = page * pageSize; at < end; at += 1) if (this.rows[at] === undefined) return false;
    return true;
  }

  #fetch(page: number): void {
    if ((this.#fresh.has(page) && this.#isWhole(page)) || this.#asked.has(page)) return;
    this.#asked.add(page);
    const generation = this.#generation;
    this.#ask(page * pageSize, pageSize).then(
      (answer) => generation === this.#generation && this.#take(page, answer),
      (thrown: unknown) => {
        if (generation !== this.#generation || isAborted(thrown)) return;
        this.#asked.delete(page);
        this.trouble = readTrouble(thrown);
      },
    );
  }

  #take(page: number, answer: Page<Row>): void {
    const from = page * pageSize;
    const held = this.rows.slice(from, from + answer.rows.length);
    const taken = settle(held, answer.rows, this.#keepsOrder);
    const ids = new Set(taken.map(({ id }) => id));
    // Nowhere else any more: what is not known of that place is asked when it is looked at.
    const known = (row: Row | undefined) => (row === undefined || ids.has(row.id) ? undefined : row);
    const rows = Array.from({ length: answer.total }, (_, index) => known(this.rows[index]));
    for (const [index, row] of taken.entries()) rows[from + index] = row;
    this.rows = rows;
    this.#asked.delete(page);
    this.#fresh.add(page);
    this.known = true;
    this.trouble = undefined;
    this.look(this.#first, this.#last);
    this.#answered();
  }
}
