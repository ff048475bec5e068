// What is agreed on when an association is asked for: classes, encodings, numbers, roles, and items we do not know.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDicomServer, type DicomServer, type ServerRules } from '#station/dicom/network/index.ts';
import {
  associateRequest,
  data,
  echoCommand,
  fragment,
  pdu,
  readAcceptance,
  readCommand,
  storeCommand,
  type RawRequest,
} from '../../../faults/raw-pdus.ts';
import { ScriptedPeer } from '../../../faults/scripted-peer.ts';
import { KeptObjects, sha256 } from './kept-objects.ts';

const verification = '1.2.840.10008.1.1';
const ct = '1.2.840.10008.5.1.4.1.1.2';
const commitment = '1.2.840.10008.1.20.1';
const implicit = '1.2.840.10008.1.2';
const explicit = '1.2.840.10008.1.2.1';

let server: DicomServer;
let kept: KeptObjects;
const peers: ScriptedPeer[] = [];

async function open(rules: Partial<ServerRules> = {}): Promise<void> {
  server = await openDicomServer({ host: '127.0.0.1', port: 0, closingMs: 50 }, kept.rules(rules));
}

async function associate(request: RawRequest) {
  const peer = await ScriptedPeer.connect(server.port);
  peers.push(peer);
  peer.say(associateRequest(request));
  const bytes = await peer.nextOf(2);
  return { peer, bytes, accepted: readAcceptance(bytes) };
}

async function store(peer: ScriptedPeer, contextId: number, sopClass: string, bytes: Buffer): Promise<unknown> {
  peer.say(data(fragment(contextId, 3, storeCommand(sopClass))), data(fragment(contextId, 2, bytes)));
  return readCommand(await peer.nextOf(4)).get(0x0900);
}

async function echoes(peer: ScriptedPeer, contextId: number): Promise<void> {
  peer.say(data(fragment(contextId, 3, echoCommand(9))));
  expect(readCommand(await peer.nextOf(4)).get(0x0120)).toBe(9);
}

beforeEach(() => {
  kept = new KeptObjects();
});
afterEach(async () => {
  for (const peer of peers.splice(0)) peer.close();
  await server.close(500);
});

describe('a storage class', () => {
  it.each([
    ['of today', ct],
    ['retired long ago', '1.2.840.10008.5.1.4.1.1.6'],
    ['of an edition to come', '1.2.840.10008.5.1.4.1.1.999.7'],
    ['of a maker', '1.3.12.2.1107.5.9.1'],
    ['of a maker, and 64 long', `1.3.46.670589.${'7'.repeat(50)}`],
    ['of nobody we know', '2.25.329800735698586629295641978511506172918'],
    ['of an odd place in the tree', '1.2.840.10008.5.1.4.34.7'],
    ['of raw data', '1.2.840.10008.5.1.4.1.1.66'],
  ])('%s is taken in every encoding that is offered, and kept as it came', async (_which, sopClass) => {
    await open();
    const syntaxes = [
      implicit,
      explicit,
      '1.2.840.10008.1.2.2',
      '1.2.840.10008.1.2.1.99',
      '1.2.840.10008.1.2.4.50',
      '1.2.840.10008.1.2.4.90',
      '1.2.840.10008.1.2.4.106',
      '1.2.840.10008.1.2.5',
      '1.2.840.10008.1.2.999',
      '1.2.840.113619.5.2',
      '1.3.46.670589.33.1.4.1',
    ];
    const contexts = syntaxes.map((uid, index) => ({ id: 2 * index + 1, abstract: sopClass, transfer: [uid] }));
    const { peer, accepted } = await associate({ contexts });
    for (const { id, transfer } of contexts) {
      expect(accepted.contexts.get(id)).toEqual({ result: 0, transfer: transfer[0] });
      // Bytes that are in none of these encodings: nobody may look at them, let alone change them.
      const bytes = Buffer.from(`${id} of ${transfer[0]}, not DICOM`);
      expect(await store(peer, id, sopClass, bytes)).toBe(0);
      expect(kept.kept.at(-1)).toMatchObject({
        sopClassUid: sopClass,
        transferSyntaxUid: transfer[0],
        sha256: sha256(bytes),
      });
    }
  });

  it('gets one encoding in each context: never a lossy one beside a faithful one, else the first of the unknown', async () => {
    await open();
    const offers: readonly (readonly [string[], string])[] = [
      [[implicit, explicit], explicit],
      [['1.2.840.10008.1.2.4.50', '1.2.840.10008.1.2.4.70', implicit], '1.2.840.10008.1.2.4.70'],
      [['1.2.840.10008.1.2.4.51', '1.2.840.10008.1.2.4.50'], '1.2.840.10008.1.2.4.51'],
      [['1.2.9.9.9', '1.2.9.9.8'], '1.2.9.9.9'],
      [['1.2.9.9.9', implicit], implicit],
      [Array.from({ length: 60 }, (_, index) => `1.2.840.113619.5.${index}`), '1.2.840.113619.5.0'],
    ];
    const contexts = offers.map(([transfer], index) => ({ id: 2 * index + 1, abstract: ct, transfer }));
    const { accepted } = await associate({ contexts });
    expect([...accepted.contexts.values()]).toEqual(offers.map(([, transfer]) => ({ result: 0, transfer })));
  });

  it('proposed once for each encoding is kept in that of the context it came on', async () => {
    await open();
    const contexts = [
      { id: 9, abstract: ct, transfer: ['1.2.840.10008.1.2.4.70'] },
      { id: 3, abstract: ct, transfer: [explicit] },
      { id: 5, abstract: ct, transfer: [explicit] },
      { id: 201, abstract: ct, transfer: [implicit] },
    ];
    const { peer } = await associate({ contexts });
    for (const { id } of contexts) expect(await store(peer, id, ct, Buffer.from('bytes!'))).toBe(0);
    expect(kept.kept.map(({ transferSyntaxUid }) => transferSyntaxUid)).toEqual(
      contexts.map(({ transfer }) => transfer[0]),
    );
  });
});

