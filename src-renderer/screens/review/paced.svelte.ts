// A value that follows another one a few times a second at the most: at once when that has rested, and in any case once it
// rests. For what stands beside the pictures and need not be drawn anew for each of thirty a second.

export class Paced<Value> {
  readonly #source: () => Value;
  readonly #restMs: number;
  #value: Value;
  #moving = $state(false);
  #changedAt = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param source reactive */
  constructor(source: () => Value, restMs: number) {
    this.#source = source;
    this.#restMs = restMs;
    this.#value = $state.raw(source());
  }

  get value(): Value {
    return this.#value;
  }

  /** Whether it changes faster than it is followed. */
  get moving(): boolean {
    return this.#moving;
  }

  /** Attached to what shows the value; follows as long as that is there. */
  readonly follow = (): void => {
    this.#source();
    const hasRested = performance.now() - this.#changedAt >= this.#restMs;
    this.#changedAt = performance.now();
    if (hasRested && this.#timer === undefined) this.#value = this.#source();
    else {
      this.#moving = true;
      this.#timer ??= setTimeout(() => this.#turn(), this.#restMs);
    }
  };

  #turn(): void {
    this.#value = this.#source();
    this.#moving = performance.now() - this.#changedAt < this.#restMs;
    this.#timer = this.#moving ? setTimeout(() => this.#turn(), this.#restMs) : undefined;
  }
}
