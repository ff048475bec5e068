// Notices and steps as rows: durable, in order for each receiver. Everything here writes at once and runs inside the
// transaction of its caller.
import type { NoticePage, NoticeReceiver, NoticeRow } from '#contract/shapes/notices.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import type { NoticeAnswer } from './answers.ts';
import type { Step } from './what-is-due.ts';

export const receivers: readonly NoticeReceiver[] = ['mpps', 'ian', 'hl7'];

export type Waiting = {
  readonly number: number;
  readonly receiver: NoticeReceiver;
  readonly kind: NoticeRow['kind'];
  readonly examId: string;
  readonly stepUid: string;
  readonly content: string;
  readonly attempts: number;
  readonly unknownAttempts: number;
  readonly nextAttemptAt: string;
};

export function stepsOf(
  book: Book,
  examId: string,
): (Step & { beganAt: string; endedAt: string | null; availableAt: string | null })[] {
  return book
    .sql<{
      stepUid: string;
      state: Step['state'];
      objects: string;
      beganAt: string;
      endedAt: string | null;
      availableAt: string | null;
      tried: number;
    }>(
      `SELECT stepUid, state, objects, beganAt, endedAt, availableAt,
         (SELECT COUNT(*) FROM notice WHERE notice.stepUid = performed_step.stepUid AND kind = 'discontinued'
            AND (attempts > 0 OR state <> 'waiting')) AS tried
       FROM performed_step WHERE examId = ? || '' ORDER BY rowid`,
    )
    .all(examId)
    .map(({ tried, objects, ...step }) => ({
      ...step,
      objects: JSON.parse(objects) as string[],
      endIsUntold: tried === 0,
    }));
}

export function addStep(book: Book, stepUid: string, examId: string, beganAt: string): void {
  book
    .sql(`INSERT INTO performed_step (stepUid, examId, state, beganAt) VALUES (?, ?, 'in-progress', ?)`)
    .run(stepUid, examId, beganAt);
}

export function endStep(
  book: Book,
  stepUid: string,
  state: 'completed' | 'discontinued',
  objects: readonly string[],
  endedAt: string,
): void {
  book
    .sql('UPDATE performed_step SET state = ?, objects = ?, endedAt = ? WHERE stepUid = ?')
    .run(state, JSON.stringify(objects), endedAt, stepUid);
}

/** Takes an end back that nobody was told of. */
export function reopenStep(book: Book, stepUid: string): void {
  book.sql(`UPDATE performed_step SET state = 'in-progress', endedAt = NULL WHERE stepUid = ?`).run(stepUid);
  book
    .sql(`UPDATE notice SET state = 'cancelled' WHERE stepUid = ? AND kind = 'discontinued' AND state = 'waiting'`)
    .run(stepUid);
}

export function markAvailable(book: Book, stepUid: string, at: string): void {
  book.sql('UPDATE performed_step SET availableAt = ? WHERE stepUid = ?').run(at, stepUid);
}

export function addNotice(
  book: Book,
  notice: Pick<Waiting, 'receiver' | 'kind' | 'examId' | 'stepUid' | 'content' | 'nextAttemptAt'> & {
    readonly createdAt: string;
  },
): void {
  book
    .sql(
      `INSERT INTO notice (receiver, kind, examId, stepUid, content, state, nextAttemptAt, createdAt)
       VALUES (:receiver, :kind, :examId, :stepUid, :content, 'waiting', :nextAttemptAt, :createdAt)`,
    )
    .run(notice);
}

/**
 * The next one for a receiver, in order, or undefined. The end of a step whose beginning its manager did not take waits for that, and
 * lets others pass; so does one that may still be taken back.
 */
export function nextFor(book: Book, receiver: NoticeReceiver, now: string): Waiting | undefined {
  return book
    .sql<Waiting>(
      `SELECT number, receiver, kind, examId, stepUid, content, attempts, unknownAttempts, nextAttemptAt FROM notice AS this
       WHERE receiver = ? || '' AND state = 'waiting' AND NOT EXISTS (SELECT 1 FROM notice AS earlier
         WHERE earlier.stepUid = this.stepUid AND earlier.receiver = this.receiver AND earlier.number < this.number
           AND earlier.state = 'refused' AND earlier.receiver = 'mpps')
       ORDER BY attempts = 0 AND nextAttemptAt > ?, number LIMIT 1`,
    )
    .get(receiver, now);
}

