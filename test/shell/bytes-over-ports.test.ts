// Requests for bytes on their way between the window and the station process.
import { expect, it } from 'vitest';
import { answerBytes, type AskForBytes } from '../../src-main/electron/answer-bytes.ts';
import { callBytes } from '../../src-main/electron/call-bytes.ts';
import type { BytesCall } from '../../src-main/electron/messages.ts';
import { StandInChannel } from './electron-stand-in/ports.ts';

function ask(station: AskForBytes, init: RequestInit & { readonly path?: string } = {}) {
  const request = new Request(`app://station/api/${init.path ?? 'objects/1/file'}`, {
    ...init,
    duplex: 'half',
  } as RequestInit);
  const { pathname, search } = new URL(request.url);
  const call: BytesCall = { kind: 'bytes', method: request.method, pathname, query: search };
  const { port1, port2 } = new StandInChannel();
  const answered = answerBytes(port2, call, station);
  return { answered, response: callBytes(port1, request), port2 };
}

const count = (bytes: Uint8Array) => bytes.reduce((sum, byte) => (sum * 31 + byte) >>> 0, 0);

it('a large object arrives whole, and never more of it is read than the window takes', async () => {
  const piece = Buffer.alloc(1_000_000, 7);
  let given = 0;
  const { response, answered } = ask(async () => ({
    status: 200,
    headers: { 'Content-Type': 'application/dicom' },
    body: (async function* () {
      for (; given < 20; given++) yield piece;
    })(),
  }));
  const { headers, body } = await response;
  expect(headers.get('content-type')).toBe('application/dicom');
  await new Promise((resolve) => setImmediate(resolve));
  expect(given).toBeLessThan(3);
  let size = 0;
  for await (const part of body as unknown as AsyncIterable<Uint8Array>) size += part.length;
  expect(size).toBe(20_000_000);
  await answered;
});

it('question and path come to the station as they were asked', async () => {
  const { response } = ask(
    async ({ method, pathname, query }) => ({
      status: 200,
      headers: {},
      body: Buffer.from(`${method} ${pathname} ${query.get('revision')}`),
    }),
    { path: 'objects/1/file?revision=latest' },
  );
  expect(await (await response).text()).toBe('GET /api/objects/1/file latest');
});

it('an uploaded file comes to the station whole', async () => {
  const file = Buffer.from(Array.from({ length: 700_000 }, (_, i) => i % 251));
  let received = 0;
  const station: AskForBytes = async ({ body }) => {
    const parts: Uint8Array[] = [];
    for await (const part of body) parts.push(part);
    received = count(Buffer.concat(parts));
    return { status: 204, headers: {}, body: new Uint8Array() };
  };
  const { response, answered } = ask(station, { method: 'PUT', body: file });
  expect((await response).status).toBe(204);
  expect(received).toBe(count(file));
  await answered;
});

it('a path that is none is said to be none', async () => {
  const { response, answered } = ask(async () => undefined);
  expect((await response).status).toBe(404);
  await answered;
});

it('a station that ends before it answers is said to be away', async () => {
  const { response, port2 } = ask(() => new Promise(() => {}));
  port2.close();
  expect((await response).status).toBe(503);
});

it('an object that cannot be read to its end is not taken for whole', async () => {
  const { response } = ask(async () => ({
    status: 200,
    headers: {},
    body: (async function* () {
      yield Buffer.alloc(10);
      throw new Error('disk');
    })(),
  }));
  await expect((await response).arrayBuffer()).rejects.toThrow('the station ended');
});

it('what the window no longer wants is let go of', async () => {
  let isLetGo = false;
  const { response, answered } = ask(async () => ({
    status: 200,
    headers: {},
    body: (async function* () {
      try {
        for (;;) yield Buffer.alloc(100_000);
      } finally {
        isLetGo = true;
      }
    })(),
  }));
  await (await response).body?.cancel();
  await answered;
  expect(isLetGo).toBe(true);
});
