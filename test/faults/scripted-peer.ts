// A raw TCP peer that does what it is told, byte by byte: as a client of our server, or as a server that we connect to.
// It says any bytes, waits for whole PDUs, remembers what it got, and can be slow, deaf or gone at any moment.
//
//     const peer = await ScriptedPeer.connect(port);            // as a client
//     peer.say(associateRequest({ contexts }));
//     await peer.nextOf(2);                                     // A-ASSOCIATE-AC, or a failure that says what came
//
//     const server = await listenScripted(async (peer) => {     // as a server: one script for each connection
//       peer.say(acceptAll(await peer.nextOf(1)));
//       await peer.gone();
//     });
//
// Nothing here waits longer than `withinMs` (30 s unless told otherwise). PDUs are made in raw-pdus.ts. Close what you open.
import net from 'node:net';

export type ConnectOptions = {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** From which address of this machine: on Linux any 127.x.y.z, so that a test can be several devices. */
  readonly localAddress?: string;
};

/** What a wait ended with: a whole PDU, the end of the other side (FIN or closed), or nothing in time. */
export type Happened =
  | { readonly kind: 'pdu'; readonly type: number; readonly bytes: Buffer }
  | { readonly kind: 'ended'; readonly code?: string }
  | { readonly kind: 'silent' };

/** For what never comes: a loaded machine is slow and not silent. */
const defaultWithinMs = 30_000;
const headerBytes = 6;

export class ScriptedPeer {
  readonly socket: net.Socket;
  /** Every whole PDU that came, header included, also those nobody waited for. */
  readonly received: Buffer[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  #taken = 0;
  #isEnded = false;
  #isClosed = false;
  #code: string | undefined;
  #waiting: (() => void)[] = [];

  /** For a socket that is connected, also a TLS one. */
  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => this.#take(bytes));
    socket.on('error', (error: NodeJS.ErrnoException) => (this.#code = error.code ?? 'ERROR'));
    socket.on('end', () => {
      this.#isEnded = true;
      this.#wake();
    });
    socket.on('close', () => {
      this.#isEnded = true;
      this.#isClosed = true;
      this.#wake();
    });
  }

  /** Rejects with the system's error when nobody listens. */
  static async connect(port: number, { host = '127.0.0.1', localAddress }: ConnectOptions = {}): Promise<ScriptedPeer> {
    // Half-open is allowed: what the peer does when the other side ends is for the script to say.
    const socket = new net.Socket({ allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.connect({ port, host, ...(localAddress ? { localAddress } : {}) }, () => {
        socket.off('error', reject);
        resolve();
      });
    });
    return new ScriptedPeer(socket);
  }

  /** Says all of it in one write. */
  say(...bytes: readonly Buffer[]): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(bytes));
  }

