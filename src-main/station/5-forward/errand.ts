// One association of a courier and what is sent over it.
//
// Guarantees: an attempt is durable before its first byte; results are durable before more is taken, and within a moment
// on a slow line. What was taken but did not begin goes back as if it had never been taken.
import type { OpenAssociation, ProposedContext } from '#station/dicom/network/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import { isProblem } from '#station/kit/problem.ts';
import type { Breaker } from './breaker.ts';
import { DigestMismatch, primeSource, type PrimedSource } from './checked-source.ts';
import { cannotRead, classifyEnding, classifyStore, outcomeOf, ownFault, type Verdict } from './classification.ts';
import type { Claim, ClaimWish, Outbox, Settled } from './outbox.ts';
import type { Peer } from './peer.ts';
import type { ForwardOptions, ForwardPorts } from './ports.ts';
import type { RateMeter } from './rate-meter.ts';
import { stepAfter } from './retry-timetable.ts';

const settleAfterMs = 300;
/** So many refusals for want of resources in a row, and the destination is left alone for a while. */
const mostOutOfResources = 3;

export type SendingNeeds = {
  readonly peer: Peer;
  readonly breaker: Breaker;
  readonly outbox: Outbox;
  readonly meter: RateMeter;
  readonly clock: Clock;
  readonly log: Log;
  readonly ports: ForwardPorts;
  readonly options: ForwardOptions;
};

/** What the courier lets its errand know, and hears from it. */
export type Errander = {
  mayGoOn(): boolean;
  lastTakenAt(): string | null;
  onTaken(at: string): void;
};

export class Errand {
  readonly #needs: SendingNeeds;
  readonly #association: OpenAssociation;
  readonly #proposed: ReadonlySet<string>;
  readonly #courier: Errander;
  #settled: Settled[] = [];
  #settledAtMs: number;
  #taken = 0;
  #outOfResources = 0;
  /** Why the association ends before the queue does. */
  #cause: Verdict | null = null;
  /** The last thing that went wrong and may be the destination's doing. */
  #lastFailure: Verdict | null = null;

  constructor(
    needs: SendingNeeds,
    association: OpenAssociation,
    contexts: readonly ProposedContext[],
    courier: Errander,
  ) {
    this.#needs = needs;
    this.#association = association;
    this.#proposed = new Set(contexts.map((c) => kindKey(c.abstractSyntaxUid, c.transferSyntaxUids[0] ?? '')));
    this.#courier = courier;
    this.#settledAtMs = needs.clock.monotonicMs();
  }

