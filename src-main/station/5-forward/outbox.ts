// The outbox: every delivery and every attempt, in the book. All that moves a delivery goes through here, and by the
// table of model/delivery-lifecycle alone.
//
// Guarantees: an attempt is durable before `claim` gives it out; what is durable together is moved together; of one SOP
// Instance UID only one digest is ever given out for a destination. Picking the next objects costs the same at any length.
import type { PeerAnswer } from '#contract/shapes/answer-keys.ts';
import type { AttemptOutcome, DeliveryState } from '#contract/shapes/delivery.ts';
import { laterBy, type Clock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import { Problem } from '#station/kit/problem.ts';
import { stageOf, stateAfter, statesBefore, type DeliveryEvent } from '#station/model/delivery-lifecycle.ts';
import type { Book } from '#station/records/index.ts';
import { notAccepted, ownFault } from './classification.ts';
import { placesOf } from './leaving-order.ts';
import type { DeliveryMove, ForwardPorts } from './ports.ts';

/** One object that a courier may send now; its attempt is written down. */
export type Claim = {
  readonly deliveryId: string;
  readonly attemptId: string;
  readonly examId: string;
  readonly objectId: string;
  readonly destinationId: string;
  readonly revisionId: string;
  readonly SOPInstanceUID: string;
  readonly SOPClassUID: string;
  readonly TransferSyntaxUID: string;
  readonly dataSetSha256: string;
  /** Attempts, this one included. */
  readonly attempts: number;
  readonly unknownAttempts: number;
};

/** What became of a claim. */
export type Settled = {
  readonly claim: Claim;
  readonly event: DeliveryEvent;
  readonly outcome: AttemptOutcome;
  readonly answer: PeerAnswer;
  readonly unknownAttempts: number;
  /** Milliseconds from now: until the next try, or until its proof is asked for. */
  readonly nextInMs: number | null;
  /** The site takes the destination on its word. */
  readonly needsNoProof: boolean;
};

export type ClaimWish = {
  readonly mostObjects: number;
  readonly mostBytes: number;
  /** Whether the open association carries such an object. */
  fits(sopClassUid: string, transferSyntaxUid: string): 'yes' | 'class' | 'syntax' | 'not-proposed';
};

export type Claimed = {
  readonly claims: readonly Claim[];
  /** False when nothing is left that this association could carry. */
  readonly more: boolean;
};

export type MovingRow = {
  readonly id: string;
  readonly examId: string;
  readonly objectId: string;
  readonly destinationId: string;
  readonly state: DeliveryState;
};

export type Sets = Readonly<Record<string, string | number | null>>;

const mostBlockedAtOnce = 1000;
/** Only a person does them: the trail tells of each. */
const byHandAlone: ReadonlySet<DeliveryEvent> = new Set(['retry', 'prioritise']);

/** Moves deliveries inside one transaction. */
export type Mover = {
  /** False when the event cannot happen in its state. */
  move(
    row: MovingRow,
    event: DeliveryEvent,
    sets?: Sets,
    answer?: PeerAnswer,
    detail?: DeliveryMove['detail'],
  ): boolean;
};

export class Outbox {
  readonly #book: Book;
  readonly #clock: Clock;
  readonly #ports: ForwardPorts;

  constructor({ book, clock, ports }: { readonly book: Book; readonly clock: Clock; readonly ports: ForwardPorts }) {
    this.#book = book;
    this.#clock = clock;
    this.#ports = ports;
  }

  /** Runs `work` in one transaction; afterwards the exams that it touched are new and those who watch are told. */
  change<T>(work: (mover: Mover) => T): T {
    return this.#book.transaction(() => {
      const exams = new Set<string>();
      const moves: DeliveryMove[] = [];
      const result = work({
        move: (row, event, sets, answer, detail) => {
          const to = this.#move(row, event, sets, answer);
          if (to === undefined) return false;
          exams.add(row.examId);
          if (stageOf(row.state) !== stageOf(to) || byHandAlone.has(event)) {
            const { id: deliveryId, examId, objectId, destinationId, state: from } = row;
            const move = { deliveryId, examId, objectId, destinationId, from, to, event, answer: answer ?? null };
            moves.push(detail ? { ...move, detail } : move);
          }
          return true;
        },
      });
      for (const examId of exams) this.#book.sql('UPDATE exam SET version = version + 1 WHERE id = ?').run(examId);
      if (moves.length > 0) this.#ports.onMoved?.(moves);
      if (exams.size > 0) this.#book.afterCommit(() => this.#ports.onChanged?.({ examIds: [...exams] }));
      return result;
    });
  }

  /** What was under way when the station, or a courier, ended: whether it arrived is not known. Gives how many. */
  recover(destinationId: string): number {
    return this.change((mover) => {
      const now = this.#clock.now();
      const answer: PeerAnswer = { key: 'interrupted', params: {} };
      const rows = this.#rows(`destinationId = ? AND state = 'sending'`, destinationId);
      for (const row of rows) {
        this.#book
          .sql(
            `UPDATE attempt SET outcome = 'unknown', endedAt = ?, answer = ? WHERE deliveryId = ? AND outcome = 'underway'`,
          )
          .run(now, JSON.stringify(answer), row.id);
        mover.move(row, 'interrupted', {}, answer);
      }
      return rows.length;
    });
  }

  /** See Forward.enqueue. */
  enqueue(
    examId: string,
    revisions: readonly { readonly id: string; readonly objectId: string }[],
    priority: number,
  ): number {
    return this.change((mover) => {
      const destinations = this.#book
        .sql<{ id: string; setting: string }>('SELECT id, setting FROM destination WHERE removed = 0')
        .all();
      if (destinations.length === 0) throw new Problem('no-destination');
      const places = placesOf(
        revisions.map(({ id }) => ({
          id,
          sopClassUid:
            this.#book.sql<{ uid: string }>('SELECT SOPClassUID AS uid FROM revision WHERE id = ?').get(id)?.uid ?? '',
        })),
      );
      for (const revision of revisions) this.#supersede(mover, revision);
      let made = 0;
      for (const destination of destinations) {
        const required = (JSON.parse(destination.setting) as { readonly required: boolean }).required ? 1 : 0;
        for (const revision of revisions) {
          made += this.#book
            .sql(
              `INSERT INTO delivery (id, examId, objectId, revisionId, destinationId, required, priority, place, state, createdAt)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'ready', ?) ON CONFLICT (revisionId, destinationId) DO NOTHING`,
            )
            .run(
              newId(),
              examId,
              revision.objectId,
              revision.id,
              destination.id,
              required,
              priority,
              places.get(revision.id) ?? 0,
              this.#clock.now(),
            ).changes;
        }
      }
      this.#book.sql('UPDATE exam SET version = version + 1 WHERE id = ?').run(examId);
      this.#book.afterCommit(() => this.#ports.onChanged?.({ examIds: [examId] }));
      return made;
    });
  }

  /** One more delivery of the same revision, to another destination. */
  copyTo(deliveryId: string, destinationId: string, now: string): void {
    this.#book
      .sql(
        `INSERT INTO delivery (id, examId, objectId, revisionId, destinationId, required, priority, place, state, createdAt)
         SELECT ?, examId, objectId, revisionId, ?, required, priority, place, 'ready', ? FROM delivery WHERE id = ?`,
      )
      .run(newId(), destinationId, now, deliveryId);
  }

  #supersede(mover: Mover, revision: { readonly id: string; readonly objectId: string }): void {
    const older = this.#rows('objectId = ? AND revisionId <> ?', revision.objectId, revision.id);
    const answer: PeerAnswer = { key: 'superseded', params: {} };
    for (const row of older) mover.move(row, 'superseded', { cancelReason: 'superseded', nextAttemptAt: null }, answer);
  }

  /** See Forward.mayHaveLeft. */
  mayHaveLeft(objectId: string): boolean {
    const found = this.#book
      .sql(
        `SELECT 1 FROM delivery JOIN attempt ON attempt.deliveryId = delivery.id WHERE delivery.objectId = ?
         AND attempt.outcome IN ('underway', 'sent', 'sent-with-warning', 'unknown') LIMIT 1`,
      )
      .get(objectId);
    return found !== undefined;
  }

  /** What waited long enough is ready again; `all` does not ask how long. Gives how many. */
  promote(destinationId: string, all = false): number {
    const until = all ? '9' : this.#clock.now();
    return this.#book
      .sql(
        `UPDATE delivery SET state = 'ready', nextAttemptAt = NULL
         WHERE destinationId = ? AND state = 'backoff' AND nextAttemptAt <= ?`,
      )
      .run(destinationId, until).changes;
  }

  /** The one whose waiting time ends first is ready again. False when none waits. */
  promoteOne(destinationId: string): boolean {
    const promoted = this.#book
      .sql(
        `UPDATE delivery SET state = 'ready', nextAttemptAt = NULL WHERE id =
           (SELECT id FROM delivery WHERE destinationId = ? AND state = 'backoff' AND nextAttemptAt IS NOT NULL ORDER BY nextAttemptAt LIMIT 1)`,
      )
      .run(destinationId);
    return promoted.changes > 0;
  }

  hasReady(destinationId: string): boolean {
    const found = this.#book
      .sql(`SELECT 1 FROM delivery WHERE destinationId = ? AND state = 'ready' LIMIT 1`)
      .get(destinationId);
    return found !== undefined;
  }

  /** True when nothing but this delivery waits for its destination. */
  isAlone(destinationId: string, deliveryId: string): boolean {
    const other = this.#book
      .sql(
        `SELECT 1 FROM delivery WHERE destinationId = ? AND state IN ('ready', 'sending', 'backoff') AND id <> ? LIMIT 1`,
      )
      .get(destinationId, deliveryId);
    return other === undefined;
  }

  firstTriedAt(deliveryId: string): string | null {
    const found = this.#book
      .sql<{ at: string | null }>('SELECT min(startedAt) AS at FROM attempt WHERE deliveryId = ?')
      .get(deliveryId);
    return found?.at ?? null;
  }

  /** When the next of those in `state` is due, ISO; null when none is. */
  nextDueAt(destinationId: string, state: 'backoff' | 'sent' | 'commit-requested'): string | null {
    const found = this.#book
      .sql<{ at: string | null }>(
        'SELECT min(nextAttemptAt) AS at FROM delivery WHERE destinationId = ? AND state = ? AND nextAttemptAt IS NOT NULL',
      )
      .get(destinationId, state);
    return found?.at ?? null;
  }

  /** The kinds of objects among the first `most` that are ready, in the order of their need, each one once. */
  waitingKinds(
    destinationId: string,
    most: number,
  ): { readonly sopClassUid: string; readonly transferSyntaxUid: string }[] {
    return this.#book
      .sql<{ sopClassUid: string; transferSyntaxUid: string }>(
        `SELECT SOPClassUID AS sopClassUid, TransferSyntaxUID AS transferSyntaxUid FROM
           (SELECT revisionId, priority, createdAt, place FROM delivery WHERE destinationId = ? AND state = 'ready'
            ORDER BY priority, createdAt, place LIMIT ?) first
         JOIN revision ON revision.id = first.revisionId
         GROUP BY SOPClassUID, TransferSyntaxUID ORDER BY min(priority), min(first.createdAt), min(place)`,
      )
      .all(destinationId, most);
  }

  /** Writes down what became of earlier claims and, with a wish, the attempts of the next objects: one transaction. */
  settleAndClaim(destinationId: string, settled: readonly Settled[], wish: ClaimWish | null): Claimed {
    if (settled.length === 0 && wish === null) return { claims: [], more: false };
    return this.change((mover) => {
      for (const one of settled) this.#settle(mover, one);
      return wish === null ? { claims: [], more: false } : this.#claim(mover, destinationId, wish);
    });
  }

  #settle(mover: Mover, { claim, event, outcome, answer, unknownAttempts, nextInMs, needsNoProof }: Settled): void {
    const now = this.#clock.now();
    const row: MovingRow = { ...claim, id: claim.deliveryId, state: 'sending' };
    if (event === 'not-begun') {
      this.#book.sql('DELETE FROM attempt WHERE id = ?').run(claim.attemptId);
      mover.move(row, event, { attempts: claim.attempts - 1 });
      return;
    }
    this.#book
      .sql('UPDATE attempt SET endedAt = ?, outcome = ?, answer = ? WHERE id = ?')
      .run(now, outcome, JSON.stringify(answer), claim.attemptId);
    const sets: Sets = { unknownAttempts, nextAttemptAt: nextInMs === null ? null : laterBy(now, nextInMs) };
    if (event !== 'stored') {
      mover.move(row, event, sets, answer);
      return;
    }
    const sent = mover.move(row, event, { ...sets, sentAt: now, askedTimes: 0, commitmentId: null }, answer);
    if (!sent || !needsNoProof) return;
    const proof = { confirmedAt: now, confirmedBy: 'none', nextAttemptAt: null };
    // A warning stays to be read.
    const said: PeerAnswer | undefined = answer.key === 'stored' ? { key: 'taken-on-its-word', params: {} } : undefined;
    mover.move({ ...row, state: 'sent' }, 'confirmed', proof, said);
  }

  #claim(mover: Mover, destinationId: string, wish: ClaimWish): Claimed {
    const claims: Claim[] = [];
    const now = this.#clock.now();
    let bytes = 0;
    for (let blocked = 0; blocked < mostBlockedAtOnce;) {
      const waiting = this.#nextReady(destinationId, wish.mostObjects);
      if (waiting.length === 0) return { claims, more: false };
      for (const row of waiting) {
        const fits = wish.fits(row.SOPClassUID, row.TransferSyntaxUID);
        if (fits === 'not-proposed') return { claims, more: claims.length > 0 };
        const kind = { sopClassUid: row.SOPClassUID, transferSyntaxUid: row.TransferSyntaxUID };
        const against =
          fits !== 'yes' ? notAccepted(fits, kind) : this.#hasOtherDigest(row) ? ownFault('identity-conflict') : null;
        if (against) {
          blocked += mover.move(row, 'refused', { nextAttemptAt: null }, against.answer) ? 1 : 0;
          continue;
        }
        if (claims.length > 0 && bytes + row.sizeBytes > wish.mostBytes) return { claims, more: true };
        const attemptId = newId();
        this.#book
          .sql(`INSERT INTO attempt (id, deliveryId, SOPInstanceUID, dataSetSha256, startedAt) VALUES (?, ?, ?, ?, ?)`)
          .run(attemptId, row.id, row.SOPInstanceUID, row.dataSetSha256, now);
        const attempts = row.attempts + 1;
        mover.move(row, 'begin', { attempts, nextAttemptAt: null });
        claims.push({ ...row, deliveryId: row.id, attemptId, attempts });
        bytes += row.sizeBytes;
        if (claims.length >= wish.mostObjects) return { claims, more: true };
      }
      if (claims.length > 0) return { claims, more: true };
    }
    return { claims, more: true };
  }

  #nextReady(destinationId: string, most: number) {
    return this.#book
      .sql<MovingRow & Omit<Claim, 'deliveryId' | 'attemptId'> & { readonly sizeBytes: number }>(
        `SELECT delivery.id, examId, delivery.objectId, destinationId, state, revisionId, attempts, unknownAttempts,
           revision.SOPInstanceUID, revision.SOPClassUID, revision.TransferSyntaxUID, revision.dataSetSha256, revision.sizeBytes
         FROM delivery JOIN revision ON revision.id = delivery.revisionId
         WHERE destinationId = ? AND state = 'ready' ORDER BY priority, delivery.createdAt, place LIMIT ?`,
      )
      .all(destinationId, most);
  }

  #hasOtherDigest(row: Pick<Claim, 'SOPInstanceUID' | 'dataSetSha256' | 'destinationId'>): boolean {
    const other = this.#book
      .sql(
        // No JOIN: SQLite would look at the values to plan and prepare it anew for each object.
        `SELECT 1 FROM attempt WHERE SOPInstanceUID = ? AND dataSetSha256 <> ?
         AND (SELECT destinationId FROM delivery WHERE delivery.id = deliveryId) = ?
         AND outcome IN ('underway', 'sent', 'sent-with-warning', 'unknown') LIMIT 1`,
      )
      .get(row.SOPInstanceUID, row.dataSetSha256, row.destinationId);
    return other !== undefined;
  }

  /** A destination left the settings, or is in them again: its whole open queue moves with it. */
  blockRemoved(destinationId: string): void {
    const answer: PeerAnswer = { key: 'destination-removed', params: {} };
    this.change(() => {
      for (const state of statesBefore('destination-removed')) {
        this.#moveQueue(destinationId, state, 'destination-removed', '', answer);
      }
    });
  }

  takeBackReturned(destinationId: string): void {
    const removed = `AND answer LIKE '{"key":"destination-removed"%'`;
    this.change(() => {
      this.#moveQueue(destinationId, 'blocked', 'returned-unsent', `${removed} AND sentAt IS NULL`, null);
      this.#moveQueue(destinationId, 'blocked', 'returned-sent', `${removed} AND sentAt IS NOT NULL`, null);
    });
  }

  #moveQueue(
    destinationId: string,
    from: DeliveryState,
    event: DeliveryEvent,
    and: string,
    answer: PeerAnswer | null,
  ): void {
    const to = stateAfter(from, event);
    if (to === undefined) return;
    const now = this.#clock.now();
    this.#book
      .sql(
        `UPDATE delivery SET state = ?, nextAttemptAt = ?, answer = ?, answerAt = ?, commitmentId = NULL
         WHERE destinationId = ? AND state = ? ${and}`,
      )
      .run(
        to,
        to === 'sent' ? now : null,
        answer ? JSON.stringify(answer) : null,
        answer ? now : null,
        destinationId,
        from,
      );
  }

  /** The site made a destination required, or not: what is open follows. */
  setRequired(destinationId: string, required: boolean): void {
    this.#book
      .sql(
        `UPDATE delivery SET required = ? WHERE destinationId = ? AND required <> ? AND state NOT IN ('committed', 'cancelled')`,
      )
      .run(required ? 1 : 0, destinationId, required ? 1 : 0);
  }

  #rows(where: string, ...values: (string | number)[]): MovingRow[] {
    return this.#book
      .sql<MovingRow>(`SELECT id, examId, objectId, destinationId, state FROM delivery WHERE ${where}`)
      .all(...values);
  }

  #move(row: MovingRow, event: DeliveryEvent, sets: Sets = {}, answer?: PeerAnswer): DeliveryState | undefined {
    const to = stateAfter(row.state, event);
    if (to === undefined) return undefined;
    const columns: Record<string, string | number | null> = { ...sets };
    if (answer) Object.assign(columns, { answer: JSON.stringify(answer), answerAt: this.#clock.now() });
    const list = Object.keys(columns).map((column) => `, ${column} = :${column}`);
    const moved = this.#book
      .sql(`UPDATE delivery SET state = :to${list.join('')} WHERE id = :id AND state = :from`)
      .run({ ...columns, to, id: row.id, from: row.state });
    return moved.changes === 0 ? undefined : to;
  }
}
