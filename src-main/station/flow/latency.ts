// How long something took, counted in buckets: cheap enough for every object.

/** Upper bounds in seconds, from a fast disk to one that nobody wants. */
export const latencyBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10] as const;

export type LatencyCounts = {
  /** For each bound, and last for what took longer: how many took that long, and no less than the bound before. */
  readonly counts: readonly number[];
  readonly sumSeconds: number;
};

export class Latency {
  readonly #counts = [...latencyBounds.map(() => 0), 0];
  #sumSeconds = 0;

  took(ms: number): void {
    const seconds = ms / 1000;
    const at = latencyBounds.findIndex((bound) => seconds <= bound);
    const place = at < 0 ? latencyBounds.length : at;
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
    this.#sumSeconds += seconds;
  }

  read(): LatencyCounts {
    return { counts: [...this.#counts], sumSeconds: this.#sumSeconds };
  }
}
