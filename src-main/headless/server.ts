// The headless porch: the same station and the same window over loopback HTTP and WebSocket.
//
// When openHttpServer returns it listens. Every request below /api passes the gate; bodies have caps; nothing that a
// client does ends the process. close() ends open connections.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { OpenAPIHandler } from '@orpc/openapi/node';
import { RPCHandler } from '@orpc/server/ws';
import { WebSocketServer } from 'ws';
import type { Log } from '#station/kit/log.ts';
import { toErrorBody, type Station } from '#station/station.ts';
import { Gate, type Entry } from './gate.ts';
import { openMetricsType, writeOpenMetrics } from './open-metrics.ts';
import { securityHeaders, sendPage } from './pages.ts';

const mostJsonBytes = 1 << 20;
const mostSocketBytes = 1 << 20;

export type HttpPorch = { readonly url: string; readonly token: string; close(): Promise<void> };

type Porch = {
  readonly station: Station;
  readonly log: Log;
  readonly gate: Gate;
  readonly pagesFolder: string;
  readonly api: OpenAPIHandler<Record<never, never>>;
};

/** @param options.port 0 for any free one. Binds to 127.0.0.1 only. */
export async function openHttpServer(
  station: Station,
  options: { readonly port: number; readonly pagesFolder: string; readonly metricsToken?: string; readonly log: Log },
): Promise<HttpPorch> {
  const server = createServer({ requestTimeout: 0, headersTimeout: 10_000, maxHeaderSize: 16_384 });
  await listen(server, options.port);
  const port = (server.address() as AddressInfo).port;
  const porch: Porch = {
    station,
    log: options.log,
    gate: new Gate(port, options.metricsToken),
    pagesFolder: path.resolve(options.pagesFolder),
    api: new OpenAPIHandler(station.router, { customErrorResponseBodyEncoder: toErrorBody }),
  };
  const sockets = new WebSocketServer({ noServer: true, maxPayload: mostSocketBytes });
  const speech = new RPCHandler(station.router);
  server.on('request', (request, response) => void answer(porch, request, response));
  server.on('upgrade', (request, socket, head) => upgrade({ porch, sockets, speech, request, socket, head }));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // Who hangs up is nobody's fault; a request that is cut off by us is told of, or nobody would ever know.
    if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE')
      options.log.warn('request-cut-off', { code: error.code ?? '' });
    socket.destroy();
  });
  return {
    url: `http://127.0.0.1:${port}/`,
    token: porch.gate.token,
    close: () => close(server, sockets),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      server.on('error', () => {});
      resolve();
    });
  });
}

function close(server: Server, sockets: WebSocketServer): Promise<void> {
  for (const client of sockets.clients) client.terminate();
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function answer(porch: Porch, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const url = urlOf(request);
    if (!url) response.writeHead(400).end();
    else if (url.pathname.startsWith('/api/')) await answerApi(porch, request, response, url);
    else if (url.pathname === '/metrics') answerMetrics(porch, request, response);
    else if (porch.gate.admitPage(request) !== 'welcome') refuse(response, 'wrong-host');
    else if (request.method !== 'GET' && request.method !== 'HEAD') response.writeHead(405).end();
    else await sendPage(porch.pagesFolder, url.pathname, response);
  } catch (error) {
    // A reader that went away in the middle is no failure of ours.
    if (!response.destroyed && !request.destroyed) porch.log.error('request-failed', {}, error);
    response.destroy();
  }
}

/** Behind a host of ours, because a path that begins with two slashes must not be taken for one. Null: it is none. */
const urlOf = (request: IncomingMessage): URL | null => URL.parse(`http://safelight.invalid${request.url ?? '/'}`);

