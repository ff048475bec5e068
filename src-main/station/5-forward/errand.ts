// One association of a courier and what is sent over it, until nothing waits for a while.
//
// Guarantees: an attempt is durable before its first byte (claim-ledger.ts); what was taken but did not begin goes back as
// if it had never been taken. While one object travels the next is opened and read; while the answer to it is awaited the
// next ones are claimed, so that the line does not wait for the book.
import type { OpenAssociation, ProposedContext } from '#station/dicom/network/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import { Alarm } from './alarm.ts';
import type { Conversion } from './another-syntax.ts';
import { limitedSource, type Bandwidth } from './bandwidth.ts';
import type { Breaker } from './breaker.ts';
import type { Claim } from './claim.ts';
import { ClaimLedger, type DurableClaim, type Wanted } from './claim-ledger.ts';
import { classifyEnding, classifyStore, type Verdict } from './classification.ts';
import { concluded, interrupted } from './conclusion.ts';
import { openToSend, verdictOfReading, type OpenedRevision } from './open-to-send.ts';
import type { Outbox } from './outbox.ts';
import type { Peer } from './peer.ts';
import type { ForwardOptions, ForwardPorts } from './ports.ts';
import { acceptedInstead, isAskedWhole, type ObjectKind } from './proposals.ts';
import type { RateMeter } from './rate-meter.ts';

/** So many refusals for want of resources in a row, and the destination is left alone for a while. */
const mostOutOfResources = 3;

export type SendingNeeds = {
  readonly peer: Peer;
  readonly breaker: Breaker;
  readonly outbox: Outbox;
  readonly meter: RateMeter;
  readonly bandwidth: Bandwidth;
  /** Absent: objects leave as they are. */
  readonly conversion?: Conversion | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly ports: ForwardPorts;
  readonly options: ForwardOptions;
};

/** What the courier lets its errand know, and hears from it. */
export type Errander = {
  mayGoOn(): boolean;
  /** Priorities that may go now. */
  allowed(): readonly number[];
  /** Associations that share what waits. */
  sharedBy(): number;
  /** When the destination last took something, on whatever association; ISO. */
  lastTakenAt(): string | null;
  onTaken(at: string, tookMs: number): void;
  /** It has taken what it can carry for now, and more waits. */
  onMore(): void;
  /** Nothing waits that it could carry. */
  onIdle(): void;
  /** What was known of such objects is not so any more: they are proposed anew, in every form. */
  mistaken(kind: ObjectKind): void;
  /** More associations take objects than the site wants: one of them is to end. */
  hasTooMany(): boolean;
  /** How long it stays open for what comes next. */
  keepOpenMs(): number;
  readonly signal: AbortSignal;
};

type Upcoming = DurableClaim & { readonly opened: Promise<OpenedRevision | Verdict> };

