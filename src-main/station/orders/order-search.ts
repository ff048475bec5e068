// Which orders a person looks for, and which of them an exam may belong to. Bounded, by indexes of the book.
import type { Order, OrderState } from '#contract/shapes/order.ts';
import type { Book } from '#station/records/index.ts';
import { readOrders, type OrderReading } from './order-reading.ts';
import { foldText, indexQueryOf, isShort, patternOf, searchWords } from '#station/kit/search-text.ts';

/** What is searched of one order, or one patient, in characters. */
export const mostSearched = 2048;

export type OrderSearch = {
  /** Words of name, number, accession or procedure; all must be found. */
  readonly text?: string;
  /** YYYYMMDD; orders without a day belong to every day. */
  readonly day?: string;
  /** Of several days; both included. */
  readonly days?: { readonly from: string; readonly to: string };
  readonly modality?: string;
  /** AE title of the device the order is for. */
  readonly station?: string;
  readonly states?: readonly OrderState[];
  readonly sourceIds?: readonly string[];
  /** Also those that their worklist no longer lists. */
  readonly withGone?: boolean;
  readonly limit: number;
  readonly offset?: number;
};

export type FoundOrders = { readonly orders: Order[]; readonly total: number };

/** By time; without one at the end. */
export function searchOrders(reading: OrderReading, wish: OrderSearch): FoundOrders {
  const { where, values } = conditionsOf(wish);
  const from = `FROM hospital_order WHERE ${where.join(' AND ')}`;
  const ids = reading.book
    .sql<{ id: string }>(`SELECT id ${from} ORDER BY scheduledFor = '', scheduledFor, PatientName, id LIMIT ? OFFSET ?`)
    .all(...values, wish.limit, wish.offset ?? 0)
    .map(({ id }) => id);
  const total = reading.book.sql<{ orders: number }>(`SELECT count(*) AS orders ${from}`).get(...values)?.orders ?? 0;
  return { orders: readOrders(reading, ids), total };
}

function conditionsOf(wish: OrderSearch): { where: string[]; values: string[] } {
  // Of one order that several sources speak of, one line.
  const where: string[] = ['sameAs IS NULL'];
  const values: string[] = [];
  const add = (condition: string, ...bound: string[]) => {
    where.push(condition);
    values.push(...bound);
  };
  const words = searchWords(wish.text ?? '');
  const long = words.filter((word) => !isShort(word));
  if (long.length > 0)
    add('rowid IN (SELECT rowid FROM order_search WHERE order_search MATCH ?)', indexQueryOf(long, 'AND'));
  for (const word of words.filter(isShort)) add("searchText LIKE ? ESCAPE '\\'", patternOf(word));
  const days = wish.days ?? (wish.day === undefined ? undefined : { from: wish.day, to: wish.day });
  if (days) add("(scheduledFor = '' OR (scheduledFor >= ? AND scheduledFor <= ?))", days.from, `${days.to}235960`);
  if (wish.modality) add("Modality = ? || ''", wish.modality);
  if (wish.station) add('instr(ScheduledStationAETitle, ?) > 0', `\\${wish.station}\\`);
  if (wish.states) add("state IN (SELECT value FROM json_each(? || ''))", JSON.stringify(wish.states));
  if (wish.sourceIds) add("sourceId IN (SELECT value FROM json_each(? || ''))", JSON.stringify(wish.sourceIds));
  if (!wish.withGone) add('goneAt IS NULL');
  return { where, values };
}

const mostChoices = 200;

/** Modalities and AE titles of devices among the orders of a day, or of all. */
export function choicesOf(book: Book, day: string): { modalities: string[]; stations: string[] } {
  const days = day === '' ? ['', '99999999'] : [day, `${day}235960`];
  const distinct = (column: string) =>
    book
      .sql<{ value: string }>(
        `SELECT DISTINCT ${column} AS value FROM hospital_order
         WHERE goneAt IS NULL AND (scheduledFor = '' OR (scheduledFor >= ? AND scheduledFor <= ?)) LIMIT ${mostChoices}`,
      )
      .all(...days)
      .flatMap(({ value }) => value.split('\\').filter((each) => each !== ''));
  const sorted = (values: readonly string[]) => [...new Set(values)].sort();
  return { modalities: sorted(distinct('Modality')), stations: sorted(distinct('ScheduledStationAETitle')) };
}

