// Which kinds of objects a DICOMweb destination said that it does not take in their transfer syntax: these leave in another
// form. Kept for a day, and in memory: then one is sent as it is again, because nobody tells when a destination learns.
import type { Clock } from '#station/kit/clock.ts';

const keptForMs = 86_400_000;

export class RefusedKinds {
  readonly #clock: Clock;
  readonly #untilMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(sopClassUid: string, transferSyntaxUid: string): void {
    this.#untilMs.set(keyOf(sopClassUid, transferSyntaxUid), this.#clock.monotonicMs() + keptForMs);
  }

  has(sopClassUid: string, transferSyntaxUid: string): boolean {
    const untilMs = this.#untilMs.get(keyOf(sopClassUid, transferSyntaxUid));
    return untilMs !== undefined && untilMs > this.#clock.monotonicMs();
  }

  /** A person wants it tried again: the destination may take it by now. */
  forget(): void {
    this.#untilMs.clear();
  }
}

const keyOf = (sopClassUid: string, transferSyntaxUid: string) => `${sopClassUid} ${transferSyntaxUid}`;