/** Before its first byte leaves. */
export function noteAttempt(book: Book, number: number): void {
  book
    .sql('UPDATE notice SET attempts = attempts + 1, unknownAttempts = unknownAttempts + 1 WHERE number = ?')
    .run(number);
}

export function noteAnswer(
  book: Book,
  number: number,
  said: {
    readonly state: 'waiting' | 'sent' | 'refused';
    readonly answer: NoticeAnswer;
    readonly at: string;
    readonly nextAttemptAt: string;
    readonly unknown: boolean;
  },
): void {
  book
    .sql(
      `UPDATE notice SET state = :state, answer = :answer, answerAt = :at, nextAttemptAt = :next,
         unknownAttempts = unknownAttempts - :known WHERE number = :number AND state = 'waiting'`,
    )
    .run({
      ...{ number, state: said.state, at: said.at, next: said.nextAttemptAt, known: said.unknown ? 0 : 1 },
      answer: JSON.stringify(said.answer),
    });
}

/** A person wants it told once more, or at once. @throws Problem 'not-found' */
export function resendNotice(book: Book, number: number, now: string): NoticeReceiver {
  const row = book
    .sql<{ receiver: NoticeReceiver; state: string }>('SELECT receiver, state FROM notice WHERE number = ?')
    .get(number);
  if (!row || row.state === 'cancelled') throw new Problem('not-found', { what: 'notice' });
  // What was taken is not told twice: a step that has ended may not be touched.
  if (row.state !== 'sent') {
    book.sql(`UPDATE notice SET state = 'waiting', attempts = 0, nextAttemptAt = ? WHERE number = ?`).run(now, number);
  }
  return row.receiver;
}

export function readNotices(
  book: Book,
  isSet: (receiver: NoticeReceiver) => boolean,
  examId: string | undefined,
  limit: number,
): NoticePage {
  const rows = book
    .sql<
      Omit<NoticeRow, 'answer' | 'PatientName' | 'AccessionNumber'> & {
        answer: string | null;
        received: string | null;
        corrected: string | null;
      }
    >(
      `SELECT number, receiver, kind, examId, state, attempts, answer, answerAt, nextAttemptAt, createdAt,
         (SELECT received FROM exam WHERE exam.id = examId) AS received, (SELECT corrected FROM exam WHERE exam.id = examId) AS corrected
       FROM notice WHERE (:examId = '' OR examId = :examId) AND state <> 'cancelled'
       ORDER BY state IN ('waiting', 'refused') DESC, number DESC LIMIT :limit`,
    )
    .all({ examId: examId ?? '', limit });
  const count = (receiver: NoticeReceiver, state: string) =>
    book.sql<{ n: number }>('SELECT COUNT(*) AS n FROM notice WHERE receiver = ? AND state = ?').get(receiver, state)
      ?.n ?? 0;
  return {
    receivers: receivers.map((receiver) => ({
      ...{ receiver, set: isSet(receiver), waiting: count(receiver, 'waiting'), refused: count(receiver, 'refused') },
    })),
    notices: rows.map(({ received, corrected, answer, ...row }) => {
      const values = { ...JSON.parse(received ?? '{}'), ...JSON.parse(corrected ?? '{}') } as Readonly<
        Record<string, string>
      >;
      return {
        ...row,
        PatientName: values['PatientName'] ?? '',
        AccessionNumber: values['AccessionNumber'] ?? '',
        answer: answer === null ? null : (JSON.parse(answer) as NonNullable<NoticeRow['answer']>),
      };
    }),
  };
}

/** Since when a receiver is told; begins now when it was not set before. */
export function sinceOf(book: Book, receiver: NoticeReceiver, isSet: boolean, now: string): string | undefined {
  if (!isSet) {
    book.sql('DELETE FROM notice_since WHERE receiver = ?').run(receiver);
    return undefined;
  }
  book.sql('INSERT OR IGNORE INTO notice_since (receiver, since) VALUES (?, ?)').run(receiver, now);
  return book.sql<{ since: string }>('SELECT since FROM notice_since WHERE receiver = ?').get(receiver)?.since;
}
