// What changed, told to whoever watches: many changes become one event, and a slow window never makes a queue grow.
//
// Each watcher has a set of what it has not been told yet. When it is told, the rows are read anew, so that it gets the
// truth of that moment and not the history. However much happens, a watcher costs no more than `mostRows` rows each
// `pauseMs` and one status each `stationPauseMs`. Nothing is kept for a watcher that has gone.
import type { Clock } from '#station/kit/clock.ts';
import type { Change, StationStatus } from '#contract/shapes/station.ts';
import type { ExamFilter, ExamRow } from '#contract/shapes/exam.ts';

/** Shortest time between two events for one watcher. */
const pauseMs = 150;

/** Rows in one event; what is more comes with the next. */
const mostRows = 100;

/** Shortest time between two looks at the station that only follow exams: counting what came today is not free. */
const stationPauseMs = 1_000;

/** How often the strip at the bottom is looked at for changes that announce themselves to nobody (disk, clock). */
const lookMs = 5_000;

export type ChangeReads = {
  readonly examRows: (ids: readonly string[]) => ExamRow[];
  readonly totals: () => Record<ExamFilter, number>;
  readonly status: () => Promise<StationStatus>;
};

type Watcher = {
  readonly exams: Set<string>;
  readonly outbox: Set<string>;
  readonly imports: Set<string>;
  orders: boolean;
  priors: boolean;
  /** `now`: said of the station itself. `soon`: some of its counts follow what changed in exams. */
  station: 'same' | 'soon' | 'now';
  wake: () => void;
};

export class Changes {
  readonly #watchers = new Set<Watcher>();
  readonly #clock: Clock;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  exams(ids: readonly string[]): void {
    this.#tell((watcher) => {
      for (const id of ids) watcher.exams.add(id);
      followExams(watcher);
    });
  }

  /** Deliveries of these exams changed; their rows show it too. */
  outbox(examIds: readonly string[]): void {
    this.#tell((watcher) => {
      for (const id of examIds) {
        watcher.outbox.add(id);
        watcher.exams.add(id);
      }
      followExams(watcher);
    });
  }

  imports(ids: readonly string[]): void {
    this.#tell((watcher) => {
      for (const id of ids) watcher.imports.add(id);
    });
  }

  /** Orders of the hospital, or what is known of their sources. */
  orders(): void {
    this.#tell((watcher) => {
      watcher.orders = true;
    });
  }

  /** What is known or here of earlier exams. */
  priors(): void {
    this.#tell((watcher) => {
      watcher.priors = true;
    });
  }

  station(): void {
    this.#tell((watcher) => {
      watcher.station = 'now';
    });
  }

  /** A feed that begins with `hello` and ends when `signal` does or the station closes. */
  async *watch(reads: ChangeReads, signal?: AbortSignal): AsyncGenerator<Change, void, void> {
    const watcher: Watcher = {
      exams: new Set(),
      outbox: new Set(),
      imports: new Set(),
      orders: false,
      priors: false,
      station: 'same',
      wake() {},
    };
    this.#watchers.add(watcher);
    const ended = () => this.#closed || signal?.aborted === true;
    try {
      const hello = await reads.status();
      let shown = JSON.stringify(hello);
      let lookedAt = this.#clock.monotonicMs();
      yield { kind: 'hello', station: hello };
      while (!ended()) {
        const woken = await this.#somethingFor(watcher, signal);
        if (ended()) return;
        for (const change of drain(watcher, reads)) yield change;
        const isDue = this.#clock.monotonicMs() - lookedAt >= stationPauseMs;
        if (!woken || watcher.station === 'now' || (watcher.station === 'soon' && isDue)) {
          watcher.station = 'same';
          lookedAt = this.#clock.monotonicMs();
          const station = await reads.status();
          const next = JSON.stringify(station);
          if (next !== shown) yield { kind: 'station', station };
          shown = next;
        }
        await this.#wait(watcher, pauseMs, signal, true);
      }
    } finally {
      this.#watchers.delete(watcher);
    }
  }

  close(): void {
    this.#closed = true;
    for (const watcher of this.#watchers) watcher.wake();
  }

  #tell(mark: (watcher: Watcher) => void): void {
    for (const watcher of this.#watchers) {
      mark(watcher);
      watcher.wake();
    }
  }

  /** True when something changed, false when it is only time to look. */
  async #somethingFor(watcher: Watcher, signal: AbortSignal | undefined): Promise<boolean> {
    if (hasNews(watcher)) return true;
    await this.#wait(watcher, lookMs, signal, false);
    return hasNews(watcher);
  }

  #wait(watcher: Watcher, ms: number, signal: AbortSignal | undefined, whatever: boolean): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        takeBack();
        signal?.removeEventListener('abort', end);
        watcher.wake = () => {};
        resolve();
      };
      const takeBack = this.#clock.after(ms, end);
      signal?.addEventListener('abort', end, { once: true });
      watcher.wake = () => {
        if (this.#closed || !whatever) end();
      };
      if (this.#closed || signal?.aborted === true) end();
    });
  }
}

const followExams = (watcher: Watcher) => {
  if (watcher.station === 'same') watcher.station = 'soon';
};

const hasNews = (watcher: Watcher) =>
  watcher.station !== 'same' ||
  watcher.exams.size > 0 ||
  watcher.outbox.size > 0 ||
  watcher.imports.size > 0 ||
  watcher.orders ||
  watcher.priors;

function drain(watcher: Watcher, reads: ChangeReads): Change[] {
  const changes: Change[] = [];
  if (watcher.exams.size > 0) {
    const ids = [...watcher.exams].slice(0, mostRows);
    for (const id of ids) watcher.exams.delete(id);
    const exams = reads.examRows(ids);
    const found = new Set(exams.map((exam) => exam.id));
    changes.push({ kind: 'exams', exams, removed: ids.filter((id) => !found.has(id)), totals: reads.totals() });
  }
  if (watcher.outbox.size > 0) {
    changes.push({ kind: 'outbox', examIds: [...watcher.outbox] });
    watcher.outbox.clear();
  }
  if (watcher.orders) {
    changes.push({ kind: 'orders' });
    watcher.orders = false;
  }
  if (watcher.priors) {
    changes.push({ kind: 'priors' });
    watcher.priors = false;
  }
  if (watcher.imports.size > 0) {
    changes.push({ kind: 'imports', importIds: [...watcher.imports] });
    watcher.imports.clear();
  }
  return changes;
}
