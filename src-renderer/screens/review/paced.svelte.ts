// A value that follows another one a few times a second at the most: at once when that has rested, and in any case once it
// rests. For what stands beside the pictures and need not be drawn anew for each of thirty a second.

export class Paced<Value> {
  readonly #source: () => Value;
  readonly #restMs: number;
  #value: Value;
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

  /** Attached to what shows the value; follows as long as that is there. */
  readonly follow = (): void => {
    this.#source();
    const restsIn = this.#changedAt + this.#restMs - performance.now();
    if (restsIn <= 0) this.#take();
    else this.#timer ??= setTimeout(() => this.#take(), restsIn);
  };

  #take(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#changedAt = performance.now();
    this.#value = this.#source();
  }
}