  async run(): Promise<void> {
    const { outbox, peer } = this.#needs;
    let isOver = false;
    try {
      while (!isOver) {
        const { claims, more } = outbox.settleAndClaim(peer.destinationId, this.#take(), this.#wish);
        if (claims.length === 0) {
          isOver = !more;
          // A long queue of what is refused here must not keep the rest of the station waiting.
          await new Promise((resolve) => setImmediate(resolve));
        } else isOver = !(await this.#sendAll(claims)) || !more;
      }
      outbox.settleAndClaim(peer.destinationId, this.#take(), null);
    } finally {
      if (this.#association.isOpen) await this.#association.release();
    }
    this.#judge();
  }

  /** False when this association carries nothing more. */
  async #sendAll(claims: readonly Claim[]): Promise<boolean> {
    let ahead = this.#open(claims[0]);
    for (const [index, claim] of claims.entries()) {
      const opened = await ahead;
      const goesOn = this.#courier.mayGoOn() && this.#association.isOpen && this.#cause === null;
      if (!goesOn) {
        if ('source' in opened) opened.drop();
        for (const rest of claims.slice(index)) this.#putBack(rest);
        return false;
      }
      // The next object is opened and its first piece read while this one travels.
      ahead = this.#open(claims[index + 1]);
      await this.#send(claim, opened);
      this.#settleInTime();
    }
    return this.#association.isOpen && this.#cause === null && this.#courier.mayGoOn();
  }

  async #open(claim: Claim | undefined): Promise<OpenedRevision | Verdict> {
    if (claim === undefined) return ownFault('file-missing');
    try {
      const revision = await this.#needs.ports.openRevision(claim.revisionId);
      if (revision.dataSetSha256 !== claim.dataSetSha256) return ownFault('digest-mismatch');
      return { lengthBytes: revision.dataSetLength, ...(await primeSource(revision, claim.dataSetSha256)) };
    } catch (error) {
      return verdictOfReading(error);
    }
  }

  async #send(claim: Claim, opened: OpenedRevision | Verdict): Promise<void> {
    if ('class' in opened) return this.#conclude(claim, opened);
    const outcome = await this.#store(claim, opened);
    if (outcome === 'cut-off') {
      this.#settled.push({ ...asInterrupted(claim), outcome: 'unknown' });
    } else if (outcome.kind === 'not-sent') {
      opened.drop();
      this.#cause ??= classifyEnding(outcome.ending);
      this.#putBack(claim);
    } else if (outcome.kind === 'source-failed') {
      this.#conclude(claim, verdictOfReading(outcome.error));
    } else {
      const kind = { sopClassUid: claim.SOPClassUID, transferSyntaxUid: claim.TransferSyntaxUID };
      this.#conclude(claim, classifyStore(outcome, kind), outcome.kind === 'answered');
    }
  }

  async #store(claim: Claim, { source, lengthBytes }: OpenedRevision) {
    try {
      return await this.#association.store({
        sopClassUid: claim.SOPClassUID,
        sopInstanceUid: claim.SOPInstanceUID,
        transferSyntaxUid: claim.TransferSyntaxUID,
        lengthBytes,
        source,
      });
    } catch (error) {
      if ((error as Error).name !== 'AbortError') throw error;
      return 'cut-off';
    }
  }

  #conclude(claim: Claim, found: Verdict, answered = false): void {
    const { clock, log, meter, options, outbox, peer } = this.#needs;
    const step = stepAfter(
      found,
      {
        attempts: claim.attempts,
        unknownAttempts: claim.unknownAttempts,
        takesOthers: this.#taken > 0 || this.#takenSinceFirstTryOf(claim),
        alone: found.class === 'unknown' && outbox.isAlone(peer.destinationId, claim.deliveryId),
      },
      options.retry,
      options.random,
    );
    this.#settled.push({
      claim,
      event: step.event,
      outcome: outcomeOf(found),
      answer: found.answer,
      unknownAttempts: step.unknownAttempts,
      nextInMs: step.event === 'stored' ? options.gatherMs : step.waitMs,
      needsNoProof: peer.confirm === 'none',
    });
    if (step.event === 'stored') {
      this.#taken++;
      this.#outOfResources = 0;
      meter.count();
      this.#courier.onTaken(clock.now());
      return;
    }
    log.warn('object-not-taken', {
      destinationId: peer.destinationId,
      deliveryId: claim.deliveryId,
      code: found.answer.key,
      status: String(found.answer.params['status'] ?? ''),
    });
    if (found.class === 'destination') this.#cause = found;
    else if (answered && found.class === 'object') this.#courier.onTaken(clock.now());
    else if (answered && found.class === 'transient' && ++this.#outOfResources >= mostOutOfResources)
      this.#cause = found;
    else if (found.class === 'transient' || found.mayHaveArrived) this.#lastFailure = found;
  }

  #takenSinceFirstTryOf(claim: Claim): boolean {
    const takenAt = this.#courier.lastTakenAt();
    if (takenAt === null || claim.attempts < 2) return false;
    const firstTriedAt = this.#needs.outbox.firstTriedAt(claim.deliveryId);
    return firstTriedAt !== null && takenAt > firstTriedAt;
  }

  #putBack(claim: Claim): void {
    this.#settled.push({ ...asInterrupted(claim), event: 'not-begun' });
  }

  #take(): Settled[] {
    const settled = this.#settled;
    this.#settled = [];
    this.#settledAtMs = this.#needs.clock.monotonicMs();
    return settled;
  }

  /** On a slow line people should not wait for a whole batch to see what was done. */
  #settleInTime(): void {
    if (this.#needs.clock.monotonicMs() - this.#settledAtMs < settleAfterMs) return;
    this.#needs.outbox.settleAndClaim(this.#needs.peer.destinationId, this.#take(), null);
  }

  get #wish(): ClaimWish {
    const { options } = this.#needs;
    return {
      mostObjects: options.batchObjects,
      mostBytes: options.batchBytes,
      fits: (sopClassUid, transferSyntaxUid) => {
        if (!this.#proposed.has(kindKey(sopClassUid, transferSyntaxUid))) return 'not-proposed';
        if (this.#association.accepts(sopClassUid, transferSyntaxUid)) return 'yes';
        return this.#association.accepts(sopClassUid) ? 'syntax' : 'class';
      },
    };
  }

  /** What the association as a whole says about the destination. */
  #judge(): void {
    const { breaker, outbox, peer } = this.#needs;
    const cause = this.#cause ?? (this.#taken === 0 ? this.#lastFailure : null);
    if (cause === null || (cause.class !== 'destination' && this.#taken > 0)) return;
    breaker.failedToStore(cause, cause.mayHaveArrived && outbox.hasReady(peer.destinationId));
  }
}

type OpenedRevision = PrimedSource & { readonly lengthBytes: number };

const kindKey = (sopClassUid: string, transferSyntaxUid: string) => `${sopClassUid} ${transferSyntaxUid}`;

const asInterrupted = (claim: Claim): Settled => ({
  claim,
  event: 'interrupted',
  outcome: 'transient',
  answer: { key: 'interrupted', params: {} },
  unknownAttempts: claim.unknownAttempts,
  nextInMs: null,
  needsNoProof: false,
});

/** What it means that a revision cannot be read here. */
function verdictOfReading(error: unknown): Verdict {
  if (error instanceof DigestMismatch || isProblem(error, 'digest-mismatch')) return ownFault('digest-mismatch');
  if (isProblem(error, 'object-file-missing')) return ownFault('file-missing');
  const code = (error as { readonly code?: unknown } | null)?.code;
  if (code === 'ENOENT') return ownFault('file-missing');
  return cannotRead(typeof code === 'string' ? code : 'ERROR');
}
