// Row after row of the HTTP table, and everything that is no answer: each is given once by a real service, and everything
// arrives when it is over.
import net from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { answerKeys, answerParams } from '#contract/shapes/answer-keys.ts';
import {
  classifyFailure,
  classifyHttp,
  classifyStored,
  httpTable,
} from '#station/5-forward/web/http-classification.ts';
import { many } from '../approved-exam.ts';
import { allIn, openWebStation, type WebStation, type WebStationOptions } from './open-web.ts';
import { json, startWebPeer, storeAnswer, type WebAnswer } from './web-peer.ts';

const opened: WebStation[] = [];
const open = async (options?: WebStationOptions) => {
  const station = await openWebStation(options);
  opened.push(station);
  return station;
};
afterEach(async () => {
  for (const station of opened.splice(0)) await station.close();
});

const statuses = [...Object.keys(httpTable).map(Number), 201, 206, 301, 302, 308, 402, 418, 499, 506, 599];

describe('the HTTP table', () => {
  it.each(statuses)('%i is a class, and a key with its parameters', (status) => {
    const { answer } = classifyHttp(status);
    expect(answerKeys).toContain(answer.key);
    expect(Object.keys(answer.params).sort()).toEqual([...answerParams[answer.key]].sort());
  });

  it('takes no failure reason for a success', () => {
    const object = { sopClassUid: '1.2', transferSyntaxUid: '1.2.1' };
    for (let reason = 0; reason <= 0xffff; reason++) {
      const found = classifyFailure(reason, object);
      if (found.class === 'sent' || found.class === 'sent-with-warning') expect(reason).toBe(0x0111);
      expect(Object.keys(found.answer.params).sort()).toEqual([...answerParams[found.answer.key]].sort());
    }
    expect(classifyStored(0xb006)).toMatchObject({ class: 'sent-with-warning' });
  });
});

/** What became of the object after one such answer, and after it is over. */
async function afterOne(answer: WebAnswer | 'destroy'): Promise<string> {
  const station = await open();
  let asked = 0;
  station.peer.onStore = (_uids, request) => {
    if (++asked > 1) return undefined;
    if (answer !== 'destroy') return answer;
    request.socket.destroy();
    return undefined;
  };
  station.approve(station.shelf.exam(many(1)));
  await station.until((rows) => rows[0]?.state === 'committed' || rows[0]?.state === 'blocked');
  const [first] = station.attempts();
  return `${first?.outcome} ${(JSON.parse(first?.answer ?? '{}') as { key?: string }).key} ${station.states()[0]}`;
}

const told: Readonly<Record<number, string>> = {
  302: 'destination-refused web-redirects committed',
  400: 'unknown web-refused committed',
  401: 'destination-refused web-not-authorised committed',
  403: 'destination-refused web-not-authorised committed',
  404: 'destination-refused web-not-found committed',
  405: 'destination-refused web-not-offered committed',
  406: 'destination-refused web-not-offered committed',
  408: 'unknown object-unanswered committed',
  409: 'unknown web-refused committed',
  413: 'object-refused web-too-large blocked',
  415: 'unknown web-type-refused committed',
  429: 'transient web-busy committed',
  500: 'unknown web-failed committed',
  501: 'destination-refused web-not-offered committed',
  502: 'unknown web-failed committed',
  503: 'unknown web-busy committed',
  504: 'unknown web-failed committed',
  507: 'unknown web-no-room committed',
  599: 'unknown web-failed committed',
};

describe('one object', () => {
  it('that is answered so once is judged so, and arrives when it is over', async () => {
    const seen = await Promise.all(
      Object.keys(told).map(async (status) => [status, await afterOne({ status: Number(status) })] as const),
    );
    expect(Object.fromEntries(seen)).toEqual(told);
  });

  it('too large to be wanted is known before a byte of it has left', async () => {
    const station = await open();
    station.peer.onHead = (request, response) => {
      if (request.method === 'POST') response.writeHead(413, { connection: 'close' }).end();
      return request.method === 'POST';
    };
    station.approve(station.shelf.exam(many(1, { bytes: Buffer.alloc(3_000_000, 3) })));
    await station.until(allIn('blocked'));
    expect(station.rows()[0]).toMatchObject({ lastAnswer: { key: 'web-too-large' } });
  });
});

