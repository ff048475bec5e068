import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  openDicomServer,
  type DicomServer,
  type ServerOptions,
  type ServerRules,
} from '#station/dicom/network/index.ts';
import { KeptObjects, sha256 } from './kept-objects.ts';
import {
  associateRequest,
  command,
  data,
  echoCommand,
  fragment,
  pdu,
  RawPeer,
  readAcceptance,
  readCommand,
  storeCommand,
} from './raw-peer.ts';

const ct = '1.2.840.10008.5.1.4.1.1.2';
const verification = '1.2.840.10008.1.1';
const commitment = '1.2.840.10008.1.20.1';
const explicit = '1.2.840.10008.1.2.1';
const implicit = '1.2.840.10008.1.2';
const contexts = [
  { id: 1, abstract: verification, transfer: [implicit] },
  { id: 3, abstract: ct, transfer: [explicit] },
];

let server: DicomServer;
let kept: KeptObjects;
const peers: RawPeer[] = [];

async function open(options: Partial<ServerOptions> = {}, rules: Partial<ServerRules> = {}): Promise<void> {
  server = await openDicomServer({ host: '127.0.0.1', port: 0, closingMs: 50, ...options }, kept.rules(rules));
}

const dropped = () =>
  kept.events.reduce((sum, event) => sum + (event.kind === 'connection-dropped' ? event.count : 0), 0);

async function connect(): Promise<RawPeer> {
  const peer = await RawPeer.connect(server.port);
  peers.push(peer);
  return peer;
}

async function associate(request: Partial<Parameters<typeof associateRequest>[0]> = {}) {
  const peer = await connect();
  peer.say(associateRequest({ contexts, ...request }));
  const answer = await peer.next();
  expect(answer?.[0]).toBe(2);
  return { peer, accepted: readAcceptance(answer ?? Buffer.alloc(0)) };
}

async function stillServes(): Promise<void> {
  const { peer } = await associate();
  peer.say(data(fragment(1, 3, echoCommand())));
  expect(readCommand((await peer.next()) ?? Buffer.alloc(0)).get(0x0900)).toBe(0);
}

beforeEach(() => {
  kept = new KeptObjects();
});
afterEach(async () => {
  for (const peer of peers.splice(0)) peer.close();
  await server.close(500);
});

describe('a connection that is not an association', () => {
  it('is aborted when it sends something that is not DICOM', async () => {
    await open();
    const peer = await connect();
    peer.say(Buffer.from('GET / HTTP/1.1\r\nHost: safelight\r\n\r\n'));
    expect(await peer.nextAbort()).toEqual([0, 0]);
    await peer.gone();
    await stillServes();
  });

  it('is aborted when it announces 64 MiB for an association request', async () => {
    await open();
    const peer = await connect();
    peer.say(Buffer.from([1, 0, 4, 0, 0, 0]), Buffer.alloc(100_000));
    expect(await peer.nextAbort()).toEqual([0, 0]);
    await stillServes();
  });

  it('is aborted when it sends data before an association', async () => {
    await open();
    const peer = await connect();
    peer.say(data(fragment(1, 3, echoCommand())));
    expect(await peer.nextAbort()).toEqual([0, 0]);
  });

  it('is aborted when its request is cut short inside', async () => {
    await open();
    const peer = await connect();
    const request = associateRequest({ contexts });
    request.writeUInt16BE(60_000, 76);
    peer.say(request);
    expect(await peer.nextAbort()).toEqual([0, 0]);
  });

  it('is dropped when it stays silent, or stops within its request', async () => {
    await open({ artimMs: 100 });
    const silent = await connect();
    const half = await connect();
    half.say(associateRequest({ contexts }).subarray(0, 50));
    await Promise.all([silent.gone(), half.gone()]);
    await kept.until(() => dropped() === 2);
  });

  it('does not keep others out, however many of them there are', async () => {
    await open({ mostSilent: 4 });
    for (let count = 0; count < 50; count++) await connect();
    // The oldest make room for the newest.
    await kept.until(() => dropped() >= 46);
    await stillServes();
  });
});

