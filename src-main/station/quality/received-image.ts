// Which received image an object of our own making shows: a derived picture and a copy are another form of one, and what people
// say of them is said of that. Reads only.
import type { Book } from '#station/records/index.ts';

/** A copy of a copy of a derived picture, and some more. */
const mostSteps = 16;

/**
 * SQL: true for what devices and people brought. With the name of the table or its alias.
 *
 * The tables below the view `own_object`, one by one: asked through the view, SQLite gathers all rows of all of them anew
 * at each statement.
 */
export const isReceived = (object: string): string =>
  `(NOT EXISTS (SELECT 1 FROM made_object WHERE made_object.objectId = ${object}.id)
    AND NOT EXISTS (SELECT 1 FROM note_object WHERE note_object.objectId = ${object}.id)
    AND NOT EXISTS (SELECT 1 FROM rejection_note WHERE rejection_note.objectId = ${object}.id)
    AND NOT EXISTS (SELECT 1 FROM uid_map WHERE uid_map.objectId = ${object}.id AND uid_map.copyOf IS NOT NULL))`;

/** Its own id for what was received, and for what shows no image. */
export function receivedImage(book: Book, objectId: string): string {
  let found = objectId;
  for (let step = 0; step < mostSteps; step++) {
    const row = book
      .sql<{ id: string }>('SELECT ofObjectId AS id FROM own_object WHERE objectId = ? AND ofObjectId IS NOT NULL')
      .get(found);
    if (!row) break;
    found = row.id;
  }
  return found;
}
