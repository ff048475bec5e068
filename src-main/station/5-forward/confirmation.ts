// Proof that a destination holds what it took: by storage commitment (PS3.4 J), or by a query for the SOP Instance UID.
//
// Guarantees: a delivery is confirmed only by the destination's own word; a request is durable before it leaves; whatever
// brings no proof is asked for again, for ever. How it is asked is for the Prover.
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import type { Breaker } from './breaker.ts';
import type { Commitments, Unproved } from './commitments.ts';
import type { Outbox } from './outbox.ts';
import type { ForwardOptions } from './ports.ts';
import { WaitingLoop } from './waiting-loop.ts';

/** Asks for proof in the way of one protocol, and writes down what comes of it. */
export type Prover = {
  ask(unproved: readonly Unproved[], turn: { readonly signal: AbortSignal; isClosing(): boolean }): Promise<void>;
  /** A question under way need not wait any longer for what is only nice to have. */
  hasten?(): void;
  /** Lets go of what it keeps open; no question follows. */
  close?(): void;
};

export type ConfirmerNeeds = {
  readonly destinationId: string;
  readonly prover: Prover;
  readonly breaker: Breaker;
  readonly outbox: Outbox;
  readonly commitments: Commitments;
  readonly clock: Clock;
  readonly log: Log;
  readonly options: ForwardOptions;
  /** Something that is missing over there may wait to be sent again. */
  onAnswered(): void;
};

const afterOwnFailureMs = 5_000;

/** Asks one destination for its proofs. */
export class Confirmer {
  readonly #needs: ConfirmerNeeds;
  readonly #loop: WaitingLoop;

  constructor(needs: ConfirmerNeeds, paused: boolean) {
    this.#needs = needs;
    const { clock, destinationId, log } = needs;
    this.#loop = new WaitingLoop({
      clock,
      paused,
      turn: () => this.#turn(),
      failed: (error) => {
        if (!this.#loop.isClosing) log.error('confirmation-failed', { destinationId }, error);
        return afterOwnFailureMs;
      },
    });
  }

  wake(): void {
    this.#loop.wake();
  }

  set paused(paused: boolean) {
    this.#loop.paused = paused;
  }

  /** Ends after the question at hand, or when `withinMs` are over. What was asked stays written down. */
  async close(withinMs: number): Promise<void> {
    const closed = this.#loop.close(withinMs);
    this.#needs.prover.hasten?.();
    await closed;
    this.#needs.prover.close?.();
  }

  async #turn(): Promise<number | null> {
    const { breaker, commitments, destinationId, options, prover } = this.#needs;
    // While the destination is silent the courier probes it, and rings when it is back.
    if (this.#loop.paused || breaker.mood !== 'well' || breaker.restMs > 0) return null;
    const overdue = commitments.giveUpWaiting(destinationId);
    const unproved = commitments.due(destinationId, options.mostInCommitment);
    if (unproved.length > 0) {
      await prover.ask(unproved, { signal: this.#loop.signal, isClosing: () => this.#loop.isClosing });
      this.#needs.onAnswered();
      return 0;
    }
    return overdue > 0 ? 0 : this.#untilNextDue();
  }

  #untilNextDue(): number | null {
    const { clock, destinationId, outbox } = this.#needs;
    const times = (['sent', 'commit-requested'] as const)
      .map((state) => outbox.queue.nextDueAt(destinationId, state))
      .filter((at) => at !== null)
      .map((at) => Date.parse(at));
    return times.length === 0 ? null : Math.max(1, Math.min(...times) - clock.epochMs());
  }
}
