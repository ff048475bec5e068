// Keeps the station process running: starts it, waits for its `ready`, starts it again with growing pauses when it
// ends, and hands it the ports of windows and of requests for bytes.
//
// A window's port that comes while there is no station waits for the next one; a request for bytes is answered 503.
// close() lets the station finish the object at hand; after `closeWithinMs` the process is ended.
import type { ProblemNote } from '#contract/problems.ts';
import { waitBeforeMs, type Backoff } from '#station/kit/backoff.ts';
import type { Clock } from '#station/kit/clock.ts';
import { callBytes } from './call-bytes.ts';
import type { BytesCall, FromStation, Port, ToStation } from './messages.ts';

/** A station process as Electron's utilityProcess gives it. */
export type StationProcess<P extends Port> = {
  postMessage(message: ToStation, ports?: P[]): void;
  on(event: 'message', hear: (message: FromStation) => void): unknown;
  once(event: 'exit', hear: (code: number) => void): unknown;
  kill(): boolean;
};

export type KeeperOptions<P extends Port> = {
  start(): StationProcess<P>;
  openChannel(): { readonly port1: P; readonly port2: P };
  readonly clock: Clock;
  /** The station said why it cannot start. It is tried again all the same. */
  onRefused(problem: ProblemNote): void;
  readonly closeWithinMs?: number;
};

const restartBackoff: Backoff = { firstMs: 500, mostMs: 30_000 };
/** A station that ran so long began well: the pauses start small again. */
const longRunMs = 60_000;
const mostWaitingPorts = 8;

export class StationKeeper<P extends Port> {
  readonly #options: KeeperOptions<P>;
  #process: StationProcess<P> | undefined;
  #isReady = false;
  #attempt = 0;
  #waiting: P[] = [];
  #closing: Promise<void> | undefined;
  #hasEnded: () => void = () => {};
  #takeBack: () => void = () => {};

  constructor(options: KeeperOptions<P>) {
    this.#options = options;
    this.#start();
  }

  /** Connects a window: `port` is its end, or what stands for it here. */
  connect(port: P): void {
    if (this.#isReady) {
      this.#process?.postMessage({ kind: 'window' }, [port]);
      return;
    }
    this.#waiting.push(port);
    if (this.#waiting.length > mostWaitingPorts) this.#waiting.shift()?.close();
  }

  /** Answers a request for one of the byte paths. */
  async bytes(request: Request): Promise<Response> {
    if (!this.#process || !this.#isReady) return new Response('The station is not there.\n', { status: 503 });
    const { pathname, search } = new URL(request.url);
    const { port1, port2 } = this.#options.openChannel();
    const range = request.headers.get('range') ?? undefined;
    const call: BytesCall = { kind: 'bytes', method: request.method, pathname, query: search, range };
    this.#process.postMessage(call, [port2]);
    return callBytes(port1, request);
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  #start(): void {
    const { clock, onRefused } = this.#options;
    const station = this.#options.start();
    const startedMs = clock.monotonicMs();
    this.#process = station;
    station.on('message', (message) => {
      if (message.kind === 'ready') this.#welcome(station);
      else onRefused(message.problem);
    });
    station.once('exit', () => {
      this.#process = undefined;
      this.#isReady = false;
      this.#hasEnded();
      if (this.#closing) return;
      this.#attempt = clock.monotonicMs() - startedMs > longRunMs ? 1 : this.#attempt + 1;
      this.#takeBack = clock.after(waitBeforeMs(this.#attempt, restartBackoff), () => this.#start());
    });
  }

  #welcome(station: StationProcess<P>): void {
    this.#isReady = true;
    for (const port of this.#waiting.splice(0)) station.postMessage({ kind: 'window' }, [port]);
  }

  async #end(): Promise<void> {
    this.#takeBack();
    for (const port of this.#waiting.splice(0)) port.close();
    const station = this.#process;
    if (!station) return;
    const ended = new Promise<void>((resolve) => (this.#hasEnded = resolve));
    station.postMessage({ kind: 'close' });
    const takeBack = this.#options.clock.after(this.#options.closeWithinMs ?? 20_000, () => station.kill());
    await ended;
    takeBack();
  }
}
