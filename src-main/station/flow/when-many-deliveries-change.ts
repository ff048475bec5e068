// A person does the same to many exams, or to many deliveries: one transaction, and what it does not apply to is counted
// and left as it is.
import type { ManyChanged } from '#contract/shapes/attempts.ts';
import { isProblem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import type { DeliveryWish, Forward, OutboxFigures } from '#station/5-forward/index.ts';

export type ManyRooms = { readonly book: Book; readonly forward: Pick<Forward, 'changeDelivery' | 'changeExam'> };

export type OutboxRooms = {
  readonly book: Book;
  readonly forward: Forward;
  readonly figures: Pick<OutboxFigures, 'attempts'>;
};

export type ManyWish = DeliveryWish & {
  readonly examIds: readonly string[];
  readonly deliveryIds: readonly string[];
  readonly destinationId?: string | undefined;
};

/** What the desk asks of deliveries: of one, of an exam, of many. */
export type OutboxDesk = {
  deliveries: Forward['deliveries'];
  changeDelivery: Forward['changeDelivery'];
  page: Forward['outboxPage'];
  changeExam(which: { examId: string; destinationId?: string | undefined }, wish: DeliveryWish): void;
  pause: Forward['pause'];
  attempts: OutboxFigures['attempts'];
  changeMany(wish: ManyWish): ManyChanged;
};

export function outboxDesk({ book, forward, figures }: OutboxRooms): OutboxDesk {
  return {
    deliveries: forward.deliveries,
    changeDelivery: forward.changeDelivery,
    page: forward.outboxPage,
    changeExam: (which, wish) => void forward.changeExam(which, wish),
    pause: forward.pause,
    attempts: figures.attempts,
    changeMany: (wish) => whenManyDeliveriesChange({ book, forward }, wish),
  };
}

const mostNamed = 1000;

/** @throws Problem 'input-invalid' when the wish itself is wrong: no reason, no destination to go to. */
export function whenManyDeliveriesChange({ book, forward }: ManyRooms, wish: ManyWish): ManyChanged {
  const { examIds, deliveryIds, destinationId } = wish;
  return book.transaction(() => {
    let changed = 0;
    let unchanged = 0;
    const named: string[] = [];
    const attempt = (change: () => number) => {
      try {
        changed += change();
      } catch (error) {
        if (!isProblem(error, 'delivery-not-waiting') && !isProblem(error, 'not-found')) throw error;
        unchanged++;
      }
    };
    for (const examId of examIds) {
      const before = statesOf(book, examId);
      attempt(() => forward.changeExam({ examId, destinationId }, wish));
      for (const [id, state] of statesOf(book, examId)) if ((before.get(id) ?? state) !== state) named.push(id);
    }
    for (const id of deliveryIds) {
      attempt(() => {
        forward.changeDelivery(id, wish);
        named.push(id);
        return 1;
      });
    }
    return { changed, unchanged, deliveryIds: named.length > mostNamed ? [] : named };
  });
}

const statesOf = (book: Book, examId: string): ReadonlyMap<string, string> =>
  new Map(
    book
      .sql<{ id: string; state: string }>('SELECT id, state FROM delivery WHERE examId = ?')
      .all(examId)
      .map(({ id, state }) => [id, state]),
  );