describe('the numbers of contexts', () => {
  it('may be all 128 that there are, in any order, each answered under its own', async () => {
    await open();
    const ids = Array.from({ length: 128 }, (_, index) => 255 - 2 * ((index * 37) % 128));
    const contexts = ids.map((id) => ({
      id,
      abstract: `1.2.840.10008.5.1.4.1.1.${id}`,
      transfer: [explicit, implicit],
    }));
    const { peer, accepted } = await associate({ contexts });
    expect([...accepted.contexts.keys()].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 128 }, (_, i) => 2 * i + 1),
    );
    for (const id of [255, 1, ids[64] ?? 0]) expect(await store(peer, id, ct, Buffer.from([1, 2]))).toBe(0);
  });

  it('that were refused are not spoken on', async () => {
    await open();
    const contexts = [
      { id: 1, abstract: verification, transfer: [implicit] },
      { id: 3, abstract: '1.2.840.10008.5.1.4.31', transfer: [implicit] },
    ];
    const { peer, accepted } = await associate({ contexts });
    expect(accepted.contexts.get(3)?.result).toBe(3);
    peer.say(data(fragment(3, 3, echoCommand())));
    expect(await peer.nextAbort()).toEqual([2, 6]);
  });
});

describe('roles', () => {
  it('are confirmed to who sends, cut to that when it offers to receive too, and refused to who only receives', async () => {
    await open();
    const classes = ['2', '4', '7', '128'].map((end) => `1.2.840.10008.5.1.4.1.1.${end}`);
    const contexts = classes.map((abstract, index) => ({ id: 2 * index + 1, abstract, transfer: [implicit] }));
    const [sends, both, receives, silent] = classes as [string, string, string, string];
    const roles = [
      { abstract: sends, scu: 1, scp: 0 },
      { abstract: both, scu: 1, scp: 1 },
      { abstract: receives, scu: 0, scp: 1 },
    ];
    const { accepted } = await associate({ contexts, roles });
    expect([...accepted.contexts.values()].map(({ result }) => result)).toEqual([0, 0, 2, 0]);
    expect(accepted.roles.get(sends)).toEqual([1, 0]);
    expect(accepted.roles.get(both)).toEqual([1, 0]);
    expect(accepted.roles.has(silent)).toBe(false);
  });

  it('for a class that is not proposed, or proposed twice, do no harm', async () => {
    await open({ onCommitmentReport: () => 0 });
    const contexts = [
      { id: 1, abstract: commitment, transfer: [implicit] },
      { id: 3, abstract: commitment, transfer: [explicit] },
    ];
    const roles = [
      { abstract: commitment, scu: 0, scp: 1 },
      { abstract: '1.2.3.4.5', scu: 1, scp: 1 },
    ];
    const { accepted } = await associate({ contexts, roles });
    expect([...accepted.contexts.values()].map(({ result }) => result)).toEqual([0, 0]);
    expect(accepted.roles.get(commitment)).toEqual([0, 1]);
  });
});