/** What is known of an exam; an empty text means unknown. */
export type ExamFacts = {
  readonly AccessionNumber?: string;
  readonly PatientID?: string;
  readonly StudyInstanceUID?: string;
  /** PN of every kind that somebody said. */
  readonly names?: readonly string[];
  /** YYYYMMDD. */
  readonly birthDate?: string;
  readonly modality?: string;
  /** AE title of the device. */
  readonly station?: string;
  /** YYYYMMDDHHMMSS of the hospital's clock: orders for that device around then are candidates too. */
  readonly time?: string;
};

export const mostCandidates = 200;

/** Orders that may be the exam's, surest ways first; never more than `mostCandidates`. Cancelled and gone ones too. */
export function candidatesFor(reading: OrderReading, facts: ExamFacts): Order[] {
  const { book } = reading;
  const found = new Set<string>();
  // Nearest to the exam first: of a common name it is the order of today that counts.
  const near = Number((facts.time ?? '').slice(0, 12).padEnd(12, '0'));
  const add = (most: number, where: string, ...values: string[]) => {
    const rows = book
      .sql<{ id: string }>(
        `SELECT id FROM hospital_order WHERE ${where} AND id NOT IN (SELECT value FROM json_each(? || ''))
         ORDER BY abs(CAST(substr(scheduledFor || '000000000000', 1, 12) AS INTEGER) - ?), seenAt DESC LIMIT ?`,
      )
      .all(...values, JSON.stringify([...found]), near, Math.min(most, mostCandidates - found.size));
    for (const { id } of rows) found.add(id);
  };
  if (facts.AccessionNumber) add(40, "AccessionNumber = ? AND AccessionNumber <> ''", facts.AccessionNumber);
  if (facts.StudyInstanceUID) add(20, "StudyInstanceUID = ? AND StudyInstanceUID <> ''", facts.StudyInstanceUID);
  if (facts.PatientID) add(40, 'PatientID = ?', facts.PatientID);
  const parts = [...new Set((facts.names ?? []).flatMap((name) => foldText(name).split(' ')))];
  const bySearch = 'rowid IN (SELECT rowid FROM order_search WHERE order_search MATCH ?)';
  const long = parts.filter((part) => !isShort(part)).slice(0, 12);
  if (long.length > 0) add(60, bySearch, indexQueryOf(long, 'OR'));
  if (facts.birthDate) add(40, "PatientBirthDate = ? AND PatientBirthDate <> ''", facts.birthDate);
  // A name mistyped in one letter still shares a piece of three with the right one.
  const pieces = [...new Set(long.flatMap((part) => [part.slice(0, 3), part.slice(-3)]))].slice(0, 16);
  if (pieces.length > 0) add(60, bySearch, indexQueryOf(pieces, 'OR'));
  const day = facts.time?.slice(0, 8);
  if (day) {
    const onThatDay = "scheduledFor >= ? AND scheduledFor <= ? AND goneAt IS NULL AND state <> 'cancelled'";
    if (facts.station)
      add(60, `${onThatDay} AND instr(ScheduledStationAETitle, ?) > 0`, day, `${day}235960`, `\\${facts.station}\\`);
    if (facts.modality) add(60, `${onThatDay} AND Modality = ?`, day, `${day}235960`, facts.modality);
  }
  return readOrders(reading, onePerOrder(book, [...found]));
}

/** Of one order that several sources speak of, the word that stands for it. */
function onePerOrder(book: Book, ids: readonly string[]): string[] {
  const behind = new Map(
    book
      .sql<{ id: string; sameAs: string }>(
        "SELECT id, sameAs FROM hospital_order WHERE sameAs IS NOT NULL AND id IN (SELECT value FROM json_each(? || ''))",
      )
      .all(JSON.stringify(ids))
      .map(({ id, sameAs }) => [id, sameAs] as const),
  );
  return [...new Set(ids.map((id) => behind.get(id) ?? id))];
}
