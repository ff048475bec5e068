// One open way to the station, over whichever transport this window has: a MessagePort in Electron, a WebSocket in a
// browser. It resolves when it is open and tells once when it is gone. Nothing is retried here.
import { createORPCClient } from '@orpc/client';
import { RPCLink as PortLink } from '@orpc/client/message-port';
import { RPCLink as SocketLink } from '@orpc/client/websocket';
import type { ContractRouterClient } from '@orpc/contract';
import type { Contract } from '#contract/procedures.ts';
import { shell, type Shell } from './shell.ts';

/** Every question and command of the contract. */
export type Station = ContractRouterClient<Contract>;

export type Way = {
  readonly station: Station;
  /** Resolves when the transport is gone, for whatever cause. */
  readonly gone: Promise<void>;
  close(): void;
};

/** Opens a way to the station. Rejects when it cannot be opened. */
export async function openWay(signal: AbortSignal): Promise<Way> {
  const porch = shell();
  return porch === undefined ? openSocket(signal) : openPort(porch, signal);
}

async function openSocket(signal: AbortSignal): Promise<Way> {
  const address = new URL('/api/socket', location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(address);
  const gone = new Promise<void>((resolve) => socket.addEventListener('close', () => resolve(), { once: true }));
  const close = () => socket.close();
  signal.addEventListener('abort', close, { once: true });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true });
    void gone.then(() => reject(new Error('closed before it was open')));
  });
  const link = new SocketLink({ websocket: socket });
  return { station: createORPCClient<Station>(link), gone, close };
}

async function openPort(porch: Shell, signal: AbortSignal): Promise<Way> {
  const port = await new Promise<MessagePort>((resolve, reject) => {
    const receive = (event: MessageEvent<unknown>) => {
      const isOurs = event.source === window && (event.data as { kind?: unknown } | null)?.kind === 'safelight-port';
      const [given] = event.ports;
      if (!isOurs || given === undefined) return;
      window.removeEventListener('message', receive);
      resolve(given);
    };
    window.addEventListener('message', receive);
    signal.addEventListener('abort', () => {
      window.removeEventListener('message', receive);
      reject(new Error('given up'));
    });
    porch.connect();
  });
  const gone = new Promise<void>((resolve) => port.addEventListener('close', () => resolve(), { once: true }));
  const link = new PortLink({ port });
  port.start();
  return { station: createORPCClient<Station>(link), gone, close: () => port.close() };
}