describe('what else a request may carry', () => {
  const item = (type: number, value: Buffer): Buffer =>
    Buffer.concat([Buffer.from([type, 0, value.length >> 8, value.length & 255]), value]);
  const sized = (text: string) => Buffer.concat([Buffer.from([0, text.length]), Buffer.from(text)]);
  const contexts = [
    { id: 1, abstract: verification, transfer: [implicit] },
    { id: 3, abstract: ct, transfer: [explicit] },
  ];

  it.each<readonly [string, Partial<RawRequest>]>([
    ['an asynchronous window', { asyncWindow: [0, 0] }],
    ['an asynchronous window of its own size', { asyncWindow: [64, 1] }],
    [
      'the extended negotiation of storage',
      { moreItems: item(0x56, Buffer.concat([sized(ct), Buffer.from([2, 0, 3, 1, 0, 0])])) },
    ],
    [
      'common extended negotiation',
      { moreItems: item(0x57, Buffer.concat([sized(ct), sized('1.2.840.10008.4.2'), Buffer.alloc(2)])) },
    ],
    [
      'a user and a password',
      { moreItems: item(0x58, Buffer.concat([Buffer.from([2, 1]), sized('user'), sized('secret')])) },
    ],
    [
      'a ticket of 20 000 bytes',
      {
        moreItems: item(
          0x58,
          Buffer.concat([Buffer.from([3, 0, 0x4e, 0x20]), Buffer.alloc(20_000, 0xfe), Buffer.alloc(2)]),
        ),
      },
    ],
    [
      'items of the user nobody has heard of',
      { moreItems: Buffer.concat([item(0x99, Buffer.alloc(300, 7)), item(0xff, Buffer.alloc(0))]) },
    ],
    [
      'the same item twice',
      {
        moreItems: Buffer.concat([
          item(0x51, Buffer.from([0, 0, 64, 0])),
          item(0x55, Buffer.from('X')),
          item(0x55, Buffer.from('Y')),
        ]),
      },
    ],
    ['no limit for what it takes', { maxPdu: 0 }],
    ['a limit smaller than a fragment', { maxPdu: 7 }],
  ])('%s changes nothing of what is agreed', async (_what, more) => {
    await open();
    const { peer, accepted } = await associate({ contexts, ...more });
    expect(accepted.grantsAsync).toBe(false);
    expect(accepted.maxPdu).toBe(131_072);
    expect([...accepted.contexts.values()].map(({ result }) => result)).toEqual([0, 0]);
    if (more.maxPdu !== 7) await echoes(peer, 1);
    expect(server.associations).toBe(1);
  });

  it('items at the top that nobody has heard of are passed over', async () => {
    await open();
    const plain = associateRequest({ contexts });
    const peer = await ScriptedPeer.connect(server.port);
    peers.push(peer);
    peer.say(pdu(1, Buffer.concat([plain.subarray(6), item(0x77, Buffer.alloc(40)), item(0x01, Buffer.alloc(0))])));
    await peer.nextOf(2);
    await echoes(peer, 1);
  });

  it('and titles of blanks, or with letters of nobody, are for the rules to judge, and do no harm', async () => {
    const titles: string[] = [];
    await open({
      admit: ({ callingAeTitle, calledAeTitle }) => {
        titles.push(callingAeTitle, calledAeTitle);
        return { kind: 'accept' };
      },
    });
    await associate({ contexts, calling: '  CT 1', called: '' });
    await associate({ contexts, calling: 'Ã\0\x01;drop', called: '../../etc' });
    expect(titles.slice(0, 2)).toEqual(['CT 1', '']);
    expect(titles).toHaveLength(4);
  });
});
