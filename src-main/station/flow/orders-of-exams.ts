// What the desk asks about orders of exams and values of single objects, wired once.
import { orderContentShape, type OrderContent } from '#contract/shapes/order.ts';
import type { Exam } from '#contract/shapes/exam.ts';
import type { Catalog } from '#station/3-catalog/index.ts';
import type { Book } from '#station/records/index.ts';
import {
  whenObjectsAreCorrected,
  whenOrderIsGiven,
  whenOrderIsTaken,
  type GiveOrder,
  type OrderRooms,
} from './when-order-is-given.ts';
import { settleOrder, whenOrderIsKept, type SettlingRooms } from './when-order-changes.ts';
import type { ObjectsCommand } from '#station/4-review/index.ts';

export type OrdersOfExams = {
  apply(command: Omit<GiveOrder, 'by'>): void;
  remove(command: Omit<GiveOrder, 'by' | 'orderId' | 'reason'>): void;
  /** Whatever the hospital said of the order since. */
  keep(examId: string): void;
  /** Gives the exam. */
  correctObjects(command: Omit<ObjectsCommand, 'by'>): string;
  /** The exam with the order that it was given to and what was said of its objects. */
  complete(exam: Exam): Exam;
};

/** @param by who works here now */
export function openOrdersOfExams(
  rooms: Omit<OrderRooms, 'findOrder' | 'orderSettled' | 'studyNotAdopted'> &
    SettlingRooms & { readonly catalog: Pick<Catalog, 'say' | 'unsay'> },
  by: () => string,
): OrdersOfExams {
  const withOrders = {
    ...rooms,
    findOrder: (orderId: string) => findOrder(rooms.book, orderId),
    orderSettled: (examId: string) => {
      rooms.catalog.unsay(examId, 'study-not-adopted');
      settleOrder(rooms, examId);
    },
    studyNotAdopted: (examId: string, second: string) =>
      rooms.catalog.say(examId, { code: 'study-not-adopted', params: { second } }),
  };
  return {
    apply: (command) => whenOrderIsGiven(withOrders, { ...command, by: by() }),
    remove: (command) => whenOrderIsTaken(withOrders, { ...command, by: by() }),
    keep: (examId) => whenOrderIsKept(rooms, { examId, by: by() }),
    correctObjects: (command) => whenObjectsAreCorrected(rooms, { ...command, by: by() }),
    complete: (exam) => ({ ...exam, ...rooms.review.decided(exam.id) }),
  };
}

function findOrder(book: Book, orderId: string): { readonly content: OrderContent } | undefined {
  const row = book.sql<{ content: string }>('SELECT content FROM hospital_order WHERE id = ?').get(orderId);
  return row && { content: orderContentShape.parse(JSON.parse(row.content)) };
}