async function answerApi(porch: Porch, request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  if (url.pathname === '/api/session' && request.method === 'POST') return beginSession(porch.gate, request, response);
  const entry = porch.gate.admit(request);
  if (entry !== 'welcome') return refuse(response, entry);
  if (url.pathname === '/api/openapi.json') {
    // Hardly ever asked for, and the library that writes it is not small.
    const { describeApi } = await import('./open-api.ts');
    return sendJson(response, 200, await describeApi(porch.station));
  }
  const bytes = await porch.station.bytes({
    method: request.method ?? 'GET',
    pathname: url.pathname,
    query: url.searchParams,
    range: request.headers.range,
    body: request,
  });
  if (bytes) {
    response.writeHead(bytes.status, { ...securityHeaders, ...bytes.headers });
    if (bytes.body instanceof Uint8Array) response.end(bytes.body);
    else await pipeline(bytes.body, response);
    return;
  }
  const wrongBody = checkBody(request);
  if (wrongBody) return sendJson(response, wrongBody.status, wrongBody.body);
  const { matched } = await porch.api.handle(request, response, { prefix: '/api', context: {} });
  if (!matched) sendJson(response, 404, { code: 'not-found', params: { what: 'path' } });
}

function answerMetrics({ gate, station }: Porch, request: IncomingMessage, response: ServerResponse): void {
  const entry = gate.admitMetrics(request);
  if (entry !== 'welcome') return refuse(response, entry);
  if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405).end();
  const body = Buffer.from(writeOpenMetrics(station.figures()));
  response
    .writeHead(200, { ...securityHeaders, 'Content-Type': openMetricsType, 'Content-Length': body.length })
    .end(request.method === 'HEAD' ? undefined : body);
}

/** Only JSON, and not too much of it: a form of another site cannot send it. */
function checkBody(request: IncomingMessage): { status: number; body: object } | undefined {
  const length = Number(request.headers['content-length'] ?? 0);
  const chunked = request.headers['transfer-encoding'] !== undefined;
  if (length > mostJsonBytes || chunked) {
    return {
      status: 413,
      body: { code: 'input-invalid', params: { field: 'body', expected: '1 MiB of JSON at most' } },
    };
  }
  const type = request.headers['content-type'] ?? '';
  if (length > 0 && !/^application\/json\b/i.test(type)) {
    return {
      status: 415,
      body: { code: 'input-invalid', params: { field: 'Content-Type', expected: 'application/json' } },
    };
  }
  return undefined;
}

async function beginSession(gate: Gate, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (gate.admitPage(request) !== 'welcome') return refuse(response, 'wrong-host');
  const origin = request.headers.origin;
  if (origin !== undefined && origin !== `http://${request.headers.host}`) return refuse(response, 'wrong-origin');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > 4096) return refuse(response, 'unknown');
    chunks.push(chunk);
  }
  let token: unknown;
  try {
    token = (JSON.parse(Buffer.concat(chunks).toString('utf8')) as { token?: unknown }).token;
  } catch {
    token = undefined;
  }
  if (typeof token !== 'string' || !gate.knows(token)) return refuse(response, 'unknown');
  response.writeHead(204, { ...securityHeaders, 'Set-Cookie': gate.sessionCookie() }).end();
}

function upgrade(call: {
  porch: Porch;
  sockets: WebSocketServer;
  speech: RPCHandler<Record<never, never>>;
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
}): void {
  const { porch, sockets, speech, request, socket, head } = call;
  socket.on('error', () => socket.destroy());
  const pathname = urlOf(request)?.pathname;
  // A browser always says its origin on an upgrade; a script shows its token instead.
  const anonymous = request.headers.origin === undefined && request.headers.authorization === undefined;
  if (pathname !== '/api/socket' || anonymous || porch.gate.admit(request) !== 'welcome') {
    socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
    return;
  }
  sockets.handleUpgrade(request, socket, head, (client) => {
    client.on('error', () => client.terminate());
    void speech.upgrade(client, { context: {} });
  });
}

function refuse(response: ServerResponse, entry: Exclude<Entry, 'welcome'>): void {
  sendJson(response, entry === 'unknown' ? 401 : 403, { code: 'not-allowed', params: {} });
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  const body = Buffer.from(JSON.stringify(value));
  response
    .writeHead(status, { ...securityHeaders, 'Content-Type': 'application/json', 'Content-Length': body.length })
    .end(body);
}
