// What waits for a DICOMweb destination, sent in groups: one request for each, until nothing waits.
//
// Guarantees: an attempt is durable before its first byte; each object is judged by what was said about it alone, and
// where the answer was about the group, the group is made smaller until it is about one: so one object keeps no other
// back. What did not begin goes back as if it had never been taken. A body that is not whole never passes for whole.
import type { DestinationSetting } from '#contract/shapes/settings.ts';
import type { WebSetting } from '#contract/shapes/web.ts';
import { transcodesOf } from '#station/dicom/codecs/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import { limitedSource, type Bandwidth } from '../bandwidth.ts';
import type { Breaker } from '../breaker.ts';
import type { Conversion } from '../another-syntax.ts';
import type { Claim, ClaimWish, Settled } from '../claim.ts';
import { notAccepted, outcomeOf, type Verdict } from '../classification.ts';
import { concluded, interrupted, notBegun } from '../conclusion.ts';
import { openBytes, verdictOfClaim } from '../open-to-send.ts';
import type { Outbox } from '../outbox.ts';
import type { ForwardOptions, ForwardPorts, RevisionBytes } from '../ports.ts';
import type { RateMeter } from '../rate-meter.ts';
import { acceptedInstead } from '../proposals.ts';
import type { GroupSize } from './group-size.ts';
import { classifyFailure, classifyStored, type WebVerdict } from './http-classification.ts';
import { multipartBody } from './multipart.ts';
import type { RefusedKinds } from './refused-kinds.ts';
import { classifyOutcome, unreadable, type Asked, type WebService } from './service.ts';
import { readStoreAnswer } from './store-answer.ts';

export type WebSendingNeeds = {
  readonly destinationId: string;
  readonly confirm: DestinationSetting['confirm'];
  readonly web: WebSetting;
  /** Our own AE title. */
  readonly aeTitle: string;
  readonly service: WebService;
  readonly group: GroupSize;
  readonly breaker: Breaker;
  readonly outbox: Outbox;
  readonly meter: RateMeter;
  readonly bandwidth: Bandwidth;
  /** Absent: objects leave as they are. */
  readonly conversion?: Conversion | undefined;
  readonly refusedKinds: RefusedKinds;
  readonly clock: Clock;
  readonly log: Log;
  readonly ports: ForwardPorts;
  readonly options: ForwardOptions;
};

export type WebErrander = {
  mayGoOn(): boolean;
  /** Priorities that may go now. */
  allowed(): readonly number[];
  /** When the destination last took something; ISO. */
  lastTakenAt(): string | null;
  onTaken(at: string): void;
  readonly signal: AbortSignal;
};

type Opened = { readonly claim: Claim; readonly revision: RevisionBytes };

/** So many answers in a row without an object taken, and the destination is left alone for a while. */
const mostInVain = 3;

export class WebErrand {
  readonly #needs: WebSendingNeeds;
  readonly #courier: WebErrander;
  #settled: Settled[] = [];
  #taken = 0;
  #inVain = 0;
  /** Why it ends before the queue does. */
  #cause: WebVerdict | null = null;
  /** No connection came about. */
  #isUnreachable = false;
  #restMs = 0;

  constructor(needs: WebSendingNeeds, courier: WebErrander) {
    this.#needs = needs;
    this.#courier = courier;
  }

  async run(): Promise<void> {
    const { breaker, destinationId, group, outbox, web } = this.#needs;
    while (this.#courier.mayGoOn() && this.#cause === null) {
      const { result, durable } = outbox.settleAndClaim(destinationId, this.#settled.splice(0), {
        mostObjects: breaker.wantsProofByStoring ? 1 : group.objects,
        mostBytes: web.mostBytes,
        allowed: this.#courier.allowed(),
        sharedBy: 1,
        fits: (sopClass, syntax) => (this.#needs.refusedKinds.has(sopClass, syntax) ? 'syntax' : 'yes'),
        instead: this.#instead,
      });
      await durable;
      if (result.claims.length > 0) await this.#send(result.claims);
      else if (!result.more) break;
      // A long queue of what is refused here must not keep the rest of the station waiting.
      else await new Promise((resolve) => setImmediate(resolve));
    }
    await outbox.settleAndClaim(destinationId, this.#settled.splice(0), null).durable;
    this.#judge();
  }

  /** The forms that were not refused either; whether one is taken shows when it is sent. */
  #instead: NonNullable<ClaimWish['instead']> = (row, wentOtherwise) => {
    const { conversion, refusedKinds } = this.#needs;
    const { SOPClassUID: sopClassUid, TransferSyntaxUID: transferSyntaxUid } = row;
    const accepts = (one: string, syntax?: string) => syntax !== undefined && !refusedKinds.has(one, syntax);
    const accepted = conversion && acceptedInstead({ accepts }, { sopClassUid, transferSyntaxUid }, conversion.rule);
    return conversion && accepted && conversion.syntaxes.choose(row, accepted, conversion.rule, wentOtherwise);
  };

