// The DICOM server: a socket that listens, the acceptors of its connections, and the caps over all of them.
//
// Guarantees: accepting never waits for a peer; silent connections have a budget of their own, so they keep nobody out;
// closing lets what is under way finish and then closes every socket.
import type { Socket } from 'node:net';
import { ListeningSocket, ofTheFullestAddress, type Guest } from '#station/kit/listening-socket.ts';
import type { DicomServer, ServerOptions, ServerRules } from './accepting.ts';
import { Acceptor, type AcceptorHost } from './acceptor.ts';
import { DroppedConnections } from './dropped-connections.ts';
import { WaitingBudget } from './object-intake.ts';
import { ReceiveBuffers, readInto } from './receive-buffers.ts';
import { SecureDoor, type SecureTerms } from './secure-door.ts';

const defaults = {
  maxPduLength: 131_072,
  mostAssociations: 256,
  mostFromOneAddress: 128,
  mostSilent: 512,
  artimMs: 10_000,
  closingMs: 1000,
  idleMs: 600_000,
  rateWindowMs: 30_000,
  slowestBytesPerSecond: 1000,
  mostWaitingBytes: 24 * 1024 * 1024,
};
/** Rejected and aborted connections linger for a second beside those that count. */
const spareSockets = 128;
const finishWithinMs = 10_000;
/** For sinks that are still finishing when their socket is gone. */
const lastWaitMs = 1000;

/** Listens and resolves when it does. Throws the problem `port-in-use`, or the system's error. The caller closes it. */
export async function openDicomServer(options: ServerOptions, rules: ServerRules): Promise<DicomServer> {
  const server = new Server({ ...defaults, ...options }, rules);
  await server.socket.listen();
  return server;
}

type Resolved = Required<Omit<ServerOptions, 'secure'>> & Pick<ServerOptions, 'secure'>;

class Server implements DicomServer {
  readonly socket: ListeningSocket<Guest>;
  readonly #options: Resolved;
  readonly #host: AcceptorHost;
  /** No associations yet: handshakes of TLS under way, and acceptors. */
  readonly #silent = new Set<Guest>();
  readonly #associated = new Set<Acceptor>();
  readonly #door: SecureDoor | undefined;
  readonly #dropped: DroppedConnections;

  constructor(options: Resolved, rules: ServerRules) {
    this.#options = options;
    this.#door = options.secure && new SecureDoor(options.secure);
    this.#dropped = new DroppedConnections((event) => {
      try {
        rules.onEvent?.(event);
      } catch {
        // Whoever listens may fail; the listener goes on.
      }
    });
    this.#host = {
      rules,
      options,
      memory: {
        budget: new WaitingBudget(options.mostWaitingBytes),
        buffers: new ReceiveBuffers(options.mostWaitingBytes),
      },
      hasRoomFor: (address) => this.#hasRoomFor(address),
      associated: (acceptor) => {
        this.#silent.delete(acceptor);
        this.#associated.add(acceptor);
      },
      closed: (acceptor) => {
        this.#associated.delete(acceptor);
        this.#gone(acceptor);
      },
      dropped: (address, why) => this.#dropped.add(address, why),
    };
    const { host, port, artimMs, rateWindowMs } = options;
    this.socket = new ListeningSocket(
      { host, port, lookEveryMs: Math.min(1000, artimMs / 4, rateWindowMs / 4) },
      {
        accept: (socket) => this.#accept(socket),
        guests: () => [...this.#silent, ...this.#associated],
        look: () => this.#dropped.flush(),
      },
    );
  }

  get port(): number {
    return this.socket.port;
  }

  get associations(): number {
    return this.#associated.size;
  }

  renew(terms: SecureTerms): void {
    this.#door?.renew(terms);
  }

  async close(withinMs = finishWithinMs): Promise<void> {
    await this.socket.close(withinMs, lastWaitMs);
    this.#dropped.flush();
  }

  #accept(socket: Socket): void {
    const { mostAssociations, mostSilent } = this.#options;
    if (this.#silent.size + this.#associated.size >= mostAssociations + mostSilent + spareSockets) {
      socket.destroy();
      return;
    }
    this.#silent.add(
      this.#door
        ? this.#shake(this.#door, socket)
        : new Acceptor(readInto(this.#host.memory.buffers, socket), this.#host),
    );
    if (this.#silent.size > mostSilent) ofTheFullestAddress([...this.#silent])[0]?.drop('too many silent connections');
  }

  #shake(door: SecureDoor, bare: Socket): Guest {
    const { rules } = this.#host;
    const handshake: Guest = door.open(bare, this.#options.artimMs, {
      entered: (socket) => this.#silent.add(new Acceptor(socket, this.#host)),
      refused: (refusal) => rules.onEvent?.({ kind: 'handshake-refused', ...refusal }),
      left: () => this.#gone(handshake),
    });
    return handshake;
  }

  #gone(guest: Guest): void {
    this.#silent.delete(guest);
    this.socket.left();
  }

  #hasRoomFor(address: string): 'yes' | 'full' | 'closing' {
    if (this.socket.isClosing) return 'closing';
    let inAll = 0;
    let fromThere = 0;
    for (const acceptor of this.#associated) {
      // One that is over has its last second; it takes no place.
      if (acceptor.isOver) continue;
      inAll++;
      if (acceptor.address === address) fromThere++;
    }
    if (inAll >= this.#options.mostAssociations) return 'full';
    return fromThere >= this.#options.mostFromOneAddress ? 'full' : 'yes';
  }
}
