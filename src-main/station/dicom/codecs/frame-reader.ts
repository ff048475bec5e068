// Frames by request, decoded in worker threads: at most so many at a time, each with a limit of work. A worker that hangs
// or dies is thrown away and its request answered 'not-drawable'; the next request gets a new one. Workers are started
// when needed and let go when idle, so that a station that shows nothing holds no decoder in memory. What nobody waits for
// never takes the last one: whoever opens an exam finds a decoder free.
//
// Never throws for what lies in a file. Refuses nothing; after close() everything is answered 'closed'.
import type { Worker } from 'node:worker_threads';
import { startSandboxed } from '#station/kit/sandboxed-thread.ts';
import { limitWork } from '#station/kit/work-limit.ts';
import type {
  DigestAnswer,
  FrameAnswer,
  FrameRequest,
  NotDrawable,
  NotDrawableReason,
} from '#station/model/raw-frame.ts';

export type FrameReaderOptions = {
  /** How many frames are decoded at the same time. */
  readonly workers?: number;
  /** Ceiling of a worker's JavaScript heap. Buffers of frames are limited one by one, 512 MiB. */
  readonly memoryMiB?: number;
  /** How long one frame may take; see limitWork. */
  readonly timeoutMs?: number;
  /** The same for a frame that only fills a list. */
  readonly laterTimeoutMs?: number;
  /** After how long without work a worker is let go. */
  readonly idleMs?: number;
  /** The worker's file; tests bring their own. */
  readonly workerUrl?: URL;
};

export type FrameReader = {
  /** The frame, or why there is none. `urgent` (a person waits) goes before what only fills the inbox. */
  frame(request: FrameRequest, urgency?: 'urgent' | 'later'): Promise<FrameAnswer>;
  /** A digest of the stored values of a frame, or why there is none. Always goes after frames that people wait for. */
  digest(request: FrameRequest): Promise<DigestAnswer>;
  /** Milliseconds since a person was last waiting for a frame; Infinity before the first. */
  sinceUrgentMs(): number;
  /** Starts a worker ahead of the first frame, so that whoever opens an exam does not wait for it. */
  warmUp(): void;
  /** Answers what waits with 'closed' and ends the workers. */
  close(): Promise<void>;
};

type Answer = FrameAnswer | DigestAnswer;
type Job = {
  readonly request: FrameRequest;
  readonly timeoutMs: number;
  readonly isLater: boolean;
  readonly answer: (answer: Answer) => void;
};

export function openFrameReader(options: FrameReaderOptions = {}): FrameReader {
  return new WorkerPool({
    workers: 2,
    memoryMiB: 96,
    timeoutMs: 10_000,
    laterTimeoutMs: 5_000,
    idleMs: 60_000,
    // From source the worker is a .ts file beside this one; bundled, everything lies flat in one folder.
    workerUrl: new URL(import.meta.url.endsWith('.ts') ? './frame-worker.ts' : './frame-worker.js', import.meta.url),
    ...options,
  });
}

class WorkerPool implements FrameReader {
  readonly #options: Required<FrameReaderOptions>;
  readonly #urgent: Job[] = [];
  readonly #later: Job[] = [];
  readonly #idle: Decoder[] = [];
  readonly #busy = new Set<Decoder>();
  #busyForLater = 0;
  #urgentAt = -Infinity;
  #closed = false;

  constructor(options: Required<FrameReaderOptions>) {
    this.#options = options;
  }

