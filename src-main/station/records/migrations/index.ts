// One step a migration, in order. A step that was released is never edited.
import { firstBook } from './0001-first-book.ts';

export const migrations: readonly string[] = [firstBook];
