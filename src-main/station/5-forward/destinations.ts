// The destinations in the book: what the settings say of them, whether they are paused, and how they stand. A row is
// never deleted, because deliveries and attempts speak of it.
import type { PeerAnswer } from '#contract/shapes/answer-keys.ts';
import type { DestinationSetting } from '#contract/shapes/settings.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Book } from '#station/records/index.ts';
import type { DestinationMood } from './breaker.ts';

export type DestinationRow = {
  readonly id: string;
  readonly setting: DestinationSetting;
  readonly removed: boolean;
  readonly paused: boolean;
  readonly state: DestinationMood;
  readonly since: string;
  readonly lastAnswer: PeerAnswer | null;
};

type Kept = {
  readonly id: string;
  readonly setting: string;
  readonly removed: number;
  readonly paused: number;
  readonly state: DestinationMood;
  readonly since: string;
  readonly lastAnswer: string | null;
};

const read = (row: Kept): DestinationRow => ({
  ...row,
  setting: JSON.parse(row.setting) as DestinationSetting,
  removed: row.removed === 1,
  paused: row.paused === 1,
  lastAnswer: row.lastAnswer === null ? null : (JSON.parse(row.lastAnswer) as PeerAnswer),
});

export class Destinations {
  readonly #book: Book;
  readonly #clock: Clock;

  constructor(book: Book, clock: Clock) {
    this.#book = book;
    this.#clock = clock;
  }

  /** All that ever were, in the order of their first appearance. */
  all(): DestinationRow[] {
    return this.#book.sql<Kept>('SELECT * FROM destination ORDER BY rowid').all().map(read);
  }

  find(id: string): DestinationRow | undefined {
    const row = this.#book.sql<Kept>('SELECT * FROM destination WHERE id = ?').get(id);
    return row && read(row);
  }

  /** Takes over a setting; one that was removed is back. */
  put(setting: DestinationSetting): void {
    this.#book
      .sql(
        `INSERT INTO destination (id, setting, since) VALUES (?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET setting = excluded.setting, removed = 0`,
      )
      .run(setting.id, JSON.stringify(setting), this.#clock.now());
  }

  remove(id: string): void {
    this.#book.sql(`UPDATE destination SET removed = 1, state = 'well', lastAnswer = NULL WHERE id = ?`).run(id);
  }

  setPaused(id: string, paused: boolean): void {
    this.#book
      .sql('UPDATE destination SET paused = ?, since = ? WHERE id = ? AND paused <> ?')
      .run(paused ? 1 : 0, this.#clock.now(), id, paused ? 1 : 0);
  }

  setMood(id: string, mood: DestinationMood, answer: PeerAnswer | null): void {
    this.#book
      .sql(
        `UPDATE destination SET since = CASE WHEN state = :mood THEN since ELSE :now END, state = :mood, lastAnswer = :answer
         WHERE id = :id`,
      )
      .run({ id, mood, now: this.#clock.now(), answer: answer ? JSON.stringify(answer) : null });
  }
}
