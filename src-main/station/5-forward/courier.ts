// The courier of one destination: wakes when something waits, opens one association for what waits, more of them while
// the queue lasts, and probes while it is silent.
//
// Guarantees: what one object does to an association keeps no other object back: it hangs alone, and another association
// takes over what is behind it. More than one association is opened only while the destination takes objects; one that
// is refused costs nothing but the attempt. Knows no other destination.
import type { SendingSchedule } from '#contract/shapes/couriers.ts';
import type { OpenAssociation, ProposedContext } from '#station/dicom/network/index.ts';
import { Bandwidth } from './bandwidth.ts';
import { classifyEnding, classifyOpening, stationFailed } from './classification.ts';
import { Errand, type Errander, type SendingNeeds } from './errand.ts';
import { verificationClass, wireSyntaxes } from './peer.ts';
import { proposalsFor, type ObjectKind } from './proposals.ts';
import { sendingHoursAt, type SendingHours } from './sending-hours.ts';
import { WaitingLoop } from './waiting-loop.ts';

export type CourierNeeds = Omit<SendingNeeds, 'bandwidth'> & {
  /** The queue is empty for now. */
  onDrained(): void;
};

/** What the site says about sending to the destination; see contract/shapes/couriers. */
export type SendingTerms = {
  readonly associations?: number | undefined;
  readonly bytesPerSecond?: number | undefined;
  readonly schedule?: SendingSchedule | undefined;
};

/** Contexts in one association (PS3.8 9.3.2.2: odd numbers of one byte). */
const mostContexts = 128;
const kindsLookedAt = 2000;
const afterOwnFailureMs = 5_000;
/** So much slower than usual is one object when it is taken for stuck, but not within a moment. */
const stuckFactor = 20;
const leastStuckMs = 60;

export class Courier {
  readonly #needs: SendingNeeds & CourierNeeds;
  readonly #loop: WaitingLoop;
  readonly #errands = new Set<Errand>();
  #terms: SendingTerms;
  readonly #giveUp = new AbortController();
  /** Every errand, and an association that is being opened beside others. */
  readonly #underWay = new Set<Promise<void>>();
  /** Associations that are being opened beside others. */
  #opening = 0;
  /** An association began and nothing was taken since. */
  #isNews = false;
  #mustRecover = false;
  #lastTakenAt: string | null = null;
  #lastTakenMs = Number.NEGATIVE_INFINITY;
  /** What one object takes here, of late. */
  #usualMs = 0;
  /** Of these an examination said what is not so any more. */
  readonly #doubted = new Set<string>();
  /** The destination did not want more associations than it had. */
  #content: { readonly most: number; readonly untilMs: number } | null = null;

