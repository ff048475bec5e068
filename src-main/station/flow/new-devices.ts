// Devices that were turned away because nobody has decided about them: remembered for the person who can decide, over a
// restart too. Those that are listed and kept out are counted.
//
// An attacker may call under any number of names, and as often as it likes: one address keeps a few names only, at most a
// hundred are kept in all, the address that holds the most gives way, and the book is written once in a while.
import type { Clock } from '#station/kit/clock.ts';
import type { Book } from '#station/records/index.ts';

export type NewDevice = {
  readonly aeTitle: string;
  readonly address: string;
  readonly firstSeenAt: string;
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

export type KeptOut = { readonly times: number; readonly lastAt: string };

const mostRemembered = 100;
const mostOfOneAddress = 10;
const writtenAfterMs = 2_000;

export class NewDevices {
  readonly #clock: Clock;
  readonly #book: Book;
  readonly #devices = new Map<string, NewDevice>();
  readonly #keptOut = new Map<string, KeptOut>();
  readonly #unwritten = new Set<string>();
  #takeBack: (() => void) | undefined;

  constructor(clock: Clock, book: Book) {
    this.#clock = clock;
    this.#book = book;
    for (const device of readAll(book)) this.#devices.set(keyOf(device.aeTitle, device.address), device);
    for (const { deviceId, ...rest } of readKeptOut(book)) this.#keptOut.set(deviceId, rest);
  }

  /** A device about which nobody has decided was turned away. */
  seen({ aeTitle, address, certificate }: SeenDevice): void {
    const key = keyOf(aeTitle, address);
    const known = this.#devices.get(key);
    if (known === undefined) this.#makeRoom(address);
    this.#devices.delete(key);
    const now = this.#clock.now();
    this.#devices.set(key, {
      ...{ aeTitle, address, firstSeenAt: known?.firstSeenAt ?? now, lastSeenAt: now, times: (known?.times ?? 0) + 1 },
      ...(certificate ? { certificateSha256: certificate.sha256, certificateSubject: certificate.subject } : {}),
    });
    this.#writeSoon();
  }

  /** A device that somebody decided to keep out called. @param deviceId of the settings */
  keptOut(deviceId: string, times = 1): void {
    const before = this.#keptOut.get(deviceId)?.times ?? 0;
    this.#keptOut.set(deviceId, { times: before + times, lastAt: this.#clock.now() });
    this.#unwritten.add(deviceId);
    this.#writeSoon();
  }

  /** Forgets a device somebody has decided about, durably. Gives what was known of it. */
  forget(aeTitle: string, address: string): NewDevice | undefined {
    const known = this.find(aeTitle, address);
    if (this.#devices.delete(keyOf(aeTitle, address))) this.#write();
    return known;
  }

  find(aeTitle: string, address: string): NewDevice | undefined {
    return this.#devices.get(keyOf(aeTitle, address));
  }

  /** The last seen first. */
  list(): NewDevice[] {
    return [...this.#devices.values()].reverse();
  }

  timesKeptOut(deviceId: string): KeptOut | undefined {
    return this.#keptOut.get(deviceId);
  }

  close(): void {
    if (this.#takeBack) this.#write();
  }

  /** Whoever calls under many names pushes out its own first. */
  #makeRoom(address: string): void {
    const byAddress = Map.groupBy(this.#devices, ([, device]) => device.address);
    const own = byAddress.get(address) ?? [];
    if (own.length < mostOfOneAddress && this.#devices.size < mostRemembered) return;
    const fullest = own.length >= mostOfOneAddress ? own : [...byAddress.values()].reduce(longer);
    const oldest = fullest[0]?.[0];
    if (oldest !== undefined) this.#devices.delete(oldest);
  }

  #writeSoon(): void {
    this.#takeBack ??= this.#clock.after(writtenAfterMs, () => {
      try {
        this.#write();
      } catch {
        // Nobody waits for it, and it is in memory: written when the book takes it again.
        this.#writeSoon();
      }
    });
  }

  #write(): void {
    this.#takeBack?.();
    this.#takeBack = undefined;
    this.#book.transaction(() => {
      this.#book.sql('DELETE FROM new_device').run();
      const insert = this.#book.sql(
        `INSERT INTO new_device (aeTitle, address, certificateSha256, certificateSubject, firstSeenAt, lastSeenAt, times)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      );
      for (const device of this.#devices.values()) {
        const { aeTitle, address, certificateSha256 = null, certificateSubject = null } = device;
        insert.run(
          ...([aeTitle, address, certificateSha256, certificateSubject] as const),
          ...([device.firstSeenAt, device.lastSeenAt, device.times] as const),
        );
      }
      const count = this.#book.sql(
        `INSERT INTO kept_out (deviceId, times, lastAt) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET times = excluded.times, lastAt = excluded.lastAt`,
      );
      for (const deviceId of this.#unwritten) {
        const { times = 0, lastAt = '' } = this.#keptOut.get(deviceId) ?? {};
        count.run(deviceId, times, lastAt);
      }
    });
    this.#unwritten.clear();
  }
}

const keyOf = (aeTitle: string, address: string) => `${aeTitle}\n${address}`;
const longer = <T>(a: T[], b: T[]) => (b.length > a.length ? b : a);

type Row = Omit<NewDevice, 'certificateSha256' | 'certificateSubject'> & {
  readonly certificateSha256: string | null;
  readonly certificateSubject: string | null;
};

function readAll(book: Book): NewDevice[] {
  return book
    .sql<Row>('SELECT * FROM new_device ORDER BY lastSeenAt')
    .all()
    .map(({ certificateSha256, certificateSubject, ...device }) => ({
      ...device,
      ...(certificateSha256 === null ? {} : { certificateSha256 }),
      ...(certificateSubject === null ? {} : { certificateSubject }),
    }));
}

function readKeptOut(book: Book) {
  return book
    .sql<KeptOut & { readonly deviceId: string }>(
      'SELECT deviceId, times, lastAt FROM kept_out ORDER BY lastAt DESC LIMIT 2000',
    )
    .all();
}
