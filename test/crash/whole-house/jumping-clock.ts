// The machine's clock, that can be told to jump forward: what is due by then is called at once, in its order.
import type { Clock } from '#station/kit/clock.ts';

export type JumpingClock = Clock & { jump(ms: number): void };

export function jumpingClock(offsetMs = 0): JumpingClock {
  let offset = offsetMs;
  type Timer = { readonly dueMs: number; readonly call: () => void; handle?: NodeJS.Timeout };
  const timers = new Set<Timer>();
  const monotonicMs = () => performance.now() + offset;
  const arm = (timer: Timer): void => {
    clearTimeout(timer.handle);
    timer.handle = setTimeout(
      () => {
        timers.delete(timer);
        timer.call();
      },
      Math.min(Math.max(0, timer.dueMs - monotonicMs()), 2 ** 31 - 1),
    );
    timer.handle.unref();
  };
  return {
    now: () => new Date(Date.now() + offset).toISOString(),
    epochMs: () => Date.now() + offset,
    monotonicMs,
    after: (delayMs, call) => {
      const timer: Timer = { dueMs: monotonicMs() + delayMs, call };
      timers.add(timer);
      arm(timer);
      return () => {
        timers.delete(timer);
        clearTimeout(timer.handle);
      };
    },
    jump: (ms) => {
      offset += ms;
      for (const timer of [...timers].sort((a, b) => a.dueMs - b.dueMs)) arm(timer);
    },
  };
}
