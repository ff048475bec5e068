// The book: the embedded SQL database that holds the catalog, the outbox, corrections and the trail.
//
// When openBook returns, the book is at the newest migration, in WAL with full synchronisation, and this process is
// its only writer. It refuses a book that a newer program wrote ('book-too-new') and a damaged one ('book-damaged').
import Database from 'better-sqlite3';
import { migrations } from './migrations/index.ts';
import { Problem } from '#station/kit/problem.ts';

/** Earlier versions have the WAL-reset corruption bug. */
const oldestSqlite = [3, 51, 3] as const;

export type Row = Readonly<Record<string, string | number | null>>;
type Value = string | number | bigint | null | Uint8Array;

export type Statement<R = Row> = {
  get(...values: Value[] | [Readonly<Record<string, Value>>]): R | undefined;
  all(...values: Value[] | [Readonly<Record<string, Value>>]): R[];
  run(...values: Value[] | [Readonly<Record<string, Value>>]): { changes: number };
};

export class Book {
  readonly #db: Database.Database;
  readonly #statements = new Map<string, Statement<unknown>>();
  #depth = 0;
  #after: (() => void)[] = [];

  constructor(db: Database.Database) {
    this.#db = db;
  }

  /** A prepared statement; the same text is prepared once. */
  sql<R = Row>(text: string): Statement<R> {
    let statement = this.#statements.get(text);
    if (!statement) {
      statement = this.#db.prepare(text) as unknown as Statement<unknown>;
      this.#statements.set(text, statement);
    }
    return statement as Statement<R>;
  }

  /**
   * Runs `work` in one transaction that is durable when this returns; all of it happens or none. Inside a running
   * transaction it joins that one. `work` must not wait for anything.
   */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.#depth++;
    try {
      this.sql('BEGIN IMMEDIATE').run();
      let result: T;
      try {
        result = work();
        this.sql('COMMIT').run();
      } catch (error) {
        this.#after = [];
        if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
        throw bookProblem(error);
      }
      const after = this.#after;
      this.#after = [];
      this.#depth--;
      try {
        for (const call of after) call();
      } finally {
        this.#depth++;
      }
      return result;
    } finally {
      this.#depth--;
    }
  }

  /** Calls back after the running transaction is durable, or at once when there is none. Never after a roll-back. */
  afterCommit(call: () => void): void {
    if (this.#depth > 0) this.#after.push(call);
    else call();
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }
}

/** @param file path of the book, or ':memory:'. */
export function openBook(file: string): Book {
  let db: Database.Database | undefined;
  try {
    db = new Database(file);
    assertSqliteVersion(db);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    db.pragma('wal_autocheckpoint = 4000');
    db.pragma('cache_size = -32000');
    migrate(db);
    return new Book(db);
  } catch (error) {
    db?.close();
    throw bookProblem(error);
  }
}

/** A full or failing disk and a damaged book are problems; anything else passes as it is. */
function bookProblem(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(error.code)) {
    return new Problem('book-damaged', { book: 'catalog' }, { cause: error });
  }
  if (error.code === 'SQLITE_FULL') return new Problem('no-room', { freeBytes: 0, neededBytes: 0 }, { cause: error });
  if (error.code.startsWith('SQLITE_IOERR')) return new Problem('disk-failed', { operation: 'book' }, { cause: error });
  return error;
}

function assertSqliteVersion(db: Database.Database): void {
  const text = String(db.prepare('SELECT sqlite_version()').pluck().get());
  const found = text.split('.').map(Number);
  for (const [i, least] of oldestSqlite.entries()) {
    const part = found[i] ?? 0;
    if (part > least) return;
    if (part < least) throw new Error(`SQLite ${text} is older than ${oldestSqlite.join('.')}`);
  }
}

function migrate(db: Database.Database): void {
  const found = Number(db.pragma('user_version', { simple: true }));
  if (found > migrations.length) throw new Problem('book-too-new', { found, known: migrations.length });
  for (const [index, step] of migrations.entries()) {
    if (index < found) continue;
    db.transaction(() => {
      db.exec(step);
      db.pragma(`user_version = ${index + 1}`);
    }).immediate();
  }
}
