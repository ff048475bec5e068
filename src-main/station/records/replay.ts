// Brings changes of the journal into a book, again and again without harm. What speaks of rows that are not there is
// left out and counted. Columns that the book does not know (any more) are left out.
import type { Book } from './book.ts';
import type { JournalChange, JournalRow } from './journal.ts';

/** Their rows are made before, by whoever reads the object files. */
const madeElsewhere = new Set(['arrival', 'source']);

type Reference = { readonly from: string; readonly table: string; readonly to: string };
type Shape = {
  readonly columns: ReadonlySet<string>;
  readonly key: readonly string[];
  readonly references: readonly Reference[];
};

export class Replay {
  readonly #book: Book;
  readonly #shapes = new Map<string, Shape | undefined>();
  applied = 0;
  leftOut = 0;

  readonly #applied: ((change: JournalChange) => void) | undefined;

  /** @param applied told of each change that was brought in, before the next one is looked at */
  constructor(book: Book, applied?: (change: JournalChange) => void) {
    this.#book = book;
    this.#applied = applied;
  }

  /** Inside a transaction of the caller. */
  apply(changes: readonly JournalChange[]): void {
    for (const change of changes) {
      const [kind, table, row] = change;
      if (madeElsewhere.has(table)) continue;
      const shape = this.#shape(table);
      if (shape && this.#one(kind, table, row, shape)) {
        this.applied++;
        this.#applied?.(change);
      } else this.leftOut++;
    }
  }

  #one(kind: JournalChange[0], table: string, row: JournalRow, { columns, key, references }: Shape): boolean {
    if (key.some((name) => row[name] === undefined)) return false;
    const where = key.map((name) => `"${name}" = :${name}`).join(' AND ');
    const keys = Object.fromEntries(key.map((name) => [name, row[name] ?? null]));
    if (kind === '-') return this.#book.sql(`DELETE FROM "${table}" WHERE ${where}`).run(keys).changes > 0;
    const names = Object.keys(row).filter((name) => columns.has(name));
    const values = Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
    if (references.some((reference) => this.#isDangling(reference, row[reference.from] ?? null))) return false;
    const sets = names.filter((name) => !key.includes(name)).map((name) => `"${name}" = :${name}`);
    if (kind === '=') {
      return (
        sets.length === 0 ||
        this.#book.sql(`UPDATE "${table}" SET ${sets.join(', ')} WHERE ${where}`).run(values).changes > 0
      );
    }
    const list = names.map((name) => `"${name}"`).join(', ');
    const then = sets.length === 0 ? 'NOTHING' : `UPDATE SET ${sets.join(', ')}`;
    const insert = () =>
      this.#book
        .sql(
          `INSERT INTO "${table}" (${list}) VALUES (${names.map((name) => `:${name}`).join(', ')})
         ON CONFLICT (${key.map((name) => `"${name}"`).join(', ')}) DO ${then}`,
        )
        .run(values);
    try {
      insert();
      return true;
    } catch (error) {
      // The same thing under another id: an older journal was lost in between, and it was said anew.
      if ((error as { code?: unknown }).code === 'SQLITE_CONSTRAINT_UNIQUE') return false;
      throw error;
    }
  }

  #isDangling({ table, to }: Reference, value: JournalRow[string]): boolean {
    return value !== null && this.#book.sql(`SELECT 1 FROM "${table}" WHERE "${to}" = ?`).get(value) === undefined;
  }

  #shape(table: string): Shape | undefined {
    if (this.#shapes.has(table)) return this.#shapes.get(table);
    const columns = this.#book
      .sql<{ name: string; pk: number }>('SELECT name, pk FROM pragma_table_info(?)')
      .all(table);
    const references = this.#book
      .sql<{ from: string; table: string; to: string | null }>(
        'SELECT "from", "table", "to" FROM pragma_foreign_key_list(?)',
      )
      .all(table)
      .map((reference) => ({ ...reference, to: reference.to ?? 'id' }));
    const key = columns.filter(({ pk }) => pk > 0).map(({ name }) => name);
    const shape = key.length === 0 ? undefined : { columns: new Set(columns.map(({ name }) => name)), key, references };
    this.#shapes.set(table, shape);
    return shape;
  }
}
