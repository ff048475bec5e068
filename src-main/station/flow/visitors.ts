// Who has an exam on screen, so that two people on one exam see each other. In memory: after a start the windows say it
// again. A window that says nothing for a while is taken to be gone.
import type { Visitor } from '#contract/shapes/matching.ts';
import type { Clock } from '#station/kit/clock.ts';

/** Windows say it every five seconds. */
const goneMs = 12_000;
const mostVisits = 1000;

type Visit = Visitor & { readonly examId: string; readonly seenMs: number };

export class Visitors {
  readonly #clock: Clock;
  readonly #onChanged: (examId: string) => void;
  /** By window: one shows one exam. */
  readonly #visits = new Map<string, Visit>();

  /** @param onChanged somebody came to an exam, left it, or began or ended typing */
  constructor(clock: Clock, onChanged: (examId: string) => void) {
    this.#clock = clock;
    this.#onChanged = onChanged;
  }

  /** Notes a visit and gives the others, those who came first in front. */
  visit(said: { examId: string; window: string; name: string; leaves: boolean; typing: boolean }): Visitor[] {
    const { examId, window, name, leaves, typing } = said;
    this.#forget();
    const before = this.#visits.get(window);
    if (leaves) {
      if (before?.examId === examId) this.#visits.delete(window);
    } else if (before !== undefined || this.#visits.size < mostVisits) {
      const since = before?.examId === examId ? before.since : this.#clock.now();
      this.#visits.set(window, { examId, name, since, typing, seenMs: this.#clock.monotonicMs() });
    }
    if (before !== undefined && before.examId !== examId) this.#onChanged(before.examId);
    const isNews = leaves ? before?.examId === examId : before?.examId !== examId || before.typing !== typing;
    if (isNews) this.#onChanged(examId);
    return [...this.#visits]
      .filter(([other, visit]) => other !== window && visit.examId === examId)
      .map(([, visit]) => ({ name: visit.name, since: visit.since, typing: visit.typing }))
      .sort((a, b) => (a.since < b.since ? -1 : 1));
  }

  /** True while a window shows an exam. */
  isHere(examId: string, window: string): boolean {
    this.#forget();
    return this.#visits.get(window)?.examId === examId;
  }

  #forget(): void {
    const oldest = this.#clock.monotonicMs() - goneMs;
    for (const [window, { seenMs }] of this.#visits) if (seenMs < oldest) this.#visits.delete(window);
  }
}
