// One station for one home. The lock is the operating system's own, held on an SQLite file, so that it ends with the
// process that holds it, however that ends; no process number can be mistaken for another.
//
// A second start is refused at once with 'home-in-use' and has written nothing. The file must not be opened by anything
// else in this process: closing any other descriptor of it would give the lock away (POSIX).
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { Problem } from '#station/kit/problem.ts';

export type HomeLock = { close(): void };

/** Locks a home folder, which is made when it is not there yet. Throws 'home-in-use'. */
export function lockHome(home: string): HomeLock {
  mkdirSync(home, { recursive: true });
  const lock = new Database(path.join(home, 'lock'), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (error instanceof Database.SqliteError && /^SQLITE_(?:BUSY|LOCKED)/.test(error.code)) {
      throw new Problem('home-in-use', { home }, { cause: error });
    }
    throw error;
  }
  return { close: () => lock.close() };
}
