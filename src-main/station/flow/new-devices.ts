// Devices that were turned away because nobody has decided about them: remembered for the person who can decide.
import type { Clock } from '#station/kit/clock.ts';

export type NewDevice = {
  readonly aeTitle: string;
  readonly address: string;
  readonly lastSeenAt: string;
  readonly times: number;
  /** What it showed when it last called; absent when it called plainly. */
  readonly certificateSha256?: string;
  readonly certificateSubject?: string;
};

/** What a device says of itself, and its certificate when it called over TLS and showed one. */
export type SeenDevice = {
  readonly aeTitle: string;
  readonly address: string;
  readonly certificate?: { readonly sha256: string; readonly subject: string };
};

/** An attacker may call under any number of names: the oldest ones are forgotten. */
const mostRemembered = 100;

export class NewDevices {
  readonly #clock: Clock;
  readonly #devices = new Map<string, NewDevice>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  seen({ aeTitle, address, certificate }: SeenDevice): void {
    const key = keyOf(aeTitle, address);
    const times = (this.#devices.get(key)?.times ?? 0) + 1;
    this.#devices.delete(key);
    this.#devices.set(key, {
      aeTitle,
      address,
      lastSeenAt: this.#clock.now(),
      times,
      ...(certificate ? { certificateSha256: certificate.sha256, certificateSubject: certificate.subject } : {}),
    });
    const oldest = this.#devices.keys().next();
    if (this.#devices.size > mostRemembered && oldest.value !== undefined) this.#devices.delete(oldest.value);
  }

  forget(aeTitle: string, address: string): void {
    this.#devices.delete(keyOf(aeTitle, address));
  }

  list(): NewDevice[] {
    return [...this.#devices.values()].reverse();
  }
}

const keyOf = (aeTitle: string, address: string) => `${aeTitle}\n${address}`;