  constructor(needs: CourierNeeds, terms: SendingTerms, paused: boolean) {
    this.#terms = terms;
    this.#needs = { ...needs, bandwidth: new Bandwidth(needs.clock, terms.bytesPerSecond) };
    const { clock } = needs;
    this.#loop = new WaitingLoop({
      clock,
      paused,
      turn: () => this.#turn(),
      failed: (error) => {
        this.#failed(error);
        return afterOwnFailureMs;
      },
    });
  }

  /** Something waits, or may be tried sooner than it was told. */
  wake(): void {
    this.#loop.wake();
    for (const errand of this.#errands) errand.wake();
  }

  /** Nothing that it refused is held against it: each association asks. */
  askAnew(): void {
    this.wake();
  }

  set paused(paused: boolean) {
    this.#loop.paused = paused;
    this.wake();
  }

  /** Counts from the next object on. */
  set terms(terms: SendingTerms) {
    this.#terms = terms;
    this.#content = null;
    this.#needs.bandwidth.bytesPerSecond = terms.bytesPerSecond;
    this.wake();
  }

  /** Associations that are open for sending now. */
  get associations(): number {
    return this.#errands.size;
  }

  /** When what keeps to hours may go; null when it may. */
  get hours(): SendingHours {
    return sendingHoursAt(this.#terms.schedule, this.#needs.clock.epochMs());
  }

  /** Ends after the objects at hand; after `withinMs` they are cut off, and their outcome is unknown. */
  async close(withinMs: number): Promise<void> {
    const takeBack = this.#needs.clock.after(withinMs, () => this.#giveUp.abort());
    const closed = this.#loop.close(withinMs);
    this.wake();
    await closed;
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    takeBack();
  }

  /** Something here failed, a full disk perhaps: people are told, and what was under way is recovered before the next turn. */
  #failed(error: unknown): void {
    const { breaker, log, peer } = this.#needs;
    this.#mustRecover = true;
    if (this.#loop.isClosing) return;
    log.error('courier-failed', { destinationId: peer.destinationId }, error);
    try {
      breaker.failed(stationFailed);
    } catch (failure) {
      log.error('outbox-failed', { destinationId: peer.destinationId }, failure);
    }
  }

  /** Does what is to be done now; gives the milliseconds until there may be more, or null when only a ring can tell. */
  async #turn(): Promise<number | null> {
    const { breaker, outbox, peer } = this.#needs;
    const { destinationId } = peer;
    if (this.#mustRecover) {
      if (this.#errands.size > 0) return null;
      outbox.recover(destinationId);
      this.#mustRecover = false;
    }
    if (this.#loop.paused) return null;
    if (breaker.restMs > 0) return Math.ceil(breaker.restMs);
    if (breaker.isOpen) {
      if (this.#errands.size > 0) return null;
      await this.#probe();
      return 0;
    }
    // While it takes nothing, what was not tried yet goes first, and then one at a time: so one object keeps no other back.
    if (!breaker.wantsProofByStoring) outbox.promote(destinationId);
    const { allowed } = this.hours;
    if (outbox.queue.hasReady(destinationId, allowed)) {
      if (this.#errands.size > 0) return this.#sendMore(allowed);
      await this.#open();
      return 0;
    }
    if ([...this.#errands].some((errand) => !errand.isIdle)) {
      this.#takeFromStuck();
      return Math.min(this.#stuckMs / 2, this.#untilNextDue() ?? Number.POSITIVE_INFINITY);
    }
    if (breaker.mood !== 'well') {
      // Nothing waits that could show that it is back.
      await this.#probe();
      return 0;
    }
    this.#needs.onDrained();
    return this.#untilNextDue();
  }

  #untilNextDue(): number | null {
    const { clock, outbox, peer } = this.#needs;
    const dueAt = outbox.queue.nextDueAt(peer.destinationId, 'backoff');
    const times = [dueAt === null ? null : Date.parse(dueAt), this.hours.opensAtMs].filter((at) => at !== null);
    return times.length === 0 ? null : Math.max(1, Math.min(...times) - clock.epochMs());
  }

  /** At least one association is open and more waits. */
  #sendMore(allowed: readonly number[]): number | null {
    const { breaker, clock, outbox, peer } = this.#needs;
    for (const errand of this.#errands) if (errand.isIdle) errand.wake();
    const stuck = this.#takeFromStuck();
    const open = this.#errands.size;
    // While nothing shows that it takes anything, one more is tried: the first may hang on its object alone.
    const takes = breaker.mood === 'well' && clock.monotonicMs() - this.#lastTakenMs < 2 * this.#stuckMs;
    const wanted = takes ? this.#most + Math.min(stuck, this.#most) : 1 + Math.min(stuck, 1);
    if (this.#content !== null && this.#content.untilMs <= clock.monotonicMs()) this.#content = null;
    const isBusy = [...this.#errands].every((errand) => !errand.isIdle);
    const room = Math.min(wanted, this.#content?.most ?? wanted) - open - this.#opening;
    if (isBusy && this.#opening === 0 && room > 0) {
      // As many again as there are, so that a far destination is soon used to the full.
      const waiting = outbox.queue.countReady(peer.destinationId, allowed, 2 * room);
      const more = Math.min(room, open, stuck === open ? waiting : waiting >> 1);
      for (let count = 0; count < more; count++) this.#goOnBeside(() => this.#openOneMore());
    }
    return this.#stuckMs / 2;
  }

  /** So long without a byte or an answer is stuck, not slow. */
  get #stuckMs(): number {
    const { bandwidth, options } = this.#needs;
    const usualMs = stuckFactor * this.#usualMs;
    const isKnown = this.#usualMs > 0 && !bandwidth.isLimited;
    return Math.max(isKnown ? Math.min(leastStuckMs, options.stuckAfterMs) : options.stuckAfterMs, usualMs);
  }

  /** One more was opened while another hung, which goes on. */
  #hasTooMany(): boolean {
    if (this.#errands.size <= this.#most) return false;
    return [...this.#errands].filter((errand) => errand.silentMs < this.#stuckMs).length > this.#most;
  }

  /** What hangs on one object keeps nothing else. Gives how many do. */
  #takeFromStuck(): number {
    const stuck = [...this.#errands].filter((errand) => errand.silentMs >= this.#stuckMs);
    for (const errand of stuck) errand.giveBackRest();
    return stuck.length;
  }

  get #most(): number {
    return this.#terms.associations ?? this.#needs.options.associations;
  }

  async #probe(): Promise<void> {
    const { breaker, peer } = this.#needs;
    const opening = await peer.open([{ abstractSyntaxUid: verificationClass, transferSyntaxUids: wireSyntaxes }], {
      signal: this.#giveUp.signal,
    });
    if (opening.kind !== 'accepted') return breaker.failed(classifyOpening(opening, peer.titles));
    const { association } = opening;
    const echoed = await association.echo();
    await association.release();
    if (echoed.kind === 'not-sent' || echoed.kind === 'unknown-outcome') {
      return breaker.failed(classifyEnding(echoed.ending));
    }
    // An association that was accepted shows that it is there, whether or not it offers verification.
    if (breaker.wantsProofByStoring && this.#hasScout()) breaker.halfOpen();
    else this.#isBack();
  }

  /** Something that can show whether it takes objects again: what is ready, else what was not tried for longest. */
  #hasScout(): boolean {
    const { outbox, peer } = this.#needs;
    return outbox.queue.hasReady(peer.destinationId, this.hours.allowed) || outbox.promoteOne(peer.destinationId);
  }

  #isBack(): void {
    const { breaker, outbox, peer } = this.#needs;
    const wasWell = breaker.mood === 'well';
    breaker.succeeded({ key: 'answers', params: {} });
    if (!wasWell) outbox.promote(peer.destinationId, true);
  }

  /** The first association: what comes of it says how the destination stands. */
  async #open(): Promise<void> {
    const { breaker, peer } = this.#needs;
    const contexts = this.#contexts();
    const opening = await peer.open(contexts, { signal: this.#giveUp.signal });
    if (opening.kind === 'accepted') this.#begin(opening.association, contexts);
    else breaker.failed(classifyOpening(opening, peer.titles));
  }

  /** Beside others: when it is not wanted the destination is left at what it has for a while. */
  async #openOneMore(): Promise<void> {
    const { clock, log, options, peer } = this.#needs;
    this.#opening++;
    try {
      const contexts = this.#contexts();
      const opening = await peer.open(contexts, { signal: this.#giveUp.signal });
      if (opening.kind === 'accepted') this.#begin(opening.association, contexts);
      else {
        this.#content = { most: Math.max(1, this.#errands.size), untilMs: clock.monotonicMs() + options.contentForMs };
      }
    } catch (error) {
      if (!this.#loop.isClosing) log.error('courier-failed', { destinationId: peer.destinationId }, error);
    } finally {
      this.#opening--;
    }
  }

  #contexts(): ProposedContext[] {
    const { outbox, peer } = this.#needs;
    const kinds = outbox.queue.kinds(peer.destinationId, this.hours.allowed, kindsLookedAt);
    return proposalsFor(kinds, this.#needs.conversion?.rule ?? 'never', mostContexts, (kind) => this.#known(kind));
  }

  #known({ sopClassUid, transferSyntaxUid }: ObjectKind) {
    if (this.#doubted.has(`${sopClassUid} ${transferSyntaxUid}`)) return undefined;
    return this.#needs.ports.knownToTake?.(this.#needs.peer.destinationId, sopClassUid, transferSyntaxUid);
  }

  /** Runs beside the turns; the turn that finds it ended goes on from there. */
  #begin(association: OpenAssociation, contexts: readonly ProposedContext[]): void {
    const errand = new Errand(this.#needs, association, contexts, this.#errander);
    this.#errands.add(errand);
    this.#isNews = true;
    this.#goOnBeside(async () => {
      try {
        await errand.run();
      } catch (error) {
        this.#failed(error);
      } finally {
        this.#errands.delete(errand);
      }
    });
  }

  #goOnBeside(work: () => Promise<void>): void {
    const done = work().finally(() => {
      this.#underWay.delete(done);
      this.#loop.wake();
    });
    this.#underWay.add(done);
  }

  readonly #errander: Errander = {
    mayGoOn: () => this.#loop.mayGoOn && !this.#mustRecover && !this.#needs.breaker.isOpen,
    allowed: () => this.hours.allowed,
    sharedBy: () => (this.#needs.breaker.mood === 'well' ? this.#most : 1),
    lastTakenAt: () => this.#lastTakenAt,
    onTaken: (at, tookMs) => this.#taken(at, tookMs),
    onMore: () => this.#loop.wake(),
    onIdle: () => this.#loop.wake(),
    mistaken: ({ sopClassUid, transferSyntaxUid }) => this.#doubted.add(`${sopClassUid} ${transferSyntaxUid}`),
    hasTooMany: () => this.#hasTooMany(),
    // A destination that is to have one association must have room for the one that asks for proof.
    keepOpenMs: () => (this.#most === 1 ? 0 : this.#needs.options.keepOpenMs),
    signal: this.#giveUp.signal,
  };

  #taken(at: string, tookMs: number): void {
    const { breaker } = this.#needs;
    this.#lastTakenAt = at;
    this.#lastTakenMs = this.#needs.clock.monotonicMs();
    this.#usualMs = this.#usualMs === 0 ? tookMs : this.#usualMs * 0.9 + tookMs * 0.1;
    if (breaker.mood !== 'well') this.#isBack();
    else breaker.succeeded({ key: 'answers', params: {} });
    // It takes objects: another one may be opened.
    if (this.#isNews) this.#loop.wake();
    this.#isNews = false;
  }
}
