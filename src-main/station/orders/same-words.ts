// Keeps in the book which orders are words of one order: worked out anew for the neighbours of whatever changed.
import type { OrderContent } from '#contract/shapes/order.ts';
import type { Book } from '#station/records/index.ts';
import { standingFor, type Word } from './one-order.ts';

type Numbers = Pick<OrderContent, 'AccessionNumber' | 'StudyInstanceUID'>;
type Row = Omit<Word, 'content'> & { readonly content: string; readonly sameAs: string | null };

/** More under one number are no words of one order but a number that names nothing. */
const mostAlike = 32;

/** Orders that share a number with this one, it among them. */
function neighbours(book: Book, { AccessionNumber, StudyInstanceUID }: Numbers): Row[] {
  const columns = 'id, sourceId, sourceKind, state, goneAt, content, sameAs';
  const by = (column: 'AccessionNumber' | 'StudyInstanceUID', value: string) =>
    value === ''
      ? []
      : book
          .sql<Row>(
            `SELECT ${columns} FROM hospital_order WHERE ${column} = ? AND ${column} <> '' LIMIT ${mostAlike + 1}`,
          )
          .all(value);
  const found = [by('AccessionNumber', AccessionNumber), by('StudyInstanceUID', StudyInstanceUID)];
  return found.flatMap((rows) => (rows.length > mostAlike ? [] : rows));
}

/** Inside the transaction. Of what an order said before and what it says now. Gives the orders that stand otherwise now. */
export function joinWords(book: Book, ...said: readonly (Numbers | undefined)[]): string[] {
  const rows = new Map(said.flatMap((one) => (one ? neighbours(book, one) : [])).map((row) => [row.id, row]));
  if (rows.size === 0) return [];
  const words = [...rows.values()].map((row) => ({ ...row, content: JSON.parse(row.content) as OrderContent }));
  const standing = standingFor(words);
  const changed = words.filter(({ id, sameAs }) => (standing.get(id) ?? null) !== sameAs).map(({ id }) => id);
  for (const id of changed)
    book.sql('UPDATE hospital_order SET sameAs = ? WHERE id = ?').run(standing.get(id) ?? null, id);
  return changed;
}
