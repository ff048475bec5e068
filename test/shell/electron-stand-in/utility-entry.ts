// First code of a stand-in utility process: gives it `process.parentPort`, then runs its module.
import { EventEmitter } from 'node:events';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { StandInPort } from './ports.ts';

const outer = parentPort;
if (!outer) throw new Error('not a worker');

const port = new EventEmitter() as EventEmitter & { postMessage(message: unknown): void };
port.postMessage = (message) => outer.postMessage(message);
outer.on('message', ({ data, ports }: { data: unknown; ports: readonly MessagePort[] }) =>
  port.emit('message', { data, ports: ports.map((inner) => new StandInPort(inner)) }),
);
Object.defineProperty(process, 'parentPort', { value: port });

await import(pathToFileURL((workerData as { modulePath: string }).modulePath).href);
