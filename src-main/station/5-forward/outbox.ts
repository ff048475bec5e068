// The outbox: every delivery and every attempt, in the book. All that moves a delivery goes through here, and by the
// table of model/delivery-lifecycle alone.
//
// Guarantees: an attempt is durable before `claim` gives it out; what is durable together is moved together; of one SOP
// Instance UID only one digest is ever given out for a destination. Picking the next objects costs the same at any length.
import type { PeerAnswer } from '#contract/shapes/answer-keys.ts';
import type { DeliveryState } from '#contract/shapes/delivery.ts';
import { laterBy, type Clock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import {
  deliveryLifecycle,
  stageOf,
  stateAfter,
  statesBefore,
  type DeliveryEvent,
} from '#station/model/delivery-lifecycle.ts';
import type { Book, SoonDurable } from '#station/records/index.ts';
import type { Claim, Claimed, ClaimWish, Mover, MovingRow, Sets, Settled } from './claim.ts';
import { claimNext, type ClaimingDesk } from './claiming.ts';
import { writeDeliveries, type ChosenDestination, type LeavingRevision } from './enqueueing.ts';
import type { DeliveryMove, ForwardPorts } from './ports.ts';
import { writeSentTogether } from './sent-together.ts';
import { WaitingQueue } from './waiting-queue.ts';

export type { MovingRow, Mover, Sets } from './claim.ts';

/** Only a person does them: the trail tells of each. */
const byHandAlone: ReadonlySet<DeliveryEvent> = new Set(['retry', 'prioritise']);

/** So few are settled one after the other. */
const fewestTogether = 4;

/** Notes what a delivery went through, for who is told of it. */
type Noting = (
  row: MovingRow,
  events: readonly DeliveryEvent[],
  states: readonly DeliveryState[],
  answer: PeerAnswer | undefined,
  detail?: DeliveryMove['detail'],
) => void;

export class Outbox {
  readonly #book: Book;
  readonly #clock: Clock;
  readonly #ports: ForwardPorts;
  readonly #desk: ClaimingDesk;
  /** What waits, in its order. */
  readonly queue: WaitingQueue;

  constructor({ book, clock, ports }: { readonly book: Book; readonly clock: Clock; readonly ports: ForwardPorts }) {
    this.#book = book;
    this.#clock = clock;
    this.#ports = ports;
    this.queue = new WaitingQueue(book);
    this.#desk = { book, clock, queue: this.queue };
  }

  /** Runs `work` in one transaction; afterwards the exams that it touched are new and those who watch are told. */
  change<T>(work: (mover: Mover) => T): T {
    return this.#book.transaction(() => this.#work(work));
  }

  #work<T>(work: (mover: Mover, note: Noting) => T): T {
    const exams = new Set<string>();
    const moves: DeliveryMove[] = [];
    const note: Noting = (row, events, states, answer, detail) => {
      exams.add(row.examId);
      const { id: deliveryId, examId, objectId, destinationId } = row;
      for (const [n, to] of states.entries()) {
        const [from, happened] = [states[n - 1] ?? row.state, events[n]];
        if (happened === undefined || (stageOf(from) === stageOf(to) && !byHandAlone.has(happened))) continue;
        const about = { deliveryId, examId, objectId, destinationId, from, to, event: happened };
        moves.push({ ...about, answer: answer ?? null, ...(detail && { detail }) });
      }
    };
    const move: Mover['move'] = (row, event, sets, answer, detail) => {
      const events = typeof event === 'string' ? [event] : event;
      const states = this.#move(row, events, sets, answer);
      if (states === undefined) return false;
      note(row, events, states, answer, detail);
      return true;
    };
    const begin: Mover['begin'] = (claims) => {
      if (claims.length > 0) this.#begin(claims);
      for (const { examId } of claims) exams.add(examId);
    };
    const result = work({ begin, move }, note);
    for (const examId of exams) this.#book.sql('UPDATE exam SET version = version + 1 WHERE id = ?').run(examId);
    if (moves.length > 0) this.#ports.onMoved?.(moves);
    if (exams.size > 0) this.#book.afterCommit(() => this.#ports.onChanged?.({ examIds: [...exams] }));
    return result;
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
    revisions: readonly LeavingRevision[],
    priority: number,
    chosen?: readonly ChosenDestination[],
  ): number {
    return this.change((mover) => {
      const supersede = (revision: LeavingRevision) => this.#supersede(mover, revision);
      const made = writeDeliveries(
        { book: this.#book, clock: this.#clock, supersede },
        { examId, revisions, priority, chosen },
      );
      this.#book.sql('UPDATE exam SET version = version + 1 WHERE id = ?').run(examId);
      this.#book.afterCommit(() => this.#ports.onChanged?.({ examIds: [examId] }));
      return made;
    });
  }

  /** See Forward.withdrawRejected. */
  withdrawRejected(objectIds: readonly string[], why: 'rejected' | 'taken-back' = 'rejected'): number {
    return this.change((mover) => {
      const answer: PeerAnswer = { key: why === 'rejected' ? 'was-rejected' : why, params: {} };
      const sets = { cancelReason: why, nextAttemptAt: null };
      const rows = objectIds.flatMap((objectId) => this.#rows('objectId = ?', objectId));
      return rows.filter((row) => mover.move(row, 'superseded', sets, answer)).length;
    });
  }

  /** See Forward.giveBack. */
  giveBack(objectIds: readonly string[]): number {
    return this.change((mover) => {
      const rows = objectIds.flatMap((objectId) =>
        this.#rows("objectId = ? AND state = 'cancelled' AND cancelReason = 'rejected'", objectId),
      );
      return rows.filter((row) => mover.move(row, 'send-again', { cancelReason: null, nextAttemptAt: null })).length;
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

  #supersede(mover: Mover, revision: LeavingRevision): void {
    const older = this.#rows('objectId = ? AND revisionId <> ?', revision.objectId, revision.id);
    const answer: PeerAnswer = { key: 'superseded', params: {} };
    for (const row of older) mover.move(row, 'superseded', { cancelReason: 'superseded', nextAttemptAt: null }, answer);
  }

  /** See Forward.withdraw. */
  withdraw(examId: string): number {
    return this.change((mover) => {
      const answer: PeerAnswer = { key: 'superseded', params: {} };
      const rows = this.#rows('examId = ?', examId);
      const sets = { cancelReason: 'superseded', nextAttemptAt: null };
      return rows.filter((row) => mover.move(row, 'superseded', sets, answer)).length;
    });
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

  /** See WaitingQueue. */
  nextDueAt(destinationId: string, state: 'backoff' | 'sent' | 'commit-requested'): string | null {
    return this.queue.nextDueAt(destinationId, state);
  }

  /**
   * Writes down what became of earlier claims and, with a wish, the attempts of the next objects: one transaction. No
   * byte of them may leave before it is durable.
   */
  settleAndClaim(destinationId: string, settled: readonly Settled[], wish: ClaimWish | null): SoonDurable<Claimed> {
    const nothing: Claimed = { claims: [], more: false, otherKind: false };
    if (settled.length === 0 && wish === null) return { result: nothing, durable: Promise.resolve() };
    return this.#book.transactionSoon(() =>
      this.#work((mover, note) => {
        for (const alike of Map.groupBy(settled, likeness).values()) {
          if (alike.length < fewestTogether || alike[0]?.event !== 'stored') {
            for (const one of alike) this.#settle(mover, one);
          } else this.#settleTogether(note, alike[0], alike);
        }
        return wish === null ? nothing : claimNext(this.#desk, mover, { destinationId, wish });
      }),
    );
  }

  #settle(mover: Mover, settled: Settled): void {
    const { claim, event, outcome, answer, unknownAttempts, nextInMs } = settled;
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
    const stored = whatStoredSets(settled, now);
    mover.move(row, stored.events, stored.sets, stored.answer);
  }

  /** The same for many that were taken alike. */
  #settleTogether(note: Noting, first: Settled, alike: readonly Settled[]): void {
    const now = this.#clock.now();
    const { events, states, sets, answer } = whatStoredSets(first, now);
    const claims = alike.map(({ claim }) => claim);
    const sent = { claims, outcome: first.outcome, said: first.answer, answer, to: states.at(-1) ?? 'sent', sets, now };
    for (const claim of writeSentTogether(this.#book, sent)) {
      note({ ...claim, id: claim.deliveryId, state: 'sending' }, events, states, answer);
    }
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

  #rows(where: string, ...values: (string | number)[]): MovingRow[] {
    return this.#book
      .sql<MovingRow>(`SELECT id, examId, objectId, destinationId, state FROM delivery WHERE ${where}`)
      .all(...values);
  }

  #begin(claims: readonly Pick<Claim, 'deliveryId'>[]): void {
    const ids = JSON.stringify(claims.map(({ deliveryId }) => deliveryId));
    this.#book
      .sql(
        `UPDATE delivery SET state = ?, attempts = attempts + 1, nextAttemptAt = NULL
         WHERE id IN (SELECT value FROM json_each(?)) AND state = 'ready'`,
      )
      .run(deliveryLifecycle.ready.begin, ids);
  }

  /** Gives the states that it went through, or undefined. */
  #move(
    row: MovingRow,
    events: readonly DeliveryEvent[],
    sets: Sets = {},
    answer?: PeerAnswer,
  ): readonly DeliveryState[] | undefined {
    const states: DeliveryState[] = [];
    for (const event of events) {
      const to = stateAfter(states.at(-1) ?? row.state, event);
      if (to === undefined) return undefined;
      states.push(to);
    }
    const columns: Record<string, string | number | null> = { ...sets };
    if (answer) Object.assign(columns, { answer: JSON.stringify(answer), answerAt: this.#clock.now() });
    const list = Object.keys(columns).map((column) => `, ${column} = :${column}`);
    const moved = this.#book
      .sql(`UPDATE delivery SET state = :to${list.join('')} WHERE id = :id AND state = :from`)
      .run({ ...columns, to: states.at(-1) ?? row.state, id: row.id, from: row.state });
    return moved.changes === 0 ? undefined : states;
  }
}

/** Claims with the same are written down as one. */
const likeness = ({ claim, event, outcome, answer, unknownAttempts, nextInMs, needsNoProof }: Settled): string =>
  JSON.stringify([claim.destinationId, event, outcome, answer, unknownAttempts, nextInMs, needsNoProof]);

function whatStoredSets({ answer, unknownAttempts, nextInMs, needsNoProof }: Settled, now: string) {
  const nextAttemptAt = nextInMs === null ? null : laterBy(now, nextInMs);
  const sets = { unknownAttempts, nextAttemptAt, sentAt: now, askedTimes: 0, commitmentId: null };
  if (!needsNoProof) return { events: ['stored'], states: ['sent'], sets, answer } as const;
  // A warning stays to be read.
  const said: PeerAnswer = answer.key === 'stored' ? { key: 'taken-on-its-word', params: {} } : answer;
  const proof = { confirmedAt: now, confirmedBy: 'none', nextAttemptAt: null };
  const [events, states] = [
    ['stored', 'confirmed'],
    ['sent', 'committed'],
  ] as const;
  return { events, states, sets: { ...sets, ...proof }, answer: said } as const;
}
