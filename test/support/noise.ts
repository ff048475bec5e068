// Grain for pictures that are drawn for tests and benchmarks: always the same from one seed, so that what is found in it is, too.

/** Whole numbers from 0 to below the one that is asked with. */
export function noiseFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return (state >> 16) % below;
  };
}
