// The orders of the hospital as they are kept: who keeps them, finds them, and forgets old ones.
//
// Guarantees: what a source says again changes nothing and costs no write; a changed identity of an order that an exam
// uses is told inside the same transaction; an order that an exam uses is never removed. Content comes validated.
import type { Order, OrderContent, OrderState } from '#contract/shapes/order.ts';
import type { Clock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import { examsUsing, readOrders, type OrderReading } from './order-reading.ts';
import { mostSearched } from './order-search.ts';
import { joinWords } from './same-words.ts';
import { searchTextOf } from '#station/kit/search-text.ts';

/** One order as its source says it. */
export type SaidOrder = {
  /** Id of the worklist or feed in the settings; 'typed' for what a person typed. */
  readonly sourceId: string;
  readonly sourceKind: Order['sourceKind'];
  /** What makes it the same order when the source speaks of it again. */
  readonly sourceKey: string;
  readonly content: OrderContent;
  readonly state: OrderState;
};

export type KeptOrder = { readonly orderId: string; readonly kind: 'new' | 'same' | 'changed' };

/** What of an order says who and what it is: a change of these matters to an exam that uses it. */
const identity = [
  ...(['PatientName', 'PatientID', 'IssuerOfPatientID', 'PatientBirthDate', 'PatientSex'] as const),
  ...(['AccessionNumber', 'StudyInstanceUID', 'RequestedProcedureID'] as const),
] satisfies readonly (keyof OrderContent)[];

export type OrderBookNeeds = OrderReading & {
  readonly clock: Clock;
  /** Inside the transaction: an order that exams use says another identity, or was cancelled. Must not wait. */
  orderChanged?(orderId: string, before: Order, after: Order): void;
  /** After the commit, once a transaction. */
  changed?(orderIds: readonly string[]): void;
};

type NumbersRow = Pick<OrderContent, 'AccessionNumber' | 'StudyInstanceUID'>;
type Row = {
  readonly id: string;
  readonly content: string;
  readonly state: OrderState;
  readonly goneAt: string | null;
};

/** Joins the caller's transaction, or makes its own. */
export function keepOrder(needs: OrderBookNeeds, said: SaidOrder): KeptOrder {
  const { book } = needs;
  return book.transaction(() => {
    const row = book
      .sql<Row>('SELECT id, content, state, goneAt FROM hospital_order WHERE sourceId = ? AND sourceKey = ?')
      .get(said.sourceId, said.sourceKey);
    const content = JSON.stringify(said.content);
    if (row === undefined) return { orderId: insert(needs, said, content), kind: 'new' };
    if (row.content === content && row.state === said.state && row.goneAt === null)
      return { orderId: row.id, kind: 'same' };
    update(needs, row.id, { content: said.content, state: said.state });
    return { orderId: row.id, kind: 'changed' };
  });
}

/** False when the source never spoke of it. A cancelled order stays, so that it is seen that it was. */
export function cancelOrder(needs: OrderBookNeeds, sourceId: string, sourceKey: string): boolean {
  const { book } = needs;
  return book.transaction(() => {
    const row = book
      .sql<Row>('SELECT id, content, state, goneAt FROM hospital_order WHERE sourceId = ? AND sourceKey = ?')
      .get(sourceId, sourceKey);
    if (row === undefined) return false;
    if (row.state !== 'cancelled')
      update(needs, row.id, { content: JSON.parse(row.content) as OrderContent, state: 'cancelled' });
    return true;
  });
}

/** Changes what an order says, whoever its source is (a merge of patients). False when there is none. */
export function changeOrder(needs: OrderBookNeeds, orderId: string, changes: Partial<OrderContent>): boolean {
  const { book } = needs;
  return book.transaction(() => {
    const row = book.sql<Row>('SELECT id, content, state, goneAt FROM hospital_order WHERE id = ?').get(orderId);
    if (row === undefined) return false;
    const content = { ...(JSON.parse(row.content) as OrderContent), ...changes };
    if (JSON.stringify(content) !== row.content) update(needs, orderId, { content, state: row.state });
    return true;
  });
}

/** Its worklist answers without these. The order stays, and its list says so. */
export function markGone(needs: OrderBookNeeds, orderIds: readonly string[]): void {
  const { book, clock } = needs;
  if (orderIds.length === 0) return;
  book.transaction(() => {
    const others = orderIds.flatMap((id) => {
      const numbers = book
        .sql<NumbersRow>(
          'UPDATE hospital_order SET goneAt = ? WHERE id = ? AND goneAt IS NULL RETURNING AccessionNumber, StudyInstanceUID',
        )
        .get(clock.now(), id);
      return joinWords(book, numbers);
    });
    tellChanged(needs, [...orderIds, ...others]);
  });
}

/** Removes what its source has not spoken of since `before` (ISO), was for an earlier day, and no exam uses. */
export function removeOldOrders(needs: OrderBookNeeds, before: string, beforeDay: string): number {
  const { book } = needs;
  return book.transaction(() => {
    const old = book
      .sql<{ id: string }>(
        `SELECT id FROM hospital_order WHERE seenAt < ? AND scheduledFor < ?
           AND NOT (sourceKind = 'worklist' AND scheduledFor = '' AND goneAt IS NULL)
         ORDER BY seenAt LIMIT 1000`,
      )
      .all(before, beforeDay)
      .map(({ id }) => id);
    const used = examsUsing(needs, old);
    const removed = old.filter((id) => !used.get(id)?.length);
    for (const id of removed) {
      const numbers = book
        .sql<NumbersRow>('DELETE FROM hospital_order WHERE id = ? RETURNING AccessionNumber, StudyInstanceUID')
        .get(id);
      joinWords(book, numbers);
    }
    if (removed.length > 0) tellChanged(needs, removed);
    return removed.length;
  });
}

function insert(needs: OrderBookNeeds, { content, ...said }: SaidOrder, json: string): string {
  const { book, clock } = needs;
  const id = newId(clock.epochMs());
  const now = clock.now();
  book
    .sql(
      `INSERT INTO hospital_order (id, sourceId, sourceKind, sourceKey, state, content, PatientID, IssuerOfPatientID,
         PatientName, PatientBirthDate, AccessionNumber, StudyInstanceUID, Modality, ScheduledStationAETitle,
         scheduledFor, searchText, firstSeenAt, seenAt, changedAt)
       VALUES (:id, :sourceId, :sourceKind, :sourceKey, :state, :content, :PatientID, :IssuerOfPatientID,
         :PatientName, :PatientBirthDate, :AccessionNumber, :StudyInstanceUID, :Modality, :ScheduledStationAETitle,
         :scheduledFor, :searchText, :now, :now, :now)`,
    )
    .run({ id, ...said, content: json, ...columnsOf(content), now });
  tellChanged(needs, [id, ...joinWords(book, content)]);
  return id;
}

function update(needs: OrderBookNeeds, id: string, next: { content: OrderContent; state: OrderState }): void {
  const { book, clock } = needs;
  const isUsed = (examsUsing(needs, [id]).get(id)?.length ?? 0) > 0;
  const numbers = book
    .sql<NumbersRow>('SELECT AccessionNumber, StudyInstanceUID FROM hospital_order WHERE id = ?')
    .get(id);
  const before = isUsed ? readOrders(needs, [id])[0] : undefined;
  book
    .sql(
      `UPDATE hospital_order SET state = :state, content = :content, PatientID = :PatientID,
         IssuerOfPatientID = :IssuerOfPatientID, PatientName = :PatientName, PatientBirthDate = :PatientBirthDate,
         AccessionNumber = :AccessionNumber, StudyInstanceUID = :StudyInstanceUID, Modality = :Modality,
         ScheduledStationAETitle = :ScheduledStationAETitle, scheduledFor = :scheduledFor, searchText = :searchText,
         seenAt = :now, changedAt = :now, goneAt = NULL
       WHERE id = :id`,
    )
    .run({
      ...{ id, state: next.state, content: JSON.stringify(next.content), now: clock.now() },
      ...columnsOf(next.content),
    });
  tellChanged(needs, [id, ...joinWords(book, numbers, next.content)]);
  const after = before && readOrders(needs, [id])[0];
  if (before && after && isAnother(before, after)) needs.orderChanged?.(id, before, after);
}

/** True when an exam that uses it has to be looked at again. */
function isAnother(before: Order, after: Order): boolean {
  if (after.state === 'cancelled' && before.state !== 'cancelled') return true;
  return identity.some((keyword) => before.content[keyword] !== after.content[keyword]);
}

function columnsOf(content: OrderContent): Record<string, string> {
  const titles = content.ScheduledStationAETitles;
  return {
    ...{ PatientID: content.PatientID, IssuerOfPatientID: content.IssuerOfPatientID },
    ...{ PatientName: content.PatientName, PatientBirthDate: content.PatientBirthDate },
    ...{ AccessionNumber: content.AccessionNumber, StudyInstanceUID: content.StudyInstanceUID },
    ...{ Modality: content.Modality, scheduledFor: content.scheduledFor },
    ScheduledStationAETitle: titles.length === 0 ? '' : `\\${titles.join('\\')}\\`,
    searchText: searchTextOf(
      [
        ...[content.PatientName, content.PatientID, ...content.OtherPatientIDs, content.AccessionNumber],
        ...[content.RequestedProcedureDescription, content.ScheduledProcedureStepDescription],
        ...[content.RequestedProcedureID, content.ScheduledProcedureStepLocation, content.AdmissionID],
      ],
      mostSearched,
    ),
  };
}

function tellChanged({ book, changed }: OrderBookNeeds, orderIds: readonly string[]): void {
  if (changed) book.afterCommit(() => changed(orderIds));
}
