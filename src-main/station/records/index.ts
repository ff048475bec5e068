// The only door to the database and to lowdb.
export { Book, openBook, type Row, type Statement } from './book.ts';
export { openSettingsBook, type SettingsBook } from './settings-book.ts';
