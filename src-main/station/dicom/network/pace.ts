// Judges whether a peer is too slow, too quiet, or takes no answers. Pure but for what it remembers.

export type PaceLimits = {
  readonly idleMs: number;
  readonly rateWindowMs: number;
  readonly slowestBytesPerSecond: number;
};

/** How a connection stands at the moment of judgement. */
export type Standing = {
  /** The peer has begun a PDU or a message and we read what it sends. */
  readonly isReceiving: boolean;
  /** It waits for us: for an answer, or until we read on. */
  readonly isWaitingForUs: boolean;
  readonly receivedBytes: number;
  /** Given to the socket, and what of it the peer has not taken yet. */
  readonly writtenBytes: number;
  readonly unsentBytes: number;
};

export type Verdict = 'fine' | 'too slow' | 'idle' | 'answers are not taken';

export class Pace {
  readonly #limits: PaceLimits;
  #stirredAt: number;
  #windowAt: number;
  #windowBytes = 0;
  #sentAt: number;
  #sentBytes = 0;

  /** @param now milliseconds of a clock that never goes back */
  constructor(limits: PaceLimits, now: number) {
    this.#limits = limits;
    this.#stirredAt = now;
    this.#windowAt = now;
    this.#sentAt = now;
  }

  /** A message was whole, or an answer was given: the peer is not idle. */
  stir(now: number): void {
    this.#stirredAt = now;
  }

  /** Measures the rate anew from here: what was before says nothing about the peer. */
  restart(now: number, receivedBytes: number): void {
    this.#windowAt = now;
    this.#windowBytes = receivedBytes;
  }

  judge(standing: Standing, now: number): Verdict {
    const { idleMs, rateWindowMs, slowestBytesPerSecond } = this.#limits;
    if (!this.#takesAnswers(standing, now)) return 'answers are not taken';
    if (standing.isReceiving) {
      if (now - this.#windowAt < rateWindowMs) return 'fine';
      const received = standing.receivedBytes - this.#windowBytes;
      if (received < (slowestBytesPerSecond * (now - this.#windowAt)) / 1000) return 'too slow';
      this.restart(now, standing.receivedBytes);
      return 'fine';
    }
    this.restart(now, standing.receivedBytes);
    if (standing.isWaitingForUs) this.stir(now);
    return now - this.#stirredAt >= idleMs ? 'idle' : 'fine';
  }

  #takesAnswers({ writtenBytes, unsentBytes }: Standing, now: number): boolean {
    const sentBytes = writtenBytes - unsentBytes;
    if (unsentBytes === 0 || sentBytes > this.#sentBytes) {
      this.#sentBytes = sentBytes;
      this.#sentAt = now;
    }
    return now - this.#sentAt < this.#limits.rateWindowMs;
  }
}
