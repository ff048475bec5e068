// Many objects that a destination took alike, written down as one: their attempts, their deliveries, and the sums that
// triggers would count up one by one (records/migrations/0031).
//
// Guarantees: what stands in the book afterwards is what settling them one after the other would leave. Runs inside a
// transaction of the caller; a delivery that is not being sent any more stays as it is.
import type { PeerAnswer } from '#contract/shapes/answer-keys.ts';
import type { AttemptOutcome, DeliveryState } from '#contract/shapes/delivery.ts';
import { stageOf } from '#station/model/delivery-lifecycle.ts';
import type { Book } from '#station/records/index.ts';
import type { Claim, Sets } from './claim.ts';

export type SentTogether = {
  readonly claims: readonly Claim[];
  readonly outcome: AttemptOutcome;
  /** What the destination said to each, and what is shown of it. */
  readonly said: PeerAnswer;
  readonly answer: PeerAnswer;
  /** Behind 'sending': 'sent', or 'committed' where the site takes its word. */
  readonly to: Extract<DeliveryState, 'sent' | 'committed'>;
  readonly sets: Sets;
  readonly now: string;
};

type MovedRow = {
  readonly id: string;
  readonly examId: string;
  readonly destinationId: string;
  readonly required: number;
  readonly priority: number;
  readonly bytes: number;
};

/** Gives the claims whose deliveries moved. */
export function writeSentTogether(book: Book, sent: SentTogether): readonly Claim[] {
  const { claims } = sent;
  const counting = book.sql('UPDATE counting SET held = ?');
  counting.run(1);
  const tried = endAttempts(book, sent);
  const moved = moveDeliveries(book, sent);
  counting.run(0);
  addTotals(book, sent, tried, moved);
  for (const rows of Map.groupBy(moved, ({ examId, destinationId }) => `${examId} ${destinationId}`).values())
    countExam(book, rows, sent.to);
  const ids = new Set(moved.map(({ id }) => id));
  return claims.filter(({ deliveryId }) => ids.has(deliveryId));
}

/** Gives how many were under way until now. */
function endAttempts(book: Book, { claims, outcome, said, now }: SentTogether): number {
  const values = [now, outcome, JSON.stringify(said), JSON.stringify(claims.map(({ attemptId }) => attemptId))];
  const end = `UPDATE attempt SET endedAt = ?, outcome = ?, answer = ? WHERE id IN (SELECT value FROM json_each(?))`;
  const { changes } = book.sql(`${end} AND outcome = 'underway'`).run(...values);
  if (changes < claims.length) book.sql(end).run(...values);
  return changes;
}

function moveDeliveries(book: Book, { claims, to, sets, answer, now }: SentTogether): readonly MovedRow[] {
  const columns = { ...sets, answer: JSON.stringify(answer), answerAt: now };
  const list = Object.keys(columns).map((column) => `, ${column} = :${column}`);
  return book
    .sql<MovedRow>(
      `UPDATE delivery SET state = :to${list.join('')}
       WHERE id IN (SELECT value FROM json_each(:ids)) AND state = 'sending'
       RETURNING id, examId, destinationId, required, priority,
         (SELECT sizeBytes FROM revision WHERE revision.id = revisionId) AS bytes`,
    )
    .all({ ...columns, to, ids: JSON.stringify(claims.map(({ deliveryId }) => deliveryId)) });
}

function addTotals(book: Book, { claims, outcome }: SentTogether, tried: number, moved: readonly MovedRow[]): void {
  const add = (destinationId: string, name: string, value: number) =>
    book
      .sql('INSERT INTO outbox_total VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value')
      .run(destinationId, name, value);
  const [first] = claims;
  if (first && tried > 0) add(first.destinationId, `attempts:${outcome}`, tried);
  if (!first || moved.length === 0) return;
  add(first.destinationId, 'sent-objects', moved.length);
  add(
    first.destinationId,
    'sent-bytes',
    sum(moved, ({ bytes }) => bytes),
  );
}

/** Of one exam and destination. */
function countExam(book: Book, rows: readonly MovedRow[], to: SentTogether['to']): void {
  const [first] = rows;
  if (!first) return;
  const { examId, destinationId } = first;
  const of = [examId, destinationId] as const;
  const isOfBoth = 'examId = ? AND destinationId = ?';
  book
    .sql(`UPDATE delivery_count SET deliveries = deliveries - ? WHERE ${isOfBoth} AND stage = 'waiting'`)
    .run(rows.length, ...of);
  book
    .sql(
      'INSERT INTO delivery_count VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET deliveries = deliveries + excluded.deliveries',
    )
    .run(...of, stageOf(to), rows.length);
  book.sql(`DELETE FROM delivery_count WHERE ${isOfBoth} AND stage = 'waiting' AND deliveries = 0`).run(...of);
  const closed = stageOf(to) === 'confirmed' ? sum(rows, ({ required }) => required) : 0;
  if (closed > 0) book.sql('UPDATE exam SET openDeliveries = openDeliveries - ? WHERE id = ?').run(closed, examId);
  for (const [priority, left] of Map.groupBy(rows, (row) => row.priority)) {
    book
      .sql(`UPDATE exam_waiting SET deliveries = deliveries - ?, bytes = bytes - ? WHERE ${isOfBoth} AND priority = ?`)
      .run(
        left.length,
        sum(left, ({ bytes }) => bytes),
        ...of,
        priority,
      );
    book.sql(`DELETE FROM exam_waiting WHERE ${isOfBoth} AND priority = ? AND deliveries = 0`).run(...of, priority);
  }
}

const sum = <T>(rows: readonly T[], of: (row: T) => number): number => rows.reduce((all, row) => all + of(row), 0);
