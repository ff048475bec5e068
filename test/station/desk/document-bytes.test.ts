// Documents and videos by URL: the range that was asked for, and a policy under which a stranger's document can do nothing.
import { describe, expect, it } from 'vitest';
import { openByteDesk, type ByteSources } from '#station/desk/bytes.ts';
import { rangeOf } from '#station/desk/document-bytes.ts';
import { silentLog } from '#station/kit/log.ts';

const bytes = Buffer.from('0123456789');
const stretch = (mediaType: string) => ({
  ...{ sizeBytes: bytes.length, mediaType },
  async *stream(from: number, to: number) {
    yield await Promise.resolve(bytes.subarray(from, to));
  },
});
const desk = openByteDesk(
  {
    documents: {
      enclosed: (id: string) => Promise.resolve(stretch(id.startsWith('1') ? 'text/html' : 'application/pdf')),
      video: () => Promise.resolve(stretch('video/mp4')),
      samples: () => Promise.resolve(Buffer.alloc(8)),
    },
  } as unknown as ByteSources,
  silentLog,
);
async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const gathered: T[] = [];
  for await (const item of items) gathered.push(item);
  return gathered;
}
const id = '0'.repeat(26);
async function get(path: string, range?: string, of = id) {
  const [pathname = '', query = ''] = `/api/objects/${of}/${path}`.split('?');
  const answer = await desk({
    ...{ method: 'GET', pathname, query: new URLSearchParams(query), range },
    body: (async function* () {})(),
  });
  if (answer === undefined) throw new Error('no answer');
  const parts = answer.body instanceof Uint8Array ? [answer.body] : await all(answer.body);
  return { ...answer, text: Buffer.concat(parts).toString() };
}

describe('a video', () => {
  it('is given whole, in part, from the end, and not beyond its end', async () => {
    expect(await get('video')).toMatchObject({ status: 200, text: '0123456789' });
    expect(await get('video', 'bytes=2-4')).toMatchObject({
      ...{ status: 206, text: '234' },
      headers: { 'Content-Range': 'bytes 2-4/10', 'Content-Length': '3', 'Content-Type': 'video/mp4' },
    });
    expect(await get('video', 'bytes=8-')).toMatchObject({ status: 206, text: '89' });
    expect(await get('video', 'bytes=-3')).toMatchObject({ status: 206, text: '789' });
    expect(await get('video', 'bytes=10-')).toMatchObject({ status: 416 });
  });

  it.each(['bytes=', 'bytes=-', 'bytes=1-2,4-5', 'items=1-2', 'bytes=a-b'])('is given whole for %s', (said) => {
    expect(rangeOf(said, 10)).toBe(null);
  });
});

it('a document may run nothing, and what is no PDF is only given to be saved', async () => {
  const pdf = await get('document');
  expect(pdf.headers).toMatchObject({ 'Content-Type': 'application/pdf' });
  expect(pdf.headers['Content-Security-Policy']).toMatch(/^sandbox; default-src 'none'/);
  const page = await get('document', undefined, '1'.repeat(26));
  expect(page.headers).toMatchObject({ 'Content-Type': 'application/octet-stream' });
  expect(page.headers['Content-Disposition']).toMatch(/^attachment/);
  expect((await get('document?copy')).headers['Content-Disposition']).toContain('.pdf');
});

it('samples want a group, a beginning and a number', async () => {
  expect(await get('samples/0?from=0&count=10')).toMatchObject({ status: 200 });
  expect(await get('samples/0?from=-1&count=10')).toMatchObject({ status: 400 });
  expect(await get('samples/x?from=0&count=1')).toMatchObject({ status: 400 });
});
