// Which received image an object of our own making shows: a derived picture and a copy are another form of one, and what people
// say of them is said of that. Reads only.
import type { Book } from '#station/records/index.ts';

/** A copy of a copy of a derived picture, and some more. */
const mostSteps = 16;

/** SQL: true for what devices and people brought. With the name of the table or its alias. */
export const isReceived = (object: string): string =>
  `NOT EXISTS (SELECT 1 FROM own_object WHERE own_object.objectId = ${object}.id)`;

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
