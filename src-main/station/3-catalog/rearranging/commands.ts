// Commands that were carried out before: their repeat changes nothing.
import type { Book } from '#station/records/index.ts';

/** True when the command was carried out before. */
export function isRepeat(book: Book, commandId: string | undefined): boolean {
  return commandId !== undefined && book.sql('SELECT 1 FROM command WHERE id = ?').get(commandId) !== undefined;
}

export function remember(book: Book, commandId: string | undefined, now: string): void {
  if (commandId !== undefined) book.sql('INSERT INTO command (id, at) VALUES (?, ?)').run(commandId, now);
}
