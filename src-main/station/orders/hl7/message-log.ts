// The last messages as they came and as they were answered: a repeat gets the same answer, and people see what was said.
// Bounded: 10,000 answers, of the newest 500 the first 64 KiB.
import { createHash } from 'node:crypto';
import type { hl7Doubts, Hl7MessageRow } from '#contract/shapes/hl7.ts';
import type { Book } from '#station/records/index.ts';
import { namePlace, type FaultCode, type Place } from './fault.ts';
import type { Verdict } from './answer.ts';

export type Doubt = (typeof hl7Doubts)[number];

export type LoggedMessage = {
  readonly feedId: string;
  readonly address: string;
  readonly at: string;
  readonly type: string;
  readonly event: string;
  readonly controlId: string;
  readonly verdict: Verdict;
  readonly outcome: Hl7MessageRow['outcome'];
  readonly doubts: readonly Doubt[];
  readonly raw: Buffer;
};

const mostAnswers = 10_000;
const mostRaw = 500;
const rawBytes = 65_536;

type Row = Omit<Hl7MessageRow, 'id' | 'fault' | 'doubts'> & {
  readonly number: number;
  readonly fault: string | null;
  readonly doubts: string;
};
type KeptFault = { readonly code: FaultCode; readonly place: Place; readonly words: string };

const listed = 'number, feedId, address, at, type, event, controlId, answer, outcome, fault, doubts, repeats';

export const digestOf = (raw: Buffer): string => createHash('sha256').update(raw).digest('hex');

export class MessageLog {
  readonly #book: Book;

  constructor(book: Book) {
    this.#book = book;
  }

  /** Inside a transaction of the caller. */
  add(message: LoggedMessage, sha256: string): void {
    const { feedId, address, at, type, event, controlId, verdict, outcome, doubts, raw } = message;
    this.#book
      .sql(
        `INSERT INTO hl7_message (feedId, address, at, type, event, controlId, sha256, answer, outcome, fault, doubts, raw)
         VALUES (:feedId, :address, :at, :type, :event, :controlId, :sha256, :answer, :outcome, :fault, :doubts, :raw)`,
      )
      .run({
        ...{ feedId, address, at, controlId, sha256, answer: verdict.answer, outcome },
        ...{ type: type.slice(0, 16), event: event.slice(0, 16) },
        fault: verdict.fault ? JSON.stringify(verdict.fault) : null,
        doubts: JSON.stringify(doubts),
        raw: raw.subarray(0, rawBytes),
      });
    this.#book
      .sql('DELETE FROM hl7_message WHERE number <= (SELECT max(number) FROM hl7_message) - ?')
      .run(mostAnswers);
    this.#book
      .sql('UPDATE hl7_message SET raw = NULL WHERE number = (SELECT max(number) FROM hl7_message) - ?')
      .run(mostRaw);
  }

  /** What was answered to the same bytes under the same control ID before; counts the repeat. */
  answeredBefore(feedId: string, controlId: string, sha256: string): Verdict | undefined {
    const row = this.#book
      .sql<{ number: number; answer: Verdict['answer']; fault: string | null }>(
        `SELECT number, answer, fault FROM hl7_message WHERE controlId = ? AND +feedId = ? AND +sha256 = ?
         ORDER BY number DESC LIMIT 1`,
      )
      .get(controlId, feedId, sha256);
    // What was rejected for a reason of ours, or of the settings, may be well today.
    if (!row || row.answer !== 'AA') return undefined;
    this.#book.sql('UPDATE hl7_message SET repeats = repeats + 1 WHERE number = ?').run(row.number);
    return row.fault === null
      ? { answer: row.answer }
      : { answer: row.answer, fault: JSON.parse(row.fault) as KeptFault };
  }

  lastFrom(feedId: string): string | null {
    return (
      this.#book
        .sql<{ at: string }>('SELECT at FROM hl7_message WHERE feedId = ? ORDER BY number DESC LIMIT 1')
        .get(feedId)?.at ?? null
    );
  }

  /** Newest first. */
  list(limit: number): Hl7MessageRow[] {
    return this.#book.sql<Row>(`SELECT ${listed} FROM hl7_message ORDER BY number DESC LIMIT ?`).all(limit).map(rowOf);
  }

  lastRefused(): Hl7MessageRow | null {
    const row = this.#book
      .sql<Row>(`SELECT ${listed} FROM hl7_message WHERE answer <> 'AA' ORDER BY number DESC LIMIT 1`)
      .get();
    return row ? rowOf(row) : null;
  }

  find(number: number): { readonly row: Hl7MessageRow; readonly raw: Buffer | null } | undefined {
    const row = this.#book.sql<Row>(`SELECT ${listed} FROM hl7_message WHERE number = ?`).get(number);
    const kept = this.#book
      .sql<{ raw: Uint8Array | null }>('SELECT raw FROM hl7_message WHERE number = ?')
      .get(number)?.raw;
    return row && { row: rowOf(row), raw: kept ? Buffer.from(kept) : null };
  }
}

function rowOf({ number, fault, doubts, ...row }: Row): Hl7MessageRow {
  const kept = fault === null ? null : (JSON.parse(fault) as KeptFault);
  return {
    ...row,
    id: number,
    fault: kept && { code: kept.code, place: namePlace(kept.place), words: kept.words },
    doubts: JSON.parse(doubts) as Doubt[],
  };
}