  /** Says `bytes` in pieces of `pieceBytes`, each `everyMs` after the one before; gives up when the socket is gone. */
  async trickle(bytes: Buffer, { pieceBytes = 1, everyMs = 1 } = {}): Promise<void> {
    for (let offset = 0; offset < bytes.length && !this.socket.destroyed; offset += pieceBytes) {
      this.say(bytes.subarray(offset, offset + pieceBytes));
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }

  /** What happens next: PDUs in their order, each told once, then the end. */
  async happens(withinMs = defaultWithinMs): Promise<Happened> {
    const isThere = await this.#until(() => this.#taken < this.received.length || this.#isEnded, withinMs);
    const bytes = this.received[this.#taken];
    if (bytes !== undefined) {
      this.#taken++;
      return { kind: 'pdu', type: bytes[0] ?? 0, bytes };
    }
    return isThere ? { kind: 'ended', ...(this.#code ? { code: this.#code } : {}) } : { kind: 'silent' };
  }

  /** The next whole PDU; undefined when the other side has ended. Throws when nothing happens in time. */
  async next(withinMs = defaultWithinMs): Promise<Buffer | undefined> {
    const happened = await this.happens(withinMs);
    if (happened.kind === 'silent') throw new Error(`nothing came within ${withinMs} ms`);
    return happened.kind === 'pdu' ? happened.bytes : undefined;
  }

  /** The next PDU, which must be of this type (PS3.8 9.3: 1 RQ, 2 AC, 3 RJ, 4 data, 5 and 6 release, 7 abort). */
  async nextOf(type: number, withinMs = defaultWithinMs): Promise<Buffer> {
    const happened = await this.happens(withinMs);
    if (happened.kind === 'pdu' && happened.type === type) return happened.bytes;
    const what = happened.kind === 'pdu' ? `PDU type ${happened.type} (${happened.bytes.toString('hex', 0, 10)})` : '';
    throw new Error(`waited for PDU type ${type}, but: ${happened.kind} ${what}`);
  }

  /** The A-ABORT that must come next, as [source, reason]; undefined when something else comes. */
  async nextAbort(withinMs = defaultWithinMs): Promise<readonly [number, number] | undefined> {
    const next = await this.next(withinMs);
    return next?.[0] === 7 ? [next[8] ?? 0, next[9] ?? 0] : undefined;
  }

  /** Resolves when the other side has ended; what still comes before is put with `received`. Throws when it does not. */
  async gone(withinMs = defaultWithinMs): Promise<void> {
    if (!(await this.#until(() => this.#isEnded, withinMs))) throw new Error(`still there after ${withinMs} ms`);
    this.#taken = this.received.length;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Reads nothing from now on: the other side's sending comes to a stop. */
  deafen(): void {
    this.socket.pause();
  }

  listen(): void {
    this.socket.resume();
  }

  /** Ends our side (FIN) and goes on reading. */
  end(): void {
    this.socket.end();
  }

  /** Closes with a reset (RST). */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Closes both sides. Safe to call twice. */
  close(): void {
    this.socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    for (;;) {
      if (this.#bytes.length < headerBytes) break;
      const length = headerBytes + this.#bytes.readUInt32BE(2);
      if (this.#bytes.length < length) break;
      this.received.push(this.#bytes.subarray(0, length));
      this.#bytes = this.#bytes.subarray(length);
    }
    this.#wake();
  }

  #wake(): void {
    for (const waiting of this.#waiting.splice(0)) waiting();
  }

  /** True when `happened` came to hold; false when the time was over first. */
  async #until(happened: () => boolean, withinMs: number): Promise<boolean> {
    const end = performance.now() + withinMs;
    while (!happened()) {
      const leftMs = end - performance.now();
      if (leftMs <= 0 || this.#isClosed) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return true;
  }
}

export type ScriptedServer = {
  readonly port: number;
  /** Every connection so far, in their order. */
  readonly peers: readonly ScriptedPeer[];
  /** The connection that comes next, or the first that nobody has asked for yet. */
  next(): Promise<ScriptedPeer>;
  /** Stops listening and closes every connection. Throws what a script threw. */
  close(): Promise<void>;
};

/**
 * Listens on a free port of 127.0.0.1 and plays `script` to each connection, numbered from 0. Without a script the test
 * takes the connections by `next` and speaks itself. A script that throws has its connection closed; `close` tells.
 */
export async function listenScripted(
  script?: (peer: ScriptedPeer, number: number) => Promise<void>,
): Promise<ScriptedServer> {
  const peers: ScriptedPeer[] = [];
  const failures: unknown[] = [];
  const waiting: ((peer: ScriptedPeer) => void)[] = [];
  let told = 0;
  let isClosing = false;
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    const peer = new ScriptedPeer(socket);
    const number = peers.push(peer) - 1;
    const waiter = waiting.shift();
    if (waiter) {
      told++;
      waiter(peer);
    }
    script?.(peer, number).catch((error: unknown) => {
      if (!isClosing) failures.push(error);
      peer.close();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return {
    port,
    peers,
    next: () => {
      const there = peers[told];
      if (there === undefined) return new Promise((resolve) => waiting.push(resolve));
      told++;
      return Promise.resolve(there);
    },
    close: async () => {
      isClosing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const peer of peers) peer.close();
      await closed;
      if (failures.length > 0) throw failures[0];
    },
  };
}
