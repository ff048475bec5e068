// The worklists of the station: each is fetched every few minutes into the book, and asked at once when somebody searches.
//
// Guarantees: what is shown of a worklist says when all of it came; one that does not answer takes nothing away, is
// tried again for ever, and holds up no other. Only a whole list takes orders off it. A newer search of the same person
// withdraws the older one. Refuses nothing that a peer says: it is read, or counted and left out.
import type { OrderAnswer, OrderSource, SaidByWorklist, WorklistSetting } from '#contract/shapes/worklists.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import { isProblem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import type { SaidOrder } from '../order-book.ts';
import { callWorklist, type CallOutcome, type WorklistPorts } from './call.ts';
import { dayOf } from './hospital-day.ts';
import { wishesOf, wishesOfText, type WorklistWish } from './query-keys.ts';
import { testWorklist, type WorklistTest } from './test-worklist.ts';
import { Taking } from './taking.ts';

export type WorklistNeeds = {
  readonly book: Book;
  readonly clock: Clock;
  readonly log: Log;
  readonly ports: WorklistPorts;
  readonly keep: (said: SaidOrder) => { readonly orderId: string };
  readonly gone: (orderIds: readonly string[]) => void;
  /** What is known of a source changed. */
  readonly changed: () => void;
};

/** A search at the worklists themselves. */
export type LiveSearch = {
  /** Of one window; its next search withdraws this one. */
  readonly searchId: string;
  /** What a person typed, or exactly what is wanted. */
  readonly text?: string;
  readonly wish?: WorklistWish;
};

export type Worklists = {
  /** Takes over the settings; what changed is fetched anew. */
  apply(settings: readonly WorklistSetting[], callingAeTitle: string): void;
  /** Fetches one or all now; settles when they have answered or failed. */
  refresh(sourceId?: string): Promise<void>;
  /** Asks them all at once. What they answer is in the book when it settles. */
  ask(search: LiveSearch): Promise<OrderAnswer>;
  sources(): OrderSource[];
  test(setting: WorklistSetting): Promise<WorklistTest>;
  close(): Promise<void>;
};

const mostInList = 5_000;
const mostInSearch = 500;
/** After a failure it is tried again sooner than its turn. */
const againMs = 60_000;

export function openWorklists(needs: WorklistNeeds): Worklists {
  const { clock } = needs;
  const running = new Map<string, Worklist>();
  const searches = new Map<string, AbortController>();
  const closing = new AbortController();
  const under = new Set<Promise<unknown>>();
  let callingAeTitle = 'SAFELIGHT';

  const track = async <T>(work: Promise<T>): Promise<T> => {
    under.add(work);
    try {
      return await work;
    } finally {
      under.delete(work);
    }
  };

  return {
    apply(settings, calling) {
      const isNewTitle = calling !== callingAeTitle;
      callingAeTitle = calling;
      for (const [id, worklist] of running) {
        const next = settings.find((one) => one.id === id);
        if (!isNewTitle && next && JSON.stringify(next) === JSON.stringify(worklist.setting)) continue;
        worklist.stop();
        running.delete(id);
      }
      for (const setting of settings) {
        if (running.has(setting.id)) continue;
        const worklist = new Worklist({ ...needs, track }, setting, () => callingAeTitle);
        running.set(setting.id, worklist);
        worklist.start();
      }
      needs.changed();
    },
    async refresh(sourceId) {
      const chosen = [...running.values()].filter(({ setting }) => sourceId === undefined || setting.id === sourceId);
      await Promise.all(chosen.map((worklist) => worklist.fetchNow()));
    },
    async ask({ searchId, text = '', wish }) {
      searches.get(searchId)?.abort();
      const withdrawal = new AbortController();
      searches.set(searchId, withdrawal);
      const signal = AbortSignal.any([withdrawal.signal, closing.signal]);
      const wishes = wish ? [wish] : wishesOfText(text);
      try {
        const answers =
          wishes.length === 0 ? [] : [...running.values()].map((one) => track(one.search(wishes, signal)));
        return { answers: await Promise.all(answers) };
      } finally {
        if (searches.get(searchId) === withdrawal) searches.delete(searchId);
      }
    },
    sources: () => [...running.values()].map((worklist) => worklist.source()),
    test: (setting) => track(testWorklist(needs.ports, clock, { setting, callingAeTitle, signal: closing.signal })),
    async close() {
      closing.abort();
      for (const worklist of running.values()) worklist.stop();
      await Promise.allSettled(under);
    },
  };
}

type Truth = { readonly answeredAt: string | null; readonly failedAt: string | null; readonly answer: string | null };

type OneNeeds = WorklistNeeds & { readonly track: <T>(work: Promise<T>) => Promise<T> };

/** One of them. */
class Worklist {
  readonly setting: WorklistSetting;
  readonly #needs: OneNeeds;
  readonly #calling: () => string;
  readonly #stopped = new AbortController();
  #fetching: Promise<void> | undefined;
  #takeBack = () => {};
  #notes: readonly SaidByWorklist[] = [];

  constructor(needs: OneNeeds, setting: WorklistSetting, calling: () => string) {
    this.#needs = needs;
    this.setting = setting;
    this.#calling = calling;
  }

  start(): void {
    this.fetchNow().catch((error: unknown) => this.#broke(error));
  }

  /** Nobody asked for it: what cannot be kept is tried again. */
  #broke(error: unknown): void {
    this.#needs.log.error('worklist-broke', { destinationId: this.setting.id }, error);
  }

  stop(): void {
    this.#takeBack();
    this.#stopped.abort();
  }

