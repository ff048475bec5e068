// How an exam stands at one destination, worked out from its counts. Pure.
import type { OutboxLine } from '#contract/shapes/delivery.ts';

type Share = OutboxLine['destinations'][number];

export type ShareState = 'confirmed' | 'blocked' | 'held' | 'cancelled' | 'sent' | 'sending' | 'waiting';

/** How an exam stands at one destination. What needs a person goes before what heals by itself. */
export function stateOfShare(share: Share): ShareState {
  if (share.blocked > 0) return 'blocked';
  if (share.confirmed + share.cancelled === share.total) return share.confirmed > 0 ? 'confirmed' : 'cancelled';
  if (share.held > 0) return 'held';
  if (share.sent + share.confirmed + share.cancelled >= share.total) return 'sent';
  return share.sent + share.confirmed > 0 ? 'sending' : 'waiting';
}

/** How many have reached the destination, proved or not. `sent` may or may not count the proved ones. */
export const reached = (share: Share): number => Math.min(share.total, Math.max(share.sent, share.confirmed));
