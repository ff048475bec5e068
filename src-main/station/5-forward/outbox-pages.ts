// What the desk shows of the outbox: deliveries one by one, and a line for each exam.
//
// While a destination does not answer nothing is written to what waits for it; here its last answer and its next try stand
// in for those of each delivery, so that every line tells the truth. Reads only.
import type { PeerAnswer } from '#contract/shapes/answer-keys.ts';
import { priorities } from '#contract/shapes/couriers.ts';
import type { DeliveryRow, DeliveryState, OutboxLine, OutboxPage } from '#contract/shapes/delivery.ts';
import { stageOf, type DeliveryStage } from '#station/model/delivery-lifecycle.ts';
import type { Book } from '#station/records/index.ts';
import type { DestinationPages, LiveDestination } from './destination-pages.ts';
import type { Destinations } from './destinations.ts';

export type DeliveryQuery = {
  readonly examId?: string | undefined;
  readonly destinationId?: string | undefined;
  readonly state?: DeliveryState | undefined;
  readonly limit: number;
  readonly offset: number;
};

type Needs = {
  readonly book: Book;
  readonly destinations: Destinations;
  readonly stands: DestinationPages;
  live(destinationId: string): LiveDestination | undefined;
};

type Answer = DeliveryRow['lastAnswer'];

const shown = (answer: string | null, at: string | null): Answer =>
  answer === null ? null : { ...(JSON.parse(answer) as PeerAnswer), at: at ?? '' };

