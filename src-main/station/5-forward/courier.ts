// The courier of one destination: wakes when something waits, opens one association for what waits, and streams it from
// disk, one object after the other.
//
// Guarantees: an attempt is durable before its first byte; results are durable before more is taken; no byte of a
// revision whose digest is not the approved one completes an object. What one object does to an association keeps no other
// object back. Knows no other destination.
import type { ProposedContext } from '#station/dicom/network/index.ts';
import { Alarm } from './alarm.ts';
import { classifyEnding, classifyOpening, stationFailed } from './classification.ts';
import { Errand, type SendingNeeds } from './errand.ts';
import { verificationClass, wireSyntaxes } from './peer.ts';

export type CourierNeeds = SendingNeeds & {
  /** The queue is empty for now. */
  onDrained(): void;
};

/** Contexts in one association (PS3.8 9.3.2.2: odd numbers of one byte). */
const mostContexts = 128;
const kindsLookedAt = 2000;
const afterOwnFailureMs = 5_000;

export class Courier {
  readonly #needs: CourierNeeds;
  readonly #alarm: Alarm;
  readonly #giveUp = new AbortController();
  #paused: boolean;
  #closing = false;
  #mustRecover = false;
  #lastTakenAt: string | null = null;
  readonly #running: Promise<void>;

  constructor(needs: CourierNeeds, paused: boolean) {
    this.#needs = needs;
    this.#alarm = new Alarm(needs.clock);
    this.#paused = paused;
    this.#running = this.#run();
  }

  /** Something waits, or may be tried sooner than it was told. */
  wake(): void {
    this.#alarm.ring();
  }

  set paused(paused: boolean) {
    this.#paused = paused;
    this.#alarm.ring();
  }

  /** Ends after the object at hand; after `withinMs` it is cut off, and its outcome is unknown. */
  async close(withinMs: number): Promise<void> {
    this.#closing = true;
    this.#alarm.ring();
    const takeBack = this.#needs.clock.after(withinMs, () => this.#giveUp.abort());
    await this.#running;
    takeBack();
  }

  async #run(): Promise<void> {
    const { peer, log } = this.#needs;
    while (!this.#closing) {
      let waitMs: number | null;
      try {
        waitMs = await this.#turn();
      } catch (error) {
        if (!this.#closing) log.error('courier-failed', { destinationId: peer.destinationId }, error);
        waitMs = this.#standStill();
      }
      if (!this.#closing && waitMs !== 0) await this.#alarm.wait(waitMs);
    }
  }

  /** Something here failed, a full disk perhaps: people are told, and what was under way is recovered before the next turn. */
  #standStill(): number {
    const { breaker, log, peer } = this.#needs;
    this.#mustRecover = true;
    try {
      this.#recover();
      if (!this.#closing) breaker.failed(stationFailed);
    } catch (error) {
      log.error('outbox-failed', { destinationId: peer.destinationId }, error);
    }
    return afterOwnFailureMs;
  }

  #recover(): void {
    if (!this.#mustRecover) return;
    this.#needs.outbox.recover(this.#needs.peer.destinationId);
    this.#mustRecover = false;
  }

  /** Does what is to be done now; gives the milliseconds until there may be more, or null when only a ring can tell. */
  async #turn(): Promise<number | null> {
    const { breaker, outbox, peer, clock } = this.#needs;
    const { destinationId } = peer;
    this.#recover();
    if (this.#paused) return null;
    if (breaker.restMs > 0) return Math.ceil(breaker.restMs);
    if (breaker.isOpen) {
      await this.#probe();
      return 0;
    }
    // While it takes nothing, what was not tried yet goes first, and then one at a time: so one object keeps no other back.
    if (!breaker.wantsProofByStoring) outbox.promote(destinationId);
    if (outbox.hasReady(destinationId)) {
      await this.#sendWhatWaits();
      return 0;
    }
    if (breaker.mood !== 'well') {
      // Nothing waits that could show that it is back.
      await this.#probe();
      return 0;
    }
    this.#needs.onDrained();
    const dueAt = outbox.nextDueAt(destinationId, 'backoff');
    return dueAt === null ? null : Math.max(1, Date.parse(dueAt) - clock.epochMs());
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
    return outbox.hasReady(peer.destinationId) || outbox.promoteOne(peer.destinationId);
  }

  #isBack(): void {
    const { breaker, outbox, peer } = this.#needs;
    const wasWell = breaker.mood === 'well';
    breaker.succeeded({ key: 'answers', params: {} });
    if (!wasWell) outbox.promote(peer.destinationId, true);
  }

  async #sendWhatWaits(): Promise<void> {
    const { breaker, outbox, peer } = this.#needs;
    const kinds = outbox.waitingKinds(peer.destinationId, kindsLookedAt).slice(0, mostContexts);
    const contexts: ProposedContext[] = kinds.map((kind) => ({
      abstractSyntaxUid: kind.sopClassUid,
      transferSyntaxUids: [kind.transferSyntaxUid],
    }));
    const opening = await peer.open(contexts, { signal: this.#giveUp.signal });
    if (opening.kind !== 'accepted') return breaker.failed(classifyOpening(opening, peer.titles));
    await new Errand(this.#needs, opening.association, contexts, {
      mayGoOn: () => !this.#closing && !this.#paused,
      lastTakenAt: () => this.#lastTakenAt,
      onTaken: (at) => {
        this.#lastTakenAt = at;
        if (breaker.mood !== 'well') this.#isBack();
        else breaker.succeeded({ key: 'answers', params: {} });
      },
    }).run();
  }
}