describe('an association request', () => {
  it('with another protocol version or application context is rejected with the reason', async () => {
    await open();
    const rejections: (readonly number[])[] = [];
    for (const odd of [{ version: 2 }, { applicationContext: '1.2.3' }]) {
      const peer = await connect();
      peer.say(associateRequest({ contexts, ...odd }));
      rejections.push([...((await peer.next()) ?? [])]);
      await peer.gone();
    }
    expect(rejections.map((bytes) => [bytes[0], ...bytes.slice(7, 10)])).toEqual([
      [3, 1, 2, 2],
      [3, 1, 1, 2],
    ]);
  });

  it('is rejected for now when there are too many associations', async () => {
    await open({ mostAssociations: 1 });
    await associate();
    const peer = await connect();
    peer.say(associateRequest({ contexts }));
    expect([...((await peer.next()) ?? [])].slice(7, 10)).toEqual([2, 3, 2]);
  });

  it('gets its contexts answered under their own numbers, whatever their order', async () => {
    await open();
    const odd = [
      { id: 7, abstract: '1.2.840.10008.5.1.4.1.1.2', transfer: ['1.2.840.10008.1.2.4.70'] },
      { id: 3, abstract: '1.2.840.10008.5.1.4.1.2.2.1', transfer: [implicit] },
      { id: 255, abstract: '1.2.9.8.7.6', transfer: ['1.2.9.8.7.7', implicit] },
      { id: 1, abstract: verification, transfer: [implicit] },
    ];
    const { accepted, peer } = await associate({ contexts: odd });
    expect(accepted.contexts.get(7)).toEqual({ result: 0, transfer: '1.2.840.10008.1.2.4.70' });
    expect(accepted.contexts.get(3)?.result).toBe(3);
    expect(accepted.contexts.get(255)).toEqual({ result: 0, transfer: implicit });
    peer.say(data(fragment(1, 3, echoCommand())));
    expect((await peer.next())?.[10]).toBe(1);
  });

  it('never gets an asynchronous window', async () => {
    await open();
    const { accepted } = await associate({ asyncWindow: [8, 8] });
    expect(accepted.grantsAsync).toBe(false);
  });

  it('is told our maximum PDU length, and its own is kept to in our answers', async () => {
    await open({ maxPduLength: 65_536 });
    const { accepted, peer } = await associate({ maxPdu: 32 });
    expect(accepted.maxPdu).toBe(65_536);
    peer.say(data(fragment(1, 3, echoCommand())));
    for (let last = false; !last;) {
      const part = (await peer.next()) ?? Buffer.alloc(0);
      expect(part.readUInt32BE(2)).toBeLessThanOrEqual(32);
      last = (Number(part[11]) & 2) === 2;
    }
  });

  it('with an even or repeated context number is aborted', async () => {
    await open();
    for (const ids of [[2], [1, 1]]) {
      const peer = await connect();
      peer.say(associateRequest({ contexts: ids.map((id) => ({ id, abstract: ct, transfer: [implicit] })) }));
      expect(await peer.nextAbort()).toEqual([0, 0]);
    }
  });

  it('with a user identity of any bytes does no harm', async () => {
    await open();
    const identity = Buffer.from('\x58\0\0\x0c\x01\x01\0\x06\xff\xfe\x80\x81\x82\x83\0\0', 'latin1');
    await associate({ moreItems: identity });
    await stillServes();
  });

  it('for commitment reports is accepted in the role of provider, and refused to who wants to ask', async () => {
    await open({}, { onCommitmentReport: () => 0 });
    const asProvider = await associate({
      contexts: [{ id: 1, abstract: commitment, transfer: [implicit] }],
      roles: [{ abstract: commitment, scu: 0, scp: 1 }],
    });
    expect(asProvider.accepted.contexts.get(1)?.result).toBe(0);
    expect(asProvider.accepted.roles.get(commitment)).toEqual([0, 1]);
    const asUser = await associate({ contexts: [...contexts, { id: 5, abstract: commitment, transfer: [implicit] }] });
    expect(asUser.accepted.contexts.get(5)?.result).toBe(3);
  });
});

