// Scrolling faster than pictures come. What the wheel, a drag or a held key asks for is owed: the stack goes on, once a
// frame of the screen, to the furthest picture on the way that is here, and stays at the one that is seen until there is
// one. So the place in the stack is always that of the picture on the screen, and no load is broken off by the next
// step. A picture that keeps everybody waiting is gone to without being here: its place then says why it is empty.

/** Where steps lead. `by` is signed and counts from the present place. */
export type Way = {
  /** Whether the picture `by` steps away can be shown at once, or never; undefined where the way ends before it. */
  isReady(by: number): boolean | undefined;
  /** Has that picture fetched. */
  fetch(by: number): void;
  go(by: number): void;
};

type Clock = { now(): number; nextFrame(then: () => void): void };

/** How far the picture may be behind the hand before some are left out. */
const mostBehind = 12;
/** How many places are looked at for one that is here. */
const furthestLook = 64;
/** How long the picture that was asked for may take before its place is shown without it. */
const patienceMs = 250;

const clockOfWindow: Clock = {
  now: () => performance.now(),
  nextFrame: (then) => void requestAnimationFrame(then),
};

export class Pursuit {
  readonly #way: Way;
  readonly #clock: Clock;
  #owed = 0;
  /** The step whose picture is waited for; 0 for none. */
  #awaited = 0;
  #waits = false;
  #awaitedSince = 0;

  constructor(way: Way, clock: Clock = clockOfWindow) {
    this.#way = way;
    this.#clock = clock;
  }

  /** Asks for so many steps more. Steps the other way begin from the picture that is seen. */
  ask(by: number): void {
    if (Math.sign(by) !== Math.sign(this.#owed)) this.stop();
    this.#owed += by;
    if (!this.#waits) this.#advance();
  }

  /** Forgets what is owed: somebody chose a place. */
  stop(): void {
    this.#owed = 0;
    this.#awaited = 0;
  }

  #advance(): void {
    const owed = this.#owed;
    if (owed === 0) return;
    // A picture that was gone to without being here is waited for: else a slow station would show nothing at all.
    if (this.#way.isReady(0) !== false) this.#follow(owed);
    // The next step waits for the next frame even when nothing is owed now: no eye sees two pictures in one.
    this.#waits = true;
    this.#clock.nextFrame(() => {
      this.#waits = false;
      this.#advance();
    });
  }

  #follow(owed: number): void {
    const by = this.#furthestReady(owed);
    if (by === undefined) this.#owed = 0;
    else if (by === 0) this.#wait(owed);
    else this.#move(by);
  }

  /** One picture is waited for at a time: a hand that runs on would have all of them fetched at once. */
  #wait(owed: number): void {
    if (this.#awaited === 0) {
      this.#awaited = Math.abs(owed) > mostBehind ? owed : Math.sign(owed);
      this.#awaitedSince = this.#clock.now();
      this.#way.fetch(this.#awaited);
    } else if (this.#clock.now() - this.#awaitedSince > patienceMs) this.#move(owed);
  }

  #move(by: number): void {
    this.#owed -= by;
    this.#awaited = 0;
    this.#way.go(by);
  }

  /** How far one can go at once: 0 when nothing is ready yet, undefined when the way is at its end. */
  #furthestReady(owed: number): number | undefined {
    const one = Math.sign(owed);
    if (this.#way.isReady(one) === undefined) return undefined;
    for (let by = Math.min(Math.abs(owed), furthestLook); by > 0; by -= 1)
      if (this.#way.isReady(by * one) === true) return by * one;
    return 0;
  }
}