export class Errand {
  readonly #needs: SendingNeeds;
  readonly #association: OpenAssociation;
  readonly #proposed: ReadonlySet<string>;
  readonly #courier: Errander;
  readonly #alarm: Alarm;
  readonly #beganAt: string;
  readonly #ledger: ClaimLedger;
  #current: Claim | undefined;
  #ahead: Upcoming | undefined;
  #taken = 0;
  #outOfResources = 0;
  #movedAtMs: number;
  #isIdle = false;
  #isOver = false;
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
    this.#alarm = new Alarm(needs.clock);
    this.#beganAt = needs.clock.now();
    this.#movedAtMs = needs.clock.monotonicMs();
    this.#ledger = new ClaimLedger({
      ...needs,
      destinationId: needs.peer.destinationId,
      wanted: () => this.#wanted,
    });
  }

  /** Open, and without work. */
  get isIdle(): boolean {
    return this.#isIdle;
  }

  /** Milliseconds since a byte or an answer came through; 0 when it has nothing to do. */
  get silentMs(): number {
    return this.#isIdle ? 0 : this.#needs.clock.monotonicMs() - this.#movedAtMs;
  }

  /** Something may wait for it, or it is to end. */
  wake(): void {
    this.#alarm.ring();
  }

  /** It hangs on one object: what it took besides goes back to the queue. */
  giveBackRest(): void {
    if (this.#isOver || (this.#ledger.isEmpty && this.#ahead === undefined)) return;
    this.#putAllBack();
    this.#ledger.write();
  }

  async run(): Promise<void> {
    const stop = () => this.wake();
    void this.#association.ended.then(stop);
    try {
      for (this.#claim(); this.#goesOn;) {
        const up = this.#takeUp();
        if (up !== undefined) await this.#carry(up);
        else if (!(await this.#hasMore())) break;
      }
      this.#putAllBack();
      this.#ledger.write();
      await this.#ledger.durable;
    } finally {
      this.#isOver = true;
      if (this.#association.isOpen) await this.#association.release();
    }
    this.#judge();
  }

  get #goesOn(): boolean {
    return this.#courier.mayGoOn() && this.#association.isOpen && this.#cause === null;
  }

  /** Nothing is left of what was claimed. False when this association is done. */
  async #hasMore(): Promise<boolean> {
    if (this.#ledger.isOtherKindNext || this.#courier.hasTooMany()) return false;
    if (!this.#ledger.mayHaveMore) return this.#linger();
    // A long queue of what is refused here must not keep the rest of the station waiting.
    await new Promise((resolve) => setImmediate(resolve));
    this.#claim();
    return true;
  }

  /** Stays open for what comes next. False when nothing came. */
  async #linger(): Promise<boolean> {
    this.#ledger.write();
    await this.#ledger.durable;
    const { clock, outbox, peer } = this.#needs;
    const until = clock.monotonicMs() + this.#courier.keepOpenMs();
    try {
      while (this.#goesOn) {
        if (outbox.queue.hasReady(peer.destinationId, this.#courier.allowed())) {
          this.#claim();
          if (!this.#ledger.isEmpty || this.#ledger.mayHaveMore || this.#ledger.isOtherKindNext) return true;
        }
        const restMs = until - clock.monotonicMs();
        if (restMs <= 0) return false;
        if (!this.#isIdle) this.#courier.onIdle();
        this.#isIdle = true;
        await this.#alarm.wait(restMs);
      }
      return false;
    } finally {
      this.#isIdle = false;
      this.#movedAtMs = clock.monotonicMs();
    }
  }

  #takeUp(): Upcoming | undefined {
    const up = this.#ahead ?? this.#openNext();
    this.#ahead = undefined;
    return up;
  }

  #openNext(): Upcoming | undefined {
    const next = this.#ledger.next();
    const { conversion, ports } = this.#needs;
    return next && { ...next, opened: openToSend(ports, next.claim, conversion?.syntaxes) };
  }

  async #carry({ claim, durable, opened }: Upcoming): Promise<void> {
    this.#current = claim;
    const found = await opened;
    // The next object is opened and its first piece read while this one travels.
    this.#ahead = this.#openNext();
    try {
      await durable;
    } catch (error) {
      if ('source' in found) found.drop();
      throw error;
    }
    if (this.#goesOn) {
      this.#movedAtMs = this.#needs.clock.monotonicMs();
      await this.#sendAndTake(claim, found);
    } else {
      if ('source' in found) found.drop();
      this.#ledger.putBack(claim);
    }
    this.#current = undefined;
    this.#ledger.writeInTime();
  }

  /** While the destination works on this one, the book is opened for the next. */
  async #sendAndTake(claim: Claim, found: OpenedRevision | Verdict): Promise<void> {
    const { promise: isAway, resolve: leave } = Promise.withResolvers<void>();
    const sent = this.#send(claim, found, leave);
    try {
      await Promise.race([isAway, sent]);
      if (this.#ledger.isLow && this.#goesOn) this.#claim();
      this.#ahead ??= this.#openNext();
    } finally {
      await sent;
    }
  }

  async #send(claim: Claim, opened: OpenedRevision | Verdict, onAway: () => void): Promise<void> {
    if ('class' in opened) return this.#conclude(claim, opened);
    const outcome = await this.#store(claim, opened, onAway);
    if (outcome === 'cut-off') {
      this.#ledger.settle({ ...interrupted(claim), outcome: 'unknown' });
    } else if (outcome.kind === 'not-sent') {
      opened.drop();
      this.#cause ??= classifyEnding(outcome.ending);
      this.#ledger.putBack(claim);
    } else if (outcome.kind === 'source-failed') {
      this.#conclude(claim, verdictOfReading(outcome.error));
    } else {
      const kind = { sopClassUid: claim.SOPClassUID, transferSyntaxUid: claim.TransferSyntaxUID };
      this.#conclude(claim, classifyStore(outcome, kind), outcome.kind === 'answered');
    }
  }

  async #store(claim: Claim, { source, lengthBytes }: OpenedRevision, onAway: () => void) {
    const { bandwidth, clock } = this.#needs;
    try {
      return await this.#association.store({
        sopClassUid: claim.SOPClassUID,
        sopInstanceUid: claim.SOPInstanceUID,
        transferSyntaxUid: claim.TransferSyntaxUID,
        lengthBytes,
        source: bandwidth.isLimited ? limitedSource(source, bandwidth, this.#courier.signal) : source,
        onProgress: (sentBytes) => {
          this.#movedAtMs = clock.monotonicMs();
          if (sentBytes >= lengthBytes) onAway();
        },
      });
    } catch (error) {
      if ((error as Error).name !== 'AbortError') throw error;
      return 'cut-off';
    }
  }

  #conclude(claim: Claim, found: Verdict, answered = false): void {
    const { clock, meter, peer } = this.#needs;
    const judging = { ...this.#needs, destinationId: peer.destinationId, confirm: peer.confirm };
    const others = { tookOne: this.#taken > 0, lastTakenAt: this.#courier.lastTakenAt(), beganAt: this.#beganAt };
    const settled = concluded(judging, claim, found, others);
    this.#ledger.settle(settled);
    const tookMs = clock.monotonicMs() - this.#movedAtMs;
    this.#movedAtMs = clock.monotonicMs();
    if (settled.event === 'stored') {
      this.#taken++;
      this.#outOfResources = 0;
      meter.count();
      this.#courier.onTaken(clock.now(), tookMs);
      return;
    }
    if (found.class === 'destination') this.#cause = found;
    else if (answered && found.class === 'object') this.#courier.onTaken(clock.now(), tookMs);
    else if (answered && found.class === 'transient' && ++this.#outOfResources >= mostOutOfResources)
      this.#cause = found;
    else if (found.class === 'transient' || found.mayHaveArrived) this.#lastFailure = found;
  }

  #putAllBack(): void {
    if (this.#ahead) {
      void this.#ahead.opened.then((opened) => 'source' in opened && opened.drop());
      this.#ledger.putBack(this.#ahead.claim);
      this.#ahead = undefined;
    }
    this.#ledger.putAllBack();
  }

  #claim(): void {
    const taken = this.#ledger.take([this.#current, this.#ahead?.claim]);
    if (this.#ledger.mayHaveMore && taken > 0) this.#courier.onMore();
  }

  get #wanted(): Wanted {
    return {
      allowed: this.#courier.allowed(),
      sharedBy: this.#courier.sharedBy(),
      fits: (sopClassUid, transferSyntaxUid) => {
        if (!this.#proposed.has(kindKey(sopClassUid, transferSyntaxUid))) return 'not-proposed';
        if (this.#association.accepts(sopClassUid, transferSyntaxUid)) return 'yes';
        if (!this.#isAskedWhole({ sopClassUid, transferSyntaxUid })) return 'not-proposed';
        return this.#association.accepts(sopClassUid) ? 'syntax' : 'class';
      },
      instead: (row, wentOtherwise) => {
        const { conversion } = this.#needs;
        if (!conversion) return undefined;
        const kind = { sopClassUid: row.SOPClassUID, transferSyntaxUid: row.TransferSyntaxUID };
        const accepted = acceptedInstead(this.#association, kind, conversion.rule);
        return conversion.syntaxes.choose(row, accepted, conversion.rule, wentOtherwise);
      },
    };
  }

  #isAskedWhole(kind: ObjectKind): boolean {
    const isProposed = (one: ObjectKind) => this.#proposed.has(kindKey(one.sopClassUid, one.transferSyntaxUid));
    if (isAskedWhole(isProposed, kind, this.#needs.conversion?.rule ?? 'never')) return true;
    this.#courier.mistaken(kind);
    return false;
  }

  /** What the association as a whole says about the destination. */
  #judge(): void {
    const { breaker, outbox, peer } = this.#needs;
    const cause = this.#cause ?? (this.#taken === 0 ? this.#lastFailure : null);
    if (cause === null) return;
    const takenAt = this.#courier.lastTakenAt();
    const takes = this.#taken > 0 || (takenAt !== null && takenAt > this.#beganAt);
    if (cause.class !== 'destination' && takes) return;
    const others = cause.mayHaveArrived && outbox.queue.hasReady(peer.destinationId, this.#courier.allowed());
    breaker.failedToStore(cause, others);
  }
}

const kindKey = (sopClassUid: string, transferSyntaxUid: string) => `${sopClassUid} ${transferSyntaxUid}`;