describe('data', () => {
  it.each([0, 1])('with a fragment length of %i is aborted', async (length) => {
    await open();
    const { peer } = await associate();
    peer.say(pdu(4, Buffer.from([0, 0, 0, length, 1, 3])));
    expect(await peer.nextAbort()).toEqual([2, 6]);
    await stillServes();
  });

  it.each([
    ['longer than we take', () => Buffer.from([4, 0, 0x04, 0, 0, 0])],
    ['without a fragment', () => pdu(4, Buffer.alloc(0))],
    ['with a fragment longer than its PDU', () => pdu(4, Buffer.from([0, 0, 1, 0, 1, 3, 9, 9]))],
    ['on a context that was not accepted', () => data(fragment(99, 3, echoCommand()))],
    ['with a command of garbage', () => data(fragment(1, 3, Buffer.from('garbage garbage garbage')))],
    [
      'with a command that never ends',
      () => data(...Array.from({ length: 9 }, () => fragment(1, 1, Buffer.alloc(2000)))),
    ],
    ['without a command', () => data(fragment(3, 2, Buffer.alloc(10)))],
    ['with an answer to nothing', () => data(fragment(1, 3, command({ 0x0100: 0x8030, 0x0800: 0x0101 })))],
  ])('%s is aborted', async (_what, bytes) => {
    await open();
    const { peer } = await associate();
    peer.say(bytes());
    expect(await peer.nextAbort()).toBeDefined();
    await peer.gone();
    await stillServes();
  });

  it('of another service is refused and read to its end', async () => {
    await open();
    const { peer } = await associate();
    const find = command({ 0x0002: ct, 0x0100: 0x20, 0x0110: 4, 0x0700: 0, 0x0800: 1 });
    peer.say(
      data(fragment(3, 3, find)),
      data(fragment(3, 0, Buffer.alloc(9000))),
      data(fragment(3, 2, Buffer.alloc(10))),
    );
    const answer = readCommand((await peer.next()) ?? Buffer.alloc(0));
    expect(answer.get(0x0100)).toBe(0x8020);
    expect(answer.get(0x0900)).toBe(0x0122);
    peer.say(data(fragment(1, 3, echoCommand(5))));
    expect(readCommand((await peer.next()) ?? Buffer.alloc(0)).get(0x0120)).toBe(5);
  });

  it('in fragments of every size, several in a PDU or one in many, is the same object', async () => {
    await open();
    const { peer } = await associate();
    const bytes = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 251));
    const cut = (size: number) =>
      Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      );
    for (const size of [1, 7, 1000, 5000]) {
      const pieces = cut(size).map((piece, index, all) => fragment(3, index === all.length - 1 ? 2 : 0, piece));
      const pdus = size === 7 ? [data(...pieces)] : pieces.map((piece) => data(piece));
      const stream = Buffer.concat([
        data(fragment(3, 1, storeCommand(ct).subarray(0, 20)), fragment(3, 3, storeCommand(ct).subarray(20))),
        ...pdus,
      ]);
      for (let offset = 0; offset < stream.length; offset += 333) peer.say(stream.subarray(offset, offset + 333));
      expect(readCommand((await peer.next()) ?? Buffer.alloc(0)).get(0x0900)).toBe(0);
    }
    expect(kept.kept.map((object) => object.sha256)).toEqual(Array.from({ length: 4 }, () => sha256(bytes)));
  });

  it('without a byte is an object without a byte', async () => {
    await open();
    const { peer } = await associate();
    peer.say(data(fragment(3, 3, storeCommand(ct)), fragment(3, 2, Buffer.alloc(0))));
    expect(readCommand((await peer.next()) ?? Buffer.alloc(0)).get(0x0900)).toBe(0);
    expect(kept.kept[0]?.sizeBytes).toBe(0);
  });
});

describe('an object that does not become whole', () => {
  it.each([
    ['abort', (peer: RawPeer) => peer.say(pdu(7, Buffer.alloc(4)))],
    ['end', (peer: RawPeer) => peer.socket.end()],
    ['reset', (peer: RawPeer) => peer.socket.resetAndDestroy()],
    ['release', (peer: RawPeer) => peer.say(pdu(5, Buffer.alloc(4)))],
    ['second command', (peer: RawPeer) => peer.say(data(fragment(3, 3, storeCommand(ct))))],
  ])('because of an %s is discarded', async (_how, stop) => {
    await open();
    const { peer } = await associate();
    peer.say(data(fragment(3, 3, storeCommand(ct))), data(fragment(3, 0, Buffer.alloc(10_000))));
    stop(peer);
    await kept.until(() => kept.discarded === 1 && kept.events.some(({ kind }) => kind === 'association-closed'));
    expect(kept.kept).toEqual([]);
    expect(server.associations).toBe(0);
  });

  it('because the device has become too slow is discarded', async () => {
    await open({ rateWindowMs: 100 });
    const { peer } = await associate();
    peer.say(data(fragment(3, 3, storeCommand(ct))), data(fragment(3, 0, Buffer.alloc(10))).subarray(0, 15));
    expect(await peer.nextAbort()).toEqual([0, 0]);
    expect(kept.discarded).toBe(1);
  });

  it('because a rule or its place threw is answered as a failure, and the association goes on', async () => {
    let number = 0;
    const failing = () => {
      number++;
      if (number === 1) throw new Error('begin');
      if (number === 2) return Promise.reject(new Error('begin later'));
      const sink = kept.sink({ sopClassUid: '', sopInstanceUid: '', transferSyntaxUid: '', association: {} as never });
      const fail = () => {
        throw new Error('write');
      };
      if (number === 3) return { ...sink, write: fail };
      if (number === 4) return { ...sink, write: () => Promise.reject(new Error('write later')) };
      return { ...sink, finish: () => Promise.reject(new Error('finish')) };
    };
    await open({}, { beginObject: failing, answerTo: () => ({ status: 0xa700, comment: 'No room left' }) });
    const { peer } = await associate();
    for (let count = 1; count <= 5; count++) {
      peer.say(
        data(fragment(3, 3, storeCommand(ct, '1.2', count))),
        data(fragment(3, 0, Buffer.alloc(9000)), fragment(3, 2, Buffer.alloc(3))),
      );
      const answer = readCommand((await peer.next()) ?? Buffer.alloc(0));
      expect([answer.get(0x0120), answer.get(0x0900), answer.get(0x0902)]).toEqual([count, 0xa700, 'No room left']);
    }
    expect(kept.discarded).toBe(2);
    expect(kept.events.filter(({ kind }) => kind === 'rule-failed')).toHaveLength(5);
  });
});

