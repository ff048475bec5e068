// The upper layer state machine, walked cell by cell: the table is the printed one, and a connection follows it in every
// state and both roles over a real socket, against a peer that says whatever it wants.
import { once } from 'node:events';
import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Connection, type ConnectionEvents } from '#station/dicom/network/connection.ts';
import {
  actionFor,
  stateAfter,
  upperEvents,
  type Action,
  type Role,
  type State,
} from '#station/dicom/network/state-table.ts';
import {
  abort,
  associateAccept,
  associateReject,
  associateRequest,
  data,
  echoCommand,
  fragment,
  pdu,
  releaseRequest,
  releaseResponse,
} from '../../../faults/raw-pdus.ts';
import { listenScripted, ScriptedPeer } from '../../../faults/scripted-peer.ts';
import { eventNumbers, printedAction, printedState, states } from './table-9-10.ts';

const roles: readonly Role[] = ['acceptor', 'requestor'];

describe('the table of states', () => {
  it('is the printed one', () => {
    expect(upperEvents).toHaveLength(19);
    for (const number of eventNumbers)
      for (const state of states) {
        const event = upperEvents[number - 1];
        if (event === undefined) throw new Error('no event');
        const action = actionFor(state, event);
        expect([number, state, action]).toEqual([number, state, printedAction(number, state)]);
        if (action === undefined) continue;
        for (const role of roles)
          expect([action, stateAfter(action, role)]).toEqual([action, printedState(action, role)]);
      }
  });
});

const contexts = [{ id: 1, abstract: '1.2.840.10008.1.1', transfer: ['1.2.840.10008.1.2'] }];
const request = () => associateRequest({ contexts });
const acceptance = () => associateAccept({ results: [{ id: 1, result: 0 }] });
const rejection = () => associateReject(1, 1, 1);
const echo = () => data(fragment(1, 3, echoCommand()));

/** A connection of ours, its peer, and what the connection told. */
type Both = { readonly connection: Connection; readonly peer: ScriptedPeer; readonly told: string[] };

/** What the peer says, or we do, so that the event happens. Evt1 and Evt5 begin a connection. */
const cause: Readonly<Record<number, (both: Both) => void>> = {
  2: ({ connection }) => connection.associate(request()),
  3: ({ peer }) => peer.say(acceptance()),
  4: ({ peer }) => peer.say(rejection()),
  6: ({ peer }) => peer.say(request()),
  7: ({ connection }) => connection.accept(acceptance()),
  8: ({ connection }) => connection.reject(rejection()),
  9: ({ connection }) => void connection.send(echo()),
  10: ({ peer }) => peer.say(echo()),
  11: ({ connection }) => connection.askRelease(),
  12: ({ peer }) => peer.say(releaseRequest()),
  13: ({ peer }) => peer.say(releaseResponse()),
  14: ({ connection }) => connection.answerRelease(),
  15: ({ connection }) => connection.abort(),
  16: ({ peer }) => peer.say(abort(0, 0)),
  17: ({ peer }) => peer.reset(),
  18: ({ connection }) => connection.artimExpired(),
  19: ({ peer }) => peer.say(pdu(0x42, Buffer.alloc(20))),
};
const isPdu = (number: number) => [3, 4, 6, 10, 12, 13, 16, 19].includes(number);
const unknownPdu = 19;

/** The events that lead to each state; undefined where that role has no way there. */
const ways: Readonly<Record<Role, Readonly<Partial<Record<State, readonly number[]>>>>> = {
  acceptor: {
    2: [],
    3: [6],
    6: [6, 7],
    7: [6, 7, 11],
    8: [6, 7, 12],
    10: [6, 7, 11, 12],
    12: [6, 7, 11, 12, 13],
    13: [6, 7, 15],
  },
  requestor: {
    4: [],
    5: [2],
    6: [2, 3],
    7: [2, 3, 11],
    8: [2, 3, 12],
    9: [2, 3, 11, 12],
    11: [2, 3, 11, 12, 14],
    13: [2, 3, 15],
  },
};

/** The PDU that an action sends, as type, and for A-ABORT its source and reason; nothing for the others. */
function saidBy(action: Action | undefined, number: number): readonly number[] {
  const reason = number === unknownPdu ? 1 : 2;
  const said: Partial<Record<Action, readonly number[]>> = {
    'AE-2': [1],
    'AE-7': [2],
    'AE-8': [3],
    'DT-1': [4],
    'AR-7': [4],
    'AR-1': [5],
    'AR-4': [6],
    'AR-9': [6],
    'AA-1': [7, 0, 0],
    'AA-7': [7, 2, reason],
    'AA-8': [7, 2, reason],
  };
  return (action && said[action]) ?? [];
}

