// The book: the embedded SQL database that holds the catalog, the outbox, corrections and the trail.
//
// When openBook returns, the book is at the newest migration, in WAL with full synchronisation, and this process is
// its only writer. It refuses a book that a newer program wrote ('book-too-new') and a damaged one ('book-damaged').
import Database from 'better-sqlite3';
import { Checkpoints, tooLongLogPages } from './checkpoints.ts';
import { JournalWriter } from './journal.ts';
import { LogSync } from './log-sync.ts';
import { journalTriggers, urgentTables } from './journal-triggers.ts';
import { migrations } from './migrations/index.ts';
import { copyBook, snapshotBeforeMigration } from './snapshots.ts';
import { canBeRead } from './can-be-read.ts';
import { systemClock } from '#station/kit/clock.ts';
import { isProblem, Problem } from '#station/kit/problem.ts';

/** Earlier versions have the WAL-reset corruption bug. */
const oldestSqlite = [3, 51, 3] as const;

export type Row = Readonly<Record<string, string | number | null>>;
type Value = string | number | bigint | null | Uint8Array;

export type Statement<R = Row> = {
  get(...values: Value[] | [Readonly<Record<string, Value>>]): R | undefined;
  all(...values: Value[] | [Readonly<Record<string, Value>>]): R[];
  run(...values: Value[] | [Readonly<Record<string, Value>>]): { changes: number };
};

/** A transaction that is written; `durable` rejects with 'disk-failed' when nobody knows whether it will last. */
export type SoonDurable<T> = { readonly result: T; readonly durable: Promise<void> };

export class Book {
  readonly #db: Database.Database;
  readonly #logSync: LogSync | undefined;
  readonly #checkpoints: Checkpoints | undefined;
  readonly #onTellingFailed: (error: unknown) => void;
  #isLogDoubtful = false;
  readonly #statements = new Map<string, Statement<unknown>>();
  #depth = 0;
  #after: (() => void)[] = [];
  #journal: JournalWriter | undefined;
  #journalNumber = 0;
  #noted: string[] = [];
  #urgent = false;
  /** Of transactions that are committed and not known to be durable: the journal is never ahead of the book. */
  #lines: JournalledChange[] = [];

