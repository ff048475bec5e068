// Waiting times between tries: full jitter over a doubling ceiling, so that many stations do not come back at once.

export type Backoff = { readonly firstMs: number; readonly mostMs: number };

export const transientBackoff: Backoff = { firstMs: 10_000, mostMs: 600_000 };

/**
 * How long to wait before try number `attempt` (1 is the first retry). Between half the ceiling and the ceiling, so
 * that it never becomes a busy loop; the ceiling doubles up to `mostMs` and stays there for ever.
 */
export function waitBeforeMs(attempt: number, backoff: Backoff, random: () => number = Math.random): number {
  const ceiling = Math.min(backoff.mostMs, backoff.firstMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(ceiling / 2 + (random() * ceiling) / 2);
}
