// The report of an examination while it is being written: lines in their order, each with the time it took.
import type { PeerAnswer } from '#contract/shapes/answer-keys.ts';
import type { ProfileLine, ProfileStep } from '#contract/shapes/profile.ts';
import type { Clock } from '#station/kit/clock.ts';

/** Lines of a report at most; what a peer says cannot make it longer. */
const mostLines = 60;

export class Report {
  readonly lines: ProfileLine[] = [];
  readonly #clock: Clock;
  #sinceMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sinceMs = clock.monotonicMs();
  }

  /** The time of a line is counted from the line before, or from here. */
  begin(): void {
    this.#sinceMs = this.#clock.monotonicMs();
  }

  say(step: ProfileStep, result: ProfileLine['result'], key: string, params: ProfileLine['params'] = {}): void {
    const now = this.#clock.monotonicMs();
    if (this.lines.length < mostLines)
      this.lines.push({ step, result, key, params, tookMs: Math.round(now - this.#sinceMs) });
    this.#sinceMs = now;
  }

  /** What the destination answered instead. */
  answered(step: ProfileStep, { key, params }: PeerAnswer, result: ProfileLine['result'] = 'bad'): void {
    this.say(step, result, key, { ...params });
  }

  /** Milliseconds since the last line. */
  get tookMs(): number {
    return Math.max(1, Math.round(this.#clock.monotonicMs() - this.#sinceMs));
  }
}
