// A frame over the byte paths: its values, its tables behind them, its shape in a header that every line can carry.
import { expect, it } from 'vitest';
import { openByteDesk, type ByteSources } from '#station/desk/bytes.ts';
import { newId } from '#station/kit/ids.ts';
import { silentLog } from '#station/kit/log.ts';

async function ask(frame: Awaited<ReturnType<ByteSources['frame']>>) {
  const refuse = () => Promise.reject(new Error('not asked'));
  const sources: ByteSources = {
    file: refuse,
    thumbnail: refuse,
    documents: { enclosed: refuse, video: refuse, samples: refuse },
    document: refuse,
    takeUpload: refuse,
    importUploads: refuse,
    frame: () => Promise.resolve(frame),
  };
  async function* nothing(): AsyncGenerator<Uint8Array> {}
  const pathname = `/api/objects/${newId()}/frames/0`;
  const answer = await openByteDesk(
    sources,
    silentLog,
  )({ method: 'GET', pathname, query: new URLSearchParams(), body: nothing() });
  const parts: Uint8Array[] = [];
  if (answer?.body instanceof Uint8Array) parts.push(answer.body);
  else for await (const part of answer?.body ?? nothing()) parts.push(part);
  return { header: answer?.headers['X-Safelight-Frame'] ?? '', body: [...Buffer.concat(parts)] };
}

it('a name that a device gave to a window crosses a header in any script', async () => {
  const shape = { windows: [{ name: '肺 "Lunge ü" \u007f \u0000 \u2028' }] };
  const { header } = await ask({ shape, bytes: new Uint8Array(1) });
  expect(header).toMatch(/^[\x20-\x7e]+$/);
  expect(JSON.parse(header)).toEqual(shape);
});

it('tables and overlays follow the values of a frame', async () => {
  const { body } = await ask({ shape: {}, bytes: Uint8Array.of(1, 2), attached: Uint8Array.of(3) });
  expect(body).toEqual([1, 2, 3]);
});
