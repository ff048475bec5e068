// What is read from the book for figures of a span: sums of days that triggers keep, and indexes. Reads only. A long span is
// read in parts: whoever receives images gets a turn between two.
import type { Sending } from '#contract/shapes/statistics.ts';
import type { Book } from '#station/records/index.ts';
import type { DeviationRow } from './exposure.ts';
import type { Span } from './spans.ts';
import { daysLater } from './spans.ts';
import type { HourRow, KeyRow } from './sums.ts';

export type SourceRow = {
  readonly id: string;
  readonly kind: 'dicom' | 'file' | 'picture';
  readonly label: string;
  readonly address: string | null;
};

export type SpanInTime = { readonly from: string; readonly to: string };

/** Days of a part. */
const partDays = 92;

/** Spans of whole days that make up a longer one. */
export function partsOf(span: Span): Span[] {
  const found: Span[] = [];
  for (let firstDay = span.firstDay; firstDay <= span.lastDay; firstDay = daysLater(firstDay, partDays)) {
    const end = daysLater(firstDay, partDays - 1);
    found.push({ firstDay, lastDay: end < span.lastDay ? end : span.lastDay });
  }
  return found;
}

export function hourRows(book: Book, { firstDay, lastDay }: Span): HourRow[] {
  return book
    .sql<HourRow>(
      `SELECT day, CAST(key AS INTEGER) AS hour, received, accepted, repeated, rejected FROM image_sum
       WHERE axis = 'hour' AND day BETWEEN ? AND ?`,
    )
    .all(firstDay, lastDay);
}

export function keyRows(book: Book, { firstDay, lastDay }: Span): KeyRow[] {
  return book
    .sql<KeyRow>(
      `SELECT axis, key, sum(received) AS received, sum(accepted) AS accepted, sum(repeated) AS repeated,
         sum(rejected) AS rejected
       FROM image_sum WHERE axis IN ('source', 'modality', 'bodyPart', 'technologist', 'reason') AND day BETWEEN ? AND ?
       GROUP BY axis, key`,
    )
    .all(firstDay, lastDay);
}

/** Of some days, in tenths; how many of them lie below and above a band is counted before they are rounded. */
export function deviations(
  book: Book,
  { firstDay, lastDay }: Span,
  band: { readonly low: number; readonly high: number },
): Omit<DeviationRow, 'at'>[] {
  return book
    .sql<Omit<DeviationRow, 'at'>>(
      `SELECT sourceId, round(deviation, 1) AS deviation, count(*) AS images, sum(deviation < ?) AS below,
         sum(deviation > ?) AS above
       FROM image_fact INDEXED BY image_fact_deviation
       WHERE day BETWEEN ? AND ? AND deviation IS NOT NULL GROUP BY 1, 2`,
    )
    .all(band.low, band.high, firstDay, lastDay);
}

/** When the last image of each exam came. */
export function examArrivals(book: Book, { from, to }: SpanInTime): readonly string[] {
  return book
    .sql<{ at: string }>(
      `SELECT lastArrivedAt AS at FROM exam INDEXED BY exam_newest WHERE lastArrivedAt >= ? AND lastArrivedAt < ?`,
    )
    .all(from, to)
    .map(({ at }) => at);
}

export type OutageRow = {
  readonly destinationId: string;
  readonly state: 'silent' | 'refusing';
  readonly since: string;
  readonly until: string | null;
};

/** Those that reach into a span, the newest first, 1,000 at most. */
export function outages(book: Book, { from, to }: SpanInTime): OutageRow[] {
  return book
    .sql<OutageRow>(
      `SELECT destinationId, state, since, untilAt AS until FROM destination_outage
       WHERE since < ? AND (untilAt IS NULL OR untilAt > ?) ORDER BY since DESC, id DESC LIMIT 1000`,
    )
    .all(to, from);
}

/** Names of destinations that are or ever were, by id. */
export function destinationNames(book: Book): ReadonlyMap<string, string> {
  const rows = book
    .sql<{ id: string; name: string }>(
      `SELECT id, json_extract(setting, '$.name') AS name FROM destination ORDER BY rowid`,
    )
    .all();
  return new Map(rows.map(({ id, name }) => [id, name]));
}

type Waited = { readonly destinationId: string; readonly seconds: number; readonly deliveries: number };

/** How long what was sent in the span had waited since its approval. */
export function waitedFor(book: Book, { from, to }: SpanInTime): Waited[] {
  return book
    .sql<Waited>(
      `SELECT destinationId, max(0, unixepoch(sentAt) - unixepoch(createdAt)) AS seconds, count(*) AS deliveries
       FROM delivery INDEXED BY delivery_sent WHERE sentAt >= ? AND sentAt < ? GROUP BY 1, 2 ORDER BY 1, 2`,
    )
    .all(from, to);
}

/** What waits now, and since when. */
export function waitingNow(book: Book): (Pick<Sending, 'destinationId' | 'waiting'> & { readonly since: string })[] {
  return book
    .sql<{ destinationId: string; waiting: number; since: string }>(
      `SELECT destinationId, sum(deliveries) AS waiting, min(since) AS since FROM exam_waiting
       WHERE deliveries > 0 GROUP BY destinationId`,
    )
    .all();
}

export const sources = (book: Book): SourceRow[] =>
  book.sql<SourceRow>('SELECT id, kind, label, address FROM source').all();
