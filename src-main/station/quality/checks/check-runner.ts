// Pictures are checked in one thread of its own, started when there is something to look at and let go when there is not.
//
// Never throws and never waits longer than the limit: a thread that hangs or dies is thrown away, and its picture has no hints.
import type { Worker } from 'node:worker_threads';
import { startSandboxed } from '#station/kit/sandboxed-thread.ts';
import { limitWork } from '#station/kit/work-limit.ts';
import type { CheckAnswer, CheckRequest } from './about.ts';

export type CheckRunnerOptions = {
  /** How long one picture may take; see limitWork. */
  readonly timeoutMs?: number;
  readonly idleMs?: number;
  readonly memoryMiB?: number;
  /** The worker's file; tests bring their own. */
  readonly workerUrl?: URL;
};

export type CheckRunner = {
  /** One at a time. The frame's buffer is handed over. */
  check(request: CheckRequest): Promise<CheckAnswer | 'took-too-long' | 'check-failed'>;
  close(): Promise<void>;
};

const startTimeoutMs = 60_000;

export function openCheckRunner(options: CheckRunnerOptions = {}): CheckRunner {
  const { timeoutMs = 6_000, idleMs = 30_000, memoryMiB = 96 } = options;
  const url =
    options.workerUrl ??
    new URL(import.meta.url.endsWith('.ts') ? './check-worker.ts' : './check-worker.js', import.meta.url);
  let worker: Worker | undefined;
  let isOnline = false;
  let idle: NodeJS.Timeout | undefined;
  let isClosed = false;

  const drop = async (): Promise<void> => {
    clearTimeout(idle);
    const ending = worker;
    worker = undefined;
    isOnline = false;
    await ending?.terminate();
  };
  const start = (): Worker => {
    const made = startSandboxed(url, memoryMiB);
    made.once('online', () => (isOnline = worker === made));
    return made;
  };

  return {
    check: (request) =>
      new Promise((resolve) => {
        if (isClosed) return resolve('check-failed');
        clearTimeout(idle);
        const running = (worker ??= start());
        const finish = (answer: CheckAnswer | 'took-too-long' | 'check-failed'): void => {
          unlimit();
          running.off('online', begins);
          running.removeAllListeners('message').removeAllListeners('error').removeAllListeners('exit');
          running.on('error', () => undefined);
          if (typeof answer === 'string') void drop();
          else {
            idle = setTimeout(() => void drop(), idleMs);
            idle.unref();
          }
          resolve(answer);
        };
        // The start of a thread does not count: on a busy machine that alone may take long.
        const begins = (): void => {
          unlimit();
          unlimit = limitWork(timeoutMs, () => finish('took-too-long'));
        };
        let unlimit = limitWork(isOnline ? timeoutMs : startTimeoutMs, () => finish('took-too-long'));
        if (!isOnline) running.once('online', begins);
        running.once('message', (answer: CheckAnswer) => finish(answer));
        running.once('error', () => finish('check-failed'));
        running.once('exit', () => finish('check-failed'));
        running.postMessage(request, [request.frame.bytes.buffer]);
      }),
    close: async () => {
      isClosed = true;
      await drop();
    },
  };
}
