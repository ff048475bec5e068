// Sums of the outbox for alerts and for machines that watch, and the attempts of one delivery. The sums are what triggers
// keep: each costs the same at any length of the queue. Reads only.
import type { PeerAnswer } from '#contract/shapes/answer-keys.ts';
import type { AttemptRow } from '#contract/shapes/attempts.ts';
import type { AttemptOutcome } from '#contract/shapes/delivery.ts';
import type { DeliveryStage } from '#station/model/delivery-lifecycle.ts';
import type { Book } from '#station/records/index.ts';

/** More of them are not counted. */
const mostCounted = 1000;

export type Overdue = { readonly exams: number; /** Of the one that waits longest, ISO. */ readonly since: string };

export type AttemptPage = { readonly attempts: AttemptRow[]; readonly total: number };

export type OutboxFigures = {
  /** Every attempt of one delivery, the newest first. */
  attempts(deliveryId: string, page: { readonly limit: number; readonly offset: number }): AttemptPage;
  /** Exams of a priority (0 stat to 3 backlog) that wait for a destination since `before` or longer. */
  overdue(destinationId: string, priority: number, before: string): Overdue | undefined;
  /** Deliveries that stand in each stage. */
  stages(): readonly { readonly destinationId: string; readonly stage: DeliveryStage; readonly deliveries: number }[];
  /** Everything that was ever sent, and how attempts ended. */
  totals(): readonly {
    readonly destinationId: string;
    readonly name: 'sent-objects' | 'sent-bytes' | `attempts:${AttemptOutcome}`;
    readonly value: number;
  }[];
};

export function openOutboxFigures(book: Book): OutboxFigures {
  return {
    attempts(deliveryId, { limit, offset }) {
      const rows = book
        .sql<Omit<AttemptRow, 'answer'> & { readonly answer: string | null }>(
          `SELECT startedAt, endedAt, outcome, answer FROM attempt WHERE deliveryId = ?
           ORDER BY startedAt DESC, rowid DESC LIMIT ? OFFSET ?`,
        )
        .all(deliveryId, limit, offset);
      const total = book.sql<{ n: number }>('SELECT count(*) AS n FROM attempt WHERE deliveryId = ?').get(deliveryId);
      const read = (answer: string | null) => (answer === null ? null : (JSON.parse(answer) as PeerAnswer));
      return { attempts: rows.map((row) => ({ ...row, answer: read(row.answer) })), total: total?.n ?? 0 };
    },
    overdue(destinationId, priority, before) {
      const found = book
        .sql<{ exams: number; since: string | null }>(
          `SELECT count(*) AS exams, min(since) AS since FROM
             (SELECT since FROM exam_waiting WHERE destinationId = ? AND priority = ? AND since <= ? ORDER BY since LIMIT ?)`,
        )
        .get(destinationId, priority, before, mostCounted);
      return found && found.since !== null ? { exams: found.exams, since: found.since } : undefined;
    },
    stages: () =>
      book
        .sql<ReturnType<OutboxFigures['stages']>[number]>(
          'SELECT destinationId, stage, deliveries FROM destination_count',
        )
        .all(),
    totals: () =>
      book
        .sql<ReturnType<OutboxFigures['totals']>[number]>('SELECT destinationId, name, value FROM outbox_total')
        .all(),
  };
}
