// A thread for work on what strangers sent: it has bounded memory, no environment, and says nothing on our standard streams.
import { Worker } from 'node:worker_threads';

/** Keeps the process not alive: only a deadline of its owner ends it. The owner terminates it. */
export function startSandboxed(file: URL, memoryMiB: number): Worker {
  const thread = new Worker(file, {
    resourceLimits: { maxOldGenerationSizeMb: memoryMiB, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
    stdout: true,
    stderr: true,
    env: {},
  });
  thread.unref();
  return thread;
}
