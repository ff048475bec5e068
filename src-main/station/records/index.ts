// The only door to the database and to lowdb.
export { Book, openBook, openBookCopy, type Row, type SoonDurable, type Statement } from './book.ts';
export { hasJournal, pruneJournal, readEnd, readJournal, type JournalFound, type JournalLine } from './journal.ts';
export { Replay } from './replay.ts';
export { copyBookOf, isSound, listSnapshots, pruneSnapshots, snapshotFile } from './snapshots.ts';
export { lockHome, type HomeLock } from './home-lock.ts';
export { openSettingsBook, readSettings, type SettingsBook } from './settings-book.ts';