  /** @param options `isSynced`: its log is synced beside it */
  constructor(db: Database.Database, options: BookOptions & { readonly isSynced?: boolean } = {}) {
    this.#db = db;
    const { isSynced = false, fdatasync, fdatasyncNow, longLogPages, onTellingFailed } = options;
    this.#onTellingFailed = onTellingFailed ?? throwLater;
    if (!isSynced) return;
    const length = db.prepare('PRAGMA wal_checkpoint(NOOP)');
    this.#checkpoints = new Checkpoints({
      file: db.name,
      logLength: () => length.get() as { log: number; checkpointed: number },
      onFailed: () => this.#logFailed(),
      ...(longLogPages !== undefined && { longLogPages }),
    });
    db.pragma(`wal_autocheckpoint = ${tooLongLogPages}`);
    const ports = { ...(fdatasync && { fdatasync }), ...(fdatasyncNow && { fdatasyncNow }) };
    this.#logSync = new LogSync({ ...ports, file: `${db.name}-wal`, onFailed: () => this.#logFailed() });
  }

  /**
   * A prepared statement; the same text is prepared once. SQLite looks at bound values to plan a statement of several
   * tables or of a column with choices, and prepares it anew at each call (20 to 100 µs): write `column = ? || ''` there.
   */
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
    const { result, after } = this.#commit(work);
    // Synced by SQLite, and with it all that was written to the log before.
    this.#writeLines(this.#journalNumber);
    this.#tell(after);
    return result;
  }

  /**
   * Like `transaction`, but the sync runs in the thread pool and is shared with all that wait for one: the result is
   * there at once, and may be acknowledged to nobody before `durable` resolved. Whoever reads the book sees it already;
   * a later `transaction` makes it durable too. Not to be called inside a running transaction.
   */
  transactionSoon<T>(work: () => T): SoonDurable<T> {
    const log = this.#logSync;
    if (!log || this.#depth > 0) return { result: this.transaction(work), durable: Promise.resolve() };
    // With NORMAL a commit only writes to the log; checkpoints are synced as ever.
    this.#db.exec('PRAGMA synchronous = NORMAL');
    let committed: Committed<T>;
    try {
      committed = this.#commit(work);
    } finally {
      this.#db.exec('PRAGMA synchronous = FULL');
    }
    const { result, after } = committed;
    const last = this.#journalNumber;
    const durable = log.sync().then(
      () => {
        this.#writeLines(last);
        this.#tell(after);
      },
      (error: unknown) => {
        this.#leaveOutLines(last);
        throw new Problem('disk-failed', { operation: 'book' }, { cause: error });
      },
    );
    return { result, durable };
  }

  /** What is durable is done: whoever decided hears so, also when somebody who is told of it fails. */
  #tell(after: Committed<unknown>['after']): void {
    for (const call of after) {
      try {
        call();
      } catch (error) {
        this.#onTellingFailed(error);
      }
    }
  }

  #commit<T>(work: () => T): Committed<T> {
    this.#trustLog();
    this.#depth++;
    try {
      this.sql('BEGIN IMMEDIATE').run();
      let result: T;
      try {
        result = work();
        if (this.#noted.length > 0) {
          this.sql('UPDATE journal_mark SET number = ? WHERE id = 1').run(this.#journalNumber + 1);
        }
        this.sql('COMMIT').run();
      } catch (error) {
        this.#after = [];
        this.#noted = [];
        this.#urgent = false;
        if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
        const problem = bookProblem(error);
        // What was rolled back may lie in the log with its commit mark, and a crash would bring it back.
        if (isProblem(problem, 'disk-failed')) this.#logFailed();
        throw problem;
      }
      this.#keepLine();
      this.#checkpoints?.committed();
      const after = this.#after;
      this.#after = [];
      return { result, after };
    } finally {
      this.#depth--;
    }
  }

  /**
   * After a failed sync the system may think the log clean that never reached the disk: syncing again would lie. What
   * the log holds is in memory still, so it is copied into the book, which is synced itself, and begun anew.
   */
  #logFailed(): void {
    this.#isLogDoubtful = true;
    try {
      this.#trustLog();
    } catch {
      // tried again before the next commit
    }
  }

  #trustLog(): void {
    if (!this.#isLogDoubtful) return;
    let isBusy: unknown = 1;
    try {
      isBusy = (this.#db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[])[0]?.busy;
    } catch (error) {
      throw bookProblem(error);
    }
    if (isBusy !== 0) throw new Problem('disk-failed', { operation: 'book' });
    this.#isLogDoubtful = false;
  }

  /** For writers that can wait: resolves when they should write again; undefined when that is now. */
  get calm(): Promise<void> | undefined {
    return this.#checkpoints?.calm;
  }

  /** The log is being copied into the book; for tests. */
  get checkpointing(): Promise<void> | undefined {
    return this.#checkpoints?.running;
  }

  /** True while nobody knows what a crash would leave: what was refused meanwhile may come back. */
  get isDoubtful(): boolean {
    return this.#isLogDoubtful;
  }

  /**
   * Calls back after the running transaction is durable, or at once when there is none. Never after a roll-back. What it
   * throws then goes to `onTellingFailed` and not to who decided.
   */
  afterCommit(call: () => void): void {
    if (this.#depth > 0) this.#after.push(call);
    else call();
  }

  /** From now on what the book alone knows is written to the journal too. See journal.ts. */
  keepJournal(journal: JournalWriter): void {
    this.#journal = journal;
    this.#journalNumber = this.journalMark();
    this.#db.function('note_change', (kind: unknown, table: unknown, row: unknown) => {
      this.#note(String(kind), String(table), String(row));
      return null;
    });
    for (const trigger of journalTriggers(this.#db)) this.#db.exec(trigger);
  }

  /** Number of the last change that the journal should hold. */
  journalMark(): number {
    return this.sql<{ number: number }>('SELECT number FROM journal_mark WHERE id = 1').get()?.number ?? 0;
  }

  get journal(): JournalWriter | undefined {
    return this.#journal;
  }

  /** Copies the book as it is when the copy ends, a part at a time so that others get their turn. Durable when it resolves. */
  async copyTo(file: string): Promise<void> {
    try {
      await copyBook(this.#db, file);
    } catch (error) {
      throw bookProblem(error);
    }
  }

  close(): void {
    this.#writeLastLines();
    this.#logSync?.close();
    this.#checkpoints?.close();
    this.#journal?.close();
    this.#statements.clear();
    this.#db.close();
  }

  /** What nobody waited for in the end. */
  #writeLastLines(): void {
    if (this.#lines.length === 0) return;
    try {
      this.#logSync?.syncNow();
      this.#writeLines(this.#journalNumber);
    } catch {
      this.#leaveOutLines(this.#journalNumber);
    }
  }

  #note(kind: string, table: string, row: string): void {
    // Outside a transaction each statement is one of its own: its number follows in a moment.
    if (this.#depth === 0 && this.#noted.length === 0) setImmediate(() => this.#db.open && this.transaction(() => {}));
    this.#noted.push(`["${kind}","${table}",${row}]`);
    this.#urgent ||= urgentTables.has(table);
  }

  #keepLine(): void {
    if (this.#noted.length === 0) return;
    this.#journalNumber++;
    this.#lines.push({ number: this.#journalNumber, noted: this.#noted, urgent: this.#urgent });
    this.#noted = [];
    this.#urgent = false;
  }

  /** Leaves a gap, which asks for a snapshot. */
  #leaveOutLines(last: number): void {
    for (let line = this.#lines[0]; line && line.number <= last; line = this.#lines[0]) {
      this.#lines.shift();
      this.#journal?.leaveOut(line.number);
    }
  }

  /** Those up to this number are durable in the book. */
  #writeLines(last: number): void {
    for (let line = this.#lines[0]; line && line.number <= last; line = this.#lines[0]) {
      this.#lines.shift();
      this.#journal?.append(line.number, line.noted, line.urgent);
    }
  }
}

