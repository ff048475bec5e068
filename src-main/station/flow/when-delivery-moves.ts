// Deliveries moved: what people ask about later is written to the trail, in the same transaction. One entry tells of all
// objects of an exam that went the same way at that moment.
import type { PeerAnswer } from '#contract/shapes/answer-keys.ts';
import type { DeliveryMove } from '#station/5-forward/index.ts';
import type { Audit, AuditEntry, AuditParams } from '#station/audit/index.ts';

export type DeliveryRooms = {
  readonly audit: Pick<Audit, 'append'>;
  /** Who sits at the station, for what a person did. */
  readonly by: () => string;
  /** The file of an object is not in the store any more. */
  readonly fileMissing: (objectId: string) => void;
};

/** To be called inside the transaction that moves them. */
export function whenDeliveryMoves(rooms: DeliveryRooms, moves: readonly DeliveryMove[]): void {
  for (const alike of groupAlike(moves).values()) {
    const [first] = alike;
    if (!first) continue;
    const { action, byHand } = meaningOf(first);
    rooms.audit.append({
      by: byHand ? rooms.by() : 'station',
      action,
      examId: first.examId,
      ...(alike.length === 1 ? { objectId: first.objectId } : {}),
      params: { destinationId: first.destinationId, objects: alike.length, ...saidBy(first.answer), ...first.detail },
    });
  }
  for (const { answer, objectId } of moves) if (answer?.key === 'file-missing') rooms.fileMissing(objectId);
}

type Meaning = { readonly action: AuditEntry['action']; readonly byHand: boolean };

const meanings = {
  hold: { action: 'delivery-held', byHand: true },
  release: { action: 'delivery-released', byHand: true },
  retry: { action: 'delivery-retried', byHand: true },
  cancel: { action: 'delivery-cancelled', byHand: true },
  'send-again': { action: 'delivery-sent-again', byHand: true },
  rerouted: { action: 'delivery-rerouted', byHand: true },
  prioritise: { action: 'delivery-prioritised', byHand: true },
  superseded: { action: 'delivery-cancelled', byHand: false },
  stored: { action: 'object-sent', byHand: false },
  confirmed: { action: 'object-confirmed', byHand: false },
  missing: { action: 'delivery-retried', byHand: false },
} as const satisfies Partial<Record<DeliveryMove['event'], Meaning>>;

const meaningOf = ({ event }: DeliveryMove): Meaning =>
  (meanings as Partial<Record<DeliveryMove['event'], Meaning>>)[event] ?? { action: 'delivery-blocked', byHand: false };

function groupAlike(moves: readonly DeliveryMove[]): ReadonlyMap<string, readonly DeliveryMove[]> {
  const key = ({ examId, destinationId, event, answer, detail }: DeliveryMove) =>
    JSON.stringify([examId, destinationId, event, answer, detail]);
  return Map.groupBy(moves, key);
}

/** What the destination said, as far as it is short. */
function saidBy(answer: PeerAnswer | null): AuditParams {
  return answer === null ? {} : { answer: answer.key, ...answer.params };
}
