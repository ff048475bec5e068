// The memory that sockets read into: large buffers that are used again, so that receiving makes no garbage. A buffer
// that Node makes for each read counts as foreign memory, and the collector stops everything again and again for it.
//
// Guarantees: a buffer is read into again only when everybody who held a piece of it has let go. Who forgets to let go
// wastes a buffer, and nothing else. Pieces of other buffers are let through without a word.
import net, { type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

const bufferBytes = 128 * 1024;
/** With less room left than this a buffer is not read into any more. */
const leastRoomBytes = 32 * 1024;
/** What a connection may say before it gets one of them; longer than a usual request for an association. */
const firstBytes = 4096;

type Held = { readonly bytes: Buffer; holders: number };

export class ReceiveBuffers {
  readonly #mostFree: number;
  readonly #free: Held[] = [];
  readonly #held = new WeakMap<ArrayBufferLike, Held>();

  /** @param mostFreeBytes what is kept for the next objects; should be what may wait at one time */
  constructor(mostFreeBytes: number) {
    this.#mostFree = Math.ceil(mostFreeBytes / bufferBytes);
  }

  /** A buffer nobody else has, held once. */
  take(): Buffer {
    let held = this.#free.pop();
    if (held === undefined) {
      held = { bytes: Buffer.allocUnsafeSlow(bufferBytes), holders: 0 };
      this.#held.set(held.bytes.buffer, held);
    }
    held.holders++;
    return held.bytes;
  }

  /** Keeps what `piece` is a view of until `letGo` is called for it. */
  hold(piece: Buffer): void {
    const held = this.#held.get(piece.buffer);
    if (held !== undefined) held.holders++;
  }

  letGo(piece: Buffer): void {
    const held = this.#held.get(piece.buffer);
    if (held === undefined || held.holders === 0) return;
    held.holders--;
    if (held.holders === 0 && this.#free.length < this.#mostFree) this.#free.push(held);
  }

  /** True when only one holds what `piece` is a view of. */
  isHeldOnce(piece: Buffer): boolean {
    return this.#held.get(piece.buffer)?.holders === 1;
  }
}

/**
 * The same connection as a socket that reads into `buffers`. Whoever listens to 'data' must hold what it keeps of a
 * piece beyond the event. The socket that was accepted is spent.
 *
 * Node offers this (`onread`) for sockets that one opens, not for those that one accepts: so the handle changes hands.
 * Where there is no handle to be had, or what it reads is still encrypted, the accepted socket itself is given back, and
 * works as any other.
 */
export function readInto(buffers: ReceiveBuffers, accepted: Socket): Socket {
  const owner = accepted as unknown as { _handle: object | null };
  const handle = owner._handle;
  if (!handle || accepted instanceof TLSSocket) return accepted;
  owner._handle = null;
  accepted.destroy();
  // A small one of its own first: those who never say anything take nothing from those who do.
  const first = Buffer.allocUnsafeSlow(firstBytes);
  let hasSpoken = false;
  let buffer: Buffer | undefined;
  let filled = 0;
  const next = (): Buffer => {
    if (!hasSpoken) return first;
    buffer ??= buffers.take();
    if (buffers.isHeldOnce(buffer)) filled = 0;
    else if (buffer.length - filled < leastRoomBytes) {
      buffers.letGo(buffer);
      buffer = buffers.take();
      filled = 0;
    }
    return filled === 0 ? buffer : buffer.subarray(filled);
  };
  const callback = (count: number, view: Uint8Array): boolean => {
    if (hasSpoken) filled += count;
    hasSpoken = true;
    socket.emit('data', Buffer.from(view.buffer, view.byteOffset, count));
    return true;
  };
  const options = { handle, allowHalfOpen: true, onread: { buffer: next, callback } };
  const socket: Socket = new net.Socket(options as net.SocketConstructorOpts);
  socket.once('close', () => {
    if (buffer !== undefined) buffers.letGo(buffer);
  });
  return socket;
}