  async #send(claims: readonly Claim[]): Promise<void> {
    const opened: Opened[] = [];
    for (const claim of claims) {
      const revision = await openBytes(this.#needs.ports, claim, this.#needs.conversion?.syntaxes);
      if ('class' in revision) this.#conclude(claim, revision);
      else opened.push({ claim, revision });
    }
    if (opened.length === 0) return;
    const { aeTitle, bandwidth, service } = this.#needs;
    const { signal } = this.#courier;
    const body = multipartBody(
      opened.map(({ revision }) => revision),
      aeTitle,
    );
    const pieces = () => (bandwidth.isLimited ? limitedSource(body.pieces(), bandwidth, signal) : body.pieces());
    let outcome: Asked;
    try {
      outcome = await service.store(body, pieces, signal);
    } catch (error) {
      if ((error as Error).name !== 'AbortError') throw error;
      this.#cutOff(opened, body.progress().begun);
      return;
    }
    const { begun } = body.progress();
    if (outcome.kind === 'source-failed') {
      const [faulty] = this.#cutOff(opened, begun - 1, 1);
      if (faulty) this.#conclude(faulty.claim, await this.#verdictOf(faulty.claim, outcome.error));
    } else if (!this.#readEach(opened, outcome)) this.#refused(opened, begun, outcome);
  }

  #verdictOf(claim: Claim, error: unknown): Promise<Verdict> {
    return verdictOfClaim(error, claim, this.#needs.conversion?.syntaxes);
  }

  /** Of those before `begun` the outcome is not known; behind them `spared` are given back to be judged, the rest never left. */
  #cutOff(opened: readonly Opened[], begun: number, spared = 0): readonly Opened[] {
    for (const { claim } of opened.slice(0, begun)) this.#settled.push({ ...interrupted(claim), outcome: 'unknown' });
    for (const { claim } of opened.slice(begun + spared)) this.#putBack(claim);
    return opened.slice(begun, begun + spared);
  }

