// How many objects came since a moment: the count of the day, which the strip at the bottom shows and everybody who watches
// asks for again and again.
//
// What was counted is kept, and only what came after it is counted: the cost of a look does not grow with the day. Rows of
// objects are never deleted and their numbers only grow. Not to be asked inside a transaction, which might be rolled back.
import type { Book } from '#station/records/index.ts';
import { ourselves } from './arrival.ts';

type Counted = { readonly at: string; readonly lastRow: number; readonly objects: number };

/** SQL. Not what the station made itself, nor copies: those bear the time of what they are copies of. */
const hasArrived = `sourceId IS NOT (SELECT id FROM source WHERE kind = 'file' AND label = '${ourselves.label}' AND address IS NULL)
  AND id NOT IN (SELECT objectId FROM uid_map WHERE copyOf IS NOT NULL)`;

/** Asked with the same moment each time; another one is counted from the beginning. */
export function openArrivalCount(book: Book): (at: string) => number {
  let counted: Counted | undefined;
  return (at) => {
    const lastRow = book.sql<{ row: number | null }>('SELECT max(rowid) AS row FROM object').get()?.row ?? 0;
    counted =
      counted?.at === at
        ? { at, lastRow, objects: counted.objects + countBehind(book, at, counted.lastRow) }
        : { at, lastRow, objects: countAll(book, at) };
    return counted.objects;
  };
}

function countAll(book: Book, at: string): number {
  return (
    book
      .sql<{
        objects: number;
      }>(`SELECT count(*) AS objects FROM object WHERE arrivedAt >= :at || '' AND ${hasArrived}`)
      .get({ at })?.objects ?? 0
  );
}

function countBehind(book: Book, at: string, row: number): number {
  return (
    book
      .sql<{ objects: number }>(
        // By the numbers of the rows, not by the index of times.
        `SELECT count(*) AS objects FROM object WHERE rowid > :row AND +arrivedAt >= :at AND ${hasArrived}`,
      )
      .get({ at, row })?.objects ?? 0
  );
}
