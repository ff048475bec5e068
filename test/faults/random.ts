// Random choices that can be repeated: the same seed gives the same ones.

export type Random = {
  /** A whole number from 0 to below `n`. */
  below(n: number): number;
  /** True once in `n` times. */
  oneIn(n: number): boolean;
  pick<T>(items: readonly [T, ...(readonly T[])]): T;
  pick<T>(items: readonly T[]): T | undefined;
  bytes(length: number): Buffer;
};

/** Mulberry32: small, quick, and good enough to choose what to break. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (n: number) => next() % n;
  return {
    below,
    oneIn: (n) => below(n) === 0,
    pick: <T>(items: readonly T[]) => items[below(items.length)] as T,
    bytes: (length) => Buffer.from(Array.from({ length }, () => next() & 0xff)),
  };
}