describe('a place that answers nonsense', () => {
  it('costs its association and nothing else', async () => {
    let isBroken = true;
    await open(
      {},
      {
        beginObject: (start) =>
          isBroken ? { ...kept.sink(start), finish: async () => undefined as never } : kept.sink(start),
      },
    );
    const { peer } = await associate();
    peer.say(data(fragment(3, 3, storeCommand(ct)), fragment(3, 2, Buffer.alloc(10))));
    expect(await peer.nextAbort()).toEqual([0, 0]);
    isBroken = false;
    await stillServes();
  });
});

describe('a stalled disk', () => {
  it('holds the device back, and no byte is lost when it goes on', async () => {
    let goOn = () => {};
    const stalled = new Promise<void>((resolve) => (goOn = resolve));
    const rules = kept.rules();
    let takenBytes = 0;
    await open(
      {},
      {
        beginObject: async (start) => {
          const sink = await rules.beginObject(start);
          return {
            ...sink,
            write: (pieces) => {
              takenBytes += pieces.reduce((sum, piece) => sum + piece.length, 0);
              sink.write(pieces);
              return stalled;
            },
          };
        },
      },
    );
    const { peer } = await associate({ maxPdu: 0 });
    const bytes = Buffer.alloc(30 * 1024 * 1024, 'safelight');
    peer.say(data(fragment(3, 3, storeCommand(ct))));
    for (let offset = 0; offset < bytes.length; offset += 100_000) {
      const piece = bytes.subarray(offset, offset + 100_000);
      peer.say(data(fragment(3, offset + 100_000 >= bytes.length ? 2 : 0, piece)));
    }
    const { socket } = peer;
    // What the kernel takes for both sides is a few megabytes; the rest must wait on the device's side.
    for (let before = -1; before !== socket.writableLength;) {
      before = socket.writableLength;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(takenBytes).toBeLessThan(1024 * 1024);
    expect(socket.writableLength).toBeGreaterThan(15 * 1024 * 1024);
    goOn();
    expect(readCommand((await peer.next()) ?? Buffer.alloc(0)).get(0x0900)).toBe(0);
    expect(kept.kept[0]?.sha256).toBe(sha256(bytes));
  });
});

describe('closing the listener', () => {
  it('lets the object at hand finish and ends what is idle', async () => {
    await open();
    const { peer: idle } = await associate();
    const { peer } = await associate();
    peer.say(data(fragment(3, 3, storeCommand(ct))), data(fragment(3, 0, Buffer.alloc(10))));
    peer.say(data(fragment(3, 0, Buffer.alloc(10))));
    await kept.until(() => kept.takenBytes === 20);
    const closed = server.close(5000);
    expect(await idle.nextAbort()).toEqual([0, 0]);
    peer.say(data(fragment(3, 2, Buffer.alloc(10))));
    expect(readCommand((await peer.next()) ?? Buffer.alloc(0)).get(0x0900)).toBe(0);
    await closed;
    expect(kept.kept).toHaveLength(1);
    await expect(RawPeer.connect(server.port)).rejects.toThrow();
  });

  it('does not wait for ever for an object that does not come', async () => {
    await open();
    const { peer } = await associate();
    peer.say(data(fragment(3, 3, storeCommand(ct))), data(fragment(3, 0, Buffer.alloc(10))));
    await kept.until(() => kept.takenBytes === 10);
    await server.close(100);
    expect(kept.discarded).toBe(1);
  });
});
