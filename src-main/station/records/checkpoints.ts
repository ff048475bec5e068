// When the log of the book is copied into the book, and by whom: by a thread of its own, because a copy syncs the disk
// twice and everything else would wait for it.
//
// A copy that ends while nobody writes lets the next writer begin the log anew. Under load somebody always does: then the
// second pass, which has little left to do, asks those who can wait to do so (`calm`). Whatever goes wrong here, SQLite
// itself copies a log that has become much too long, and a failed copy makes the log doubtful (`onFailed`).
import { Worker } from 'node:worker_threads';
import type { CheckpointAnswer } from './checkpoint-worker.ts';

/** 16 MB: from here on the log is copied. */
const longLogPages = 4_000;
/** 64 MB: SQLite copies it itself, and everything waits. */
export const tooLongLogPages = 16_000;
/** Looking at the length costs a microsecond; a commit makes some ten pages. */
const commitsBetweenLooks = 16;
/** A reader of an old state may stand in the way: not worth trying at each look. */
const pauseMs = 1_000;
const mostPasses = 3;

export type CheckpointPorts = {
  readonly file: string;
  /** Pages in the log, and how many of them are in the book already. */
  readonly logLength: () => { readonly log: number; readonly checkpointed: number };
  /** A copy failed: what the disk says of the log or the book is not to be trusted. */
  readonly onFailed: () => void;
  /** For tests: another length that is long. */
  readonly longLogPages?: number;
};

export class Checkpoints {
  readonly #ports: CheckpointPorts;
  #worker: Worker | undefined;
  #answered: ((answer: CheckpointAnswer) => void) | undefined;
  #commits = 0;
  #running: Promise<void> | undefined;
  #notBeforeMs = 0;
  #calm: Promise<void> | undefined;
  #isClosed = false;

  constructor(ports: CheckpointPorts) {
    this.#ports = ports;
  }

  /** Resolves when a writer that can wait may write; undefined: now. Lasts as long as a sync or two. */
  get calm(): Promise<void> | undefined {
    return this.#calm;
  }

  /** The copy that is under way, for tests. */
  get running(): Promise<void> | undefined {
    return this.#running;
  }

  committed(): void {
    if (++this.#commits < commitsBetweenLooks || this.#running || this.#isClosed) return;
    this.#commits = 0;
    if (performance.now() < this.#notBeforeMs || !this.#isLong()) return;
    this.#running = this.#copy().finally(() => {
      this.#running = undefined;
      this.#notBeforeMs = performance.now() + pauseMs;
    });
  }

  /** What is being copied is finished by its thread; nothing waits for it. */
  close(): void {
    this.#isClosed = true;
    this.#answered?.({ kind: 'done' });
    void this.#worker?.terminate();
    this.#worker = undefined;
  }

  #isLong(): boolean {
    return this.#pagesLeft() >= (this.#ports.longLogPages ?? longLogPages);
  }

  /** What a disk refuses here is told by the next commit. This one stands, and must not be told as failed. */
  #pagesLeft(): number {
    try {
      const { log, checkpointed } = this.#ports.logLength();
      return log - checkpointed;
    } catch {
      return 0;
    }
  }

  async #copy(): Promise<void> {
    for (let pass = 1; pass <= mostPasses && !this.#isClosed; pass++) {
      const pausing = pass === 1 ? undefined : Promise.withResolvers<void>();
      this.#calm = pausing?.promise;
      const answer = await this.#pass();
      this.#calm = undefined;
      pausing?.resolve();
      if (this.#isClosed) return;
      if (answer.kind === 'failed') {
        // Anything else (no room, no thread) has changed nothing and is tried again.
        if (answer.code.startsWith('SQLITE_IOERR')) this.#ports.onFailed();
        return;
      }
      if (this.#pagesLeft() === 0) return;
    }
  }

  #pass(): Promise<CheckpointAnswer> {
    return new Promise((resolve) => {
      this.#answered = (answer) => {
        this.#answered = undefined;
        resolve(answer);
      };
      this.#worker ??= this.#start();
      this.#worker.postMessage(this.#ports.file);
    });
  }

  #start(): Worker {
    // From source it is a .ts file beside this one; bundled, everything lies flat in one folder.
    const name = import.meta.url.endsWith('.ts') ? './checkpoint-worker.ts' : './checkpoint-worker.js';
    const worker = new Worker(new URL(name, import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 },
      stdout: true,
      stderr: true,
    });
    worker.unref();
    const gone = () => {
      if (this.#worker === worker) this.#worker = undefined;
      this.#answered?.({ kind: 'failed', code: 'NO_THREAD' });
    };
    worker.on('message', (answer: CheckpointAnswer) => this.#answered?.(answer));
    worker.on('error', gone);
    worker.on('exit', gone);
    return worker;
  }
}
