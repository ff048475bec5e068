// The Outbox: one line per exam and its destinations, live; and the deliveries of the line that was opened.
import { readTrouble, type Connection } from '#ui/backend/index.ts';
import type { DeliveryRow, OutboxLine } from '#contract/shapes/delivery.ts';
import { PagedRows } from './paged-rows.svelte.ts';

export type OutboxAction = 'retry' | 'hold' | 'release' | 'cancel';
export type KeyedLine = OutboxLine & { readonly id: string };

export class Outbox {
  openOnly = $state(false);
  objectsWaiting = $state(0);
  oldestWaitingSince = $state<string | null>(null);
  selectedId = $state<string | undefined>();
  /** Deliveries of the line that is looked into; undefined while none is. */
  deliveries = $state.raw<readonly DeliveryRow[] | undefined>();

  readonly list: PagedRows<KeyedLine>;
  readonly #connection: Connection;

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
      if (this.deliveries !== undefined && this.selectedId !== undefined) void this.look(this.selectedId);
    });
  }

  get selectedIndex(): number {
    return this.list.rows.findIndex((line) => line !== undefined && line.id === this.selectedId);
  }

  selectAt(index: number): void {
    const at = Math.max(0, Math.min(this.list.rows.length - 1, index));
    this.selectedId = this.list.rows[at]?.id ?? this.selectedId;
  }

  show(openOnly: boolean): void {
    this.openOnly = openOnly;
    this.list.restart();
  }

  /** Reads each delivery of an exam. */
  async look(examId: string): Promise<void> {
    this.selectedId = examId;
    try {
      const page = await this.#connection.station.deliveries.list({ examId, limit: 1000 });
      if (this.selectedId === examId) this.deliveries = page.deliveries;
    } catch (thrown) {
      this.list.trouble = readTrouble(thrown);
    }
  }

  stopLooking(): void {
    this.deliveries = undefined;
  }

  async change(examId: string, action: OutboxAction, reason = ''): Promise<void> {
    await this.#connection.station.outbox.change({ examId, action, reason });
    this.list.refresh();
  }

  async pause(destinationId: string, paused: boolean): Promise<void> {
    await this.#connection.station.outbox.pause({ id: destinationId, paused });
  }
}
