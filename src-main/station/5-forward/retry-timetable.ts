// When an object is tried again, and when it is not. Pure.
//
// Transient causes never expire. A cause that nobody knows is counted against the object only where it can be the
// object's fault: five such tries, then it is blocked, it alone. While a destination takes nothing at all, it is the
// destination that is counted (breaker.ts), so that an outage of days blocks no object.
import { waitBeforeMs, type Backoff } from '#station/kit/backoff.ts';
import type { DeliveryEvent } from '#station/model/delivery-lifecycle.ts';
import type { Verdict } from './classification.ts';

export const mostUnknownAttempts = 5;

export type Circumstances = {
  /** Attempts so far, this one included. */
  readonly attempts: number;
  /** Attempts that were counted against the object, this one not included. */
  readonly unknownAttempts: number;
  /** The destination took another object since this one was tried before, or on the same association. */
  readonly takesOthers: boolean;
  /** Nothing else waits for the destination, so that nothing else could show whose fault it is. */
  readonly alone: boolean;
};

export type NextStep = {
  readonly event: DeliveryEvent;
  /** Milliseconds until it is tried again; null when it is not. */
  readonly waitMs: number | null;
  readonly unknownAttempts: number;
};

/** What follows from the verdict on one attempt. */
export function stepAfter(
  found: Verdict,
  { attempts, unknownAttempts, takesOthers, alone }: Circumstances,
  backoff: Backoff,
  random: () => number,
): NextStep {
  const stay = (event: DeliveryEvent): NextStep => ({ event, waitMs: null, unknownAttempts });
  switch (found.class) {
    case 'sent':
    case 'sent-with-warning':
      return stay('stored');
    case 'object':
      return stay('refused');
    case 'destination':
      return stay('destination-refused');
    case 'transient':
    case 'unknown': {
      const counts = found.class === 'unknown' ? takesOthers || alone : found.mayHaveArrived && takesOthers;
      const counted = unknownAttempts + (counts ? 1 : 0);
      if (counted >= mostUnknownAttempts) return { event: 'gave-up', waitMs: null, unknownAttempts: counted };
      return { event: 'failed', waitMs: waitBeforeMs(attempts, backoff, random), unknownAttempts: counted };
    }
  }
}

/** The destination says that it does not hold what it took: sent again after a wait, a few times. */
export function stepAfterMissing(
  unknownAttempts: number,
  backoff: Backoff,
  random: () => number,
): { readonly event: 'missing' | 'gave-up'; readonly waitMs: number | null; readonly unknownAttempts: number } {
  const counted = unknownAttempts + 1;
  if (counted >= mostUnknownAttempts) return { event: 'gave-up', waitMs: null, unknownAttempts: counted };
  return { event: 'missing', waitMs: waitBeforeMs(counted, backoff, random), unknownAttempts: counted };
}

const dayMs = 86_400_000;

/** How long a commitment report may take, by how often it was asked for: doubling, at most a day. */
export const commitDeadlineMs = (asking: number, firstMs: number): number =>
  Math.min(dayMs, firstMs * 2 ** Math.min(Math.max(asking - 1, 0), 20));

/** How long to wait before a proof is asked for again: a fifth of the time of a retry, as it costs the peer little. */
export const askAgainMs = (askedTimes: number, backoff: Backoff, random: () => number): number =>
  Math.ceil(waitBeforeMs(Math.max(1, askedTimes), backoff, random) / 5);
