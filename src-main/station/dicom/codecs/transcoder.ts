// Transcodes by request, one after the other, in a thread of their own. A thread that makes no progress for too long, or
// dies, is thrown away and its request answered 'cannot'; the next one gets a new thread. None is kept when idle.
//
// Never throws for what lies in a file; what a thread that was thrown away left behind is removed.
import { rm } from 'node:fs/promises';
import type { Worker } from 'node:worker_threads';
import { startSandboxed } from '#station/kit/sandboxed-thread.ts';
import type { TranscodeAnswer, TranscodeRequest } from './transcode-file.ts';

export type TranscoderOptions = {
  /** Without progress for so long, a frame or a megabyte, it counts as hung. */
  readonly stalledMs?: number;
  /** Ceiling of the thread's JavaScript heap. Buffers of frames are limited one by one, 512 MiB. */
  readonly memoryMiB?: number;
  readonly idleMs?: number;
  /** The thread's file; tests bring their own. */
  readonly workerUrl?: URL;
};

export type Transcoder = {
  transcode(request: TranscodeRequest): Promise<TranscodeAnswer>;
  /** Answers what waits with 'closed' and ends the thread. */
  close(): Promise<void>;
};

export function openTranscoder(options: TranscoderOptions = {}): Transcoder {
  const chosen = {
    stalledMs: 60_000,
    memoryMiB: 192,
    idleMs: 60_000,
    // From source the worker is a .ts file beside this one; bundled, everything lies flat in one folder.
    workerUrl: new URL(
      import.meta.url.endsWith('.ts') ? './transcode-worker.ts' : './transcode-worker.js',
      import.meta.url,
    ),
    ...options,
  };
  let turn: Promise<unknown> = Promise.resolve();
  let thread: Thread | undefined;
  let isClosed = false;
  return {
    transcode(request) {
      const answer = turn.then(async (): Promise<TranscodeAnswer> => {
        if (isClosed) return { kind: 'cannot', reason: 'closed' };
        thread = thread?.alive ? thread : new Thread(chosen);
        return thread.run(request);
      });
      turn = answer;
      return answer;
    },
    async close() {
      isClosed = true;
      await thread?.end('closed');
      await turn;
    },
  };
}

type Message = TranscodeAnswer | { readonly kind: 'going-on' };

class Thread {
  readonly #worker: Worker;
  readonly #options: Required<TranscoderOptions>;
  #answer: ((answer: TranscodeAnswer) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  alive = true;

  constructor(options: Required<TranscoderOptions>) {
    this.#options = options;
    this.#worker = startSandboxed(options.workerUrl, options.memoryMiB);
    this.#worker.on('message', (message: Message) => {
      if (message.kind === 'going-on') this.#limit();
      else this.#finish(message);
    });
    this.#worker.on('error', () => void this.end('decoder-crashed'));
    this.#worker.on('exit', () => void this.end('decoder-crashed'));
  }

  async run(request: TranscodeRequest): Promise<TranscodeAnswer> {
    const answer = await new Promise<TranscodeAnswer>((resolve) => {
      if (!this.alive) return resolve({ kind: 'cannot', reason: 'decoder-crashed' });
      this.#answer = resolve;
      this.#worker.ref();
      this.#limit();
      this.#worker.postMessage(request);
    });
    if (!this.alive) {
      await this.#worker.terminate();
      for (const ending of ['', '.inflated']) await rm(`${request.file}${ending}`, { force: true });
    }
    return answer;
  }

  async end(reason: 'closed' | 'decoder-crashed' | 'took-too-long'): Promise<void> {
    this.alive = false;
    clearTimeout(this.#timer);
    this.#answer?.({ kind: 'cannot', reason });
    this.#answer = undefined;
    await this.#worker.terminate();
  }

  #limit(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.end('took-too-long'), this.#options.stalledMs);
  }

  #finish(answer: TranscodeAnswer): void {
    clearTimeout(this.#timer);
    const tell = this.#answer;
    this.#answer = undefined;
    this.#worker.unref();
    this.#timer = setTimeout(() => void this.end('closed'), this.#options.idleMs);
    this.#timer.unref();
    tell?.(answer);
  }
}
