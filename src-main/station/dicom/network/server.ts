// The DICOM server: a socket that listens, the acceptors of its connections, and the caps over all of them.
//
// Guarantees: accepting never waits for a peer; silent connections have a budget of their own, so they keep nobody out;
// closing lets what is under way finish and then closes every socket.
import net from 'node:net';
import { Problem } from '#station/kit/problem.ts';
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
  await server.listen();
  return server;
}

type Resolved = Required<Omit<ServerOptions, 'secure'>> & Pick<ServerOptions, 'secure'>;
/** A connection that is no association yet: a handshake of TLS under way, or an acceptor. */
type Waiting = Pick<Acceptor, 'address' | 'drop' | 'check' | 'endSoon'>;

class Server implements DicomServer {
  readonly #options: Resolved;
  readonly #server: net.Server;
  readonly #host: AcceptorHost;
  readonly #silent = new Set<Waiting>();
  readonly #associated = new Set<Acceptor>();
  readonly #door: SecureDoor | undefined;
  readonly #dropped: DroppedConnections;
  #watch: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;
  #emptied: (() => void) | undefined;

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
    // Half-open is allowed, so that a peer that ends its side after the last byte still gets its answer.
    const settings = { allowHalfOpen: true, noDelay: true, keepAlive: true, pauseOnConnect: true };
    this.#server = net.createServer(settings, (socket) => this.#accept(socket));
  }

  listen(): Promise<void> {
    const { host, port, artimMs, rateWindowMs } = this.#options;
    return new Promise((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException) =>
        reject(error.code === 'EADDRINUSE' ? new Problem('port-in-use', { port }, { cause: error }) : error);
      this.#server.once('error', failed);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', failed);
        // An error in accepting (too many files open) costs one connection, not the listener.
        this.#server.on('error', () => {});
        this.#watch = setInterval(() => this.#check(), Math.min(1000, artimMs / 4, rateWindowMs / 4));
        this.#watch.unref();
        resolve();
      });
    });
  }

  get port(): number {
    const address = this.#server.address();
    return address !== null && typeof address === 'object' ? address.port : this.#options.port;
  }

  get associations(): number {
    return this.#associated.size;
  }

  renew(terms: SecureTerms): void {
    this.#door?.renew(terms);
  }

  close(withinMs = finishWithinMs): Promise<void> {
    this.#closing ??= this.#close(withinMs);
    return this.#closing;
  }

  async #close(withinMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const emptied = new Promise<void>((resolve) => (this.#emptied = resolve));
    for (const acceptor of [...this.#silent, ...this.#associated]) acceptor.endSoon();
    if (this.#silent.size + this.#associated.size === 0) this.#emptied?.();
    const timer = setTimeout(() => {
      for (const acceptor of [...this.#silent, ...this.#associated]) acceptor.drop('stopping');
      setTimeout(() => this.#emptied?.(), lastWaitMs);
    }, withinMs);
    await emptied;
    clearTimeout(timer);
    await closed;
    clearInterval(this.#watch);
    this.#dropped.flush();
  }

  #accept(socket: net.Socket): void {
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
    if (this.#silent.size > mostSilent) oldestOfTheMany(this.#silent)?.drop('too many silent connections');
  }

  #shake(door: SecureDoor, bare: net.Socket): Waiting {
    const { rules } = this.#host;
    const handshake: Waiting = door.open(bare, this.#options.artimMs, {
      entered: (socket) => this.#silent.add(new Acceptor(socket, this.#host)),
      refused: (refusal) => rules.onEvent?.({ kind: 'handshake-refused', ...refusal }),
      left: () => this.#gone(handshake),
    });
    return handshake;
  }

  #gone(waiting: Waiting): void {
    this.#silent.delete(waiting);
    if (this.#silent.size + this.#associated.size === 0) this.#emptied?.();
  }

  #hasRoomFor(address: string): 'yes' | 'full' | 'closing' {
    if (this.#closing !== undefined) return 'closing';
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

  #check(): void {
    this.#dropped.flush();
    const now = performance.now();
    for (const acceptor of [...this.#silent, ...this.#associated]) acceptor.check(now);
  }
}

/** The oldest connection of the address that has most of them: who keeps many silent does not crowd out who has one. */
function oldestOfTheMany(silent: ReadonlySet<Waiting>): Waiting | undefined {
  const counts = new Map<string, number>();
  for (const { address } of silent) counts.set(address, (counts.get(address) ?? 0) + 1);
  const most = Math.max(...counts.values());
  for (const waiting of silent) if (counts.get(waiting.address) === most) return waiting;
  return undefined;
}
