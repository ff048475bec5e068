// The table of model/delivery-lifecycle walked whole through the real outbox, in a book: every state with every event.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deliveryStateShape, type DeliveryState } from '#contract/shapes/delivery.ts';
import type { Claim } from '#station/5-forward/claim.ts';
import { Outbox } from '#station/5-forward/outbox.ts';
import { deliveryEvents, stateAfter, type DeliveryEvent } from '#station/model/delivery-lifecycle.ts';
import { many, Shelf } from './approved-exam.ts';
import { fakeClock } from './fake-clock.ts';

const states = deliveryStateShape.options;
let shelf: Shelf;
beforeEach(() => (shelf = new Shelf()));
afterEach(() => shelf.book.close());

function outboxWith(state: DeliveryState) {
  const clock = fakeClock();
  const moves: string[] = [];
  const outbox = new Outbox({
    book: shelf.book,
    clock,
    ports: { openRevision: shelf.openRevision, onMoved: (moved) => moves.push(...moved.map(({ event }) => event)) },
  });
  shelf.book
    .sql(
      `INSERT INTO destination (id, setting, since) VALUES ('archive', '{"id":"archive","required":true}', ?) ON CONFLICT DO NOTHING`,
    )
    .run(clock.now());
  const exam = shelf.exam(many(1));
  outbox.enqueue(exam.id, exam.revisions, 2);
  shelf.book.sql('UPDATE delivery SET state = ? WHERE examId = ?').run(state, exam.id);
  const row = () =>
    shelf.book
      .sql<{ id: string; examId: string; objectId: string; destinationId: string; state: DeliveryState }>(
        'SELECT * FROM delivery WHERE examId = ?',
      )
      .get(exam.id) as never as Row;
  const version = () =>
    shelf.book.sql<{ version: number }>('SELECT version FROM exam WHERE id = ?').get(exam.id)?.version ?? 0;
  return { outbox, row, version, moves };
}
type Row = {
  readonly id: string;
  readonly examId: string;
  readonly objectId: string;
  readonly destinationId: string;
  readonly state: DeliveryState;
};

describe('every state and every event, in the book', () => {
  it.each(states)('%s', (state) => {
    for (const event of deliveryEvents) {
      const { outbox, row, version, moves } = outboxWith(state);
      const before = { ...row(), version: version() };
      const wanted = stateAfter(state, event);
      const moved = outbox.change((mover) => mover.move(row(), event, {}, { key: 'stored', params: {} }));
      const told = `${state} ${event}`;
      expect(moved, told).toBe(wanted !== undefined);
      if (wanted === undefined) {
        expect({ ...row(), version: version() }, told).toEqual(before);
        expect(moves, told).toEqual([]);
      } else {
        expect(row(), told).toMatchObject({ state: wanted, answer: '{"key":"stored","params":{}}' });
        expect(version(), told).toBe(before.version + 1);
      }
      expect(countsAdd(), told).toBe(true);
    }
  });

  it('what another has moved meanwhile is not moved', () => {
    const { outbox, row } = outboxWith('ready');
    const stale = row();
    outbox.change((mover) => mover.move(stale, 'hold'));
    expect(outbox.change((mover) => mover.move(stale, 'begin'))).toBe(false);
    expect(row().state).toBe('held');
  });
});

describe('an attempt', () => {
  const wish = {
    ...{ mostObjects: 10, mostBytes: 1e9, allowed: [0, 1, 2, 3], sharedBy: 1 },
    fits: () => 'yes' as const,
  };
  const attempts = () =>
    shelf.book.sql<{ outcome: string; endedAt: string | null }>('SELECT outcome, endedAt FROM attempt').all();
  const settle = (claim: Claim, event: DeliveryEvent, outcome: 'sent' | 'unknown' | 'transient') => ({
    ...{ claim, event, outcome, answer: { key: 'aborted', params: { source: 0, reason: 0 } } as const },
    ...{ unknownAttempts: 1, nextInMs: event === 'failed' ? 10_000 : null, needsNoProof: false },
  });

  it('stands in the book before the object may leave, and is completed with what became of it', () => {
    const { outbox, row } = outboxWith('ready');
    const [claim] = outbox.settleAndClaim('archive', [], wish).result.claims;
    if (!claim) throw new Error('nothing claimed');
    expect(row().state).toBe('sending');
    expect(attempts()).toEqual([{ outcome: 'underway', endedAt: null }]);
    expect(outbox.settleAndClaim('archive', [], wish).result.claims).toEqual([]);
    outbox.settleAndClaim('archive', [settle(claim, 'failed', 'unknown')], null);
    expect(row()).toMatchObject({ state: 'backoff', unknownAttempts: 1, attempts: 1 });
    expect(attempts()).toEqual([{ outcome: 'unknown', endedAt: expect.any(String) }]);
  });

  it('whose outcome is not known is a word of its own: the object may be there, and the next one carries the same bytes', () => {
    const { outbox, row } = outboxWith('ready');
    const [claim] = outbox.settleAndClaim('archive', [], wish).result.claims;
    if (!claim) throw new Error('nothing claimed');
    outbox.recover('archive');
    expect(attempts()).toEqual([{ outcome: 'unknown', endedAt: expect.any(String) }]);
    expect(row().state).toBe('ready');
    expect(outbox.mayHaveLeft(row().objectId)).toBe(true);
    const [again] = outbox.settleAndClaim('archive', [], wish).result.claims;
    expect(again).toMatchObject({
      SOPInstanceUID: claim.SOPInstanceUID,
      dataSetSha256: claim.dataSetSha256,
      attempts: 2,
    });
  });

  it('that never began leaves no trace', () => {
    const { outbox, row } = outboxWith('ready');
    const [claim] = outbox.settleAndClaim('archive', [], wish).result.claims;
    if (!claim) throw new Error('nothing claimed');
    outbox.settleAndClaim('archive', [settle(claim, 'not-begun', 'transient')], null);
    expect(attempts()).toEqual([]);
    expect(row()).toMatchObject({ state: 'ready', attempts: 0 });
    expect(outbox.mayHaveLeft(row().objectId)).toBe(false);
  });
});

/** What the triggers count is what is there. */
function countsAdd(): boolean {
  const counted = shelf.book
    .sql<{ examId: string; stage: string; n: number }>(
      'SELECT examId, stage, deliveries AS n FROM delivery_count WHERE deliveries <> 0 ORDER BY examId, stage',
    )
    .all();
  const there = shelf.book
    .sql<{ examId: string; stage: string; n: number }>(
      'SELECT examId, stage, count(*) AS n FROM delivery GROUP BY examId, stage ORDER BY examId, stage',
    )
    .all();
  return JSON.stringify(counted) === JSON.stringify(there);
}
