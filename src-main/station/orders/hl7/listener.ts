// The HL7 listener: a socket that takes messages over MLLP, plainly or over TLS, and gives the answers in their order.
//
// Guarantees: bounded memory, connections and time whatever is sent; silent connections keep nobody out, the oldest of
// the address with most of them goes first; no answer goes out before its message is durable; closing lets what was
// taken be answered. Connections may rest for as long as they like between messages.
import type { Socket } from 'node:net';
import { SecureDoor, type HandshakeRefusal, type SecureTerms } from '#station/dicom/network/index.ts';
import { ListeningSocket, ofTheFullestAddress, type Guest } from '#station/kit/listening-socket.ts';
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

/** Listens and resolves when it does. @throws Problem 'port-in-use', or the system's error */
export async function openHl7Listener(options: ListenerOptions, rules: ListenerRules): Promise<Hl7Listener> {
  const listener = new Listener(options, rules);
  await listener.socket.listen();
  return listener;
}

class Listener implements Hl7Listener {
  readonly socket: ListeningSocket<Guest>;
  readonly #rules: ListenerRules;
  readonly #limits: ListenerLimits;
  readonly #door: SecureDoor | undefined;
  readonly #handshakes = new Set<Guest>();
  readonly #open = new Set<Connection>();
  readonly #host: ConnectionHost;
  #heldBytes = 0;

  constructor(options: ListenerOptions, rules: ListenerRules) {
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
        this.socket.left();
      },
    };
    const { host, port } = options;
    this.socket = new ListeningSocket(
      { host, port, lookEveryMs: Math.min(1000, this.#limits.messageMs / 4) },
      { accept: (socket) => this.#accept(socket), guests: () => this.#guests },
    );
  }

  get port(): number {
    return this.socket.port;
  }

  get connections(): number {
    return this.#open.size;
  }

  renew(terms: SecureTerms): void {
    this.#door?.renew(terms);
  }

  close(): Promise<void> {
    return this.socket.close(this.#limits.closingMs, 0);
  }

  get #guests(): readonly Guest[] {
    return [...this.#handshakes, ...this.#open];
  }

  #accept(socket: Socket): void {
    const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    socket.on('error', () => {});
    if (this.socket.isClosing || !this.#rules.admits(address)) {
      socket.destroy();
      if (!this.socket.isClosing) this.#rules.onEvent({ kind: 'dropped', address, why: 'not-allowed' });
      return;
    }
    const all = this.#guests;
    const fromThere = all.filter((one) => one.address === address);
    if (fromThere.length >= this.#limits.mostFromOneAddress) this.#oldestIdle(fromThere)?.drop('too-many');
    else if (all.length >= this.#limits.mostConnections) this.#oldestIdle(ofTheFullestAddress(all))?.drop('too-many');
    if (this.#guests.length >= this.#limits.mostConnections) {
      socket.destroy();
      this.#rules.onEvent({ kind: 'dropped', address, why: 'too-many' });
      return;
    }
    if (!this.#door) return this.#enter(socket, address);
    const handshake: Guest = this.#door.open(socket, this.#limits.handshakeMs, {
      entered: (secured) => this.#enter(secured, address),
      refused: (refusal) => this.#rules.onEvent({ kind: 'handshake-refused', refusal }),
      left: () => {
        this.#handshakes.delete(handshake);
        this.socket.left();
      },
    });
    this.#handshakes.add(handshake);
  }

  #enter(socket: Socket, address: string): void {
    if (this.socket.isClosing) return void socket.destroy();
    this.#open.add(new Connection(socket, address, this.#host));
    this.#rules.onEvent({ kind: 'opened' });
  }

  /** Nothing is under way on it; else the oldest of all. */
  #oldestIdle(among: readonly Guest[]): Guest | undefined {
    return among.find((one) => !(one instanceof Connection) || one.isIdle) ?? among[0];
  }
}
