// Closes what was opened, last opened first, each one once, and goes on when one of them fails.

export type Closable = { close(): void | Promise<void> };

export class ClosingStack {
  readonly #opened: Closable[] = [];

  /** Remembers `closable` and gives it back, so that opening and remembering are one line. */
  add<T extends Closable>(closable: T): T {
    this.#opened.push(closable);
    return closable;
  }

  /** Closes everything. Throws an AggregateError after the last one if any of them failed. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let next = this.#opened.pop(); next; next = this.#opened.pop()) {
      try {
        await next.close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'closing failed');
  }
}
