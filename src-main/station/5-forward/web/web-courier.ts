// The courier of one DICOMweb destination: wakes when something waits, sends it in groups, and asks a small question while
// the destination is silent.
//
// Guarantees: those of a Courier; one request at a time. `associations` of the settings has no meaning here.
import type { SendingSchedule } from '#contract/shapes/couriers.ts';
import { Bandwidth } from '../bandwidth.ts';
import { stationFailed } from '../classification.ts';
import { sendingHoursAt, type SendingHours } from '../sending-hours.ts';
import { WaitingLoop } from '../waiting-loop.ts';
import { askWhetherThere } from './question.ts';
import { RefusedKinds } from './refused-kinds.ts';
import { WebErrand, type WebSendingNeeds } from './web-errand.ts';

export type WebCourierNeeds = Omit<WebSendingNeeds, 'bandwidth' | 'refusedKinds'> & {
  /** The queue is empty for now. */
  onDrained(): void;
};

type Terms = {
  readonly bytesPerSecond?: number | undefined;
  readonly schedule?: SendingSchedule | undefined;
};

const afterOwnFailureMs = 5_000;

export class WebCourier {
  readonly #needs: WebSendingNeeds & WebCourierNeeds;
  readonly #loop: WaitingLoop;
  #terms: Terms;
  #mustRecover = false;
  #isSending = false;
  #lastTakenAt: string | null = null;

  constructor(needs: WebCourierNeeds, terms: Terms, paused: boolean) {
    this.#terms = terms;
    const { clock } = needs;
    const bandwidth = new Bandwidth(clock, terms.bytesPerSecond);
    this.#needs = { ...needs, bandwidth, refusedKinds: new RefusedKinds(clock) };
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
  }

  /** What it refused is not held against it any more. */
  askAnew(): void {
    this.#needs.refusedKinds.forget();
    this.wake();
  }

  set paused(paused: boolean) {
    this.#loop.paused = paused;
  }

  /** Counts from the next request on. */
  set terms(terms: Terms) {
    this.#terms = terms;
    this.#needs.bandwidth.bytesPerSecond = terms.bytesPerSecond;
    this.wake();
  }

  /** Requests under way. */
  get associations(): number {
    return this.#isSending ? 1 : 0;
  }

  get hours(): SendingHours {
    return sendingHoursAt(this.#terms.schedule, this.#needs.clock.epochMs());
  }

  /** Ends after the group at hand; after `withinMs` it is cut off, and its outcome is unknown. */
  async close(withinMs: number): Promise<void> {
    await this.#loop.close(withinMs);
    this.#needs.service.close();
  }

  /** Something here failed, a full disk perhaps: people are told, and what was under way is recovered before the next turn. */
  #failed(error: unknown): void {
    const { breaker, destinationId, log } = this.#needs;
    this.#mustRecover = true;
    if (this.#loop.isClosing) return;
    log.error('courier-failed', { destinationId }, error);
    try {
      breaker.failed(stationFailed);
    } catch (failure) {
      log.error('outbox-failed', { destinationId }, failure);
    }
  }

  async #turn(): Promise<number | null> {
    const { breaker, clock, destinationId, outbox } = this.#needs;
    if (this.#mustRecover) outbox.recover(destinationId);
    this.#mustRecover = false;
    if (this.#loop.paused) return null;
    if (breaker.restMs > 0) return Math.ceil(breaker.restMs);
    if (breaker.isOpen) return this.#probe();
    // While it takes nothing, what was not tried yet goes first, and then one at a time: so one object keeps no other back.
    if (!breaker.wantsProofByStoring) outbox.promote(destinationId);
    if (outbox.queue.hasReady(destinationId, this.hours.allowed)) return this.#send();
    if (breaker.mood !== 'well') return this.#probe();
    this.#needs.onDrained();
    const dueAt = outbox.queue.nextDueAt(destinationId, 'backoff');
    const times = [dueAt === null ? null : Date.parse(dueAt), this.hours.opensAtMs].filter((at) => at !== null);
    return times.length === 0 ? null : Math.max(1, Math.min(...times) - clock.epochMs());
  }

  async #send(): Promise<number> {
    const { breaker } = this.#needs;
    this.#isSending = true;
    try {
      await new WebErrand(this.#needs, {
        mayGoOn: () => this.#loop.mayGoOn,
        allowed: () => this.hours.allowed,
        lastTakenAt: () => this.#lastTakenAt,
        signal: this.#loop.signal,
        onTaken: (at) => {
          this.#lastTakenAt = at;
          if (breaker.mood === 'well') breaker.succeeded({ key: 'answers', params: {} });
          else this.#isBack();
        },
      }).run();
    } finally {
      this.#isSending = false;
    }
    return 0;
  }

  async #probe(): Promise<number> {
    const { breaker, destinationId, outbox, service } = this.#needs;
    const found = await askWhetherThere(service, this.#loop.signal);
    if (found.kind === 'not-there') {
      breaker.failed(found.verdict);
      if (found.restMs > 0) breaker.leaveAlone(found.restMs);
      return 0;
    }
    // Something that can show whether it takes objects again: what is ready, else what was not tried for longest.
    const hasScout = () => outbox.queue.hasReady(destinationId, this.hours.allowed) || outbox.promoteOne(destinationId);
    if (breaker.wantsProofByStoring && hasScout()) breaker.halfOpen();
    else this.#isBack();
    return 0;
  }

  #isBack(): void {
    const { breaker, destinationId, outbox } = this.#needs;
    const wasWell = breaker.mood === 'well';
    breaker.succeeded({ key: 'answers', params: {} });
    if (!wasWell) outbox.promote(destinationId, true);
  }
}
