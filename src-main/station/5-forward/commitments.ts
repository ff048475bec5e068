// Commitment requests and proofs, in the book.
//
// Guarantees: a Transaction UID is durable before it leaves; a report counts only if its transaction is known, came from
// the destination that was asked, and named the object; a late or repeated report is harmless, and a late yes counts
// unless the destination said no to a later request.
import type { PeerAnswer } from '#contract/shapes/answer-keys.ts';
import type { CommitmentReport } from '#station/dicom/network/index.ts';
import { laterBy, type Clock } from '#station/kit/clock.ts';
import { newId, newUid } from '#station/kit/ids.ts';
import type { Book } from '#station/records/index.ts';
import { classifyCommitFailure, statusText } from './classification.ts';
import type { Mover, MovingRow, Outbox } from './outbox.ts';
import type { ForwardOptions } from './ports.ts';
import { askAgainMs, commitDeadlineMs, stepAfterMissing } from './retry-timetable.ts';

/** An object that was sent and whose proof is due to be asked for. */
export type Unproved = MovingRow & {
  readonly SOPInstanceUID: string;
  readonly SOPClassUID: string;
  readonly StudyInstanceUID: string;
  readonly SeriesInstanceUID: string;
  readonly sentAt: string;
  readonly askedTimes: number;
  readonly unknownAttempts: number;
};

export type Asked = { readonly commitmentId: string; readonly transactionUid: string };

type Needs = {
  readonly book: Book;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly options: ForwardOptions;
};

type Named = MovingRow & {
  readonly SOPInstanceUID: string;
  readonly commitmentId: string | null;
  readonly askedTimes: number;
  readonly unknownAttempts: number;
};

export class Commitments {
  readonly #book: Book;
  readonly #clock: Clock;
  readonly #outbox: Outbox;
  readonly #options: ForwardOptions;

  constructor({ book, clock, outbox, options }: Needs) {
    this.#book = book;
    this.#clock = clock;
    this.#outbox = outbox;
    this.#options = options;
  }

