// The ways to the desk, each as the same small client: a call by its name in the contract, answered with a value or
// with a problem's code and parameters.
import { createORPCClient, ORPCError } from '@orpc/client';
import { RPCLink as PortLink } from '@orpc/client/message-port';
import { RPCLink as SocketLink } from '@orpc/client/websocket';
import { createRouterClient } from '@orpc/server';
import { RPCHandler as PortHandler } from '@orpc/server/message-port';
import { WebSocket } from 'ws';
import { contract } from '#contract/procedures.ts';
import type { RunningStation } from '../../src-main/headless/run.ts';

export type Reply =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'problem'; readonly code: string; readonly params: unknown };

export type Client = {
  ask(name: string, input?: unknown): Promise<Reply>;
  /** The first `count` events of the feed. */
  watch(count: number): Promise<unknown[]>;
  close(): void;
};

type Node = { readonly [key: string]: Node } & ((input?: unknown) => Promise<unknown>);

export const transports: Readonly<Record<string, (running: RunningStation) => Promise<Client>>> = {
  'in process': async ({ station }) => overCalls(createRouterClient(station.router) as unknown as Node, () => {}),

  'a message port': async ({ station }) => {
    const { port1, port2 } = new MessageChannel();
    new PortHandler(station.router).upgrade(port1);
    port1.start();
    port2.start();
    return overCalls(createORPCClient(new PortLink({ port: port2 })) as unknown as Node, () => port1.close());
  },

  'a WebSocket': async ({ ready }) => {
    const url = new URL('api/socket', ready.url.replace('http', 'ws'));
    const socket = new WebSocket(url, { headers: { authorization: `Bearer ${ready.token}` } });
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    const link = new SocketLink({ websocket: socket as unknown as globalThis.WebSocket });
    return overCalls(createORPCClient(link) as unknown as Node, () => socket.terminate());
  },

  HTTP: async ({ ready }) => ({
    ask: (name, input) => askOverHttp(ready, name, input),
    watch: (count) => watchOverHttp(ready, count),
    close: () => {},
  }),
};

function overCalls(root: Node, close: () => void): Client {
  const find = (name: string) => name.split('.').reduce<Node>((node, key) => node[key] as Node, root);
  return {
    close,
    ask: async (name, input) => {
      try {
        return { kind: 'value', value: await find(name)(input) };
      } catch (error) {
        if (!(error instanceof ORPCError)) throw error;
        const { params } = (error.data ?? {}) as { params?: unknown };
        return { kind: 'problem', code: error.code, params };
      }
    },
    watch: async (count) => {
      const events: unknown[] = [];
      for await (const event of (await find('station.watch')()) as AsyncIterable<unknown>) {
        events.push(event);
        if (events.length === count) break;
      }
      return events;
    },
  };
}

type Ready = RunningStation['ready'];
type Route = { readonly method: string; readonly path: string };

function routeOf(name: string): Route {
  const procedure = name
    .split('.')
    .reduce<Readonly<Record<string, unknown>>>(
      (node, key) => node[key] as Readonly<Record<string, unknown>>,
      contract as unknown as Readonly<Record<string, unknown>>,
    );
  return (procedure['~orpc'] as { readonly route: Route }).route;
}

async function askOverHttp(ready: Ready, name: string, input: unknown): Promise<Reply> {
  const { method, path } = routeOf(name);
  const rest = new Map(Object.entries((input ?? {}) as object));
  const filled = path.replace(/\{(\w+)\}/g, (_, key: string) => {
    const value = String(rest.get(key));
    rest.delete(key);
    return encodeURIComponent(value);
  });
  const url = new URL(`api${filled}`, ready.url);
  const bodied = method !== 'GET' && method !== 'DELETE';
  if (!bodied) for (const [key, value] of rest) url.searchParams.set(key, String(value));
  const answer = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${ready.token}`, ...(bodied ? { 'content-type': 'application/json' } : {}) },
    ...(bodied ? { body: JSON.stringify(Object.fromEntries(rest)) } : {}),
  });
  const value = (await answer.json()) as { code: string; params: unknown };
  return answer.ok ? { kind: 'value', value } : { kind: 'problem', code: value.code, params: value.params };
}

async function watchOverHttp(ready: Ready, count: number): Promise<unknown[]> {
  const ending = new AbortController();
  const answer = await fetch(new URL('api/changes', ready.url), {
    headers: { authorization: `Bearer ${ready.token}` },
    signal: ending.signal,
  });
  const events: unknown[] = [];
  let text = '';
  for await (const chunk of answer.body ?? []) {
    text += Buffer.from(chunk as Uint8Array).toString();
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data !== undefined) events.push(JSON.parse(data));
    }
    if (events.length >= count) break;
  }
  ending.abort();
  return events.slice(0, count);
}
