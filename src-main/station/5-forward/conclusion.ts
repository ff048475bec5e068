// What is written down of a claim when it has come to an end, whichever way it was sent.
import type { DestinationSetting } from '#contract/shapes/settings.ts';
import type { Log } from '#station/kit/log.ts';
import type { Claim, Settled } from './claim.ts';
import { outcomeOf, type Verdict } from './classification.ts';
import type { Outbox } from './outbox.ts';
import type { ForwardOptions } from './ports.ts';
import { stepAfter } from './retry-timetable.ts';

export type Judging = {
  readonly destinationId: string;
  readonly confirm: DestinationSetting['confirm'];
  readonly outbox: Outbox;
  readonly options: ForwardOptions;
  readonly log: Log;
};

/** What shows whether a destination takes other objects. */
export type Others = {
  /** It took one on the same association. */
  readonly tookOne: boolean;
  /** When it last took something, on whatever association; ISO. */
  readonly lastTakenAt: string | null;
  /** When this association began; a first try counts from there. Without it a first try says nothing. */
  readonly beganAt?: string;
};

/** What follows from the verdict on one claim. What was not taken is in the log. */
export function concluded(judging: Judging, claim: Claim, found: Verdict, others: Others): Settled {
  const { confirm, destinationId, log, options, outbox } = judging;
  const step = stepAfter(
    found,
    {
      attempts: claim.attempts,
      unknownAttempts: claim.unknownAttempts,
      takesOthers: others.tookOne || tookSinceFirstTry(outbox, claim, others),
      alone: found.class === 'unknown' && outbox.queue.isAlone(destinationId, claim.deliveryId),
    },
    options.retry,
    options.random,
  );
  if (step.event !== 'stored') {
    const status = String(found.answer.params['status'] ?? '');
    log.warn('object-not-taken', { destinationId, deliveryId: claim.deliveryId, code: found.answer.key, status });
  }
  return {
    claim,
    event: step.event,
    outcome: outcomeOf(found),
    answer: found.answer,
    unknownAttempts: step.unknownAttempts,
    nextInMs: step.event === 'stored' ? options.gatherMs : step.waitMs,
    needsNoProof: confirm === 'none',
  };
}

function tookSinceFirstTry(outbox: Outbox, claim: Claim, { lastTakenAt, beganAt }: Others): boolean {
  if (lastTakenAt === null) return false;
  if (claim.attempts < 2) return beganAt !== undefined && lastTakenAt > beganAt;
  const firstTriedAt = outbox.queue.firstTriedAt(claim.deliveryId);
  return firstTriedAt !== null && lastTakenAt > firstTriedAt;
}

/** It was cut off before anybody could say anything about it. */
export const interrupted = (claim: Claim): Settled => ({
  claim,
  event: 'interrupted',
  outcome: 'transient',
  answer: { key: 'interrupted', params: {} },
  unknownAttempts: claim.unknownAttempts,
  nextInMs: null,
  needsNoProof: false,
});

/** It goes back as if it had never been taken. */
export const notBegun = (claim: Claim): Settled => ({ ...interrupted(claim), event: 'not-begun' });
