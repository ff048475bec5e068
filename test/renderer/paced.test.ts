// What stands beside the pictures follows them without being drawn anew for each one that rushes past.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Paced } from '#ui/screens/review/paced.svelte.ts';

beforeEach(() => {
  vi.useFakeTimers();
  // Outside a window nothing has to be told of changes.
  const plain = <Value>(value: Value) => value;
  vi.stubGlobal('$state', Object.assign(plain, { raw: plain }));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('the list follows one step at once, and many steps now and then, and where they end', () => {
  let at = 0;
  const paced = new Paced(() => at, 200);
  const step = (ms: number) => {
    vi.advanceTimersByTime(ms);
    at += 1;
    paced.follow();
  };
  paced.follow();
  expect([paced.value, paced.moving]).toEqual([0, false]);
  step(1000);
  expect([paced.value, paced.moving]).toEqual([1, false]);
  const seen = new Set<number>();
  for (let n = 0; n < 30; n += 1) {
    step(33);
    seen.add(paced.value);
    expect(paced.moving).toBe(true);
  }
  expect(at).toBe(31);
  expect(seen.size).toBeGreaterThan(2);
  expect(seen.size).toBeLessThan(8);
  vi.advanceTimersByTime(401);
  expect([paced.value, paced.moving]).toEqual([31, false]);
  step(300);
  expect([paced.value, paced.moving]).toEqual([32, false]);
});
