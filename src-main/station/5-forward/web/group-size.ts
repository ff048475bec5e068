// How many objects go in one request: as many as the site allows, fewer after an answer that was about a whole group, and
// more again as groups are taken.

export class GroupSize {
  readonly #most: number;
  #objects: number;

  /** @param most at least 1. */
  constructor(most: number) {
    this.#most = most;
    this.#objects = most;
  }

  get objects(): number {
    return this.#objects;
  }

  /** A group of so many was refused as a whole. */
  shrink(from: number): void {
    this.#objects = Math.max(1, from >> 1);
  }

  /** A group of so many was taken. */
  taken(objects: number): void {
    if (objects >= this.#objects) this.#objects = Math.min(this.#most, this.#objects * 2);
  }
}
