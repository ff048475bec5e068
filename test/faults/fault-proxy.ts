// A proxy between two DICOM peers that knows PDUs (PS3.8 9.3) and breaks the connection at the one that was asked for.
//
// Bytes pass as they are; what is counted are whole PDUs, each way for itself. Holds what is behind a delay in memory, so it is
// for tests only. The caller closes it.
import net from 'node:net';

export type Way = 'to-server' | 'to-client';

/** A PDU that is about to be passed on. */
export type PassingPdu = {
  readonly way: Way;
  readonly type: number;
  /** From 1, of its way on its connection. */
  readonly number: number;
  /** From 1. */
  readonly connection: number;
  readonly bytes: Buffer;
};

export type Fault =
  /** Both sides see the end of the connection; the PDU is not passed. */
  | { readonly kind: 'cut' }
  /** As a cable that is pulled and a peer that resets. */
  | { readonly kind: 'reset' }
  /** Half of it is passed, then the end. */
  | { readonly kind: 'tear'; readonly afterBytes: number }
  /** The PDU never comes; the rest goes on. */
  | { readonly kind: 'drop' }
  | { readonly kind: 'twice' }
  /** Passed in pieces of so many bytes. */
  | { readonly kind: 'pieces'; readonly bytes: number }
  | { readonly kind: 'instead'; readonly bytes: Buffer }
  /** From here on nothing passes any more, and nobody is told. */
  | { readonly kind: 'silence' };

export type FaultRules = {
  /** Asked for each PDU; undefined lets it pass. */
  readonly faultFor?: (pdu: PassingPdu) => Fault | undefined;
  /** One way; a round trip takes twice as long. */
  readonly delayMs?: number;
  /** Each way, each connection. */
  readonly bytesPerSecond?: number;
};

export type FaultProxy = {
  readonly port: number;
  /** Connections so far. */
  connections(): number;
  /** PDUs that came, in order. */
  seen(): readonly Omit<PassingPdu, 'bytes'>[];
  /** Other rules from now on. */
  follow(rules: FaultRules): void;
  /** Ends every connection that is open. */
  cutAll(): void;
  close(): Promise<void>;
};

/** The longest PDU that is waited for; a longer one passes uncounted, as it comes. */
const longestPdu = 16 << 20;

export async function startFaultProxy(serverPort: number, first: FaultRules = {}): Promise<FaultProxy> {
  let rules = first;
  let count = 0;
  const sockets = new Set<net.Socket>();
  const log: Omit<PassingPdu, 'bytes'>[] = [];
  const server = net.createServer({ noDelay: true }, (client) => {
    const connection = ++count;
    const peer = net.connect({ port: serverPort, host: '127.0.0.1', noDelay: true });
    for (const socket of [client, peer]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => sockets.delete(socket));
    }
    const cut = (reset: boolean) => {
      for (const socket of [client, peer]) {
        if (reset) socket.resetAndDestroy();
        else socket.destroy();
      }
    };
    const ports = { connection, cut, log, rules: () => rules };
    passOn(client, peer, 'to-server', ports);
    passOn(peer, client, 'to-client', ports);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    connections: () => count,
    seen: () => log,
    follow: (next) => (rules = next),
    cutAll,
    close: () => {
      cutAll();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

type Ports = {
  readonly connection: number;
  readonly cut: (reset: boolean) => void;
  readonly log: Omit<PassingPdu, 'bytes'>[];
  readonly rules: () => FaultRules;
};

function passOn(from: net.Socket, to: net.Socket, way: Way, { connection, cut, log, rules }: Ports): void {
  const line = new SlowLine(to, rules);
  let rest: Buffer = Buffer.alloc(0);
  let number = 0;
  let isSilent = false;
  const isInside = () => rest.length >= 6 && rest.readUInt32BE(2) + 6 <= longestPdu;
  const passOne = (bytes: Buffer): boolean => {
    const pdu = { way, type: bytes[0] ?? 0, number: ++number, connection };
    log.push(pdu);
    const fault = rules().faultFor?.({ ...pdu, bytes });
    switch (fault?.kind) {
      case undefined:
        line.send(bytes);
        return true;
      case 'cut':
      case 'reset':
        line.then(() => cut(fault.kind === 'reset'));
        return false;
      case 'tear':
        line.send(bytes.subarray(0, fault.afterBytes));
        line.then(() => to.end());
        line.then(() => setTimeout(() => cut(false), 50));
        return false;
      case 'drop':
        return true;
      case 'twice':
        line.send(bytes);
        line.send(bytes);
        return true;
      case 'pieces':
        for (let at = 0; at < bytes.length; at += fault.bytes) line.send(bytes.subarray(at, at + fault.bytes));
        return true;
      case 'instead':
        line.send(fault.bytes);
        return true;
      case 'silence':
        return false;
    }
  };
  from.on('data', (more: Buffer) => {
    if (isSilent) return;
    rest = rest.length === 0 ? more : Buffer.concat([rest, more]);
    while (isInside()) {
      const end = rest.readUInt32BE(2) + 6;
      if (rest.length < end) break;
      const bytes = rest.subarray(0, end);
      rest = rest.subarray(end);
      if (!passOne(bytes)) {
        isSilent = true;
        return;
      }
    }
    if (rest.length >= 6 && !isInside()) {
      line.send(rest);
      rest = Buffer.alloc(0);
    }
    if (line.waitingBytes > 8 << 20) {
      from.pause();
      line.then(() => from.resume());
    }
  });
  from.once('end', () => {
    if (rest.length > 0) line.send(rest);
    line.then(() => to.end());
  });
  from.once('close', () => line.then(() => to.destroySoon()));
}

/** Writes in order, each piece not before its delay and no quicker than the line is. */
class SlowLine {
  readonly #to: net.Socket;
  readonly #rules: () => FaultRules;
  #last: Promise<void> = Promise.resolve();
  #freeAt = 0;
  waitingBytes = 0;

  constructor(to: net.Socket, rules: () => FaultRules) {
    this.#to = to;
    this.#rules = rules;
  }

  send(bytes: Buffer): void {
    const { delayMs = 0, bytesPerSecond } = this.#rules();
    const now = performance.now();
    let at = now + delayMs;
    if (bytesPerSecond !== undefined) {
      this.#freeAt = Math.max(this.#freeAt, now) + (bytes.length / bytesPerSecond) * 1000;
      at = this.#freeAt + delayMs;
    }
    this.waitingBytes += bytes.length;
    const write = () => {
      this.waitingBytes -= bytes.length;
      if (!this.#to.destroyed && this.#to.writable) this.#to.write(bytes);
    };
    if (at <= now && this.waitingBytes === bytes.length) write();
    else this.#chain(at, write);
  }

  /** After all that was sent. */
  then(call: () => void): void {
    if (this.waitingBytes === 0) call();
    else this.#chain(0, call);
  }

  #chain(at: number, call: () => void): void {
    this.#last = this.#last.then(async () => {
      const left = at - performance.now();
      if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
      call();
    });
  }
}
