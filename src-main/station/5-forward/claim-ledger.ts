// What an errand has taken from the queue and not begun, and what became of what it sent: both are written down together.
//
// Guarantees: an attempt is durable when `durable` of its claim resolves, and nothing is sent before; results are written
// with the next claims, and within a moment on a slow line. What was taken but did not begin goes back as if it had never
// been taken. A person's stat waits for no more than what is sent in about a second.
import type { Clock } from '#station/kit/clock.ts';
import type { Claim, Claimed, ClaimWish, Settled } from './claim.ts';
import { notBegun } from './conclusion.ts';
import type { Outbox } from './outbox.ts';
import type { ForwardOptions } from './ports.ts';

const settleAfterMs = 300;
/** Claims at once: as many as take about this long, so that what is urgent need not wait for more. */
const firstClaims = 4;
const quickClaimMs = 200;
const slowClaimMs = 1_000;

/** What a wish is about besides how many. */
export type Wanted = Omit<ClaimWish, 'mostObjects' | 'mostBytes' | 'before'>;

export type LedgerNeeds = {
  readonly destinationId: string;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly options: ForwardOptions;
  wanted(): Wanted;
};

export type DurableClaim = { readonly claim: Claim; readonly durable: Promise<void> };

export class ClaimLedger {
  readonly #needs: LedgerNeeds;
  #claims: DurableClaim[] = [];
  #settled: Settled[] = [];
  #settledAtMs: number;
  #most = firstClaims;
  #claimedAtMs = 0;
  /** All that was written. */
  #durable: Promise<void> = Promise.resolve();
  #found: Pick<Claimed, 'more' | 'otherKind'> = { more: true, otherKind: false };

  constructor(needs: LedgerNeeds) {
    this.#needs = needs;
    this.#settledAtMs = needs.clock.monotonicMs();
  }

  /** Resolves when all that was written so far is durable. */
  get durable(): Promise<void> {
    return this.#durable;
  }

  /** False when nothing was left that this association could carry. */
  get mayHaveMore(): boolean {
    return this.#found.more;
  }

  /** What comes next needs an association that proposes it. */
  get isOtherKindNext(): boolean {
    return this.#found.otherKind;
  }

  get isEmpty(): boolean {
    return this.#claims.length === 0;
  }

  /** It is time to take more: what is taken now becomes durable while the rest leaves. */
  get isLow(): boolean {
    return this.#found.more && this.#claims.length <= this.#most >> 1;
  }

  next(): DurableClaim | undefined {
    return this.#claims.shift();
  }

  settle(settled: Settled): void {
    this.#settled.push(settled);
  }

  putBack(claim: Claim): void {
    this.#settled.push(notBegun(claim));
  }

  putAllBack(): void {
    for (const { claim } of this.#claims.splice(0)) this.putBack(claim);
    this.#found = { more: true, otherKind: false };
  }

  /**
   * Takes more, and writes down what became of what was taken before. Gives how many were taken.
   * @param before claims that are not here any more and leave before what is taken now
   */
  take(before: readonly (Claim | undefined)[]): number {
    const { clock, options, wanted } = this.#needs;
    const nowMs = clock.monotonicMs();
    if (this.#claimedAtMs > 0) {
      const passedMs = nowMs - this.#claimedAtMs;
      if (passedMs < quickClaimMs) this.#most = Math.min(options.batchObjects, this.#most * 2);
      else if (passedMs > slowClaimMs) this.#most = Math.max(1, this.#most >> 1);
    }
    this.#claimedAtMs = nowMs;
    const ahead = [...before, ...this.#claims.map(({ claim }) => claim)];
    const { result, durable } = this.#write({
      ...wanted(),
      mostObjects: Math.max(1, this.#most - this.#claims.length),
      mostBytes: options.batchBytes,
      before: ahead.flatMap((claim) => (claim ? [claim.deliveryId] : [])),
    });
    this.#claims.push(...result.claims.map((claim) => ({ claim, durable })));
    this.#found = result;
    return result.claims.length;
  }

  /** Writes down what has ended. */
  write(): void {
    this.#write(null);
  }

  /** On a slow line people should not wait for a whole batch to see what was done. */
  writeInTime(): void {
    if (this.#settled.length > 0 && this.#needs.clock.monotonicMs() - this.#settledAtMs >= settleAfterMs) this.write();
  }

  #write(wish: ClaimWish | null) {
    const { clock, destinationId, outbox } = this.#needs;
    this.#settledAtMs = clock.monotonicMs();
    const { result, durable } = outbox.settleAndClaim(destinationId, this.#settled.splice(0), wish);
    const all = Promise.all([this.#durable, durable]).then(() => {});
    // Who waits for it is told; until then nobody may be waiting.
    durable.catch(() => {});
    all.catch(() => {});
    this.#durable = all;
    return { result, durable };
  }
}
