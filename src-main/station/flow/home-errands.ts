// What is done to a home without a station in it: rebuild its book, back it up, make it from a backup.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { systemClock } from '#station/kit/clock.ts';
import { makeFolder } from '#station/kit/files.ts';
import { openLog } from '#station/kit/log.ts';
import { Problem } from '#station/kit/problem.ts';
import { lockHome } from '#station/2-store/index.ts';
import { backUpHome, restoreHome, type BackupReport, type RestoreReport } from './back-up.ts';
import { rebuildBook, type RebuildReport } from './rebuild-book.ts';

const log = () => openLog((line) => void process.stderr.write(`${line}\n`), systemClock.now);

/** Makes the book of a home anew. Throws 'home-in-use' while a station runs there. */
export async function rebuild(home: string): Promise<RebuildReport> {
  if (!existsSync(home)) throw new Problem('not-found', { what: 'home' });
  const lock = lockHome(path.resolve(home));
  try {
    return await rebuildBook({ home: path.resolve(home), clock: systemClock, log: log() });
  } finally {
    lock.close();
  }
}

/** A station may run in the home meanwhile. */
export async function backUp(home: string, target: string): Promise<BackupReport> {
  return backUpHome(path.resolve(home), path.resolve(target), systemClock);
}

/** The home must be new. */
export async function restore(source: string, home: string): Promise<RestoreReport> {
  await makeFolder(path.dirname(path.resolve(home)));
  return restoreHome(path.resolve(source), path.resolve(home), systemClock);
}
