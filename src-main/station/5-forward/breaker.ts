// The breaker of one destination: when to leave it alone, and how it stands for people.
//
// Three failed associations in a row open it; then one C-ECHO at each probing time, and the first success closes it. One
// that refuses by configuration is open at once and probed slowly. It never gives up. In memory; what people see is kept
// in the book by whoever listens to `onChange`.
import type { PeerAnswer } from '#contract/shapes/answer-keys.ts';
import { waitBeforeMs } from '#station/kit/backoff.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Verdict } from './classification.ts';
import type { ForwardOptions } from './ports.ts';

const failuresThatOpen = 3;

export type DestinationMood = 'well' | 'silent' | 'refusing';

export class Breaker {
  readonly #clock: Clock;
  readonly #options: ForwardOptions;
  readonly #onChange: (mood: DestinationMood, answer: PeerAnswer | null) => void;
  #mood: DestinationMood = 'well';
  #failures = 0;
  #isOpen = false;
  #storingFailed = false;
  /** Monotonic. */
  #restUntilMs = 0;
  #answer: PeerAnswer | null = null;

  constructor(
    clock: Clock,
    options: ForwardOptions,
    onChange: (mood: DestinationMood, answer: PeerAnswer | null) => void,
  ) {
    this.#clock = clock;
    this.#options = options;
    this.#onChange = onChange;
  }

  get mood(): DestinationMood {
    return this.#mood;
  }

  /** True while only a probe may go to the destination. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** True while an answered probe is not enough. */
  get wantsProofByStoring(): boolean {
    return this.#storingFailed;
  }

  /** Milliseconds for which it is to be left alone; 0 when it may be tried. */
  get restMs(): number {
    return Math.max(0, this.#restUntilMs - this.#clock.monotonicMs());
  }

  /** When it is tried next, ISO; null when it is well. */
  get nextTryAt(): string | null {
    return this.#mood === 'well' ? null : new Date(this.#clock.epochMs() + this.restMs).toISOString();
  }

  /** No association came of it. */
  failed(found: Verdict): void {
    this.#storingFailed = false;
    this.#fail(found, false);
  }

  /**
   * It answers, but took nothing that was sent to it: only another object can show that this is over.
   * `atOnce`: the first time there is no rest, because others wait that may get through.
   */
  failedToStore(found: Verdict, atOnce: boolean): void {
    this.#storingFailed = true;
    this.#fail(found, atOnce);
  }

  #fail({ class: kind, answer }: Verdict, atOnce: boolean): void {
    this.#failures++;
    const refuses = kind === 'destination' || answer.key === 'association-refused';
    if (refuses || this.#failures >= failuresThatOpen) this.#isOpen = true;
    this.#rest(kind === 'destination' ? this.#options.refusingProbeMs : undefined, atOnce);
    this.#become(refuses ? 'refusing' : 'silent', answer);
  }

  /** It took an object, or answered a probe. */
  succeeded(answer: PeerAnswer): void {
    this.#failures = 0;
    this.#isOpen = false;
    this.#storingFailed = false;
    this.#restUntilMs = 0;
    if (this.#mood !== 'well') this.#become('well', answer);
    else this.#answer = answer;
  }

  /** It answers a probe; the next object will show the rest. */
  halfOpen(): void {
    this.#failures = failuresThatOpen - 1;
    this.#isOpen = false;
    this.#restUntilMs = 0;
  }

  /** It asked for so long a rest. */
  leaveAlone(ms: number): void {
    this.#restUntilMs = Math.max(this.#restUntilMs, this.#clock.monotonicMs() + ms);
  }

  /** A person wants it tried now. */
  hurry(): void {
    this.#restUntilMs = 0;
  }

  #rest(slowlyMs: number | undefined, atOnce: boolean): void {
    const { retry, probeMs, random } = this.#options;
    let restMs = slowlyMs ?? probeMs * (0.9 + 0.1 * random());
    if (!this.#isOpen) restMs = atOnce && this.#failures === 1 ? 0 : waitBeforeMs(this.#failures, retry, random);
    this.#restUntilMs = this.#clock.monotonicMs() + restMs;
  }

  #become(mood: DestinationMood, answer: PeerAnswer): void {
    const changed = mood !== this.#mood || answer.key !== this.#answer?.key;
    this.#mood = mood;
    this.#answer = answer;
    if (changed) this.#onChange(mood, answer);
  }
}