describe('what is no answer', () => {
  it.each([
    ['a connection that breaks before the answer', 'destroy', 'unknown connection-lost committed'],
    [
      'a body shorter than it says',
      { status: 200, headers: { ...json, 'content-length': '5000' }, body: '{' },
      'unknown answer-unreadable committed',
    ],
    [
      'a packed body that unpacks to more than is read',
      { status: 200, headers: { ...json, 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(40_000_000)) },
      'unknown answer-unreadable committed',
    ],
    [
      'a body packed in a way nobody knows',
      { status: 200, headers: { ...json, 'content-encoding': 'zstd' }, body: 'x' },
      'unknown answer-unreadable committed',
    ],
    [
      'a body larger than is read',
      { status: 200, headers: json, body: Buffer.alloc(9_000_000, 32) },
      'unknown answer-unreadable committed',
    ],
    [
      'JSON as deep as it gets',
      { status: 200, headers: json, body: '['.repeat(200_000) },
      'unknown answer-unreadable committed',
    ],
  ] as const)('%s', async (_name, answer, expected) => {
    expect(await afterOne(answer)).toBe(expected);
  });

  it('a packed answer that is true is read', async () => {
    const station = await open();
    station.peer.onStore = (uids) => {
      station.peer.kept.push(...uids.map((uid) => ({ uid }) as never));
      const body = gzipSync(storeAnswer(uids.map((uid) => ({ uid }))));
      return { status: 200, headers: { ...json, 'content-encoding': 'gzip' }, body };
    };
    station.approve(station.shelf.exam(many(3)));
    await station.until(allIn('committed'));
    expect(station.attempts().map(({ outcome }) => outcome)).toEqual(['sent', 'sent', 'sent']);
  });

  /** A service that says raw bytes: how the first object was judged, or the service when nothing of it had left. */
  async function afterRaw(
    says: (socket: net.Socket) => void,
    timeouts: WebStationOptions['timeouts'] = {},
  ): Promise<string> {
    const sockets: net.Socket[] = [];
    const raw = net.createServer((socket) => {
      socket.on('error', () => {});
      sockets.push(socket);
      says(socket);
    });
    await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve));
    const { port } = raw.address() as net.AddressInfo;
    const idle = await startWebPeer();
    const baseUrl = `http://127.0.0.1:${port}/dicom-web`;
    const station = await open({ peer: { ...idle, baseUrl }, web: { mostObjects: 1 }, timeouts });
    station.approve(station.shelf.exam(many(1, { bytes: Buffer.alloc(30_000_000, 3) })));
    const judged = () => station.attempts().find(({ outcome }) => outcome !== 'underway');
    const stands = () => station.forward.destinationStatus()[0]?.lastAnswer?.key;
    await station.until(() => judged() !== undefined || stands() !== undefined);
    const attempt = judged();
    for (const socket of sockets) socket.destroy();
    raw.close();
    if (attempt === undefined) return `untouched ${stands()}`;
    return `${attempt.outcome} ${(JSON.parse(attempt.answer ?? '{}') as { key?: string }).key}`;
  }

  it.each([
    ['garbage in place of HTTP', 'no such thing\r\n\r\n', 'unknown answer-unreadable'],
    ['a status that is none', 'HTTP/1.1 9x9 What\r\n\r\n', 'unknown answer-unreadable'],
    ['a head without an end', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(60_000)}`, 'unknown answer-unreadable'],
    ['success before the body was whole', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 'unknown answer-unreadable'],
    [
      'a refusal before the body was whole',
      'HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n',
      'destination-refused web-not-authorised',
    ],
  ] as const)('%s', async (_name, bytes, expected) => {
    // In the middle of the image: what had left by then is known.
    let heardBytes = 0;
    const first = await afterRaw((socket) => {
      socket.on('data', (piece: Buffer) => {
        const isFirst = heardBytes < 1_000_000;
        heardBytes += piece.length;
        if (isFirst && heardBytes >= 1_000_000) socket.write(bytes);
      });
    });
    expect(first).toBe(expected);
  });

  it('one who takes the call and says nothing, and one who stops reading', async () => {
    expect(await afterRaw((socket) => void socket.resume(), { answerMs: 500 })).toBe('unknown object-unanswered');
    expect(await afterRaw((socket) => void socket.pause(), { stalledMs: 500 })).toBe('unknown object-unanswered');
  });

  it('an answer that trickles for ever is ended', async () => {
    const first = await afterRaw(
      (socket) => {
        let timer: NodeJS.Timeout | undefined;
        socket.once('data', () => {
          socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/dicom+json\r\nContent-Length: 100000\r\n\r\n');
          timer = setInterval(() => socket.write(' '), 20);
        });
        socket.on('data', () => {});
        socket.on('close', () => clearInterval(timer));
      },
      { readMs: 300 },
    );
    expect(first).toBe('untouched answer-unreadable');
  });
});
