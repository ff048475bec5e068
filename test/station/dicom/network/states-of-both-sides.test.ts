// The states of PS3.8 that a listening station and a sending one can be in, as their peers see them: every PDU and every end
// of the line in each of them, by the doors of the room and nothing else. The cells themselves are in table-9-10.ts.
import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  openAssociation,
  openDicomServer,
  type DicomServer,
  type Ending,
  type OpenAssociation,
  type Opening,
  type ServerRules,
} from '#station/dicom/network/index.ts';
import {
  abort,
  acceptAll,
  associateReject,
  associateRequest,
  data,
  echoCommand,
  fragment,
  pdu,
  readCommand,
  releaseRequest,
  releaseResponse,
  storeCommand,
} from '../../../faults/raw-pdus.ts';
import { listenScripted, ScriptedPeer, type ScriptedServer } from '../../../faults/scripted-peer.ts';
import { KeptObjects } from './kept-objects.ts';
import { printedAction } from './table-9-10.ts';

const verification = '1.2.840.10008.1.1';
const ct = '1.2.840.10008.5.1.4.1.1.2';
const implicit = '1.2.840.10008.1.2';
const contexts = [
  { id: 1, abstract: verification, transfer: [implicit] },
  { id: 3, abstract: ct, transfer: [implicit] },
];

/** What a peer can do, by the number of its event. 17 is the end of the line, here by a reset. */
const acts: readonly (readonly [number, string, (peer: ScriptedPeer) => void])[] = [
  [3, 'A-ASSOCIATE-AC', (peer) => peer.say(acceptAll(associateRequest({ contexts })))],
  [4, 'A-ASSOCIATE-RJ', (peer) => peer.say(associateReject(1, 1, 3))],
  [6, 'A-ASSOCIATE-RQ', (peer) => peer.say(associateRequest({ contexts }))],
  [10, 'P-DATA-TF', (peer) => peer.say(data(fragment(1, 3, echoCommand(7))))],
  [12, 'A-RELEASE-RQ', (peer) => peer.say(releaseRequest())],
  [13, 'A-RELEASE-RP', (peer) => peer.say(releaseResponse())],
  [16, 'A-ABORT', (peer) => peer.say(abort(2, 4))],
  [17, 'the end of the line', (peer) => peer.reset()],
  [19, 'a PDU of no known type', (peer) => peer.say(pdu(0x42, Buffer.alloc(20)))],
  [19, 'a PDU of an impossible length', (peer) => peer.say(Buffer.from([4, 0, 0xff, 0xff, 0xff, 0xff]))],
];

const reasonOf = (what: string) => (what.includes('known type') ? 1 : what.includes('length') ? 6 : 2);

/** What the peer must see of an action: a PDU type, with source and reason when it is A-ABORT; the end; or nothing. */
function expected(
  number: number,
  what: string,
  state: Parameters<typeof printedAction>[1],
): readonly number[] | 'end' | 'nothing' {
  const action = printedAction(number, state) ?? '';
  // A P-DATA-TF of impossible length is out of place before it is too long.
  const reason = what.includes('length') && printedAction(10, state) === 'AA-8' ? 2 : reasonOf(what);
  if (action === 'AA-1') return [7, 0, 0];
  if (action === 'AA-8') return [7, 2, reason];
  // In Sta13 data is ignored, however long it says it is.
  if (action === 'AA-7') return what.includes('length') ? 'nothing' : [7, 2, reason];
  if (['AA-2', 'AA-3', 'AE-4', 'AR-3'].includes(action)) return 'end';
  const said: Readonly<Record<string, readonly number[]>> = { 'AE-6': [2], 'DT-2': [4], 'AR-2': [6], 'AR-8': [6] };
  return said[action] ?? 'nothing';
}

async function see(peer: ScriptedPeer, what: readonly number[] | 'end' | 'nothing'): Promise<void> {
  if (what === 'nothing') return;
  const happened = await peer.happens();
  if (what === 'end') return expect(happened.kind).toBe('ended');
  if (happened.kind !== 'pdu') throw new Error(`${happened.kind} instead of PDU type ${what[0]}`);
  const { bytes, type } = happened;
  expect(type === 7 ? [7, bytes[8], bytes[9]] : [type]).toEqual(what);
}

