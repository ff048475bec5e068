// Answers of one question, on their way into the book: read, judged, counted, and kept in small transactions so that
// nobody waits for a long list.
import type { WorklistSetting, SaidByWorklist } from '#contract/shapes/worklists.ts';
import type { OrderContent, OrderState } from '#contract/shapes/order.ts';
import type { Identifier } from '#station/dicom/network/index.ts';
import type { Book } from '#station/records/index.ts';
import type { SaidOrder } from '../order-book.ts';
import { readItem, type ItemNote } from './read-item.ts';
import { keysOf } from './same-order.ts';

export type TakingNeeds = {
  readonly book: Book;
  readonly keep: (said: SaidOrder) => { readonly orderId: string };
};

type Read = { readonly content: OrderContent; readonly state: OrderState };

const inOneTransaction = 100;

/** What came in answer to one question. */
export class Taking {
  readonly #needs: TakingNeeds;
  readonly #setting: WorklistSetting;
  readonly #read: Read[] = [];
  readonly #notes = new Map<string, ItemNote & { count: number }>();

  constructor(needs: TakingNeeds, setting: WorklistSetting) {
    this.#needs = needs;
    this.#setting = setting;
  }

  take(item: Identifier): void {
    const { orders, notes } = readItem(item);
    for (const note of notes) {
      const name = `${note.kind} ${note.keyword}`;
      const counted = this.#notes.get(name) ?? { ...note, count: 0 };
      counted.count++;
      if (this.#notes.size < 64) this.#notes.set(name, counted);
    }
    this.#read.push(...orders.filter(({ content }) => this.#isWanted(content)));
  }

  get orders(): number {
    return this.#read.length;
  }

  notes(): SaidByWorklist[] {
    return [...this.#notes.values()].map(({ kind, keyword, count }) => ({
      key: `item-${kind}`,
      params: { keyword, count },
    }));
  }

  /** Keeps all of them; gives their ids. Others get their turn in between. Ends early when it is withdrawn. */
  async keepAll(isWhole: boolean, signal: AbortSignal): Promise<Set<string>> {
    const { book, keep } = this.#needs;
    const { id: sourceId } = this.#setting;
    const under = (key: string) =>
      book
        .sql<{ PatientID: string; PatientName: string }>(
          'SELECT PatientID, PatientName FROM hospital_order WHERE sourceId = ? AND sourceKey = ?',
        )
        .get(sourceId, key);
    const keys = keysOf(this.#read, under, isWhole);
    const ids = new Set<string>();
    for (let from = 0; from < this.#read.length && !signal.aborted; from += inOneTransaction) {
      const { durable } = book.transactionSoon(() => {
        for (let at = from; at < Math.min(from + inOneTransaction, this.#read.length); at++) {
          const read = this.#read[at];
          const sourceKey = keys[at];
          if (read && sourceKey !== undefined)
            ids.add(keep({ sourceId, sourceKind: 'worklist', sourceKey, ...read }).orderId);
        }
      });
      await durable;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return ids;
  }

  /** A peer may ignore keys (FF01), or be asked for more than is wanted. */
  #isWanted({ ScheduledStationAETitles, Modality }: OrderContent): boolean {
    const { stationAeTitles, modalities } = this.#setting;
    const isForUs =
      ScheduledStationAETitles.length === 0 || ScheduledStationAETitles.some((one) => stationAeTitles.includes(one));
    return (
      (stationAeTitles.length === 0 || isForUs) &&
      (modalities.length === 0 || Modality === '' || modalities.includes(Modality))
    );
  }
}
