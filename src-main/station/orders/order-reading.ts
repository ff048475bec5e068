// Orders read from the book: one, many, and what shares an accession number with another patient's.
import type { Order, OrderContent } from '#contract/shapes/order.ts';
import type { Book } from '#station/records/index.ts';

export type OrderReading = {
  readonly book: Book;
  /** Exams here to which orders were given; those without may be left out. */
  examsOf?(orderIds: readonly string[]): ReadonlyMap<string, readonly string[]>;
  /** What people call a source. */
  nameOf?(sourceId: string): string;
};

type Row = Omit<Order, 'content' | 'sourceName' | 'examIds' | 'sharesAccession' | 'alsoFrom'> & {
  readonly content: string;
  readonly answeredAt: string | null;
  readonly shares: number;
};

const select = `SELECT one.id, one.sourceId, one.sourceKind, one.state, one.content, one.seenAt, one.goneAt,
    order_source.answeredAt,
    one.AccessionNumber <> '' AND one.state <> 'cancelled' AND one.goneAt IS NULL AND EXISTS (
      SELECT 1 FROM hospital_order other
      WHERE other.AccessionNumber = one.AccessionNumber AND other.AccessionNumber <> '' AND other.id <> one.id
        AND other.state <> 'cancelled' AND other.goneAt IS NULL AND other.PatientID <> one.PatientID) AS shares
  FROM hospital_order one LEFT JOIN order_source ON order_source.id = one.sourceId`;

/** In the order of the ids; those that are not there are left out. */
export function readOrders(reading: OrderReading, ids: readonly string[]): Order[] {
  if (ids.length === 0) return [];
  const rows = new Map(
    reading.book
      .sql<Row>(`${select} WHERE one.id IN (SELECT value FROM json_each(? || ''))`)
      .all(JSON.stringify(ids))
      .map((row) => [row.id, row]),
  );
  const behind = wordsBehind(reading, ids);
  const exams = examsUsing(reading, [...ids, ...behind.map(({ orderId }) => orderId)]);
  return ids.flatMap((id) => {
    const row = rows.get(id);
    if (row === undefined) return [];
    const { content, answeredAt, shares, ...rest } = row;
    const alsoFrom = behind.filter(({ sameAs }) => sameAs === id).map(({ sameAs: _id, ...word }) => word);
    return [
      {
        ...rest,
        // A worklist that answers speaks of all that is on it.
        seenAt: row.goneAt === null && answeredAt !== null && answeredAt > row.seenAt ? answeredAt : row.seenAt,
        sourceName: reading.nameOf?.(row.sourceId) ?? row.sourceId,
        content: JSON.parse(content) as OrderContent,
        sharesAccession: shares === 1,
        examIds: [...new Set([id, ...alsoFrom.map(({ orderId }) => orderId)].flatMap((one) => exams.get(one) ?? []))],
        alsoFrom,
      },
    ];
  });
}

export function examsUsing(reading: OrderReading, ids: readonly string[]): ReadonlyMap<string, readonly string[]> {
  return ids.length === 0 ? new Map() : (reading.examsOf?.(ids) ?? new Map());
}

/** Other sources' words of these orders. */
function wordsBehind(
  reading: OrderReading,
  ids: readonly string[],
): (Order['alsoFrom'][number] & { sameAs: string })[] {
  return reading.book
    .sql<Omit<Order['alsoFrom'][number], 'sourceName'> & { sameAs: string }>(
      `SELECT id AS orderId, sourceId, seenAt, sameAs FROM hospital_order
       WHERE sameAs IS NOT NULL AND sameAs IN (SELECT value FROM json_each(? || '')) ORDER BY id`,
    )
    .all(JSON.stringify(ids))
    .map((row) => ({ ...row, sourceName: reading.nameOf?.(row.sourceId) ?? row.sourceId }));
}
