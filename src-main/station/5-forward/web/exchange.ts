// One HTTP request and its answer (RFC 9112), over a connection that is kept for the next one.
//
// Guarantees: ends with an outcome whatever the other side does; only the signal makes it throw (AbortError). A body that
// fails ends the connection, so that what was sent of it can never pass for whole. Redirects are answers like any other:
// nobody is sent elsewhere, with our credentials least of all. An answer is bounded in head, body and time.
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import { readBounded } from './bounded-answer.ts';
import type { Dialer } from './dialer.ts';

export type WebRequest = {
  readonly method: 'GET' | 'POST';
  /** Path and query as they stand in the request line. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: { readonly lengthBytes: number; pieces(): AsyncIterable<Buffer> };
  /** The other side is asked whether it takes the body before it is sent (RFC 9110 10.1.1). */
  readonly askFirst?: boolean;
  readonly mostAnswerBytes: number;
  readonly signal: AbortSignal;
};

export type WebOutcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly contentType: string;
      /** How long it wants to be left alone. */
      readonly retryAfterMs: number | undefined;
      readonly body: Buffer;
      /** It came before our body was whole. */
      readonly early: boolean;
      /** Whether the other side said that it takes the body; null when it was not asked. */
      readonly saidContinue: boolean | null;
    }
  /** No connection; not one byte left. */
  | { readonly kind: 'unreachable'; readonly code: string }
  /** The connection broke; of the body `sentBody` says whether a byte may have left. */
  | { readonly kind: 'lost'; readonly code: string; readonly sentBody: boolean }
  | { readonly kind: 'timed-out'; readonly waitedFor: 'sending' | 'answer'; readonly sentBody: boolean }
  /** What came is no HTTP, or is not to be borne. */
  | { readonly kind: 'unreadable'; readonly sentBody: boolean }
  | { readonly kind: 'source-failed'; readonly error: unknown };

/** Milliseconds. */
export type WebTimeouts = {
  /** No byte of a body taken for so long. */
  readonly stalledMs: number;
  /** From the end of a request to the head of its answer. */
  readonly answerMs: number;
  /** For the body of the answer. */
  readonly readMs: number;
  /** How long one waits to hear whether a body is wanted before it is sent anyway. */
  readonly continueMs: number;
};

export const webTimeouts: WebTimeouts = { stalledMs: 60_000, answerMs: 300_000, readMs: 60_000, continueMs: 1_000 };

const mostHeadBytes = 32 * 1024;

/** A line to one service: at most one connection at a time, kept between requests. The user closes it. */
export class WebLine {
  readonly #agent: http.Agent;
  readonly #dialer: Dialer;
  readonly #timeouts: WebTimeouts;

  constructor(dialer: Dialer, timeouts: WebTimeouts = webTimeouts) {
    this.#dialer = dialer;
    this.#timeouts = timeouts;
    this.#agent = new http.Agent({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1 });
    this.#agent.createConnection = (_options, callback) => {
      dialer.dial().then(
        (dialled) => {
          if ('code' in dialled)
            callback?.(Object.assign(new Error('no connection'), dialled, { dialling: true }), unconnected);
          else callback?.(null, dialled.socket);
        },
        (error: Error) => callback?.(error, unconnected),
      );
      return undefined;
    };
  }

  close(): void {
    this.#agent.destroy();
  }

  async exchange(request: WebRequest): Promise<WebOutcome> {
    request.signal.throwIfAborted();
    const { host, port, hostHeader } = this.#dialer;
    const sent = http.request({
      agent: this.#agent,
      host,
      port,
      method: request.method,
      path: request.target,
      maxHeaderSize: mostHeadBytes,
      setHost: false,
      headers: {
        host: hostHeader,
        'accept-encoding': 'identity',
        'user-agent': 'Safelight',
        ...request.headers,
        ...(request.body ? { 'content-length': String(request.body.lengthBytes) } : {}),
        ...(request.body && request.askFirst ? { expect: '100-continue' } : {}),
      },
    });
    const talk = new Talk(sent, request, this.#timeouts);
    try {
      return await talk.run();
    } finally {
      talk.end();
    }
  }
}

/** Never used: with an error the library does not look at it. */
const unconnected = undefined as never;

type Heard = { readonly answer: IncomingMessage } | Exclude<WebOutcome, { readonly kind: 'answered' }>;

class Talk {
  readonly #sent: ClientRequest;
  readonly #request: WebRequest;
  readonly #timeouts: WebTimeouts;
  #sentBody = false;
  #isBodyWhole: boolean;
  #saidContinue: boolean | null = null;
  #heard: Heard | undefined;
  #hear: (heard: Heard) => void = () => {};
  readonly #whenHeard: Promise<Heard>;
  readonly #connected: Promise<unknown>;
  readonly #onAbort = () => this.#sent.destroy();

