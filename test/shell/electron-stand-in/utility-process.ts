// Electron's utility process as a worker thread: own event loop, own `process.parentPort`, ports can be handed over.
import { EventEmitter } from 'node:events';
import { Worker } from 'node:worker_threads';
import { toTransfer, type StandInPort } from './ports.ts';

export class StandInUtilityProcess extends EventEmitter {
  static readonly all = new Set<StandInUtilityProcess>();
  readonly pid = process.pid;
  readonly #worker: Worker;

  constructor(modulePath: string, args: readonly string[] = []) {
    super();
    this.#worker = new Worker(new URL('./utility-entry.ts', import.meta.url), {
      argv: [...args],
      workerData: { modulePath },
    });
    StandInUtilityProcess.all.add(this);
    this.#worker.once('online', () => this.emit('spawn'));
    this.#worker.on('message', (message: unknown) => this.emit('message', message));
    this.#worker.on('error', (error: Error) => process.stderr.write(`stand-in: station process: ${error.stack}\n`));
    this.#worker.once('exit', (code) => {
      StandInUtilityProcess.all.delete(this);
      this.emit('exit', code);
    });
  }

  postMessage(data: unknown, ports: readonly StandInPort[] = []): void {
    const moved = toTransfer(ports);
    this.#worker.postMessage({ data, ports: moved }, moved);
  }

  kill(): boolean {
    void this.#worker.terminate();
    return true;
  }
}

export const utilityProcess = {
  fork: (modulePath: string, args?: readonly string[]) => new StandInUtilityProcess(modulePath, args),
};
