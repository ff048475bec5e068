// A DICOMweb service on this machine that keeps what is stored and answers as the test says.
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import https, { type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { partsOf } from '../../../peers/programs/index.ts';

export type Stored = { readonly uid: string; readonly sopClass: string; readonly bytes: Buffer; readonly file: Buffer };

/** What it makes of one whole STOW-RS request; undefined for the usual answer. */
export type OnStore = (uids: readonly string[], request: IncomingMessage) => WebAnswer | undefined;

export type WebAnswer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
};

export type WebPeer = {
  readonly baseUrl: string;
  readonly port: number;
  /** Every object of a request that was answered as usual. */
  readonly kept: Stored[];
  /** The UIDs in each whole STOW-RS request. */
  readonly requests: (readonly string[])[];
  readonly queries: string[];
  readonly headers: http.IncomingHttpHeaders[];
  /** Bodies that broke off. */
  broken: number;
  onStore: OnStore;
  /** The same with what came; asked when `onStore` says nothing. */
  onObjects: (objects: readonly Stored[]) => WebAnswer | undefined;
  /** Before the body is read; true: the answer is given. */
  onHead: (request: IncomingMessage, response: ServerResponse) => boolean;
  onQuery: (url: URL) => WebAnswer | undefined;
  close(): Promise<void>;
};

export async function startWebPeer(tls?: ServerOptions, port = 0): Promise<WebPeer> {
  const answer: RequestListener = (request, response) => {
    peer.headers.push(request.headers);
    if (peer.onHead(request, response)) return;
    void readAll(request).then((body) => {
      if (body === undefined) peer.broken++;
      else reply(response, request.method === 'POST' ? store(request, body) : query(request));
    });
  };
  const store = (request: IncomingMessage, body: Buffer): WebAnswer => {
    const objects = readMultipart(body, request.headers['content-type'] ?? '');
    const uids = objects.map(({ uid }) => uid);
    peer.requests.push(uids);
    const told = peer.onStore(uids, request) ?? peer.onObjects(objects);
    if (told) return told;
    peer.kept.push(...objects);
    return { status: 200, headers: json, body: storeAnswer(objects.map(({ uid }) => ({ uid }))) };
  };
  const query = (request: IncomingMessage): WebAnswer => {
    peer.queries.push(request.url ?? '');
    const url = new URL(request.url ?? '', 'http://peer');
    const told = peer.onQuery(url);
    if (told) return told;
    if (!url.pathname.endsWith('/instances')) return { status: 204 };
    const wanted = url.searchParams.get('SOPInstanceUID');
    const held = [...new Set(peer.kept.map(({ uid }) => uid))].filter((uid) => wanted === null || wanted === uid);
    return { status: 200, headers: json, body: JSON.stringify(held.map((uid) => ({ '00080018': ui(uid) }))) };
  };
  const server = tls ? https.createServer(tls, answer) : http.createServer(answer);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const at = (server.address() as AddressInfo).port;
  const peer: WebPeer = {
    baseUrl: `http${tls ? 's' : ''}://127.0.0.1:${at}/dicom-web`,
    port: at,
    kept: [],
    requests: [],
    queries: [],
    headers: [],
    broken: 0,
    onStore: () => undefined,
    onObjects: () => undefined,
    onHead: () => false,
    onQuery: () => undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return peer;
}

export const json = { 'content-type': 'application/dicom+json' };
const ui = (uid: string) => ({ vr: 'UI', Value: [uid] });

type Said = { readonly uid: string; readonly warning?: number; readonly reason?: number };

/** A Store Instances Response: those with a reason failed. */
export function storeAnswer(said: readonly Said[]): string {
  const item = ({ uid, warning, reason }: Said) => ({
    '00081155': ui(uid),
    ...(warning === undefined ? {} : { '00081196': { vr: 'US', Value: [warning] } }),
    ...(reason === undefined ? {} : { '00081197': { vr: 'US', Value: [reason] } }),
  });
  const [failed, stored] = [
    said.filter((one) => one.reason !== undefined),
    said.filter((one) => one.reason === undefined),
  ];
  return JSON.stringify({
    '00081190': { vr: 'UR' },
    ...(stored.length === 0 ? {} : { '00081199': { vr: 'SQ', Value: stored.map(item) } }),
    ...(failed.length === 0 ? {} : { '00081198': { vr: 'SQ', Value: failed.map(item) } }),
  });
}

function reply(response: ServerResponse, { status, headers = {}, body = '' }: WebAnswer): void {
  response.writeHead(status, { ...headers }).end(body);
}

/** Undefined when it broke off. */
function readAll(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('error', () => {});
    request.on('close', () => resolve(request.complete ? Buffer.concat(pieces) : undefined));
  });
}

function readMultipart(body: Buffer, contentType: string): Stored[] {
  const boundary = /boundary=("?)([^";]+)\1/.exec(contentType)?.[2] ?? '';
  const delimiter = Buffer.from(`--${boundary}`);
  const objects: Stored[] = [];
  let at = body.indexOf(delimiter);
  for (;;) {
    const next = body.indexOf(delimiter, at + delimiter.length);
    if (at < 0 || next < 0) return objects;
    const begin = body.indexOf('\r\n\r\n', at) + 4;
    const file = body.subarray(begin, next - 2);
    const { sopClassUid, sopInstanceUid, dataSet } = partsOf(file);
    objects.push({ uid: sopInstanceUid, sopClass: sopClassUid, bytes: dataSet, file });
    at = next;
  }
}
