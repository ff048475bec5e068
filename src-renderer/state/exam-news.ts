// What the feed says of exams, gathered until the next frame: the newest state of each exam wins, and however many events
// come, the list is worked out once a frame.
import type { ExamFilter, ExamRow } from '#contract/shapes/exam.ts';
import type { Change } from '#contract/shapes/station.ts';

export type ExamsChange = Extract<Change, { readonly kind: 'exams' }>;

export type ExamNews = {
  readonly exams: ReadonlyMap<string, ExamRow>;
  readonly removed: ReadonlySet<string>;
  readonly totals: Readonly<Record<ExamFilter, number>>;
};

/** Calls back once, soon. */
export type Soon = (call: () => void) => void;

/** A window that is hidden gets no frames, and hears all the same. */
const hiddenPauseMs = 250;

export const nextFrame: Soon = (call) => {
  let called = false;
  const once = () => {
    if (called) return;
    called = true;
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    call();
  };
  const timer = setTimeout(once, hiddenPauseMs);
  const frame = requestAnimationFrame(once);
};

export class GatheredNews {
  readonly #give: (news: ExamNews) => void;
  readonly #soon: Soon;
  #exams = new Map<string, ExamRow>();
  #removed = new Set<string>();
  #totals: ExamNews['totals'] | undefined;

  /** @param give gets what was gathered, once for all events since it got something last */
  constructor(give: (news: ExamNews) => void, soon: Soon = nextFrame) {
    this.#give = give;
    this.#soon = soon;
  }

  add({ exams, removed, totals }: ExamsChange): void {
    const isFirst = this.#totals === undefined;
    for (const exam of exams) {
      if ((this.#exams.get(exam.id)?.version ?? 0) <= exam.version) this.#exams.set(exam.id, exam);
      this.#removed.delete(exam.id);
    }
    for (const id of removed) {
      this.#exams.delete(id);
      this.#removed.add(id);
    }
    this.#totals = totals;
    if (isFirst) this.#soon(() => this.#flush());
  }

  #flush(): void {
    if (this.#totals === undefined) return;
    const news = { exams: this.#exams, removed: this.#removed, totals: this.#totals };
    this.#exams = new Map();
    this.#removed = new Set();
    this.#totals = undefined;
    this.#give(news);
  }
}
