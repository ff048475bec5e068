// Lets files go of which retention says that they may: an intent that is durable, then the file, then the mark.
//
// Guarantees: what goes is decided inside the transaction that writes the intent, with who vouched for which bytes; a
// crash at any step leaves something that `finish` completes; the row stays. One exam at a time, others get their turn
// between two. Refuses nothing: what may not go is left alone.
import type { RetentionReason, RetentionSetting } from '#contract/shapes/space.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import type { Book } from '#station/records/index.ts';
import { readPurgeExam, type PurgeObject } from './facts.ts';
import { decideRetention, proofOf } from './retention.ts';

export type Purged = {
  readonly examId: string;
  readonly objects: number;
  readonly sizeBytes: number;
  readonly reason: RetentionReason;
};

export type PurgePorts = {
  readonly book: Book;
  readonly clock: Clock;
  readonly log: Log;
  readonly setting: () => RetentionSetting;
  /** Something that nobody has answered stands against the exam. */
  readonly hasProblem: (examId: string) => boolean;
  /** Removes files of the store; when it resolves, none of them is there and that is durable. */
  readonly removeFiles: (files: readonly string[]) => Promise<void>;
  /** Inside the transaction that marks them. */
  readonly onPurged: (purged: Purged) => void;
  readonly onChanged: (examIds: readonly string[]) => void;
};

export type SweepWish = {
  readonly shortOfRoom: boolean;
  /** Asked before each exam; true ends the sweep. */
  readonly isEnough?: () => boolean;
};

export type SweepReport = { readonly exams: number; readonly objects: number; readonly sizeBytes: number };

type Intent = { readonly objectId: string; readonly examId: string; readonly file: string; readonly sizeBytes: number };

const pageOfExams = 100;
const dayMs = 86_400_000;

export class Sweeper {
  readonly #ports: PurgePorts;
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(ports: PurgePorts) {
    this.#ports = ports;
  }

  /** Completes what was decided and not done. Gives how many objects. To be called before anything can arrive. */
  finish(): Promise<number> {
    return this.#inTurn(() => this.#finish());
  }