  /** After a restart the deadlines of open requests are near: reports may have come while nobody listened. */
  recover(): void {
    this.#book
      .sql(
        `UPDATE delivery SET nextAttemptAt = min(nextAttemptAt, :until)
         WHERE state = 'commit-requested' AND destinationId IN (SELECT id FROM destination)`,
      )
      .run({ until: laterBy(this.#clock.now(), this.#options.commitAfterRestartMs) });
  }

  /** Requests whose report did not come in time; they will be asked anew. Gives how many deliveries. */
  giveUpWaiting(destinationId: string): number {
    const now = this.#clock.now();
    const rows = this.#book
      .sql<MovingRow & { readonly commitmentId: string | null }>(
        `SELECT id, examId, objectId, destinationId, state, commitmentId FROM delivery
         WHERE destinationId = ? AND state = 'commit-requested' AND nextAttemptAt <= ? LIMIT 1000`,
      )
      .all(destinationId, now);
    if (rows.length === 0) return 0;
    this.#outbox.change((mover) => {
      for (const row of rows) {
        mover.move(row, 'ask-again', { nextAttemptAt: now, commitmentId: null }, { key: 'commit-overdue', params: {} });
      }
      for (const id of new Set(rows.map((row) => row.commitmentId))) {
        if (id !== null)
          this.#book.sql(`UPDATE commitment SET state = 'overdue' WHERE id = ? AND state = 'asked'`).run(id);
      }
    });
    return rows.length;
  }

  /** What is due to be asked for, those first that wait longest. */
  due(destinationId: string, most: number): Unproved[] {
    return this.#book
      .sql<Unproved>(
        `SELECT delivery.id, delivery.examId, delivery.objectId, destinationId, delivery.state, askedTimes, unknownAttempts,
           revision.SOPInstanceUID, revision.SOPClassUID, SeriesInstanceUID,
           coalesce(nullif(revision.StudyInstanceUID, ''), exam.StudyInstanceUID) AS StudyInstanceUID,
           coalesce(sentAt, '') AS sentAt
         FROM delivery JOIN revision ON revision.id = delivery.revisionId
         JOIN exam ON exam.id = delivery.examId
         JOIN object ON object.id = delivery.objectId JOIN series ON series.id = object.seriesId
         WHERE destinationId = ? AND delivery.state = 'sent' AND nextAttemptAt <= ? ORDER BY nextAttemptAt LIMIT ?`,
      )
      .all(destinationId, this.#clock.now(), most);
  }

  /** What was just sent needs not be gathered any longer: the queue is empty. */
  hurry(destinationId: string): void {
    const now = this.#clock.now();
    this.#book
      .sql(
        `UPDATE delivery SET nextAttemptAt = ?
         WHERE destinationId = ? AND state = 'sent' AND askedTimes = 0 AND nextAttemptAt > ?`,
      )
      .run(now, destinationId, now);
  }

  /** Writes a request down before it leaves. */
  ask(destinationId: string, unproved: readonly Unproved[]): Asked {
    return this.#outbox.change((mover) => {
      const asked: Asked = { commitmentId: newId(), transactionUid: newUid() };
      const now = this.#clock.now();
      const times = Math.max(...unproved.map((row) => row.askedTimes)) + 1;
      const deadlineAt = laterBy(now, commitDeadlineMs(times, this.#options.commitDeadlineMs));
      this.#book
        .sql(
          `INSERT INTO commitment (id, transactionUid, destinationId, state, askedAt, deadlineAt)
           VALUES (?, ?, ?, 'asked', ?, ?)`,
        )
        .run(asked.commitmentId, asked.transactionUid, destinationId, now, deadlineAt);
      for (const row of unproved) {
        this.#book
          .sql('INSERT INTO commitment_item (commitmentId, SOPInstanceUID, deliveryId) VALUES (?, ?, ?)')
          .run(asked.commitmentId, row.SOPInstanceUID, row.id);
        const sets = { commitmentId: asked.commitmentId, askedTimes: row.askedTimes + 1, nextAttemptAt: deadlineAt };
        mover.move(row, 'asked', sets, { key: 'commit-asked', params: {} });
      }
      return asked;
    });
  }

  /** False when its report is in. */
  isOpen(asked: Asked): boolean {
    const found = this.#book.sql(`SELECT 1 FROM commitment WHERE id = ? AND state = 'asked'`).get(asked.commitmentId);
    return found !== undefined;
  }

  /** The request was refused, or did not leave: what it named is asked for again, later. */
  askedInVain(asked: Asked, answer: PeerAnswer): void {
    this.#outbox.change((mover) => {
      for (const row of this.#named(asked.commitmentId)) {
        if (row.commitmentId !== asked.commitmentId) continue;
        mover.move(row, 'ask-again', { nextAttemptAt: this.#later(row.askedTimes), commitmentId: null }, answer);
      }
      this.#close(asked.commitmentId);
    });
  }

  /** No way to ask, or no answer to a query: asked for again, later. */
  askLater(unproved: readonly Unproved[], answer: PeerAnswer): void {
    this.#outbox.change((mover) => {
      const later = this.#sameLater();
      for (const row of unproved) {
        const askedTimes = row.askedTimes + 1;
        mover.move(row, 'ask-again', { askedTimes, nextAttemptAt: later(askedTimes) }, answer);
      }
    });
  }

