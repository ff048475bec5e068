// Message ports as Electron's main and utility processes have them, on top of Node's.
import { EventEmitter } from 'node:events';
import { MessageChannel, type MessagePort, type TransferListItem } from 'node:worker_threads';

/** Like Electron's MessagePortMain: messages come as `{ data, ports }`, and only after start(). */
export class StandInPort extends EventEmitter {
  readonly inner: MessagePort;

  constructor(inner: MessagePort) {
    super();
    this.inner = inner;
  }

  start(): void {
    this.inner.on('message', (data: unknown) => this.emit('message', { data, ports: [] }));
    this.inner.once('close', () => this.emit('close'));
  }

  postMessage(data: unknown, ports: readonly StandInPort[] = []): void {
    if (ports.length > 0) throw new Error('the stand-in sends no ports over ports');
    this.inner.postMessage(data);
  }

  close(): void {
    this.inner.close();
  }
}

export class StandInChannel {
  readonly port1: StandInPort;
  readonly port2: StandInPort;

  constructor() {
    const channel = new MessageChannel();
    this.port1 = new StandInPort(channel.port1);
    this.port2 = new StandInPort(channel.port2);
  }
}

export const toTransfer = (ports: readonly StandInPort[]): readonly (MessagePort & TransferListItem)[] =>
  ports.map((port) => port.inner);
