import { describe, expect, it } from 'vitest';
import type { DeliveryMove } from '#station/5-forward/index.ts';
import { whenDeliveryMoves } from '#station/flow/when-delivery-moves.ts';
import type { AuditEntry } from '#station/audit/index.ts';

const move = (changes: Partial<DeliveryMove>): DeliveryMove => ({
  deliveryId: 'd1',
  examId: 'e1',
  objectId: 'o1',
  destinationId: 'archive',
  from: 'sending',
  to: 'sent',
  event: 'stored',
  answer: { key: 'stored', params: {} },
  ...changes,
});

function told(...moves: readonly DeliveryMove[]) {
  const entries: AuditEntry[] = [];
  const missing: string[] = [];
  whenDeliveryMoves(
    {
      audit: { append: (entry) => entries.push(entry) },
      by: () => 'R. Grapher',
      fileMissing: (id) => missing.push(id),
    },
    moves,
  );
  return { entries, missing };
}

describe('the trail of deliveries', () => {
  it('tells of all objects of an exam that were sent together in one entry, for each destination', () => {
    const { entries } = told(
      move({ objectId: 'o1' }),
      move({ objectId: 'o2' }),
      move({ objectId: 'o1', destinationId: 'cache' }),
      move({ examId: 'e2', objectId: 'o3' }),
    );
    expect(
      entries.map(({ action, examId, params }) => [action, examId, params?.['destinationId'], params?.['objects']]),
    ).toEqual([
      ['object-sent', 'e1', 'archive', 2],
      ['object-sent', 'e1', 'cache', 1],
      ['object-sent', 'e2', 'archive', 1],
    ]);
  });

  it('names who gave a delivery up, and why', () => {
    const { entries } = told(
      move({
        to: 'cancelled',
        event: 'cancel',
        answer: { key: 'cancelled-by-hand', params: { reason: 'sent by disc' } },
      }),
    );
    expect(entries).toEqual([
      {
        by: 'R. Grapher',
        action: 'delivery-cancelled',
        examId: 'e1',
        objectId: 'o1',
        params: { destinationId: 'archive', objects: 1, answer: 'cancelled-by-hand', reason: 'sent by disc' },
      },
    ]);
  });

  it('tells what a destination refused, and the catalogue of a file that is gone', () => {
    const { entries, missing } = told(
      move({
        to: 'blocked',
        event: 'refused',
        answer: { key: 'cannot-understand', params: { status: 'C000', comment: '' } },
      }),
      move({ to: 'blocked', event: 'refused', objectId: 'o2', answer: { key: 'file-missing', params: {} } }),
    );
    expect(entries.map((entry) => [entry.by, entry.action, entry.params?.['answer']])).toEqual([
      ['station', 'delivery-blocked', 'cannot-understand'],
      ['station', 'delivery-blocked', 'file-missing'],
    ]);
    expect(missing).toEqual(['o2']);
  });
});
