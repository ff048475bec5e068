// What the hospital expects, wired once: the book of orders, the worklists that fill it, and what the desk asks of both.
//
// Guarantees: a list says how old each of its sources is; orders that nobody needs any more are forgotten once a day; an
// exam whose order changed is shown anew.
import type { Order } from '#contract/shapes/order.ts';
import type { Settings } from '#contract/shapes/settings.ts';
import type { OrderAnswer, OrderFilter, OrderPage, OrderSource, WorklistSetting } from '#contract/shapes/worklists.ts';
import { classifyEnding, classifyOpening } from '#station/5-forward/index.ts';
import { openAssociation } from '#station/dicom/network/index.ts';
import { laterBy, type Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import {
  dayOf,
  openOrders,
  openWorklists,
  type Orders,
  type WorklistPorts,
  type Worklists,
} from '#station/orders/index.ts';
import type { Book } from '#station/records/index.ts';

export type HospitalOrdersNeeds = {
  readonly book: Book;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: () => Settings;
  readonly readCalling: WorklistPorts['readCalling'];
  /** Lists of orders, or their sources, changed. */
  readonly onChanged: () => void;
  /** Exams whose order says something else now. */
  readonly onExamsChanged: (examIds: readonly string[]) => void;
  /** Inside the transaction: an order that exams use says another identity, or was cancelled. */
  readonly orderChanged?: (orderId: string, before: Order, after: Order) => void;
  /** Feeds beside the worklists. */
  readonly otherSources?: () => OrderSource[];
};

export type HospitalOrders = {
  readonly orders: Orders;
  /** Asks the worklists for what an exam may belong to; it is in the book then. */
  readonly ask: Worklists['ask'];
  /** The worklists alone: how old what they said is. */
  readonly worklists: Worklists['sources'];
  readonly desk: {
    list(query: OrderFilter & { readonly limit: number; readonly offset: number }): OrderPage;
    find(orderId: string): Order | undefined;
    refresh(sourceId?: string): Promise<OrderSource[]>;
    ask(search: { readonly searchId: string; readonly text: string }): Promise<OrderAnswer>;
    test(setting: WorklistSetting): ReturnType<Worklists['test']>;
  };
  apply(settings: Settings): void;
  close(): Promise<void>;
};

const forgetEveryMs = 3_600_000;

/** Nothing is asked before the first `apply`. The caller closes it before the book. */
export function openHospitalOrders(needs: HospitalOrdersNeeds): HospitalOrders {
  const { book, clock, log, settings, onChanged } = needs;
  const orders = openOrders({
    ...{ book, clock },
    examsOf: (orderIds) => examsOf(book, orderIds),
    nameOf: (sourceId) =>
      [...settings().worklists, ...(needs.otherSources?.() ?? [])].find(({ id }) => id === sourceId)?.name ?? sourceId,
    orderChanged: (orderId, before, after) => {
      needs.orderChanged?.(orderId, before, after);
      book.afterCommit(() => needs.onExamsChanged(after.examIds));
    },
    changed: onChanged,
  });
  const worklists = openWorklists({
    ...{ book, clock, log, keep: orders.keep, gone: orders.gone, changed: onChanged },
    ports: {
      openAssociation,
      ...(needs.readCalling && { readCalling: needs.readCalling }),
      sayOpening: (opening, titles) => classifyOpening(opening, titles).answer,
      sayEnding: (ending) => classifyEnding(ending).answer,
    },
  });
  const sources = () => [...worklists.sources(), ...(needs.otherSources?.() ?? [])];
  let takeBack = () => {};
  const forget = () => {
    const { keepDays } = settings().orders;
    const before = laterBy(clock.now(), -keepDays * 86_400_000);
    try {
      while (orders.forgetOld(before, dayOf(clock.epochMs(), -keepDays)) === 1000);
    } catch (error) {
      log.error('orders-not-forgotten', {}, error);
    }
    takeBack = clock.after(forgetEveryMs, forget);
  };
  return {
    orders,
    ask: worklists.ask,
    worklists: worklists.sources,
    desk: {
      list: ({ text, day, modality, station, states, withGone, limit, offset }) => ({
        ...orders.search({
          ...{ text, modality, station, limit, offset, withGone: withGone || text.trim() !== '' },
          ...(day !== '' && { day }),
          ...(states.length > 0 && { states }),
        }),
        ...orders.choices(day),
        sources: sources(),
      }),
      find: orders.find,
      refresh: async (sourceId) => {
        await worklists.refresh(sourceId);
        return sources();
      },
      ask: worklists.ask,
      test: worklists.test,
    },
    apply(next) {
      worklists.apply(next.worklists, next.station.aeTitle);
      takeBack();
      forget();
    },
    async close() {
      takeBack();
      await worklists.close();
    },
  };
}

function examsOf(book: Book, orderIds: readonly string[]): Map<string, string[]> {
  const rows = book
    .sql<{ orderId: string; examId: string }>(
      `SELECT orderId, examId FROM applied_order
       WHERE removedAt IS NULL AND orderId IN (SELECT value FROM json_each(? || '')) ORDER BY at`,
    )
    .all(JSON.stringify(orderIds));
  const exams = new Map<string, string[]>();
  for (const { orderId, examId } of rows) exams.set(orderId, [...(exams.get(orderId) ?? []), examId]);
  return exams;
}