  frame(request: FrameRequest, urgency: 'urgent' | 'later' = 'urgent'): Promise<FrameAnswer> {
    const { timeoutMs, laterTimeoutMs } = this.#options;
    const isLater = urgency === 'later';
    if (!isLater) this.#urgentAt = performance.now();
    return this.#ask({ request, isLater, timeoutMs: isLater ? laterTimeoutMs : timeoutMs }).then((answer) =>
      answer.kind === 'digest' ? notDrawable('decoder-crashed') : answer,
    );
  }

  digest(request: FrameRequest): Promise<DigestAnswer> {
    const { timeoutMs } = this.#options;
    return this.#ask({ request: { ...request, digestOnly: true }, isLater: true, timeoutMs }).then((answer) =>
      answer.kind === 'frame' ? notDrawable('decoder-crashed') : answer,
    );
  }

  #ask(job: Omit<Job, 'answer'>): Promise<Answer> {
    if (this.#closed) return Promise.resolve(notDrawable('closed'));
    return new Promise((answer) => {
      (job.isLater ? this.#later : this.#urgent).push({ ...job, answer });
      this.#startNext();
    });
  }

  sinceUrgentMs(): number {
    return performance.now() - this.#urgentAt;
  }

  warmUp(): void {
    if (this.#closed || this.#busy.size + this.#idle.length > 0) return;
    this.#idle.push(new Decoder(this.#options, (ended) => this.#forget(ended)));
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const job of [...this.#urgent.splice(0), ...this.#later.splice(0)]) job.answer(notDrawable('closed'));
    await Promise.all([...this.#busy, ...this.#idle.splice(0)].map((decoder) => decoder.end('closed')));
  }

  #startNext(): void {
    while (this.#busy.size < this.#options.workers) {
      const mayBeLater = this.#busyForLater < Math.max(1, this.#options.workers - 1);
      const job = this.#urgent.shift() ?? (mayBeLater ? this.#later.shift() : undefined);
      if (!job) return;
      if (job.isLater) this.#busyForLater++;
      const decoder = this.#idle.pop() ?? new Decoder(this.#options, (ended) => this.#forget(ended));
      this.#busy.add(decoder);
      void decoder.decode(job.request, job.timeoutMs).then((answer) => {
        this.#busy.delete(decoder);
        if (job.isLater) this.#busyForLater--;
        if (decoder.alive && !this.#closed) this.#idle.push(decoder);
        job.answer(answer);
        this.#startNext();
      });
    }
  }

  #forget(decoder: Decoder): void {
    const at = this.#idle.indexOf(decoder);
    if (at >= 0) this.#idle.splice(at, 1);
  }
}

const startTimeoutMs = 60_000;

/** One worker thread and the request it is at. */
class Decoder {
  readonly #worker: Worker;
  readonly #options: Required<FrameReaderOptions>;
  readonly #onEnd: (decoder: Decoder) => void;
  #answer: ((answer: Answer) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #unlimit: () => void = () => undefined;
  #timeoutMs = 0;
  #isOnline = false;
  alive = true;

  constructor(options: Required<FrameReaderOptions>, onEnd: (decoder: Decoder) => void) {
    this.#options = options;
    this.#onEnd = onEnd;
    this.#worker = startSandboxed(options.workerUrl, options.memoryMiB);
    this.#worker.on('online', () => this.#begin());
    this.#worker.on('message', (answer: Answer) => this.#finish(answer));
    this.#worker.on('error', () => void this.end('decoder-crashed'));
    this.#worker.on('exit', () => void this.end('decoder-crashed'));
    this.#waitForWork();
  }

  decode(request: FrameRequest, timeoutMs: number): Promise<Answer> {
    clearTimeout(this.#timer);
    this.#timeoutMs = timeoutMs;
    return new Promise((answer) => {
      if (!this.alive) return answer(notDrawable('decoder-crashed'));
      this.#answer = answer;
      this.#worker.ref();
      this.#limitTo(this.#isOnline ? timeoutMs : startTimeoutMs);
      this.#worker.postMessage(request);
    });
  }

  /** The time of a frame does not count before its thread runs: on a busy machine that alone may take long. */
  #begin(): void {
    this.#isOnline = true;
    if (this.#answer) this.#limitTo(this.#timeoutMs);
  }

  #limitTo(limitMs: number): void {
    this.#unlimit();
    this.#unlimit = limitWork(limitMs, () => void this.end('took-too-long'));
  }

  async end(reason: NotDrawableReason): Promise<void> {
    if (this.alive) {
      this.alive = false;
      this.#onEnd(this);
    }
    this.#unlimit();
    clearTimeout(this.#timer);
    this.#answer?.(notDrawable(reason));
    this.#answer = undefined;
    await this.#worker.terminate();
  }

  #finish(answer: Answer): void {
    this.#unlimit();
    const tell = this.#answer;
    this.#answer = undefined;
    this.#worker.unref();
    this.#waitForWork();
    tell?.(answer);
  }

  #waitForWork(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.end('closed'), this.#options.idleMs);
    this.#timer.unref();
  }
}

function notDrawable(reason: NotDrawableReason): NotDrawable {
  return { kind: 'not-drawable', reason };
}
