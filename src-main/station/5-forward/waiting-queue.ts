// Which deliveries come next for a destination. Reads only.
//
// Guarantees: picking costs the same at any length of the queue: one look at the index for each priority. A stat comes
// first; of the others who waits rises: an urgent one counts as what it is, a routine one as if it had come two hours
// later, a backlog one a day later. The order between two deliveries never changes, whenever it is asked for.
import type { Book } from '#station/records/index.ts';
import { isReferringPlace } from './leaving-order.ts';
import type { Claim, MovingRow } from './claim.ts';

/** Places in `priorities`. */
export type Allowed = readonly number[];

export type ReadyRow = MovingRow &
  Omit<Claim, 'deliveryId' | 'attemptId'> & { readonly sizeBytes: number; readonly place: number };

type Place = {
  readonly row: number;
  readonly priority: number;
  readonly createdAt: string;
  readonly place: number;
};

export type ObjectKind = { readonly sopClassUid: string; readonly transferSyntaxUid: string };

const hourMs = 3_600_000;
/** How much later than it came one of each priority is counted; a stat comes before everything. */
const countedLaterMs = [-1e15, 0, 2 * hourMs, 24 * hourMs] as const;
/** Read beyond what is wanted, because some may have to wait for their images. */
const spareRows = 48;

export class WaitingQueue {
  readonly #book: Book;

  constructor(book: Book) {
    this.#book = book;
  }

  hasReady(destinationId: string, allowed: Allowed): boolean {
    return this.countReady(destinationId, allowed, 1) > 0;
  }

  /** How many are ready, `most` at most. */
  countReady(destinationId: string, allowed: Allowed, most: number): number {
    let count = 0;
    for (const priority of allowed) {
      if (count >= most) break;
      count +=
        this.#book
          .sql<{ n: number }>(
            `SELECT count(*) AS n FROM (SELECT 1 FROM delivery
             WHERE destinationId = ? AND state = 'ready' AND priority = ${priority} LIMIT ?)`,
          )
          .get(destinationId, most - count)?.n ?? 0;
    }
    return count;
  }

  /**
   * The next ones in their order. What refers to images of its exam is left out until they have left, or leave before it
   * on the same association: `before` are the deliveries that do.
   */
  next(destinationId: string, allowed: Allowed, most: number, before: readonly string[] = []): ReadyRow[] {
    const first = this.#pick(this.#places(destinationId, allowed, most), most, before);
    if (first.rows.length === most || !first.someWait) return first.rows;
    return this.#pick(this.#places(destinationId, allowed, most + spareRows), most, before).rows;
  }