export class OutboxPages {
  readonly #needs: Needs;

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** Newest first. */
  deliveries(query: DeliveryQuery): { readonly deliveries: DeliveryRow[]; readonly total: number } {
    const asked = { examId: query.examId, destinationId: query.destinationId, state: query.state };
    const wanted = Object.entries(asked).filter((pair): pair is [string, string] => pair[1] !== undefined);
    const where = ['1', ...wanted.map(([column]) => `delivery.${column} = ?`)].join(' AND ');
    const values = wanted.map(([, value]) => value);
    const total = this.#needs.book
      .sql<{ n: number }>(`SELECT count(*) AS n FROM delivery WHERE ${where}`)
      .get(...values);
    return {
      deliveries: this.#deliveryRows(`${where} ORDER BY delivery.rowid DESC LIMIT ? OFFSET ?`, [
        ...values,
        query.limit,
        query.offset,
      ]),
      total: total?.n ?? 0,
    };
  }

  delivery(id: string): DeliveryRow | undefined {
    return this.#deliveryRows('delivery.id = ?', [id])[0];
  }

  #deliveryRows(where: string, values: readonly (string | number)[]): DeliveryRow[] {
    const standing = this.#standing();
    return this.#needs.book
      .sql<
        Omit<DeliveryRow, 'lastAnswer' | 'priority' | 'isNote' | 'isCorrected'> & {
          note: number;
          instead: number;
          answer: string | null;
          answerAt: string | null;
          priority: number;
        }
      >(
        `SELECT delivery.id, examId, delivery.objectId, revisionId, destinationId, SOPInstanceUID, state, priority, attempts,
           answer, answerAt, nextAttemptAt, sentAt, confirmedAt, confirmedBy, delivery.createdAt,
           cancelReason IS 'taken-back'
             OR EXISTS (SELECT 1 FROM rejection_note WHERE rejection_note.SOPInstanceUID = revision.SOPInstanceUID) AS note,
           EXISTS (SELECT 1 FROM uid_map JOIN release_correction
             ON release_correction.rearrangementId = uid_map.rearrangementId AND release_correction.undoneAt IS NULL
             WHERE uid_map.objectId = delivery.objectId AND uid_map.copyOf IS NOT NULL) AS instead
         FROM delivery JOIN revision ON revision.id = delivery.revisionId WHERE ${where}`,
      )
      .all(...values)
      .map(({ answer, answerAt, priority, note, instead: correction, ...row }) => {
        const lastAnswer = shown(answer, answerAt);
        const instead = stageOf(row.state) === 'waiting' ? standing.get(row.destinationId) : undefined;
        return {
          ...row,
          ...(note === 1 && { isNote: true as const }),
          ...(correction === 1 && { isCorrected: true as const }),
          priority: priorities[priority] ?? 'routine',
          lastAnswer,
          ...instead?.(row.nextAttemptAt, lastAnswer),
        };
      });
  }

  /** By destination that does not answer: what stands in for the answer and the next try of what waits for it. */
  #standing(): Standing {
    const away = this.#needs.destinations.all().filter((row) => row.state !== 'well' && !row.removed);
    return new Map(
      away.map((row) => [
        row.id,
        (nextAttemptAt, own) => ({
          lastAnswer:
            row.lastAnswer && (own === null || own.at < row.since) ? { ...row.lastAnswer, at: row.since } : own,
          nextAttemptAt: laterOf(nextAttemptAt, row.paused ? null : (this.#needs.live(row.id)?.nextTryAt ?? null)),
        }),
      ]),
    );
  }

  page({
    open,
    limit,
    offset,
  }: {
    readonly open: boolean;
    readonly limit: number;
    readonly offset: number;
  }): OutboxPage {
    const { book } = this.#needs;
    // By the index of what is listed: a page costs the same at any length of the queue.
    const exams = book
      .sql<ExamLine>(
        `SELECT exam.id, received, corrected, modalities, approved, images, objects, approvedAt,
           (SELECT count(*) FROM rejection_note JOIN object ON object.id = rejection_note.objectId
            WHERE rejection_note.examId = exam.id AND object.examId = exam.id AND state = 'approved') AS notes FROM
           (SELECT examId, at FROM outbox_exam WHERE at IS NOT NULL${open ? ' AND open > 0' : ''}
            ORDER BY at DESC, examId LIMIT ? OFFSET ?) listed
         JOIN exam ON exam.id = listed.examId ORDER BY listed.at DESC, exam.id`,
      )
      .all(limit, offset);
    const sums = book
      .sql<{ exams: number; open: number; waiting: number }>(
        'SELECT exams, open, waiting FROM outbox_sum WHERE one = 1',
      )
      .get();
    const standing = this.#standing();
    return {
      lines: exams.map((exam) => this.#line(exam, standing)),
      total: (open ? sums?.open : sums?.exams) ?? 0,
      objectsWaiting: sums?.waiting ?? 0,
      oldestWaitingSince: this.#needs.stands.oldestWaitingSince,
    };
  }

  #line(exam: ExamLine, standing: Standing): OutboxLine {
    const { book } = this.#needs;
    const counts = book
      .sql<{ destinationId: string; stage: DeliveryStage; deliveries: number }>(
        'SELECT destinationId, stage, deliveries FROM delivery_count WHERE examId = ?',
      )
      .all(exam.id);
    const waiting = book
      .sql<{ destinationId: string; priority: number; since: string }>(
        'SELECT destinationId, min(priority) AS priority, min(since) AS since FROM exam_waiting WHERE examId = ? GROUP BY destinationId',
      )
      .all(exam.id);
    return {
      examId: exam.id,
      received: JSON.parse(exam.received) as Record<string, string>,
      corrected: JSON.parse(exam.corrected) as Record<string, string>,
      modalities: JSON.parse(exam.modalities) as string[],
      objects: exam.approved,
      ...(exam.images < exam.objects && {
        contents: { images: exam.images, objects: exam.objects, notes: exam.notes },
      }),
      approvedAt: exam.approvedAt,
      destinations: [...new Set(counts.map((count) => count.destinationId))].sort().map((destinationId) => {
        const at = (stage: DeliveryStage) =>
          counts.find((count) => count.destinationId === destinationId && count.stage === stage)?.deliveries ?? 0;
        const total = counts
          .filter((count) => count.destinationId === destinationId)
          .reduce((sum, count) => sum + count.deliveries, 0);
        const lastAnswer = this.#lastAnswer(exam.id, destinationId, at('blocked') > 0);
        const nextAttemptAt = this.#edge(exam.id, destinationId, 'nextAttemptAt');
        const overlay = at('waiting') > 0 ? standing.get(destinationId)?.(nextAttemptAt, lastAnswer) : undefined;
        const waits = waiting.find((one) => one.destinationId === destinationId);
        return {
          destinationId,
          total,
          sent: at('sent'),
          confirmed: at('confirmed'),
          blocked: at('blocked'),
          held: at('held'),
          cancelled: at('cancelled'),
          priority: waits ? (priorities[waits.priority] ?? 'routine') : null,
          waitingSince: waits?.since ?? null,
          confirmedAt:
            at('confirmed') > 0 && at('confirmed') + at('cancelled') === total
              ? this.#edge(exam.id, destinationId, 'confirmedAt')
              : null,
          nextAttemptAt,
          lastAnswer,
          ...overlay,
        };
      }),
    };
  }

  /** The first next try, or the last proof, of an exam at a destination: one look at an index. */
  #edge(examId: string, destinationId: string, column: 'nextAttemptAt' | 'confirmedAt'): string | null {
    const order = column === 'confirmedAt' ? 'DESC' : 'ASC';
    const found = this.#needs.book
      .sql<{ at: string }>(
        `SELECT ${column} AS at FROM delivery WHERE examId = ? AND destinationId = ? AND ${column} IS NOT NULL
         ORDER BY ${column} ${order} LIMIT 1`,
      )
      .get(examId, destinationId);
    return found?.at ?? null;
  }

  /** What was last heard; of those that it does not take, where there are some. */
  #lastAnswer(examId: string, destinationId: string, blocked: boolean): Answer {
    const found = this.#needs.book
      .sql<{ answer: string; answerAt: string }>(
        `SELECT answer, answerAt FROM delivery WHERE examId = ? AND destinationId = ? AND answer IS NOT NULL
         ${blocked ? `AND state = 'blocked' LIMIT 1` : 'AND answerAt IS NOT NULL ORDER BY answerAt DESC LIMIT 1'}`,
      )
      .get(examId, destinationId);
    return found ? shown(found.answer, found.answerAt) : null;
  }
}

/** By destination: what stands in for the answer and the next try of what waits for it. */
type Standing = ReadonlyMap<string, (nextAttemptAt: string | null, own: Answer) => Overlay>;

type Overlay = { readonly lastAnswer: Answer; readonly nextAttemptAt: string | null };

type ExamLine = {
  readonly id: string;
  readonly received: string;
  readonly corrected: string;
  readonly modalities: string;
  readonly approved: number;
  readonly images: number;
  readonly objects: number;
  readonly notes: number;
  readonly approvedAt: string;
};

const laterOf = (a: string | null, b: string | null): string | null => (a === null ? b : b === null || a > b ? a : b);