describe('a listening station', () => {
  let server: DicomServer;
  let kept: KeptObjects;
  let goOn: () => void;
  const peers: ScriptedPeer[] = [];

  async function open(rules: Partial<ServerRules> = {}, options: object = {}): Promise<ScriptedPeer> {
    kept = new KeptObjects();
    server = await openDicomServer({ host: '127.0.0.1', port: 0, closingMs: 3000, ...options }, kept.rules(rules));
    const peer = await ScriptedPeer.connect(server.port);
    peers.push(peer);
    return peer;
  }
  async function associate(peer: ScriptedPeer): Promise<void> {
    peer.say(associateRequest({ contexts }));
    await peer.nextOf(2);
  }
  afterEach(async () => {
    goOn();
    for (const peer of peers.splice(0)) peer.close();
    await server.close(500);
  });
  goOn = () => {};

  it.each(acts)('that waits for a request (Sta2) answers Evt%i, %s', async (number, what, act) => {
    const peer = await open();
    act(peer);
    await see(peer, expected(number, what, 2));
  });

  it.each(acts)('with an association (Sta6) answers Evt%i, %s', async (number, what, act) => {
    const peer = await open();
    await associate(peer);
    act(peer);
    await see(peer, expected(number, what, 6));
    if (number === 10) expect(readCommand(peer.received.at(-1) ?? Buffer.alloc(0)).get(0x0120)).toBe(7);
  });

  it.each(acts)(
    'that still has to answer when the release comes (Sta8) answers Evt%i, %s',
    async (number, what, act) => {
      const finishing = new Promise<void>((resolve) => (goOn = resolve));
      let isFinishing = () => {};
      const begun = new Promise<void>((resolve) => (isFinishing = resolve));
      const slow: ServerRules['beginObject'] = (start) => {
        const sink = kept.sink(start);
        const finish = async () => {
          isFinishing();
          await finishing;
          return sink.finish();
        };
        return { ...sink, finish };
      };
      const peer = await open({ beginObject: slow });
      await associate(peer);
      peer.say(data(fragment(3, 3, storeCommand(ct)), fragment(3, 2, Buffer.alloc(10))), releaseRequest());
      await begun;
      act(peer);
      await see(peer, expected(number, what, 8));
      // What was taken whole is finished, whatever the peer does meanwhile.
      goOn();
      await kept.until(() => kept.kept.length === 1);
    },
  );

  it('answers an object and then confirms the release that came meanwhile', async () => {
    const peer = await open();
    await associate(peer);
    peer.say(data(fragment(3, 3, storeCommand(ct)), fragment(3, 2, Buffer.alloc(10))), releaseRequest());
    expect(readCommand(await peer.nextOf(4)).get(0x0900)).toBe(0);
    await peer.nextOf(6);
    await kept.until(() => kept.kept.length === 1);
  });

  const endings: readonly (readonly [string, Partial<ServerRules>, (peer: ScriptedPeer) => Promise<unknown>])[] = [
    [
      'an abort',
      {},
      async (peer) => {
        await associate(peer);
        peer.say(releaseResponse());
        await peer.nextOf(7);
      },
    ],
    [
      'a rejection',
      { admit: () => ({ kind: 'reject', result: 1, source: 1, reason: 3 }) },
      (peer) => {
        peer.say(associateRequest({ contexts }));
        return peer.nextOf(3);
      },
    ],
    [
      'a release',
      {},
      async (peer) => {
        await associate(peer);
        peer.say(releaseRequest());
        await peer.nextOf(6);
      },
    ],
  ];
  it.each(endings.flatMap(([how, rules, end]) => acts.map((act) => [how, ...act, rules, end] as const)))(
    'that waits for the line to close after %s (Sta13) answers Evt%i, %s',
    async (_how, number, what, act, rules, end) => {
      const peer = await open(rules);
      await end(peer);
      act(peer);
      const answer = expected(number, what, 13);
      await see(peer, answer);
      if (answer === 'end' || number === 17) return;
      // Whatever was said before was ignored: the next thing seen is the end, and an abort brings it.
      if (what.includes('length')) return;
      peer.say(abort());
      expect((await peer.happens()).kind).toBe('ended');
    },
  );

  it.each([
    ['no request comes (Sta2)', { artimMs: 80 }, () => {}],
    [
      'a peer does not close after an abort (Sta13)',
      { closingMs: 80 },
      (peer: ScriptedPeer) => peer.say(releaseRequest()),
    ],
  ])('closes when its timer runs out (Evt18): %s', async (_what, options, act) => {
    const peer = await open({}, options);
    act(peer);
    if (_what.includes('abort')) expect(await peer.nextAbort()).toEqual([0, 0]);
    expect((await peer.happens()).kind).toBe('ended');
  });

  it('tells of each association how it ended', async () => {
    for (const [act, how] of [
      [() => releaseRequest(), 'released'],
      [() => abort(), 'aborted-by-peer'],
      [() => releaseResponse(), 'aborted-by-us'],
    ] as const) {
      const peer = await open();
      await associate(peer);
      peer.say(act());
      if (how !== 'aborted-by-peer') await peer.next();
      peer.close();
      await kept.until(() => kept.events.some((event) => event.kind === 'association-closed' && event.how === how));
      await server.close(500);
    }
  });
});