/** What the user of the connection is told, before `closed`. */
function toldBy(action: Action | undefined, number: number, state: State): readonly string[] {
  const told: Partial<Record<Action, readonly string[]>> = {
    'AE-3': ['accepted'],
    'AE-4': ['rejected'],
    'AE-6': ['asked'],
    'AR-2': ['release asked'],
    'AR-3': ['released'],
    'AR-8': ['release asked'],
    'AR-10': ['released'],
    'DT-2': ['message'],
    'AR-6': ['message'],
    'AA-1': isPdu(number) ? ['aborted'] : [],
    'AA-2': number === 16 && state !== 13 ? ['aborted by peer'] : [],
    'AA-3': ['aborted by peer'],
    'AA-8': ['aborted'],
  };
  return (action && told[action]) ?? [];
}

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function connect(role: Role): Promise<Both> {
  const told: string[] = [];
  const tell = (what: string) => () => void told.push(what);
  const events: ConnectionEvents = {
    associationAsked: tell('asked'),
    associationAccepted: tell('accepted'),
    associationRejected: tell('rejected'),
    releaseAsked: tell('release asked'),
    released: tell('released'),
    abortedByPeer: tell('aborted by peer'),
    aborted: tell('aborted'),
    dataSetBegins: () => 'drop',
    message: tell('message'),
    broke: (error) => told.push(String(error)),
    peerEnded: tell('ended'),
    closed: tell('closed'),
  };
  const options = { role, limits: { associateBytes: 65_536, dataBytes: 16_384 }, closingMs: 5000 };
  if (role === 'acceptor') {
    const server = net.createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
    open.push({ close: () => server.close() });
    await once(server, 'listening');
    const came = once(server, 'connection');
    const peer = await ScriptedPeer.connect((server.address() as net.AddressInfo).port);
    const [socket] = (await came) as [net.Socket];
    open.push(peer, { close: () => socket.destroy() });
    return { connection: new Connection(socket, options, () => true, events), peer, told };
  }
  const server = await listenScripted();
  const socket = net.connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
  const [peer] = await Promise.all([server.next(), once(socket, 'connect')]);
  open.push(server, { close: () => socket.destroy() });
  return { connection: new Connection(socket, options, () => true, events), peer, told };
}

/** Resolves when `happened`, which something on the sockets must bring about. */
async function until(happened: () => boolean): Promise<void> {
  for (const end = Date.now() + 40_000; !happened();) {
    if (Date.now() > end) throw new Error('it did not happen');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function bring(both: Both, role: Role, way: readonly number[]): Promise<void> {
  for (const number of way) {
    const action = printedAction(number, both.connection.state);
    if (action === undefined) throw new Error(`no way by Evt${number}`);
    cause[number]?.(both);
    await until(() => both.connection.state === printedState(action, role));
    const [type] = saidBy(action, number);
    if (type !== undefined) await both.peer.nextOf(type);
  }
  both.told.splice(0);
}

/** That nothing was said is known when what is said next comes first; a state that hears nothing more is closed by ours. */
async function nothingMore(both: Both): Promise<void> {
  both.connection.destroy();
  expect((await both.peer.happens()).kind).toBe('ended');
}

const cells = roles.flatMap((role) =>
  states.flatMap((state) => {
    const way = ways[role][state];
    // Evt1 and Evt5 begin a connection; in Sta4 nothing can be read, because there is no connection yet.
    const numbers = eventNumbers.filter((number) => cause[number] && !(state === 4 && isPdu(number)));
    return way === undefined ? [] : numbers.map((number) => ({ role, state, number, way }));
  }),
);

describe('a connection', () => {
  it.each(cells)(
    'as $role in Sta$state does what the table says on Evt$number',
    async ({ role, state, number, way }) => {
      const both = await connect(role);
      await bring(both, role, way);
      expect(both.connection.state).toBe(state);
      const action = printedAction(number, state);
      const next = action === undefined ? state : printedState(action, role);
      const told = toldBy(action, number, state);
      // In Sta2 a user has nothing to abort: the connection is closed without a word.
      const isClosing = next === 1 || (state === 2 && number === 15);
      const before = both.connection.receivedBytes;
      cause[number]?.(both);
      const [type, source, reason] = saidBy(action, number);
      if (type !== undefined) {
        const said = await both.peer.nextOf(type);
        if (type === 7) expect([said[8], said[9]]).toEqual([source, reason]);
      }
      if (isClosing) {
        await until(() => both.told.includes('closed'));
        expect(both.told).toEqual([...told, 'closed']);
        expect(both.connection.state).toBe(1);
        if (number !== 17) expect((await both.peer.happens()).kind).toBe('ended');
        return;
      }
      await until(() => both.told.length >= told.length && both.connection.state === next);
      // What is ignored must have come before it can be said to be.
      if (isPdu(number) && type === undefined && told.length === 0)
        await until(() => both.connection.receivedBytes > before);
      expect(both.told).toEqual(told);
      await nothingMore(both);
    },
  );

  it('reaches every state in one role or the other', () => {
    const reached = new Set(roles.flatMap((role) => Object.keys(ways[role]).map(Number)));
    // Sta1 is the absence of a connection; every walk ends there.
    expect(states.filter((state) => !reached.has(state))).toEqual([1]);
  });
});
