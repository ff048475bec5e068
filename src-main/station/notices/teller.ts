// Tells the notices of one receiver, one after the other in their order. A receiver that does not answer is tried for ever,
// with growing pauses; nothing passes what waits for it. Closing ends what is under way; it is told again at the next start.
import type { NoticePeer, NoticesSetting } from '#contract/shapes/notices.ts';
import { explicitLittleEndian, implicitLittleEndian } from '#station/dicom/index.ts';
import type { AssociationRequest, Identifier, Opening } from '#station/dicom/network/index.ts';
import { waitBeforeMs, type Backoff } from '#station/kit/backoff.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Book } from '#station/records/index.ts';
import { meaningOfAcknowledgement, meaningOfStatus, type Meaning } from './answers.ts';
import { sayMllp } from './mllp-client.ts';
import { nextFor, noteAnswer, noteAttempt, type Waiting } from './notice-queue.ts';
import { availabilityClass, stepClass } from './step-content.ts';

export type TellerParts = {
  readonly book: Book;
  readonly clock: Clock;
  readonly settings: () => NoticesSetting;
  readonly callingAeTitle: () => string;
  readonly openAssociation: (request: AssociationRequest) => Promise<Opening>;
  readonly backoff: Backoff;
  /** Something was told, refused, or waits. */
  readonly onChanged: () => void;
};

type Receiver = Waiting['receiver'];
const classes = { mpps: stepClass, ian: availabilityClass } as const;
const timeouts = { connectMs: 5_000, associateMs: 10_000, answerMs: 30_000, releaseMs: 2_000 };
const longestSleepMs = 60_000;

/** The book, or this program, failed: at once it would fail again. */
const afterOwnFailureMs = 5_000;

export class Teller {
  readonly #parts: TellerParts;
  readonly #receiver: Receiver;
  readonly #ending = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> | undefined;
  #again = false;
  /** Nothing is tried sooner than so many milliseconds. */
  #restMs = 1;

  constructor(receiver: Receiver, parts: TellerParts) {
    this.#receiver = receiver;
    this.#parts = parts;
  }

  /** Looks whether something is due. */
  nudge(): void {
    if (this.#ending.signal.aborted) return;
    clearTimeout(this.#timer);
    if (this.#work) {
      this.#again = true;
      return;
    }
    this.#work = this.#tellAll()
      .catch(() => void (this.#restMs = afterOwnFailureMs))
      .finally(() => {
        this.#work = undefined;
        if (this.#again) {
          this.#again = false;
          this.nudge();
        } else this.#sleep();
        this.#restMs = 1;
      });
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#ending.abort();
    await this.#work;
  }

  #sleep(): void {
    if (this.#ending.signal.aborted || !this.#parts.settings()[this.#receiver]) return;
    const ms = this.#untilNext();
    if (ms === undefined) return;
    this.#timer = setTimeout(() => this.nudge(), Math.min(Math.max(ms, this.#restMs), longestSleepMs));
    this.#timer.unref();
  }

  #untilNext(): number | undefined {
    const { book, clock } = this.#parts;
    try {
      const next = nextFor(book, this.#receiver, clock.now());
      return next && Date.parse(next.nextAttemptAt) - clock.epochMs();
    } catch {
      return afterOwnFailureMs;
    }
  }

  #due(): Waiting | undefined {
    const { book, clock, settings } = this.#parts;
    if (this.#ending.signal.aborted || !settings()[this.#receiver]) return undefined;
    const next = nextFor(book, this.#receiver, clock.now());
    return next && Date.parse(next.nextAttemptAt) <= clock.epochMs() ? next : undefined;
  }

  async #tellAll(): Promise<void> {
    // The caller's transaction may still be open: nothing is done in its turn.
    await new Promise((resolve) => setImmediate(resolve));
    const { mpps, ian, hl7 } = this.#parts.settings();
    if (this.#receiver === 'hl7') {
      for (let next = this.#due(); next && hl7; next = this.#due()) {
        const { signal } = this.#ending;
        const controlId = String(next.number);
        this.#begin(next);
        const outcome = await sayMllp({ ...hl7, message: next.content, controlId, signal });
        if (!this.#end(next, meaningOfAcknowledgement(outcome))) return;
      }
      return;
    }
    const peer = this.#receiver === 'mpps' ? mpps : ian;
    const first = this.#due();
    if (first && peer) await this.#tellByDicom(peer, first);
  }

  /** As many as there are over one association. */
  async #tellByDicom(peer: NoticePeer, first: Waiting): Promise<void> {
    const sopClassUid = classes[this.#receiver as keyof typeof classes];
    const opening = await this.#parts.openAssociation({
      ...{
        host: peer.host,
        port: peer.port,
        calledAeTitle: peer.aeTitle,
        callingAeTitle: this.#parts.callingAeTitle(),
      },
      contexts: [{ abstractSyntaxUid: sopClassUid, transferSyntaxUids: [explicitLittleEndian, implicitLittleEndian] }],
      ...{ timeouts, signal: this.#ending.signal },
    });
    if (opening.kind !== 'accepted') {
      this.#end(first, { what: 'later', answer: sayOpening(opening), unknown: false }, false);
      return;
    }
    const { association } = opening;
    try {
      for (let next: Waiting | undefined = first; next; next = this.#due()) {
        this.#begin(next);
        const instance = {
          sopClassUid,
          sopInstanceUid: next.kind === 'available' ? uidOfAvailability(next.stepUid) : next.stepUid,
        };
        const attributes = JSON.parse(next.content) as Identifier;
        const isSet = next.kind === 'completed' || next.kind === 'discontinued';
        const outcome = await (isSet
          ? association.set(instance, attributes)
          : association.create(instance, attributes));
        const before = { attempts: next.attempts, unknown: next.unknownAttempts };
        if (!this.#end(next, meaningOfStatus(outcome, isSet ? 'set' : 'create', before))) return;
      }
    } finally {
      await association.release();
    }
  }

  #begin({ number }: Waiting): void {
    noteAttempt(this.#parts.book, number);
  }

  /** True when the next one may be told. */
  #end(notice: Waiting, { what, answer, unknown }: Meaning, wasBegun = true): boolean {
    const { book, clock, backoff, onChanged } = this.#parts;
    if (!wasBegun) noteAttempt(book, notice.number);
    const wait = what === 'later' ? waitBeforeMs(notice.attempts + 1, backoff) : 0;
    noteAnswer(book, notice.number, {
      ...{ state: what === 'later' ? 'waiting' : what, answer, unknown, at: clock.now() },
      nextAttemptAt: new Date(clock.epochMs() + wait).toISOString(),
    });
    onChanged();
    return what !== 'later';
  }
}

/** A note of availability has a UID of its own, always the same for its step: told twice, it is told once. */
function uidOfAvailability(stepUid: string): string {
  return `2.25.${(BigInt(stepUid.split('.').at(-1) ?? '0') ^ 1n).toString()}`;
}

function sayOpening(opening: Exclude<Opening, { kind: 'accepted' }>): Meaning['answer'] {
  if (opening.kind === 'unreachable') return { key: 'unreachable', params: { code: opening.code } };
  if (opening.kind === 'failed') return { key: 'connection-lost', params: {} };
  const { source, reason } = opening;
  if (source === 1 && reason === 7) return { key: 'called-ae-unknown', params: {} };
  if (source === 1 && reason === 3) return { key: 'calling-ae-unknown', params: {} };
  return { key: 'association-refused', params: {} };
}