  /**
   * What a query showed. What is missing is asked for a few times more before it is sent again. `counted` is how many
   * objects the destination counts in the study, if it says: with fewer than it took it is asked again as
   * often, and then its showing of each decides.
   */
  answeredByQuery(
    found: readonly Unproved[],
    missing: readonly Unproved[],
    key: 'found-by-query' | 'found-by-query-instead',
    counted?: number,
  ): void {
    if (found.length + missing.length === 0) return;
    this.#outbox.change((mover) => {
      const now = this.#clock.now();
      const expected = counted === undefined ? 0 : this.#expectedIn(found);
      const isShort = counted !== undefined && counted < expected;
      const params = { count: counted ?? 0, expected };
      const later = this.#sameLater();
      for (const row of found) {
        const askedTimes = row.askedTimes + 1;
        if (isShort && askedTimes < this.#options.askingsBeforeResend) {
          const sets = { askedTimes, nextAttemptAt: later(askedTimes) };
          mover.move(row, 'ask-again', sets, { key: 'query-count-short', params });
          continue;
        }
        const sets = { confirmedAt: now, confirmedBy: 'query', nextAttemptAt: null };
        const answer: PeerAnswer = isShort ? { key: 'found-by-query-other-count', params } : { key, params: {} };
        mover.move(row, 'confirmed', sets, answer);
      }
      const answer: PeerAnswer = { key: 'not-found-by-query', params: {} };
      for (const row of missing) {
        const askedTimes = row.askedTimes + 1;
        if (askedTimes < this.#options.askingsBeforeResend) {
          mover.move(row, 'ask-again', { askedTimes, nextAttemptAt: later(askedTimes) }, answer);
        } else {
          this.#sendAgain(mover, row, answer);
        }
      }
    });
  }

  /**
   * How many objects of the study of `found` the destination must hold at least: those that it took until the last
   * of them, without those that were rejected since: an archive may hide them, or show them as before (IHE IOCM).
   */
  #expectedIn(found: readonly Unproved[]): number {
    const [first] = found;
    if (!first) return 0;
    const last = found.reduce((latest, { sentAt }) => (sentAt > latest ? sentAt : latest), '');
    // What was sent with them; what was sent since may not be counted yet.
    const until = last === '' ? '' : laterBy(last, this.#options.gatherMs);
    const taken = this.#book
      .sql<{ uid: string }>(
        `SELECT DISTINCT revision.SOPInstanceUID AS uid FROM delivery JOIN revision ON revision.id = delivery.revisionId
         WHERE delivery.examId = ? || '' AND destinationId = ? || '' AND sentAt <= ? || ''
           AND delivery.state IN ('sent', 'commit-requested', 'committed')
           AND NOT EXISTS (SELECT 1 FROM rejected_instance WHERE rejected_instance.SOPInstanceUID = revision.SOPInstanceUID)`,
      )
      .all(first.examId, first.destinationId, until);
    return new Set([...taken.map(({ uid }) => uid), ...found.map((row) => row.SOPInstanceUID)]).size;
  }

  /**
   * A report. `from` is the destination on whose association it came, or the AE title of who opened one to us. Gives
   * the DIMSE status: 0000H when it was taken (again), 0110H when the transaction is unknown or somebody else's.
   */
  reported(
    report: CommitmentReport,
    from: { readonly destinationId: string } | { readonly callingAeTitle: string },
  ): number {
    const request = this.#book
      .sql<{ id: string; destinationId: string; setting: string }>(
        `SELECT commitment.id, destinationId, setting FROM commitment JOIN destination ON destination.id = destinationId
         WHERE transactionUid = ?`,
      )
      .get(report.transactionUid);
    if (!request) return 0x0110;
    const isPeer =
      'destinationId' in from
        ? from.destinationId === request.destinationId
        : isTitleOf(request.setting, from.callingAeTitle);
    if (!isPeer) return 0x0110;
    this.#outbox.change((mover) => {
      const failed = new Map(report.failed.map((reference) => [reference.sopInstanceUid, reference.reason]));
      const committed = new Set(report.committed.map((reference) => reference.sopInstanceUid));
      for (const row of this.#named(request.id)) {
        const reason = failed.get(row.SOPInstanceUID);
        if (reason !== undefined) this.#failed(mover, row, request.id, reason);
        else if (committed.has(row.SOPInstanceUID) && !this.#wasDenied(row, request.id)) this.#committed(mover, row);
      }
      this.#close(request.id);
    });
    return 0x0000;
  }

  #committed(mover: Mover, row: Named): void {
    const sets = { confirmedAt: this.#clock.now(), confirmedBy: 'commitment', nextAttemptAt: null, commitmentId: null };
    mover.move(row, 'confirmed', sets, { key: 'commit-confirmed', params: {} });
  }

  /** It said no to this request or a later one: which of its words is the newer one cannot be told, so it is asked anew. */
  #wasDenied(row: Named, commitmentId: string): boolean {
    const denial = this.#book
      .sql(
        `SELECT 1 FROM commitment_item JOIN commitment ON commitment.id = commitment_item.commitmentId
         WHERE deliveryId = ? || '' AND failureReason IS NOT NULL
           AND commitment.rowid >= (SELECT rowid FROM commitment WHERE id = ? || '') LIMIT 1`,
      )
      .get(row.id, commitmentId);
    return denial !== undefined;
  }

  #failed(mover: Mover, row: Named, commitmentId: string, reason: number): void {
    // That it had no time says nothing about the object, and takes no denial back.
    if (classifyCommitFailure(reason) !== 'ask-again') {
      this.#book
        .sql(`UPDATE commitment_item SET failureReason = ? WHERE commitmentId = ? AND deliveryId = ?`)
        .run(reason, commitmentId, row.id);
    }
    // A no counts only for the request that is open: since an older one it was asked anew, or sent again.
    if (row.commitmentId !== commitmentId) return;
    const answer: PeerAnswer = { key: 'commit-failed', params: { reason: statusText(reason) } };
    const next = classifyCommitFailure(reason);
    if (next === 'object') mover.move(row, 'refused', { nextAttemptAt: null, commitmentId: null }, answer);
    else if (next === 'resend') this.#sendAgain(mover, row, answer);
    else mover.move(row, 'ask-again', { nextAttemptAt: this.#later(row.askedTimes), commitmentId: null }, answer);
  }

  #sendAgain(mover: Mover, row: Named | Unproved, answer: PeerAnswer): void {
    const step = stepAfterMissing(row.unknownAttempts, this.#options.retry, this.#options.random);
    const sets = {
      unknownAttempts: step.unknownAttempts,
      nextAttemptAt: step.waitMs === null ? null : laterBy(this.#clock.now(), step.waitMs),
      commitmentId: null,
    };
    mover.move(row, step.event, sets, answer);
  }

  #named(commitmentId: string): Named[] {
    return this.#book
      .sql<Named>(
        `SELECT delivery.id, examId, objectId, destinationId, state, delivery.commitmentId, askedTimes, unknownAttempts,
           commitment_item.SOPInstanceUID
         FROM commitment_item JOIN delivery ON delivery.id = commitment_item.deliveryId
         WHERE commitment_item.commitmentId = ?`,
      )
      .all(commitmentId);
  }

  #close(commitmentId: string): void {
    this.#book
      .sql(`UPDATE commitment SET state = 'answered', answeredAt = ? WHERE id = ? AND answeredAt IS NULL`)
      .run(this.#clock.now(), commitmentId);
  }

  /** One time for all that were asked for together, so that they are asked for together again. */
  #sameLater(): (askedTimes: number) => string {
    const times = new Map<number, string>();
    return (askedTimes) => {
      const at = times.get(askedTimes) ?? this.#later(askedTimes);
      times.set(askedTimes, at);
      return at;
    };
  }

  #later(askedTimes: number): string {
    return laterBy(this.#clock.now(), askAgainMs(askedTimes, this.#options.retry, this.#options.random));
  }
}

/** A destination that is reached by DICOMweb has no AE title, and nobody reports under an empty one. */
function isTitleOf(setting: string, callingAeTitle: string): boolean {
  const { aeTitle } = JSON.parse(setting) as { readonly aeTitle: string };
  return aeTitle !== '' && callingAeTitle.trim() === aeTitle;
}
