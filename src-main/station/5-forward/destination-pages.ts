// What the desk shows of each destination: how it stands, what waits for it, how fast it goes. Reads only; each answer costs
// the same at any length of the queue.
import { priorities } from '#contract/shapes/couriers.ts';
import type { DestinationStatus } from '#contract/shapes/delivery.ts';
import { placeOf } from '#contract/shapes/web.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { DeliveryStage } from '#station/model/delivery-lifecycle.ts';
import type { Book } from '#station/records/index.ts';
import type { DestinationRow, Destinations } from './destinations.ts';
import { SendingRates } from './sending-rates.ts';

/** What only the running courier of a destination knows. */
export type LiveDestination = {
  readonly nextTryAt: string | null;
  readonly ratePerSecond: number;
  readonly opensAt: string | null;
  readonly associations: number;
};

type Needs = {
  readonly book: Book;
  readonly clock: Clock;
  readonly destinations: Destinations;
  live(destinationId: string): LiveDestination | undefined;
};

type StageCounts = ReadonlyMap<DeliveryStage, { readonly deliveries: number; readonly exams: number }>;

export class DestinationPages {
  readonly #needs: Needs;
  readonly #rates: SendingRates;

  constructor(needs: Needs) {
    this.#needs = needs;
    this.#rates = new SendingRates(needs.book, needs.clock);
  }

  /** Those of the settings. What is still open for one that left them is seen in the Outbox, as blocked. */
  destinationStatus(): DestinationStatus[] {
    return this.#needs.destinations
      .all()
      .filter((row) => !row.removed)
      .map((row) => this.#status(row, this.#counts(row.id)));
  }

  #counts(destinationId: string): StageCounts {
    const rows = this.#needs.book
      .sql<{ stage: DeliveryStage; deliveries: number; exams: number }>(
        'SELECT stage, deliveries, exams FROM destination_count WHERE destinationId = ?',
      )
      .all(destinationId);
    return new Map(rows.map((row) => [row.stage, row]));
  }

  #status(row: DestinationRow, counts: StageCounts): DestinationStatus {
    const { id, name, kind, required, confirm } = row.setting;
    const live = this.#needs.live(row.id);
    const { bytesPerSecond } = this.#rates.read(row.id);
    const waitingBytes = this.#waitingBytes(row.id);
    return {
      ...{ id, name, kind, ...placeOf(row.setting), required, confirm },
      state: row.paused ? 'paused' : row.state,
      since: row.since,
      lastAnswer: row.lastAnswer,
      nextProbeAt: row.paused ? null : (live?.nextTryAt ?? null),
      opensAt: live?.opensAt ?? null,
      associations: live?.associations ?? 0,
      waiting: counts.get('waiting')?.deliveries ?? 0,
      waitingExams: counts.get('waiting')?.exams ?? 0,
      unconfirmed: counts.get('sent')?.deliveries ?? 0,
      confirmedToday: this.#confirmedToday(row.id),
      blocked: counts.get('blocked')?.deliveries ?? 0,
      ratePerSecond: live?.ratePerSecond ?? 0,
      bytesPerSecond,
      waitingBytes,
      secondsUntilEmpty: bytesPerSecond > 0 && waitingBytes > 0 ? Math.ceil(waitingBytes / bytesPerSecond) : null,
      keepsToHours: row.setting.schedule?.priorities ?? [],
      oldestWaitingSince: this.#oldestWaitingSince(row.id),
    };
  }

  queueCounts(): { readonly waiting: number; readonly unconfirmed: number; readonly blocked: number } {
    const sums = { waiting: 0, unconfirmed: 0, blocked: 0 };
    for (const { id } of this.#needs.destinations.all()) {
      const counts = this.#counts(id);
      sums.waiting += counts.get('waiting')?.deliveries ?? 0;
      sums.unconfirmed += counts.get('sent')?.deliveries ?? 0;
      sums.blocked += counts.get('blocked')?.deliveries ?? 0;
    }
    return sums;
  }

  /** Since midnight of this machine's zone; proved ones only. */
  #confirmedToday(destinationId: string): number {
    const midnight = new Date(this.#needs.clock.epochMs());
    midnight.setHours(0, 0, 0, 0);
    const found = this.#needs.book
      .sql<{ n: number | null }>(
        'SELECT sum(deliveries) AS n FROM proved_minute WHERE destinationId = ? AND minute >= ?',
      )
      .get(destinationId, midnight.toISOString().slice(0, 16));
    return found?.n ?? 0;
  }

  #waitingBytes(destinationId: string): number {
    const found = this.#needs.book
      .sql<{ bytes: number }>('SELECT bytes FROM waiting_bytes WHERE destinationId = ?')
      .get(destinationId);
    return found?.bytes ?? 0;
  }

  /** Of all destinations, those that left the settings too. */
  get oldestWaitingSince(): string | null {
    return earliest(this.#needs.destinations.all().map((row) => this.#oldestWaitingSince(row.id)));
  }

  /** One look at the index for each priority, whatever the length of the queue. */
  #oldestWaitingSince(destinationId: string): string | null {
    return earliest(
      priorities.map(
        (_, priority) =>
          this.#needs.book
            .sql<{ at: string }>(
              'SELECT since AS at FROM exam_waiting WHERE destinationId = ? AND priority = ? ORDER BY since LIMIT 1',
            )
            .get(destinationId, priority)?.at ?? null,
      ),
    );
  }
}

const earliest = (times: readonly (string | null)[]): string | null =>
  times.reduce((first, at) => (at !== null && (first === null || at < first) ? at : first), null);