  #pick(places: readonly Place[], most: number, before: readonly string[]) {
    const rows: ReadyRow[] = [];
    const ahead = new Set(before);
    const waitsByExam = new Map<string, boolean>();
    let someWait = false;
    for (const at of places) {
      if (rows.length >= most) break;
      const row = this.#row(at.row);
      if (!row) continue;
      if (isReferringPlace(at.place)) {
        const waits = waitsByExam.get(row.examId) ?? this.#imagesAreElsewhere(row, at, ahead);
        waitsByExam.set(row.examId, waits);
        someWait ||= waits;
        if (waits) continue;
      }
      rows.push(row);
      ahead.add(row.id);
    }
    return { rows, someWait };
  }

  #places(destinationId: string, allowed: Allowed, most: number): Place[] {
    const lists = allowed.map((priority) =>
      this.#book
        .sql<Place>(
          `SELECT rowid AS row, priority, createdAt, place FROM delivery
           WHERE destinationId = ? AND state = 'ready' AND priority = ${priority} ORDER BY createdAt, place LIMIT ?`,
        )
        .all(destinationId, most),
    );
    const filled = lists.filter((list) => list.length > 0);
    return filled.length === 1 ? (filled[0] ?? []) : filled.flat().sort(inOrder).slice(0, most);
  }

  #row(row: number): ReadyRow | undefined {
    return this.#book
      .sql<ReadyRow>(
        `SELECT delivery.id, examId, delivery.objectId, destinationId, state, revisionId, attempts, unknownAttempts, place,
           revision.SOPInstanceUID, revision.SOPClassUID, revision.TransferSyntaxUID, revision.dataSetSha256, revision.sizeBytes
         FROM delivery JOIN revision ON revision.id = delivery.revisionId WHERE delivery.rowid = ? + 0`,
      )
      .get(row);
  }

  /** Images of the same exam that go before it, have not left yet, and do not leave on the same association. */
  #imagesAreElsewhere({ examId, destinationId }: ReadyRow, at: Place, ahead: ReadonlySet<string>): boolean {
    return ['ready', 'sending'].some((state) =>
      this.#book
        .sql<{ id: string; place: number }>(
          `SELECT id, place FROM delivery WHERE examId = ? AND destinationId = ? AND state = '${state}'
           AND priority <= ? AND createdAt <= ? ORDER BY place LIMIT ?`,
        )
        .all(examId, destinationId, at.priority, at.createdAt, ahead.size + 1)
        .some((image) => !isReferringPlace(image.place) && !ahead.has(image.id)),
    );
  }

  /** The kinds of objects among what comes next, in the order of their need, each one once. */
  kinds(destinationId: string, allowed: Allowed, most: number): ObjectKind[] {
    if (allowed.length === 0) return [];
    const kinds = new Map<string, ObjectKind>();
    const note = (kind: ObjectKind) => kinds.set(`${kind.sopClassUid} ${kind.transferSyntaxUid}`, kind);
    // What comes first must be among them, or it would never leave.
    for (const { SOPClassUID, TransferSyntaxUID } of this.next(destinationId, allowed, 1)) {
      note({ sopClassUid: SOPClassUID, transferSyntaxUid: TransferSyntaxUID });
    }
    const found = this.#book
      .sql<ObjectKind>(
        `SELECT DISTINCT SOPClassUID AS sopClassUid, TransferSyntaxUID AS transferSyntaxUid FROM
           (SELECT revisionId FROM delivery WHERE destinationId = ? || '' AND state = 'ready' AND priority IN (${allowed.join()})
            ORDER BY priority, createdAt, place LIMIT ?) first
         JOIN revision ON revision.id = first.revisionId`,
      )
      .all(destinationId, most);
    for (const kind of found) note(kind);
    return [...kinds.values()];
  }

  /** True when nothing but this delivery waits for its destination. */
  isAlone(destinationId: string, deliveryId: string): boolean {
    const other = this.#book
      .sql(
        `SELECT 1 FROM delivery WHERE destinationId = ? AND state IN ('ready', 'sending', 'backoff') AND id <> ? LIMIT 1`,
      )
      .get(destinationId, deliveryId);
    return other === undefined;
  }

  firstTriedAt(deliveryId: string): string | null {
    const found = this.#book
      .sql<{ at: string | null }>('SELECT min(startedAt) AS at FROM attempt WHERE deliveryId = ?')
      .get(deliveryId);
    return found?.at ?? null;
  }

  /** When the next of those in `state` is due, ISO; null when none is. */
  nextDueAt(destinationId: string, state: 'backoff' | 'sent' | 'commit-requested'): string | null {
    const found = this.#book
      .sql<{ at: string | null }>(
        'SELECT min(nextAttemptAt) AS at FROM delivery WHERE destinationId = ? AND state = ? AND nextAttemptAt IS NOT NULL',
      )
      .get(destinationId, state);
    return found?.at ?? null;
  }
}

function inOrder(a: Place, b: Place): number {
  return turnOf(a) - turnOf(b) || a.priority - b.priority || a.place - b.place || a.row - b.row;
}

const turnOf = ({ priority, createdAt }: Place): number => Date.parse(createdAt) + (countedLaterMs[priority] ?? 0);
