// The thread that copies the log of a book into the book, so that nobody waits for the disk meanwhile (SQLite's PASSIVE
// checkpoint: writers and readers go on beside it). Takes the path of a book, answers when it is done or has failed.
//
// It opens the book for each copy and closes it again, so that nothing of it stays open when the station has closed.
import { parentPort } from 'node:worker_threads';
import Database from 'better-sqlite3';

export type CheckpointAnswer = { readonly kind: 'done' } | { readonly kind: 'failed'; readonly code: string };

parentPort?.on('message', (file: string) => parentPort?.postMessage(checkpoint(file)));

function checkpoint(file: string): CheckpointAnswer {
  let db: Database.Database | undefined;
  try {
    db = new Database(file, { fileMustExist: true });
    // The log is synced before anything of it is copied, and the book before the log may be begun anew.
    db.pragma('synchronous = FULL');
    db.pragma('wal_autocheckpoint = 0');
    db.pragma('wal_checkpoint(PASSIVE)');
    return { kind: 'done' };
  } catch (error) {
    return { kind: 'failed', code: String((error as { code?: unknown }).code ?? 'ERROR') };
  } finally {
    db?.close();
  }
}