  constructor(sent: ClientRequest, request: WebRequest, timeouts: WebTimeouts) {
    this.#sent = sent;
    this.#request = request;
    this.#timeouts = timeouts;
    this.#isBodyWhole = request.body === undefined;
    this.#whenHeard = new Promise((resolve) => {
      this.#hear = (heard) => {
        this.#heard ??= heard;
        resolve(heard);
      };
    });
    this.#connected = new Promise((resolve) => sent.once('socket', resolve));
    sent.on('response', (answer) => this.#hear({ answer }));
    sent.on('error', (error) => this.#hear(this.#failure(error)));
    sent.on('close', () => this.#hear({ kind: 'lost', code: 'ECONNRESET', sentBody: this.#sentBody }));
    // Nobody is to talk another protocol with us.
    sent.on('upgrade', (_answer, socket) => socket.destroy());
    request.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  async run(): Promise<WebOutcome> {
    const failed = await this.#say();
    this.#request.signal.throwIfAborted();
    if (failed) return failed;
    const heard = await this.#within(this.#whenHeard, this.#timeouts.answerMs);
    this.#request.signal.throwIfAborted();
    if (heard === 'too-late') return { kind: 'timed-out', waitedFor: 'answer', sentBody: this.#sentBody };
    if (!('answer' in heard)) return heard;
    return this.#read(heard.answer);
  }

  /** Whatever is not over is over now. */
  end(): void {
    this.#request.signal.removeEventListener('abort', this.#onAbort);
    const isDone =
      this.#isBodyWhole && this.#heard !== undefined && 'answer' in this.#heard && this.#heard.answer.complete;
    if (!isDone) this.#sent.destroy();
  }

  async #say(): Promise<WebOutcome | undefined> {
    const { body, askFirst } = this.#request;
    if (body === undefined) {
      this.#sent.end();
      return undefined;
    }
    if (askFirst) await this.#waitForContinue();
    // Nothing of a body is touched for a connection that does not come about.
    else await Promise.race([this.#connected, this.#whenHeard]);
    if (this.#heard) return undefined;
    try {
      for await (const piece of body.pieces()) {
        if (this.#heard) break;
        this.#sentBody = true;
        if ((await this.#write(piece)) === 'stalled') {
          return { kind: 'timed-out', waitedFor: 'sending', sentBody: true };
        }
      }
    } catch (error) {
      this.#sent.destroy();
      return { kind: 'source-failed', error };
    }
    if (this.#heard) return undefined;
    this.#isBodyWhole = true;
    this.#sent.end();
    return undefined;
  }

  async #waitForContinue(): Promise<void> {
    this.#saidContinue = false;
    this.#sent.flushHeaders();
    let takeBack = () => {};
    const told = new Promise<void>((resolve) => {
      this.#sent.once('continue', () => {
        this.#saidContinue = true;
        resolve();
      });
      // Counted from the connection on.
      void this.#connected.then(() => {
        const timer = setTimeout(resolve, this.#timeouts.continueMs);
        takeBack = () => clearTimeout(timer);
      });
    });
    await Promise.race([told, this.#whenHeard]);
    takeBack();
  }

  /** The piece is the socket's until it is taken: the reader of a revision uses its buffer again. */
  async #write(piece: Buffer): Promise<'taken' | 'stalled'> {
    const taken = new Promise<void>((resolve) => this.#sent.write(piece, () => resolve()));
    const ended = await this.#within(Promise.race([taken, this.#whenHeard]), this.#timeouts.stalledMs);
    return ended === 'too-late' ? 'stalled' : 'taken';
  }

  async #read(answer: IncomingMessage): Promise<WebOutcome> {
    const early = !this.#isBodyWhole;
    const { mostAnswerBytes: mostBytes } = this.#request;
    const body = await readBounded(answer, { mostBytes, withinMs: this.#timeouts.readMs });
    this.#request.signal.throwIfAborted();
    if (body === undefined) return { kind: 'unreadable', sentBody: this.#sentBody };
    return {
      kind: 'answered',
      status: answer.statusCode ?? 0,
      contentType: answer.headers['content-type'] ?? '',
      retryAfterMs: retryAfterOf(answer.headers['retry-after']),
      body,
      early,
      saidContinue: this.#saidContinue,
    };
  }

  #failure(error: NodeJS.ErrnoException & { readonly dialling?: boolean }): Exclude<Heard, { answer: unknown }> {
    const code = error.code ?? 'ECONNRESET';
    if (error.dialling) return { kind: 'unreachable', code };
    if (code.startsWith('HPE_')) return { kind: 'unreadable', sentBody: this.#sentBody };
    return { kind: 'lost', code, sentBody: this.#sentBody };
  }

  async #within<T>(promise: Promise<T>, withinMs: number): Promise<T | 'too-late'> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'too-late'>((resolve) => {
      timer = setTimeout(() => resolve('too-late'), withinMs);
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

const longestRestMs = 3_600_000;

/** Seconds, or a date; an hour at most. */
function retryAfterOf(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(longestRestMs, Math.max(0, ms));
}
