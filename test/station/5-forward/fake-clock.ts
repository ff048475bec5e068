// A clock that a test moves. Timers run in their order; what they set off is given its turn before the next one.
import type { Clock } from '#station/kit/clock.ts';

export type FakeClock = Clock & { advance(ms: number): Promise<void> };

export function fakeClock(start = '2026-11-23T08:00:00.000Z'): FakeClock {
  let passedMs = 0;
  const timers = new Set<{ readonly at: number; readonly call: () => void }>();
  const epochMs = () => Date.parse(start) + passedMs;
  return {
    now: () => new Date(epochMs()).toISOString(),
    epochMs,
    monotonicMs: () => passedMs,
    after(delayMs, call) {
      const timer = { at: passedMs + delayMs, call };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    async advance(ms) {
      const until = passedMs + ms;
      await quiet();
      for (;;) {
        const next = [...timers].filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        timers.delete(next);
        passedMs = Math.max(passedMs, next.at);
        next.call();
        await quiet();
      }
      passedMs = until;
      await quiet();
    },
  };
}

/** Lets everything that waits for nothing but its turn run. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
}
