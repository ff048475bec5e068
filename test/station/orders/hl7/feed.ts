// A feed for tests: the room as it is in the station, a book in memory or on disk, and a hand-written sender.
import net from 'node:net';
import tls from 'node:tls';
import { hl7SettingShape, type Hl7Feed } from '#contract/shapes/hl7.ts';
import { silentLog, type Log } from '#station/kit/log.ts';
import { systemClock, type Clock } from '#station/kit/clock.ts';
import { openHl7, openOrders, type PatientChange } from '#station/orders/index.ts';
import type { SecureTerms } from '#station/dicom/network/index.ts';
import { openBook } from '#station/records/index.ts';

export type FeedWish = {
  readonly feed?: Partial<Hl7Feed>;
  readonly listen?: Record<string, unknown>;
  readonly file?: string;
  readonly clock?: Clock;
  readonly log?: Log;
  readonly secure?: SecureTerms;
  readonly limits?: NonNullable<Parameters<typeof openHl7>[0]['limits']>;
  readonly patientChanged?: (change: PatientChange) => void;
};

export async function openFeed(wish: FeedWish = {}) {
  const book = openBook(wish.file ?? ':memory:');
  const clock = wish.clock ?? systemClock;
  const changes: PatientChange[] = [];
  const orders = openOrders({ book, clock });
  const hl7 = openHl7({
    ...{ book, clock, orders, log: wish.log ?? silentLog },
    patientChanged: wish.patientChanged ?? ((change) => book.afterCommit(() => changes.push(change))),
    onChanged: () => {},
    ...(wish.limits ? { limits: wish.limits } : {}),
  });
  const setting = hl7SettingShape.parse({
    listen: { enabled: true, host: '127.0.0.1', port: 0, ...wish.listen },
    feeds: [{ id: 'ris', name: 'RIS', ...wish.feed }],
  });
  await hl7.apply({ setting, secure: wish.secure });
  const ordersHere = () =>
    book
      .sql<{ id: string }>('SELECT id FROM hospital_order ORDER BY rowid')
      .all()
      .flatMap(({ id }) => orders.find(id) ?? []);
  return {
    ...{ book, hl7, orders, changes, ordersHere },
    port: hl7.status().port,
    close: async () => {
      await hl7.close();
      book.close();
    },
  };
}
export type Feed = Awaited<ReturnType<typeof openFeed>>;

export const framed = (message: string | Buffer): Buffer =>
  Buffer.concat([Buffer.of(0x0b), Buffer.from(message), Buffer.of(0x1c, 0x0d)]);

/** A connection that sends bytes and hears whole answers. */
export class Sender {
  readonly socket: net.Socket;
  #heard = '';
  #answers: string[] = [];
  #wake = () => {};
  isClosed = false;

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      this.#heard += bytes.toString('latin1');
      const parts = this.#heard.split('\u001c\r');
      this.#heard = parts.pop() ?? '';
      this.#answers.push(...parts.map((part) => part.replace('\u000b', '')));
      this.#wake();
    });
    socket.on('close', () => {
      this.isClosed = true;
      this.#wake();
    });
  }

  static async to(port: number, secure?: tls.ConnectionOptions): Promise<Sender> {
    const socket = secure
      ? tls.connect({ host: '127.0.0.1', port, ...secure })
      : net.connect({ host: '127.0.0.1', port });
    await new Promise<void>((resolve, reject) => {
      socket.once(secure ? 'secureConnect' : 'connect', () => resolve());
      socket.once('error', reject);
    });
    return new Sender(socket);
  }

  write(bytes: Buffer | string): void {
    this.socket.write(bytes);
  }

  /** The next answer; undefined when the connection ends without one. */
  async answer(): Promise<string | undefined> {
    while (this.#answers.length === 0 && !this.isClosed) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.#answers.shift();
  }

  async ask(message: string | Buffer): Promise<string> {
    this.write(framed(message));
    return (await this.answer()) ?? '';
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Sends one message on a connection of its own. */
export async function say(port: number, message: string | Buffer): Promise<string> {
  const sender = await Sender.to(port);
  try {
    return await sender.ask(message);
  } finally {
    sender.close();
  }
}

let controlId = 0;
export const nextId = (): string => `T${(controlId += 1)}`;

/** MSH and the given segments. `at` is MSH-7. */
export function message(
  type: string,
  segments: readonly string[],
  { at = '20261123101500', id = nextId(), version = '2.5.1', set = '', acks = '|' } = {},
): string {
  const msh = `MSH|^~\\&|RIS|HOSP|SAFELIGHT|HOSP|${at}||${type}|${id}|P|${version}|||${acks}||${set}`;
  return `${[msh.replace(/\|+$/, ''), ...segments].join('\r')}\r`;
}

export const pid = (id: string, name = 'Muster^Erika^Maria^Jr^Dr', birth = '19640812', sex = 'F'): string =>
  `PID|1||${id}^^^HOSP^MR||${name}||${birth}|${sex}`;

/** ORC and OBR of an order for one examination. @param at time of the order, YYYYMMDDHHMMSS */
export const examinationOrdered = (
  number: number,
  { control, accession, at }: { readonly control: string; readonly accession: string; readonly at: string },
): string[] => [
  segment('ORC', { 1: control, 2: `P${number}^RIS`, 9: at }),
  segment('OBR', {
    2: `P${number}^RIS`,
    4: 'XR^Chest^L',
    18: accession,
    19: `RP${number}`,
    20: `S${number}`,
    24: 'OT',
  }),
];

/** MSA-1 of an answer. */
export const verdictOf = (answer: string): string => /\rMSA\|(\w\w)/.exec(answer)?.[1] ?? 'none';
/** ERR-2 and the code of ERR-3. */
export const faultOf = (answer: string): string => {
  const [, place = '', code = ''] = /\rERR\|\|([^|]*)\|(\d+)/.exec(answer) ?? [];
  return `${place} ${code}`;
};

/** A segment by the numbers of its fields. */
export function segment(name: string, fields: Readonly<Record<number, string>>): string {
  const most = Math.max(...Object.keys(fields).map(Number));
  return [name, ...Array.from({ length: most }, (_, n) => fields[n + 1] ?? '')].join('|');
}