type JournalledChange = { readonly number: number; readonly noted: readonly string[]; readonly urgent: boolean };

type Committed<T> = { readonly result: T; readonly after: readonly (() => void)[] };

export type BookOptions = {
  /** Folder of the journal; none is kept when left out. */
  readonly journal?: string;
  /** 'unsafe' for a book that is made anew and synced as a whole when it is done. */
  readonly synchronous?: 'full' | 'unsafe';
  /** Hears what those who are told of a commit throw; without it, it is thrown where nobody catches it. */
  readonly onTellingFailed?: (error: unknown) => void;
  /** For tests: how the log is synced, in the thread pool and at once. */
  readonly fdatasync?: (fd: number) => Promise<void>;
  readonly fdatasyncNow?: (fd: number) => void;
  /** For tests: how long the log may be before it is copied into the book. */
  readonly longLogPages?: number;
};

/** @param file path of the book, or ':memory:'. A book that is to be migrated is copied to snapshots/ beside it before. */
export function openBook(file: string, options: BookOptions = {}): Book {
  let db: Database.Database | undefined;
  try {
    db = new Database(file);
    assertSqliteVersion(db);
    const unsafe = options.synchronous === 'unsafe';
    db.pragma(`journal_mode = ${unsafe ? 'MEMORY' : 'WAL'}`);
    db.pragma(`synchronous = ${unsafe ? 'OFF' : 'FULL'}`);
    db.pragma('foreign_keys = ON');
    db.pragma(`cache_size = ${unsafe ? -128_000 : -32_000}`);
    migrate(db);
    const book = new Book(db, { ...options, isSynced: !db.memory && !unsafe });
    if (options.journal !== undefined) book.keepJournal(new JournalWriter(options.journal, book.journalMark()));
    return book;
  } catch (error) {
    db?.close();
    throw openingProblem(error, file);
  }
}

/** A copy of a book, to be read only: nothing appears beside it. Throws 'book-damaged', 'book-too-new'. */
export function openBookCopy(file: string): Book {
  let db: Database.Database | undefined;
  try {
    db = new Database(file, { readonly: true, fileMustExist: true });
    const found = Number(db.pragma('user_version', { simple: true }));
    if (found > migrations.length) throw new Problem('book-too-new', { found, known: migrations.length });
    return new Book(db);
  } catch (error) {
    db?.close();
    throw openingProblem(error, file);
  }
}

const throwLater = (error: unknown): void =>
  void setImmediate(() => {
    throw error;
  });

/** SQLite takes bytes that cannot be read for damaged ones. What the disk refuses is for whoever looks after the disk. */
function openingProblem(error: unknown, file: string): unknown {
  const problem = bookProblem(error);
  if (!isProblem(problem, 'book-damaged') || canBeRead(file, `${file}-wal`)) return problem;
  return new Problem('disk-failed', { operation: 'book' }, { cause: error });
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
  if (found === migrations.length) return;
  snapshotBeforeMigration(db, systemClock.now());
  const steps = [...migrations.entries()].slice(found);
  // A new book has nothing that a stop between two steps could spare: it comes whole, with one sync, or not at all.
  const parts = found === 0 ? [steps] : steps.map((step) => [step]);
  for (const part of parts) {
    db.transaction(() => {
      for (const [, step] of part) db.exec(step);
      db.pragma(`user_version = ${(part.at(-1)?.[0] ?? 0) + 1}`);
    }).immediate();
  }
}
