// Time as the house sees it. Only this file reads the machine's clocks, so that a test can bring its own.

export type Clock = {
  /** Now, as ISO 8601 with zone, for what is written down. */
  now(): string;
  /** Milliseconds since the epoch, for what is written down. */
  epochMs(): number;
  /** Milliseconds that never go back, for how long something takes. */
  monotonicMs(): number;
  /** Calls back once after `delayMs`; the returned function takes it back. The timer keeps no process alive. */
  after(delayMs: number, call: () => void): () => void;
};

export const systemClock: Clock = {
  now: () => new Date().toISOString(),
  epochMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, call) => {
    const timer = setTimeout(call, Math.min(delayMs, 2 ** 31 - 1));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** The moment `delayMs` after an ISO time, as ISO. */
export function laterBy(iso: string, delayMs: number): string {
  return new Date(Date.parse(iso) + delayMs).toISOString();
}
