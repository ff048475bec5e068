// The HL7 listener: a socket that takes messages over MLLP, plainly or over TLS, and gives the answers in their order.
//
// Guarantees: bounded memory, connections and time whatever is sent; silent connections keep nobody out, the oldest of
// the address with most of them goes first; no answer goes out before its message is durable; closing lets what was
// taken be answered. Connections may rest for as long as they like between messages.
import net from 'node:net';
import { SecureDoor, type HandshakeRefusal, type SecureTerms } from '#station/dicom/network/index.ts';
import { Problem } from '#station/kit/problem.ts';
import { frameMessage } from './framing.ts';
import { Connection, type ConnectionHost } from './connection.ts';
import { usualLimits, type ListenerLimits } from './limits.ts';

export type ListenerEvent =
  /** Not let in, or dropped. */
  | { readonly kind: 'dropped'; readonly address: string; readonly why: string }
  | { readonly kind: 'handshake-refused'; readonly refusal: HandshakeRefusal }
  | { readonly kind: 'opened' | 'closed' };

export type ListenerOptions = {
  readonly host: string;
  readonly port: number;
  readonly secure?: SecureTerms | undefined;
  readonly limits?: Partial<ListenerLimits> | undefined;
};

export type ListenerRules = {
  /** False: closed without a word. */
  admits(address: string): boolean;
  /** The answers, when they may be sent. Never rejects. */
  take(message: Buffer, address: string): Promise<readonly Buffer[]>;
  reject(head: Buffer, words: string): readonly Buffer[];
  onEvent(event: ListenerEvent): void;
};

export type Hl7Listener = {
  readonly port: number;
  readonly connections: number;
  renew(terms: SecureTerms): void;
  close(): Promise<void>;
};

type Waiting = { readonly address: string; check(now: number): void; drop(why: string): void; endSoon(): void };

/** Listens and resolves when it does. @throws Problem 'port-in-use', or the system's error */
export async function openHl7Listener(options: ListenerOptions, rules: ListenerRules): Promise<Hl7Listener> {
  const listener = new Listener(options, rules);
  await listener.listen();
  return listener;
}

class Listener implements Hl7Listener {
  readonly #options: ListenerOptions;
  readonly #rules: ListenerRules;
  readonly #limits: ListenerLimits;
  readonly #server: net.Server;
  readonly #door: SecureDoor | undefined;
  readonly #handshakes = new Set<Waiting>();
  readonly #open = new Set<Connection>();
  readonly #host: ConnectionHost;
  #heldBytes = 0;
  #watch: NodeJS.Timeout | undefined;
  #emptied: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: ListenerOptions, rules: ListenerRules) {
    this.#options = options;
    this.#rules = rules;
    this.#limits = { ...usualLimits, ...options.limits };
    this.#door = options.secure && new SecureDoor(options.secure);
    this.#host = {
      limits: this.#limits,
      take: (message, address) => rules.take(message, address),
      reject: (head, words) => rules.reject(head, words),
      frame: frameMessage,
      held: (difference) => {
        this.#heldBytes += difference;
        return this.#heldBytes <= this.#limits.mostHeldBytes;
      },
      dropped: (address, why) => rules.onEvent({ kind: 'dropped', address, why }),
      closed: (connection) => {
        this.#open.delete(connection);
        rules.onEvent({ kind: 'closed' });
        this.#gone();
      },
    };
    const settings = { allowHalfOpen: true, noDelay: true, keepAlive: true, pauseOnConnect: true };
    this.#server = net.createServer(settings, (socket) => this.#accept(socket));
  }

  listen(): Promise<void> {
    const { host, port } = this.#options;
    return new Promise((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException) =>
        reject(error.code === 'EADDRINUSE' ? new Problem('port-in-use', { port }, { cause: error }) : error);
      this.#server.once('error', failed);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', failed);
        // An error in accepting costs one connection, not the listener.
        this.#server.on('error', () => {});
        this.#watch = setInterval(() => this.#check(), Math.min(1000, this.#limits.messageMs / 4));
        this.#watch.unref();
        resolve();
      });
    });
  }

  get port(): number {
    const address = this.#server.address();
    return address !== null && typeof address === 'object' ? address.port : this.#options.port;
  }

  get connections(): number {
    return this.#open.size;
  }

  renew(terms: SecureTerms): void {
    this.#door?.renew(terms);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const emptied = new Promise<void>((resolve) => (this.#emptied = resolve));
    for (const one of [...this.#handshakes, ...this.#open]) one.endSoon();
    this.#gone();
    const timer = setTimeout(() => {
      for (const one of [...this.#handshakes, ...this.#open]) one.drop('stopping');
      this.#emptied?.();
    }, this.#limits.closingMs);
    await emptied;
    clearTimeout(timer);
    await closed;
    clearInterval(this.#watch);
  }

  #accept(socket: net.Socket): void {
    const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    socket.on('error', () => {});
    if (this.#closing !== undefined || !this.#rules.admits(address)) {
      socket.destroy();
      if (this.#closing === undefined) this.#rules.onEvent({ kind: 'dropped', address, why: 'not-allowed' });
      return;
    }
    const all = [...this.#handshakes, ...this.#open];
    const fromThere = all.filter((one) => one.address === address);
    if (fromThere.length >= this.#limits.mostFromOneAddress) this.#oldestIdle(fromThere)?.drop('too-many');
    else if (all.length >= this.#limits.mostConnections) this.#oldestIdle(oldestOfTheMany(all))?.drop('too-many');
    if (this.#handshakes.size + this.#open.size >= this.#limits.mostConnections) {
      socket.destroy();
      this.#rules.onEvent({ kind: 'dropped', address, why: 'too-many' });
      return;
    }
    if (!this.#door) return this.#enter(socket, address);
    const handshake: Waiting = this.#door.open(socket, this.#limits.handshakeMs, {
      entered: (secured) => this.#enter(secured, address),
      refused: (refusal) => this.#rules.onEvent({ kind: 'handshake-refused', refusal }),
      left: () => {
        this.#handshakes.delete(handshake);
        this.#gone();
      },
    });
    this.#handshakes.add(handshake);
  }

  #enter(socket: net.Socket, address: string): void {
    if (this.#closing !== undefined) return void socket.destroy();
    this.#open.add(new Connection(socket, address, this.#host));
    this.#rules.onEvent({ kind: 'opened' });
  }

  /** Nothing is under way on it; else the oldest of all. */
  #oldestIdle(among: readonly Waiting[]): Waiting | undefined {
    return among.find((one) => !(one instanceof Connection) || one.isIdle) ?? among[0];
  }

  #gone(): void {
    if (this.#handshakes.size + this.#open.size === 0) this.#emptied?.();
  }

  #check(): void {
    const now = performance.now();
    for (const one of [...this.#handshakes, ...this.#open]) one.check(now);
  }
}

/** The connections of the address that has most, oldest first. */
function oldestOfTheMany(all: readonly Waiting[]): readonly Waiting[] {
  const byAddress = Map.groupBy(all, ({ address }) => address);
  return [...byAddress.values()].reduce((most, some) => (some.length > most.length ? some : most), []);
}