describe('a sending station', () => {
  let server: ScriptedServer;
  let opening: Promise<Opening>;
  let associations: OpenAssociation[] = [];

  async function begin(): Promise<ScriptedPeer> {
    server = await listenScripted();
    opening = openAssociation({
      host: '127.0.0.1',
      port: server.port,
      callingAeTitle: 'STATION',
      calledAeTitle: 'ARCHIVE',
      contexts: [verification, ct].map((uid) => ({ abstractSyntaxUid: uid, transferSyntaxUids: [implicit] })),
      timeouts: { releaseMs: 3000 },
    });
    return server.next();
  }
  async function associate(): Promise<readonly [ScriptedPeer, OpenAssociation]> {
    const peer = await begin();
    peer.say(acceptAll(await peer.nextOf(1)));
    const opened = await opening;
    if (opened.kind !== 'accepted') throw new Error(opened.kind);
    associations.push(opened.association);
    return [peer, opened.association];
  }
  afterEach(async () => {
    await server.close();
    for (const association of associations) await association.ended;
    associations = [];
  });

  /** How an association ends by what its peer does. */
  const endingOf = (number: number): Partial<Ending> =>
    number === 16
      ? { kind: 'aborted-by-peer', source: 2, reason: 4 }
      : number === 17
        ? { kind: 'lost' }
        : number === 12
          ? { kind: 'released' }
          : { kind: 'aborted-by-us' };

  it('that is connecting (Sta4) stops when it is told to, and says who cannot be reached', async () => {
    const nobody = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => nobody.once('listening', resolve));
    const { port } = nobody.address() as net.AddressInfo;
    const to = {
      host: '127.0.0.1',
      port,
      callingAeTitle: 'A',
      calledAeTitle: 'B',
      contexts: [{ abstractSyntaxUid: verification, transferSyntaxUids: [implicit] }],
    };
    const stop = new AbortController();
    const stopped = openAssociation({ ...to, signal: stop.signal });
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    await new Promise((resolve) => nobody.close(resolve));
    expect(await openAssociation(to)).toEqual({ kind: 'unreachable', code: 'ECONNREFUSED' });
    server = await listenScripted();
  });

  it.each(acts)('that waits for the answer to its request (Sta5) answers Evt%i, %s', async (number, what, act) => {
    const peer = await begin();
    await peer.nextOf(1);
    act(peer);
    await see(peer, expected(number, what, 5));
    if (number !== 3) peer.close();
    const opened = await opening;
    if (number === 3) expect(opened.kind).toBe('accepted');
    else if (number === 4) expect(opened).toEqual({ kind: 'rejected', result: 1, source: 1, reason: 3 });
    else expect(opened).toMatchObject({ kind: 'failed', ending: number === 12 ? {} : endingOf(number) });
  });

  it.each(acts)('with an association (Sta6) answers Evt%i, %s', async (number, what, act) => {
    const [peer, association] = await associate();
    act(peer);
    await see(peer, expected(number, what, 6));
    peer.close();
    const ending = await association.ended;
    expect(ending).toMatchObject(number === 10 ? { kind: 'lost' } : endingOf(number));
  });

  it.each(acts)('that has asked for its release (Sta7) answers Evt%i, %s', async (number, what, act) => {
    const [peer, association] = await associate();
    const released = association.release();
    await peer.nextOf(5);
    act(peer);
    await see(peer, expected(number, what, 7));
    // Data is taken, and cannot be answered any more; a collision is confirmed. Then the release goes its way.
    if (number === 10 || number === 12) {
      peer.say(releaseResponse());
      expect((await peer.happens()).kind).toBe('ended');
    }
    peer.close();
    const isReleased = [10, 12, 13].includes(number);
    expect(await released).toMatchObject(isReleased ? { kind: 'released' } : endingOf(number));
  });

  it.each(acts)('after a collision of releases (Sta11) answers Evt%i, %s', async (number, what, act) => {
    const [peer, association] = await associate();
    const released = association.release();
    await peer.nextOf(5);
    peer.say(releaseRequest());
    await peer.nextOf(6);
    act(peer);
    await see(peer, expected(number, what, 11));
    peer.close();
    // Both have asked for it, so released it is.
    expect(await released).toEqual({ kind: 'released' });
  });

  it.each(acts)('that has aborted (Sta13) answers Evt%i, %s', async (number, what, act) => {
    const [peer, association] = await associate();
    association.abort();
    expect(await peer.nextAbort()).toEqual([0, 0]);
    act(peer);
    const answer = expected(number, what, 13);
    await see(peer, answer);
    peer.close();
    expect(await association.ended).toEqual({ kind: 'aborted-by-us', why: 'asked to' });
  });

  it('closes about a second after its abort, also when its peer does not (Evt18)', async () => {
    const [peer, association] = await associate();
    association.abort();
    await peer.nextOf(7);
    expect((await peer.happens()).kind).toBe('ended');
    expect(await association.ended).toEqual({ kind: 'aborted-by-us', why: 'asked to' });
  });

  it('confirms the release of its peer in the middle of a question, whose outcome stays unknown', async () => {
    const [peer, association] = await associate();
    const asked = association.echo();
    await peer.nextOf(4);
    peer.say(releaseRequest());
    await peer.nextOf(6);
    peer.close();
    expect(await asked).toEqual({ kind: 'unknown-outcome', ending: { kind: 'released' } });
  });
});
