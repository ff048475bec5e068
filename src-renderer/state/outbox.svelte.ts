// The Outbox: one line per exam and its destinations, live; which lines are marked; the deliveries of the line that is
// looked into; and how the last thing done is taken back.
import { readTrouble, type Connection } from '#ui/backend/index.ts';
import type { AttemptRow, ManyChanged } from '#contract/shapes/attempts.ts';
import type { DeliveryAction, Priority } from '#contract/shapes/couriers.ts';
import type { DeliveryRow, OutboxLine } from '#contract/shapes/delivery.ts';
import { PagedRows } from './paged-rows.svelte.ts';

export type OutboxAction = DeliveryAction;
export type KeyedLine = OutboxLine & { readonly id: string };

export type OutboxWish = {
  readonly action: OutboxAction;
  readonly reason?: string;
  readonly priority?: Priority;
  readonly toDestinationId?: string;
  /** In place of which; all others when left out. */
  readonly destinationId?: string;
};

/** So many deliveries are shown of one exam. */
const mostDeliveries = 200;
const mostExamsAtOnce = 500;

const inverse: Partial<Record<OutboxAction, OutboxAction>> = { hold: 'release', release: 'hold', cancel: 'send-again' };

export class Outbox {
  openOnly = $state(false);
  objectsWaiting = $state(0);
  oldestWaitingSince = $state<string | null>(null);
  selectedId = $state<string | undefined>();
  /** Lines that what is done counts for; the selected one when there are none. */
  marked = $state.raw<ReadonlySet<string>>(new Set());
  /** Deliveries of the line that is looked into, and how many there are in all; undefined while none is. */
  deliveries = $state.raw<readonly DeliveryRow[] | undefined>();
  deliveriesTotal = $state(0);
  /** Attempts of the delivery that was opened. */
  attempts = $state.raw<{ readonly deliveryId: string; readonly rows: readonly AttemptRow[] } | undefined>();
  /** True while the last thing done can be taken back. */
  canUndo = $state(false);

