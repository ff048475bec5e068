// Orders: the second inflow, what the hospital expects. Kept here whether they come from a worklist, from messages or
// from a person; found for the screens and for matching.
import type { Order } from '#contract/shapes/order.ts';
import {
  cancelOrder,
  changeOrder,
  keepOrder,
  markGone,
  removeOldOrders,
  type KeptOrder,
  type OrderBookNeeds,
  type SaidOrder,
} from './order-book.ts';
import { readOrders } from './order-reading.ts';
import {
  candidatesFor,
  choicesOf,
  searchOrders,
  type ExamFacts,
  type FoundOrders,
  type OrderSearch,
} from './order-search.ts';

export {
  openHl7,
  type Hl7,
  type Hl7Parts,
  type PatientChange,
  type PatientIndex,
  type PatientKey,
} from './hl7/index.ts';
export type { KeptOrder, SaidOrder } from './order-book.ts';
export type { WorklistPorts } from './worklist/call.ts';
export { dayOf } from './worklist/hospital-day.ts';
export type { WorklistWish } from './worklist/query-keys.ts';
export { openWorklists, type LiveSearch, type WorklistNeeds, type Worklists } from './worklist/worklists.ts';
export { mostCandidates, type ExamFacts, type FoundOrders, type OrderSearch } from './order-search.ts';

export {
  compareDates,
  compareIds,
  compareNames,
  explainMatch,
  findOddities,
  idsNear,
  onlySure,
  rankOrders,
  type MatchFacts,
} from './matching/index.ts';

export type Orders = {
  /** Idempotent; joins the caller's transaction, or makes its own. The content is validated before. */
  keep(said: SaidOrder): KeptOrder;
  /** False when the source never spoke of it. */
  cancel(sourceId: string, sourceKey: string): boolean;
  /** Changes what an order says, whoever its source is: a merge of patients. False when there is none. */
  change(orderId: string, changes: Partial<Order['content']>): boolean;
  /** Its worklist answers without these. */
  gone(orderIds: readonly string[]): void;
  find(orderId: string): Order | undefined;
  /** By time of the schedule. */
  search(wish: OrderSearch): FoundOrders;
  /** Modalities and AE titles of devices among the orders of a day (YYYYMMDD), or of all ('' ). */
  choices(day: string): { readonly modalities: string[]; readonly stations: string[] };
  /** A bounded superset for the matcher, surest ways first. */
  candidatesFor(facts: ExamFacts): Order[];
  /**
   * Removes at most 1,000 that their source has not spoken of since `before` (ISO), that were for a day before
   * `beforeDay` (YYYYMMDD), and that no exam uses; gives how many.
   */
  forgetOld(before: string, beforeDay: string): number;
};

/** The orders of a book. Holds nothing open. */
export function openOrders(needs: OrderBookNeeds): Orders {
  return {
    keep: (said) => keepOrder(needs, said),
    cancel: (sourceId, sourceKey) => cancelOrder(needs, sourceId, sourceKey),
    change: (orderId, changes) => changeOrder(needs, orderId, changes),
    gone: (orderIds) => markGone(needs, orderIds),
    find: (orderId) => readOrders(needs, [orderId])[0],
    search: (wish) => searchOrders(needs, wish),
    choices: (day) => choicesOf(needs.book, day),
    candidatesFor: (facts) => candidatesFor(needs, facts),
    forgetOld: (before, beforeDay) => removeOldOrders(needs, before, beforeDay),
  };
}
