// The only door to the database and to lowdb.
export { Book, openBook, type Row, type Statement } from './book.ts';
export { lockHome, type HomeLock } from './home-lock.ts';
export { openSettingsBook, type SettingsBook } from './settings-book.ts';