  /** Judges each object by what was said about it (PS3.18 10.5.3). False when nothing was. */
  #readEach(opened: readonly Opened[], outcome: Asked): boolean {
    if (outcome.kind !== 'answered' || outcome.early || ![200, 202, 409].includes(outcome.status)) return false;
    const { status } = outcome;
    const answer = readStoreAnswer(outcome.body, outcome.contentType);
    // Without a word about single objects 409 is about all of them, as any other refusal.
    if (status === 409 && answer.kind !== 'read') return false;
    const namesNobody = answer.kind === 'read' && answer.stored.size + answer.failed.size === 0;
    const notMentioned: Verdict = { ...unreadable(true), answer: { key: 'web-not-mentioned', params: { status } } };
    let taken = 0;
    for (const { claim, revision } of opened) {
      const found = (): Verdict => {
        // 200 says that all are stored (table 10.5.3-1); a page of something else in between says nothing.
        if (answer.kind === 'none') return status === 200 ? classifyStored(undefined) : notMentioned;
        if (answer.kind === 'unreadable') return unreadable(true);
        const reason = answer.failed.get(claim.SOPInstanceUID);
        if (reason !== undefined) return classifyFailure(reason, revision);
        if (answer.stored.has(claim.SOPInstanceUID)) return classifyStored(answer.stored.get(claim.SOPInstanceUID));
        return status === 200 && namesNobody ? classifyStored(undefined) : notMentioned;
      };
      const verdict = found();
      if (verdict.class === 'sent' || verdict.class === 'sent-with-warning') taken++;
      this.#conclude(claim, verdict, true);
      if (verdict.class === 'destination') this.#cause = { ...verdict, about: 'request' };
    }
    this.#count(taken, opened.length, { ...unreadable(true), about: 'request' });
    return true;
  }

  /** The answer, or what came instead, is about the request as a whole. */
  #refused(opened: readonly Opened[], begun: number, outcome: Exclude<Asked, { kind: 'source-failed' }>): void {
    const said = classifyOutcome(outcome);
    const found = { ...said, mayHaveArrived: said.mayHaveArrived && begun > 0 };
    const isTypeRefused = outcome.kind === 'answered' && outcome.status === 415;
    const { destinationId, group, log } = this.#needs;
    if (outcome.kind === 'unreachable') this.#isUnreachable = true;
    if (outcome.kind === 'answered') this.#restMs = outcome.retryAfterMs ?? 0;
    // An answer is about all that was asked, also when it came before the first byte of it.
    const concerned = outcome.kind === 'answered' ? opened.length : begun;
    const left = opened.slice(0, concerned);
    for (const { claim } of opened.slice(concerned)) this.#putBack(claim);
    const goesOn = found.about === 'objects' && opened.length > 1;
    if (opened.length > 1 && found.class !== 'destination') {
      for (const { claim } of left) {
        // What is refused by its type is not kept: it may leave in another form.
        const wrote = isTypeRefused ? 'object-refused' : outcomeOf(found);
        this.#settled.push({ ...interrupted(claim), outcome: wrote, answer: found.answer });
      }
      group.shrink(opened.length);
      log.warn('group-not-taken', { destinationId, code: found.answer.key, count: opened.length });
    } else {
      for (const { claim } of left) {
        const verdict = isTypeRefused && this.#mayBeItsForm(claim) ? notAccepted('syntax', kindOf(claim)) : found;
        this.#conclude(claim, verdict, outcome.kind === 'answered');
      }
    }
    if (goesOn) return;
    const isOnlyObject = outcome.kind === 'answered' && (found.class === 'object' || found.class === 'unknown');
    if (isOnlyObject) this.#count(0, opened.length, found);
    else this.#cause = found;
  }

  /** 415 is about the type of a part (RFC 9110 15.5.16): of what can be given another syntax that one is tried first. */
  #mayBeItsForm(claim: Claim): boolean {
    const { conversion } = this.#needs;
    return conversion !== undefined && transcodesOf(claim.TransferSyntaxUID, conversion.rule).length > 0;
  }

  #count(taken: number, outOf: number, found: WebVerdict): void {
    if (taken > 0) {
      this.#inVain = 0;
      this.#needs.group.taken(outOf);
    } else if (++this.#inVain >= mostInVain && this.#taken === 0) this.#cause ??= found;
  }

  #conclude(claim: Claim, found: Verdict, answered = false): void {
    if (this.#goesInAnotherForm(claim, found)) return;
    const { clock, meter } = this.#needs;
    const others = { tookOne: this.#taken > 0, lastTakenAt: this.#courier.lastTakenAt() };
    const settled = concluded(this.#needs, claim, found, others);
    this.#settled.push(settled);
    if (settled.event === 'stored') {
      this.#taken++;
      meter.count();
      this.#courier.onTaken(clock.now());
    } else if (answered && found.class === 'object') this.#courier.onTaken(clock.now());
  }

  /** Its transfer syntax is not taken here: it is claimed again at once, in one that may be. */
  #goesInAnotherForm(claim: Claim, { answer }: Verdict): boolean {
    const { conversion, refusedKinds } = this.#needs;
    if (answer.key !== 'syntax-not-accepted' || !conversion || conversion.rule === 'never') return false;
    refusedKinds.add(claim.SOPClassUID, claim.TransferSyntaxUID);
    this.#settled.push({ ...interrupted(claim), event: 'failed', outcome: 'object-refused', answer, nextInMs: 0 });
    return true;
  }

  #putBack(claim: Claim): void {
    this.#settled.push(notBegun(claim));
  }

  /** What it as a whole says about the destination. */
  #judge(): void {
    const { breaker, destinationId, outbox } = this.#needs;
    const cause = this.#cause;
    if (cause === null || (cause.class !== 'destination' && this.#taken > 0 && this.#restMs === 0)) return;
    if (this.#isUnreachable) breaker.failed(cause);
    else {
      const others = cause.mayHaveArrived && outbox.queue.hasReady(destinationId, this.#courier.allowed());
      breaker.failedToStore(cause, others && this.#restMs === 0);
    }
    if (this.#restMs > 0) breaker.leaveAlone(this.#restMs);
  }
}

const kindOf = ({ SOPClassUID: sopClassUid, TransferSyntaxUID: transferSyntaxUid }: Claim) => ({
  sopClassUid,
  transferSyntaxUid,
});