  /** Looks through all exams, the oldest first. */
  sweep(wish: SweepWish): Promise<SweepReport> {
    return this.#inTurn(async () => {
      const report = { exams: 0, objects: 0, sizeBytes: 0 };
      await this.#finish();
      if (!this.#ports.setting().automatic) return report;
      for (const examId of this.candidates(wish.shortOfRoom)) {
        if (this.#closed || wish.isEnough?.()) break;
        const gone = await this.#purgeExam(examId, wish.shortOfRoom);
        if (gone.length > 0) {
          report.exams++;
          report.objects += gone.length;
          report.sizeBytes += gone.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
      return report;
    });
  }

  /** Ends after the exam at hand. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#turn;
  }

  /** Exams of which something might go: decided, not pinned, nothing open, old enough. Reads the book as it goes. */
  *candidates(shortOfRoom: boolean): Generator<string, void, void> {
    const { book, clock } = this.#ports;
    const until = new Date(clock.epochMs() - shortestDays(this.#ports.setting(), shortOfRoom) * dayMs).toISOString();
    let after = { at: '', id: '' };
    for (;;) {
      const page = book
        .sql<{ id: string; at: string }>(
          `SELECT id, lastArrivedAt AS at FROM exam
           WHERE pinned = 0 AND openDeliveries = 0 AND lastArrivedAt <= :until AND (lastArrivedAt, id) > (:at, :id)
             AND purgedObjects < objects AND stage IN ('approved', 'rejected')
           ORDER BY lastArrivedAt, id LIMIT :most`,
        )
        .all({ until, ...after, most: pageOfExams });
      for (const { id } of page) yield id;
      const last = page.at(-1);
      if (!last || page.length < pageOfExams) return;
      after = last;
    }
  }

  /** What of an exam would go now. */
  goersOf(examId: string, shortOfRoom: boolean): { readonly object: PurgeObject; readonly reason: RetentionReason }[] {
    const { book, clock, setting, hasProblem } = this.#ports;
    const exam = readPurgeExam(book, examId, hasProblem);
    if (!exam) return [];
    const decisions = decideRetention(exam, setting(), { now: clock.now(), shortOfRoom });
    return exam.objects.flatMap((object, n) => {
      const decision = decisions[n];
      return decision?.kind === 'go' ? [{ object, reason: decision.reason }] : [];
    });
  }

  async #purgeExam(examId: string, shortOfRoom: boolean): Promise<readonly Intent[]> {
    const { book, clock } = this.#ports;
    const intents = book.transaction(() => {
      const goers = this.goersOf(examId, shortOfRoom);
      const now = clock.now();
      for (const { object, reason } of goers) {
        book.sql('UPDATE object SET purgingAt = ? WHERE id = ?').run(now, object.objectId);
        book
          .sql('INSERT INTO purge (objectId, decidedAt, reason, proofs) VALUES (?, ?, ?, ?)')
          .run(object.objectId, now, reason, JSON.stringify(this.#proofs(object)));
      }
      return goers.map(({ object: { objectId, file, sizeBytes } }) => ({ objectId, examId, file, sizeBytes }));
    });
    return intents.length === 0 ? [] : this.#remove(intents);
  }

  #proofs(object: PurgeObject) {
    return object.deliveries.flatMap((delivery) => {
      const { destinationId, name, confirmedBy, confirmedAt, SOPInstanceUID, dataSetSha256 } = delivery;
      if (!delivery.current || proofOf(delivery, this.#ports.setting()).kind !== 'proved') return [];
      return [{ destinationId, name, confirmedBy, confirmedAt, SOPInstanceUID, dataSetSha256 }];
    });
  }

  async #finish(): Promise<number> {
    const { book } = this.#ports;
    const intents = book
      .sql<Intent>(
        `SELECT id AS objectId, examId, file, sizeBytes FROM object WHERE purgingAt IS NOT NULL AND purgedAt IS NULL`,
      )
      .all();
    for (const ofExam of Map.groupBy(intents, ({ examId }) => examId).values()) await this.#remove(ofExam);
    return intents.length;
  }

  /** A file that cannot be removed now is left marked, and tried again by the next sweep. */
  async #remove(intents: readonly Intent[]): Promise<readonly Intent[]> {
    const { book, clock, log, removeFiles, onPurged, onChanged } = this.#ports;
    const [first] = intents;
    if (!first) return [];
    const { examId } = first;
    try {
      await removeFiles(intents.map(({ file }) => file));
    } catch (error) {
      log.error('purge-failed', { examId, count: intents.length }, error);
      return [];
    }
    book.transaction(() => {
      const reasons = new Map<RetentionReason, { objects: number; sizeBytes: number }>();
      for (const { objectId, file, sizeBytes } of intents) {
        // Sent again meanwhile: it has another file now, and stays.
        const gone = book
          .sql(
            'UPDATE object SET purgedAt = ? WHERE id = ? AND file = ? AND purgingAt IS NOT NULL AND purgedAt IS NULL',
          )
          .run(clock.now(), objectId, file);
        if (gone.changes === 0) continue;
        const reason = book
          .sql<{ reason: RetentionReason }>(
            'SELECT reason FROM purge WHERE objectId = ? ORDER BY decidedAt DESC LIMIT 1',
          )
          .get(objectId)?.reason;
        if (!reason) continue;
        const sum = reasons.get(reason) ?? { objects: 0, sizeBytes: 0 };
        reasons.set(reason, { objects: sum.objects + 1, sizeBytes: sum.sizeBytes + sizeBytes });
      }
      for (const [reason, sum] of reasons) onPurged({ examId, reason, ...sum });
      book.afterCommit(() => onChanged([examId]));
    });
    return intents;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

/** Nothing that arrived later than so many days ago can go. */
function shortestDays(setting: RetentionSetting, shortOfRoom: boolean): number {
  const kept = [setting.keepDays, ...setting.rules.map(({ keepDays }) => keepDays)];
  if (shortOfRoom) kept.push(setting.shortOfRoomDays);
  if (setting.rejectedDays !== null) kept.push(setting.rejectedDays);
  return Math.min(...kept);
}
