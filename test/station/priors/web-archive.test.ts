// Archives over DICOMweb that answer too much, something else, or with another image than was asked for.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebService } from '#station/5-forward/index.ts';
import { newUid } from '#station/kit/ids.ts';
import { openWebArchive, type Archive, type FoundStudy } from '#station/priors/index.ts';
import type { Keeping, ListedObject } from '#station/priors/ports.ts';
import { firstPart, type WebReader } from '#station/priors/web-archive.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

type Answer = { readonly status?: number; readonly type?: string; readonly body: string | Buffer };

/** An archive whose service answers every request as a test says. */
async function service(answer: (url: URL) => Answer): Promise<{ archive: Archive; asked: string[] }> {
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://archive');
    asked.push(url.pathname + url.search);
    const { status = 200, type = 'application/dicom+json', body } = answer(url);
    response.writeHead(status, { 'content-type': type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as AddressInfo;
  const web = { baseUrl: `http://127.0.0.1:${port}/web`, auth: { kind: 'none' as const } };
  const archive = openWebArchive(() => {
    const one = new WebService({ web, calling: () => undefined, readSecret: undefined });
    return { ...readerOf(one), close: () => one.close() };
  });
  return { archive, asked };
}

const readerOf = (one: WebService): Omit<WebReader, 'close'> => {
  const plain = async (asked: ReturnType<WebService['query']>) => {
    const outcome = await asked;
    return outcome.kind === 'answered'
      ? outcome
      : ({ kind: 'failed', word: { key: outcome.kind, params: {} } } as const);
  };
  return {
    query: (...args) => plain(one.query(...args)),
    retrieve: (...args) => plain(one.retrieve(...args)),
  };
};

const { signal } = new AbortController();
const study = (PatientID: string) => ({
  '0020000D': { vr: 'UI', Value: [newUid()] },
  '00100020': { vr: 'LO', Value: [PatientID] },
  '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Yamada^Tarou', Ideographic: '山田^太郎' }] },
  '00201208': { vr: 'IS', Value: [12] },
  '00081030': { vr: 'LO', Value: ['Hand \u202e<b>'] },
});

async function find(archive: Archive, most = 200) {
  const found: (FoundStudy | 'other-patient')[] = [];
  const who = { PatientID: 'S1', IssuerOfPatientID: '' };
  return { end: await archive.find(who, { most, signal, onFound: (one) => found.push(one) }), found };
}

describe('studies', () => {
  it('are read with names in several scripts, without signs that turn the writing, and without other patients', async () => {
    const { archive, asked } = await service(() => ({
      body: JSON.stringify([study('S1'), study('S11'), 'nonsense', { '0020000D': { Value: ['no uid'] } }]),
    }));
    const { end, found } = await find(archive);
    expect(end).toEqual({ kind: 'answered', more: false, unreadable: 1 });
    expect(found).toMatchObject([
      { PatientName: 'Yamada^Tarou=山田^太郎', images: 12, StudyDescription: 'Hand  <b>' },
      'other-patient',
    ]);
    expect(asked[0]).toContain('/web/studies?PatientID=S1&limit=201');
  });

  it('beyond the most that is wanted are cut, also where the limit is not kept', async () => {
    const many = JSON.stringify(Array.from({ length: 5_000 }, () => study('S1')));
    const { archive } = await service(() => ({ body: many }));
    const { end, found } = await find(archive);
    expect(end).toEqual({ kind: 'answered', more: true, unreadable: 0 });
    expect(found).toHaveLength(200);
  });

  it.each([
    ['a page of some proxy', { type: 'text/html', body: '<h1>Welcome</h1>' }, 'answer-unreadable'],
    ['half of a list', { body: '[{"0020000D":' }, 'answer-unreadable'],
    ['an object', { body: '{}' }, 'answer-unreadable'],
    ['more than can be borne', { body: Buffer.alloc(17 * 1024 * 1024, 0x20) }, 'unreadable'],
    ['not allowed', { status: 403, body: '' }, 'web-status'],
  ])('are none when the answer is %s, and it says so', async (_what, answer, key) => {
    const { archive } = await service(() => answer);
    expect((await find(archive)).end).toMatchObject({ kind: 'failed', word: { key } });
  });
});

describe('images', () => {
  const object = (): ListedObject => ({ SeriesInstanceUID: newUid(), SOPInstanceUID: newUid(), SOPClassUID: '' });

  it('are asked for one by one; what an archive does not give keeps the others from nobody', async () => {
    const objects = [object(), object(), object()];
    const { archive, asked } = await service(({ pathname }) =>
      pathname.includes(objects[1]?.SOPInstanceUID ?? '')
        ? { status: 404, body: '' }
        : {
            type: 'multipart/related; type="application/dicom"; boundary=B',
            body: '--B\r\nA: b\r\n\r\nbytes\r\n--B--',
          },
    );
    const taken: string[] = [];
    const keeping: Keeping = {
      begun: new Set(),
      target: () => ({ refuse: 1 }),
      file: async ({ SOPInstanceUID }, bytes) => {
        taken.push(SOPInstanceUID);
        return bytes.toString() === 'bytes';
      },
      full: () => (taken.length > 1 ? { key: 'no-room', params: {} } : undefined),
    };
    expect(await archive.fetch(newUid(), [...objects, object()], keeping, signal)).toEqual({
      key: 'no-room',
      params: {},
    });
    expect(taken).toEqual([objects[0]?.SOPInstanceUID, objects[2]?.SOPInstanceUID]);
    expect(asked).toHaveLength(3);
  });

  it.each([
    ['is not of several parts', 'text/plain', 'x'],
    ['names no boundary', 'multipart/related; type="application/dicom"', '--B\r\n\r\nx\r\n--B--'],
    ['has another boundary', 'multipart/related; boundary=C', '--B\r\n\r\nx\r\n--B--'],
    ['never ends its part', 'multipart/related; boundary=B', '--B\r\nA: b\r\n\r\nx'],
    ['has no head', 'multipart/related; boundary=B', '--B\r\nx\r\n--B--'],
  ])('are not taken from an answer that %s', (_what, type, body) => {
    expect(firstPart(Buffer.from(body), type)).toBeUndefined();
  });

  it('are taken from a quoted boundary, and from an answer that is the file itself', () => {
    const body = Buffer.from('--a b\r\nContent-Type: application/dicom\r\n\r\nx\r\ny\r\n--a b--');
    expect(firstPart(body, 'multipart/related; type="application/dicom"; boundary="a b"')?.toString()).toBe('x\r\ny');
    expect(firstPart(Buffer.from('z'), 'application/dicom')?.toString()).toBe('z');
  });
});