  /** Joins a fetch that is under way. */
  fetchNow(): Promise<void> {
    this.#takeBack();
    this.#fetching ??= this.#needs.track(this.#fetch()).finally(() => {
      this.#fetching = undefined;
      if (this.#stopped.signal.aborted) return;
      const everyMs = this.setting.everyMinutes * 60_000;
      const isWell = this.#truth().failedAt === null;
      this.#takeBack = this.#needs.clock.after(isWell ? everyMs : Math.min(againMs, everyMs), () => this.start());
      this.#needs.changed();
    });
    this.#needs.changed();
    return this.#fetching;
  }

  source(): OrderSource {
    const { answeredAt, failedAt, answer } = this.#truth();
    return {
      ...{ id: this.setting.id, kind: 'worklist', name: this.setting.name, answeredAt, failedAt },
      answer: answer === null ? null : (JSON.parse(answer) as SaidByWorklist),
      asking: this.#fetching !== undefined,
      notes: [...this.#notes],
    };
  }

  async search(wishes: readonly WorklistWish[], withdrawn: AbortSignal): Promise<OrderAnswer['answers'][number]> {
    const { id: sourceId, name } = this.setting;
    const signal = AbortSignal.any([withdrawn, this.#stopped.signal]);
    const taking = new Taking(this.#needs, this.setting);
    const outcome = await this.#call(wishes, { most: mostInSearch, untilFound: true, taking, signal });
    const named = { sourceId, name, orders: taking.orders };
    if (outcome.kind === 'withdrawn') return { ...named, kind: 'superseded', answer: null };
    if (outcome.kind === 'failed') return { ...named, kind: 'failed', answer: outcome.answer };
    await taking.keepAll(false, signal);
    return { ...named, kind: outcome.complete ? 'answered' : 'more', answer: null };
  }

  async #fetch(): Promise<void> {
    const { signal } = this.#stopped;
    const { clock, gone } = this.#needs;
    const [from, to] = [dayOf(clock.epochMs(), -this.setting.daysBack), dayOf(clock.epochMs(), this.setting.daysAhead)];
    const wishes = wishesOf(this.setting, { days: from === to ? from : `${from}-${to}` });
    const taking = new Taking(this.#needs, this.setting);
    try {
      const outcome = await this.#call(wishes, { most: mostInList, untilFound: false, taking, signal });
      if (outcome.kind === 'withdrawn') return;
      if (outcome.kind === 'failed') return this.#failed(outcome.answer);
      const before = outcome.complete && outcome.unreadable === 0 ? this.#onTheList(from, to) : [];
      const kept = await taking.keepAll(outcome.complete, signal);
      if (signal.aborted) return;
      gone(before.filter((id) => !kept.has(id)));
      const more = outcome.complete ? [] : [{ key: 'list-cut', params: { most: mostInList } }];
      const unreadable =
        outcome.unreadable === 0 ? [] : [{ key: 'item-unreadable', params: { count: outcome.unreadable } }];
      this.#notes = [...more, ...unreadable, ...taking.notes()];
      this.#answered();
    } catch (error) {
      if (isProblem(error)) return this.#failed({ key: 'station-cannot-keep', params: { code: error.code } });
      this.#broke(error);
    }
  }

  async #call(
    wishes: readonly WorklistWish[],
    how: { readonly most: number; readonly untilFound: boolean; readonly taking: Taking; readonly signal: AbortSignal },
  ): Promise<CallOutcome> {
    const { most, untilFound, taking, signal } = how;
    try {
      return await callWorklist(this.#needs.ports, {
        ...{ setting: this.setting, callingAeTitle: this.#calling(), wishes, untilFound, most, signal },
        onItem: (item) => taking.take(item),
      });
    } catch (error) {
      if (isProblem(error))
        return { kind: 'failed', answer: { key: 'own-certificate-unusable', params: { code: error.code } } };
      throw error;
    }
  }

  /** Orders of the book that a whole list of these days has to hold. */
  #onTheList(from: string, to: string): string[] {
    return this.#needs.book
      .sql<{ id: string }>(
        `SELECT id FROM hospital_order WHERE sourceId = ? || '' AND goneAt IS NULL AND scheduledFor >= ? AND scheduledFor <= ?`,
      )
      .all(this.setting.id, from, `${to}235960`)
      .map(({ id }) => id);
  }

  #truth(): Truth {
    const none: Truth = { answeredAt: null, failedAt: null, answer: null };
    const { book } = this.#needs;
    return (
      book.sql<Truth>('SELECT answeredAt, failedAt, answer FROM order_source WHERE id = ?').get(this.setting.id) ?? none
    );
  }

  #answered(): void {
    const { book, clock } = this.#needs;
    book.transaction(() =>
      book
        .sql(
          `INSERT INTO order_source (id, answeredAt) VALUES (?, ?)
           ON CONFLICT (id) DO UPDATE SET answeredAt = excluded.answeredAt, failedAt = NULL, answer = NULL`,
        )
        .run(this.setting.id, clock.now()),
    );
  }

  #failed(answer: SaidByWorklist): void {
    const { book, clock, log } = this.#needs;
    if (this.#truth().failedAt === null)
      log.warn('worklist-failed', { destinationId: this.setting.id, reason: answer.key });
    book.transaction(() =>
      book
        .sql(
          `INSERT INTO order_source (id, failedAt, answer) VALUES (?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET failedAt = coalesce(failedAt, excluded.failedAt), answer = excluded.answer`,
        )
        .run(this.setting.id, clock.now(), JSON.stringify(answer)),
    );
  }
}