  readonly list: PagedRows<KeyedLine>;
  readonly #connection: Connection;
  #undo: (() => Promise<unknown>) | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.list = new PagedRows(
      async (offset, limit) => {
        const page = await connection.station.outbox.list({ open: this.openOnly, offset, limit });
        this.objectsWaiting = page.objectsWaiting;
        this.oldestWaitingSince = page.oldestWaitingSince;
        return { rows: page.lines.map((line) => ({ ...line, id: line.examId })), total: page.total };
      },
      () => {
        if (this.selectedIndex < 0) this.selectAt(0);
      },
    );
    connection.hear((change) => {
      if (change.kind !== 'hello' && change.kind !== 'outbox') return;
      if (change.kind === 'hello') this.list.again();
      else if (this.list.known) this.list.refresh();
      const isHere = change.kind === 'hello' || change.examIds.includes(this.selectedId ?? '');
      if (this.deliveries !== undefined && isHere) void this.look();
    });
  }

  get selectedIndex(): number {
    return this.list.rows.findIndex((line) => line !== undefined && line.id === this.selectedId);
  }

  get selected(): KeyedLine | undefined {
    return this.list.rows.find((line) => line?.id === this.selectedId);
  }

  select(id: string): void {
    if (id === this.selectedId) return;
    this.selectedId = id;
    this.attempts = undefined;
    if (this.deliveries !== undefined) void this.look();
  }

  selectAt(index: number): void {
    const at = Math.max(0, Math.min(this.list.rows.length - 1, index));
    const id = this.list.rows[at]?.id;
    if (id !== undefined) this.select(id);
  }

  mark(id: string, on = !this.marked.has(id)): void {
    const next = new Set(this.marked);
    if (on) next.add(id);
    else next.delete(id);
    this.marked = next;
  }

  /** Everything from the selected line to another one. */
  markTo(id: string): void {
    const [from, to] = [Math.max(0, this.selectedIndex), this.list.rows.findIndex((line) => line?.id === id)].sort(
      (a, b) => a - b,
    );
    const between = this.list.rows.slice(from, (to ?? 0) + 1).flatMap((line) => (line === undefined ? [] : [line.id]));
    this.marked = new Set([...this.marked, ...between]);
  }

  clearMarks(): void {
    this.marked = new Set();
  }

  show(openOnly: boolean): void {
    this.openOnly = openOnly;
    this.clearMarks();
    this.list.restart();
  }

  /** Reads the deliveries of the selected exam. */
  async look(): Promise<void> {
    const examId = this.selectedId;
    if (examId === undefined) return;
    try {
      const page = await this.#connection.station.deliveries.list({ examId, limit: mostDeliveries });
      if (this.selectedId !== examId) return;
      this.deliveries = page.deliveries;
      this.deliveriesTotal = page.total;
      if (this.attempts !== undefined) await this.lookAtAttempts(this.attempts.deliveryId);
    } catch (thrown) {
      this.list.trouble = readTrouble(thrown);
    }
  }

  stopLooking(): void {
    this.deliveries = undefined;
    this.attempts = undefined;
  }

  async lookAtAttempts(deliveryId: string): Promise<void> {
    const page = await this.#connection.station.deliveries.attempts({ id: deliveryId, limit: mostDeliveries });
    this.attempts = { deliveryId, rows: page.attempts };
  }

  closeAttempts(): void {
    this.attempts = undefined;
  }

  /** Does it to what is marked, or to the selected line. */
  async change(wish: OutboxWish): Promise<ManyChanged> {
    const targets = this.marked.size > 0 ? [...this.marked] : this.selectedId === undefined ? [] : [this.selectedId];
    const lines = this.list.rows.filter((line) => line !== undefined && targets.includes(line.id));
    const sums = { changed: 0, unchanged: 0, deliveryIds: [] as string[] };
    let isWhole = true;
    for (let at = 0; at < targets.length; at += mostExamsAtOnce) {
      const examIds = targets.slice(at, at + mostExamsAtOnce);
      const done = await this.#connection.station.outbox.changeMany({ examIds, ...wish });
      sums.changed += done.changed;
      sums.unchanged += done.unchanged;
      sums.deliveryIds.push(...done.deliveryIds);
      if (done.changed > 0 && done.deliveryIds.length === 0) isWhole = false;
    }
    this.#remember(wish, sums.deliveryIds, isWhole, lines as readonly KeyedLine[]);
    this.list.refresh();
    if (this.deliveries !== undefined) void this.look();
    return sums;
  }

  /** Takes the last thing done back. False when there is nothing to take back. */
  async undo(): Promise<boolean> {
    const undo = this.#undo;
    if (undo === undefined) return false;
    this.#forget();
    await undo();
    this.list.refresh();
    if (this.deliveries !== undefined) void this.look();
    return true;
  }

  async pause(destinationIds: readonly string[], paused: boolean): Promise<void> {
    const pause = (on: boolean) =>
      Promise.all(destinationIds.map((id) => this.#connection.station.outbox.pause({ id, paused: on })));
    await pause(paused);
    this.#undo = () => pause(!paused);
    this.canUndo = true;
  }

  #remember(wish: OutboxWish, deliveryIds: readonly string[], isWhole: boolean, lines: readonly KeyedLine[]): void {
    this.#forget();
    const { outbox } = this.#connection.station;
    const back = inverse[wish.action];
    if (back !== undefined && isWhole && deliveryIds.length > 0 && deliveryIds.length <= 1000) {
      this.#undo = () => outbox.changeMany({ deliveryIds: [...deliveryIds], action: back });
    }
    if (wish.action === 'prioritise') {
      const before = lines.map((line) => ({
        examIds: [line.id],
        priority: line.destinations.find(({ priority }) => priority !== null)?.priority ?? ('routine' as const),
      }));
      this.#undo = async () => {
        for (const { examIds, priority } of before)
          await outbox.changeMany({ examIds, action: 'prioritise', priority });
      };
    }
    this.canUndo = this.#undo !== undefined;
  }

  #forget(): void {
    this.#undo = undefined;
    this.canUndo = false;
  }
}
