// Objects that a destination takes in another transfer syntax only: which form they leave in, and having it made.
//
// Guarantees: the digest of a form is durable before its first byte leaves; what may have arrived in one form only ever
// leaves in that one; making one keeps nothing else waiting; what cannot be made holds back that delivery alone, with
// words. At most a few GiB of forms lie on the disk, unless one is larger than that by itself.
import type { PeerAnswer } from '#contract/shapes/answer-keys.ts';
import type { TranscodeRule } from '#station/dicom/codecs/index.ts';
import { laterBy, type Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import type { Book } from '#station/records/index.ts';
import { checkedSource } from './checked-source.ts';
import type { Claim, Instead, MovingRow } from './claim.ts';
import { MadeSyntaxes } from './made-syntaxes.ts';
import { verdictOfReading } from './open-to-send.ts';
import type { Outbox } from './outbox.ts';
import type { FormOutcome, RevisionBytes, SyntaxMaker } from './ports.ts';

export type AnotherSyntaxNeeds = {
  readonly book: Book;
  readonly clock: Clock;
  readonly log: Log;
  readonly outbox: Outbox;
  readonly maker: SyntaxMaker;
  openRevision(revisionId: string): Promise<RevisionBytes>;
  /** Something for this destination is ready, or blocked. */
  onMade(destinationId: string): void;
};

/** How a destination's objects may be given another transfer syntax. */
export type Conversion = { readonly syntaxes: AnotherSyntax; readonly rule: TranscodeRule };

/** What can leave again in a moment. */
type WaitingRow = MovingRow & {
  readonly revisionId: string;
  readonly SOPInstanceUID: string;
  readonly TransferSyntaxUID: string;
};

type Job = { readonly row: WaitingRow; readonly to: string; readonly rule: TranscodeRule };

const mostKeptBytes = 2 * 1024 ** 3;
const againMs = 60_000;

export class AnotherSyntax {
  readonly #needs: AnotherSyntaxNeeds;
  readonly #forms: MadeSyntaxes;
  readonly #jobs: Job[] = [];
  #work: Promise<void> | undefined;
  #isClosed = false;

  constructor(needs: AnotherSyntaxNeeds) {
    this.#needs = needs;
    this.#forms = new MadeSyntaxes(needs.book);
    this.#recover();
  }

  /**
   * How an object leaves that does not go as it is. Called inside the transaction that claims.
   * @param wentAs whether anything may have arrived there in another form than this one; without a digest: in any form
   */
  choose(
    row: WaitingRow,
    accepted: readonly string[] | 'needs-leave',
    rule: TranscodeRule,
    wentOtherwise: (dataSetSha256: string) => boolean,
  ): Instead | undefined {
    const from = row.TransferSyntaxUID;
    if (accepted === 'needs-leave') {
      return { kind: 'refused', answer: { key: 'lossy-not-converted', params: { transferSyntax: from } } };
    }
    for (const to of accepted) {
      const form = this.#forms.find(row.revisionId, to);
      // An empty digest is that of no form: it asks whether anything left at all.
      if (wentOtherwise(form?.dataSetSha256 ?? '')) continue;
      if (form?.kept) {
        const { dataSetSha256, dataSetLength: sizeBytes } = form;
        return { kind: 'made', form: { TransferSyntaxUID: to, dataSetSha256, sizeBytes, isMade: true } };
      }
      const answer: PeerAnswer = { key: 'converting', params: { transferSyntax: to } };
      return { kind: 'to-make', answer, begin: () => this.#begin({ row, to, rule }) };
    }
    return undefined;
  }

  /** The bytes of a form that was claimed. Rejects with a system error when they are not there. */
  async open(claim: Claim): Promise<RevisionBytes> {
    const { revisionId, TransferSyntaxUID } = claim;
    const form = this.#forms.find(revisionId, TransferSyntaxUID);
    if (!form) throw Object.assign(new Error('no such form'), { code: 'EIO' });
    const { dataSetLength, dataSetSha256, dataSetOffset } = form;
    return {
      sopClassUid: claim.SOPClassUID,
      sopInstanceUid: claim.SOPInstanceUID,
      transferSyntaxUid: TransferSyntaxUID,
      dataSetLength,
      dataSetSha256,
      stream: () => this.#needs.maker.stream(revisionId, TransferSyntaxUID, dataSetOffset),
    };
  }

  /** Its bytes are not what they were, or gone: the next try finds them made anew. */
  async mistrust({ revisionId, TransferSyntaxUID }: Claim): Promise<void> {
    this.#forms.forget(revisionId, TransferSyntaxUID);
    await this.#needs.maker.drop(revisionId, TransferSyntaxUID);
  }

  /** Lets go of the forms of what arrived for good. To be called now and then. */
  tidy(): void {
    for (const { revisionId, TransferSyntaxUID } of this.#forms.kept()) {
      if (this.#forms.isDone(revisionId)) this.#drop(revisionId, TransferSyntaxUID);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#jobs.length = 0;
    await this.#needs.maker.close();
    await this.#work;
  }

  /** What was being made when the station ended is claimed again, and then made again. */
  #recover(): void {
    const { maker } = this.#needs;
    const there = maker.keepOnly(this.#forms.kept());
    this.#needs.outbox.change((mover) => {
      for (const form of this.#forms.kept()) {
        if (!there(form)) this.#forms.forget(form.revisionId, form.TransferSyntaxUID);
      }
      for (const row of this.#needs.book
        .sql<MovingRow>(
          `SELECT id, examId, objectId, destinationId, state FROM delivery WHERE state = 'backoff' AND nextAttemptAt IS NULL`,
        )
        .all())
        mover.move(row, 'due');
    });
  }

  #begin(job: Job): void {
    if (this.#isClosed) return;
    this.#jobs.push(job);
    this.#work ??= this.#workOff().finally(() => {
      this.#work = undefined;
      const next = this.#jobs.shift();
      if (next) this.#begin(next);
    });
  }

  async #workOff(): Promise<void> {
    await Promise.resolve();
    for (let job = this.#jobs.shift(); job; job = this.#jobs.shift()) {
      try {
        this.#settle(job, await this.#make(job));
      } catch (error) {
        if (this.#isClosed) return;
        this.#failed(job, error);
      }
    }
  }

  #failed(job: Job, error: unknown): void {
    const { log } = this.#needs;
    const found = verdictOfReading(error);
    log.error('syntax-not-made', { deliveryId: job.row.id, reason: found.answer.key }, error);
    try {
      if (found.class === 'object') this.#refuse(job, found.answer);
      else this.#later(job);
    } catch (again) {
      // The book cannot be written: it waits as it is, the others have their turn, and the next start makes it ready.
      log.error('syntax-not-made', { deliveryId: job.row.id }, again);
    }
  }

  async #make({ row, to, rule }: Job): Promise<FormOutcome> {
    const form = this.#forms.find(row.revisionId, to);
    // Another destination may have wanted the same meanwhile.
    if (form?.kept) return { kind: 'made', ...form };
    const revision = await this.#needs.openRevision(row.revisionId);
    if (!this.#makeRoom()) return { kind: 'cannot', reason: 'no-room' };
    const { revisionId } = row;
    const { sopClassUid, sopInstanceUid, transferSyntaxUid, dataSetLength } = revision;
    return this.#needs.maker.make({
      ...{ revisionId, sopClassUid, sopInstanceUid, transferSyntaxUid, dataSetLength },
      source: checkedSource(revision, revision.dataSetSha256),
      to,
      mayDecompressLossy: rule === 'decompress',
    });
  }

  #settle(job: Job, outcome: FormOutcome): void {
    const { row, to } = job;
    const { clock, maker, outbox, onMade } = this.#needs;
    if (outcome.kind === 'cannot') {
      if (outcome.reason === 'closed') return;
      if (outcome.reason === 'no-room') return this.#later(job);
      return this.#refuse(job, cannotConvert(row, outcome.reason));
    }
    const isKept = outbox.change((mover) => {
      if (!this.#forms.put(row.revisionId, to, outcome, clock.now())) return false;
      mover.move({ ...row, state: 'backoff' }, 'due');
      return true;
    });
    if (isKept) return onMade(row.destinationId);
    void maker.drop(row.revisionId, to);
    this.#refuse(job, cannotConvert(row, 'not-the-same'));
  }

  #refuse({ row }: Job, answer: PeerAnswer): void {
    const { log, outbox, onMade } = this.#needs;
    outbox.change((mover) => mover.move({ ...row, state: 'backoff' }, 'refused', { nextAttemptAt: null }, answer));
    log.warn('syntax-not-made', { deliveryId: row.id, reason: String(answer.params['reason'] ?? answer.key) });
    onMade(row.destinationId);
  }

  /** For want of room, or because something here failed: it is tried again. */
  #later({ row }: Job): void {
    const { clock, outbox, onMade } = this.#needs;
    const nextAttemptAt = laterBy(clock.now(), againMs);
    const answer: PeerAnswer = { key: 'no-room-to-convert', params: {} };
    outbox.change((mover) => mover.move({ ...row, state: 'backoff' }, 'prepare', { nextAttemptAt }, answer));
    onMade(row.destinationId);
  }

  /** Forms that are not about to leave go; one that is needed again is made again. False when there is too much all the same. */
  #makeRoom(): boolean {
    const kept = this.#forms.kept();
    let bytes = kept.reduce((sum, form) => sum + form.dataSetLength, 0);
    for (const form of kept) {
      if (bytes <= mostKeptBytes) break;
      if (form.waits === 1) continue;
      this.#drop(form.revisionId, form.TransferSyntaxUID);
      bytes -= form.dataSetLength;
    }
    return bytes <= mostKeptBytes;
  }

  #drop(revisionId: string, transferSyntaxUid: string): void {
    this.#forms.forget(revisionId, transferSyntaxUid);
    void this.#needs.maker.drop(revisionId, transferSyntaxUid);
  }
}

const cannotConvert = (row: WaitingRow, reason: string): PeerAnswer => ({
  key: 'cannot-convert',
  params: { transferSyntax: row.TransferSyntaxUID, reason },
});
