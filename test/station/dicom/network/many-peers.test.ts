// Many peers at once: storing side by side in bounded memory, too many of them, silent, slow and deaf ones.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  openDicomServer,
  type DicomServer,
  type ServerOptions,
  type ServerRules,
} from '#station/dicom/network/index.ts';
import { associateRequest, data, echoCommand, fragment, readCommand, storeCommand } from '../../../faults/raw-pdus.ts';
import { ScriptedPeer, type ConnectOptions } from '../../../faults/scripted-peer.ts';
import { KeptObjects, sha256 } from './kept-objects.ts';

const ct = '1.2.840.10008.5.1.4.1.1.2';
const contexts = [
  { id: 1, abstract: '1.2.840.10008.1.1', transfer: ['1.2.840.10008.1.2'] },
  { id: 3, abstract: ct, transfer: ['1.2.840.10008.1.2.1'] },
];
const megabyte = 1024 * 1024;

let server: DicomServer;
let kept: KeptObjects;
const peers: ScriptedPeer[] = [];

async function open(options: Partial<ServerOptions> = {}, rules: Partial<ServerRules> = {}): Promise<void> {
  server = await openDicomServer({ host: '127.0.0.1', port: 0, closingMs: 50, ...options }, kept.rules(rules));
}

async function connect(from?: ConnectOptions): Promise<ScriptedPeer> {
  const peer = await ScriptedPeer.connect(server.port, from);
  peers.push(peer);
  return peer;
}

async function associate(from?: ConnectOptions): Promise<ScriptedPeer> {
  const peer = await connect(from);
  peer.say(associateRequest({ contexts, maxPdu: 0 }));
  await peer.nextOf(2);
  return peer;
}

/** Result, source and reason of the rejection that must come. */
async function rejected(from?: ConnectOptions): Promise<readonly number[]> {
  const peer = await connect(from);
  peer.say(associateRequest({ contexts }));
  return [...(await peer.nextOf(3)).subarray(7, 10)];
}

async function echo(peer: ScriptedPeer): Promise<void> {
  peer.say(data(fragment(1, 3, echoCommand())));
  expect(readCommand(await peer.nextOf(4)).get(0x0900)).toBe(0);
}

function sayObject(peer: ScriptedPeer, bytes: Buffer, step = 100_000): void {
  peer.say(data(fragment(3, 3, storeCommand(ct))));
  for (let offset = 0; offset < bytes.length; offset += step) {
    const piece = bytes.subarray(offset, offset + step);
    peer.say(data(fragment(3, offset + step >= bytes.length ? 2 : 0, piece)));
  }
}

const drops = () => kept.events.filter((event) => event.kind === 'connection-dropped');
const dropped = () => drops().reduce((sum, { count }) => sum + count, 0);

beforeEach(() => {
  kept = new KeptObjects();
});
afterEach(async () => {
  for (const peer of peers.splice(0)) peer.close();
  await server.close(500);
});

describe('128 devices that store at one time', () => {
  const devices = 128;
  const fromTwo = (number: number) => ({ localAddress: number % 2 === 0 ? '127.0.0.1' : '127.0.0.2' });

  it('are all served, one more is told to come again, and a stalled disk costs no more than the memory set for it', async () => {
    let goOn = () => {};
    const stalled = new Promise<void>((resolve) => (goOn = resolve));
    let atSinks = 0;
    const mostWaitingBytes = 16 * megabyte;
    await open(
      { mostAssociations: devices, mostWaitingBytes },
      {
        beginObject: (start) => {
          const sink = kept.sink(start);
          return {
            ...sink,
            write: (pieces) => {
              void sink.write(pieces);
              atSinks += pieces.reduce((sum, piece) => sum + piece.length, 0);
              return stalled;
            },
          };
        },
      },
    );
    const all = await Promise.all(Array.from({ length: devices }, (_, number) => associate(fromTwo(number))));
    expect(server.associations).toBe(devices);
    expect(await rejected()).toEqual([2, 3, 2]);
    const bytes = Buffer.alloc(700_000, 'safelight');
    for (const peer of all) sayObject(peer, bytes);
    // When nothing moves any more, everybody waits for the disk.
    for (let before = -1; before !== atSinks || atSinks === 0;) {
      before = atSinks;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    // Beyond the budget each may have brought what one read of its socket gives.
    expect(atSinks).toBeLessThan(mostWaitingBytes + devices * 128 * 1024);
    goOn();
    const answers = await Promise.all(all.map(async (peer) => readCommand(await peer.nextOf(4)).get(0x0900)));
    expect(answers).toEqual(Array.from({ length: devices }, () => 0));
    const digest = sha256(bytes);
    expect(kept.kept.map((object) => object.sha256)).toEqual(Array.from({ length: devices }, () => digest));
    // A place that is given back is free at once.
    all[0]?.close();
    await kept.until(() => server.associations < devices);
    await echo(await associate());
  });
});

describe('too many', () => {
  it('from one address are told to come again, and others are let in', async () => {
    await open({ mostFromOneAddress: 2 });
    await associate();
    const second = await associate();
    expect(await rejected()).toEqual([2, 3, 2]);
    await echo(await associate({ localAddress: '127.0.0.3' }));
    // One that we aborted takes no place any more, also while its socket is still there.
    second.say(data(fragment(99, 3, echoCommand())));
    await second.nextOf(7);
    await associate();
  });
});

describe('silent and slow peers', () => {
  it('keep nobody waiting: 30 that say nothing and 10 that say one byte now and then', async () => {
    await open({ mostSilent: 16 });
    const request = associateRequest({ contexts });
    const slow: Promise<void>[] = [];
    for (let count = 0; count < 30; count++) await connect();
    for (let count = 0; count < 5; count++) slow.push((await connect()).trickle(request, { everyMs: 20 }));
    for (let count = 0; count < 5; count++) {
      const peer = await associate();
      sayObject(peer, Buffer.alloc(50_000));
      slow.push(peer.trickle(data(fragment(3, 3, storeCommand(ct))), { everyMs: 20 }));
    }
    const device = await associate();
    const bytes = Buffer.alloc(megabyte, 'safelight');
    for (let count = 0; count < 20; count++) {
      await echo(device);
      sayObject(device, bytes);
      expect(readCommand(await device.nextOf(4)).get(0x0900)).toBe(0);
    }
    await kept.until(() => dropped() >= 14);
    for (const peer of peers) peer.close();
    await Promise.all(slow);
  });

  it('of one address do not crowd out the only one of another', async () => {
    await open({ mostSilent: 8 });
    const lone = await connect({ localAddress: '127.0.0.4' });
    for (let count = 0; count < 40; count++) await connect();
    // A flood of them is not a flood of events.
    await kept.until(() => dropped() >= 33);
    expect(drops().length).toBeLessThan(25);
    lone.say(associateRequest({ contexts }));
    await lone.nextOf(2);
    await echo(lone);
  });

  it('that dawdle within an object keep no memory: what came is written, and the object ends as too slow', async () => {
    let written = 0;
    await open(
      { rateWindowMs: 400 },
      {
        beginObject: (start) => {
          const sink = kept.sink(start);
          return {
            ...sink,
            write: (pieces) => {
              written += pieces.reduce((sum, piece) => sum + piece.length, 0);
              return sink.write(pieces);
            },
          };
        },
      },
    );
    const peer = await associate();
    peer.say(data(fragment(3, 3, storeCommand(ct)), fragment(3, 0, Buffer.alloc(30_000))));
    peer.say(data(fragment(3, 0, Buffer.alloc(3000))).subarray(0, 1000));
    expect(await peer.nextAbort()).toEqual([0, 0]);
    expect(written).toBe(30_000 + 1000 - 12);
    await kept.until(() => kept.discarded === 1);
  });

  it('that keep the rate are let go on, however long it takes', async () => {
    await open({ rateWindowMs: 400, slowestBytesPerSecond: 500 });
    const peer = await associate();
    const bytes = Buffer.alloc(4000, 7);
    peer.say(data(fragment(3, 3, storeCommand(ct))));
    await peer.trickle(data(fragment(3, 2, bytes)), { pieceBytes: 100, everyMs: 20 });
    expect(readCommand(await peer.nextOf(4)).get(0x0900)).toBe(0);
  });

  it('are not called slow for a time in which the station itself stood still', async () => {
    await open({ rateWindowMs: 800, slowestBytesPerSecond: 2000 });
    const peer = await associate();
    peer.say(data(fragment(3, 3, storeCommand(ct)), fragment(3, 0, Buffer.alloc(1000))));
    await kept.until(() => kept.takenBytes === 1000);
    // Not while its socket is read: that would go on with what comes.
    await new Promise((resolve) => setImmediate(resolve));
    peer.say(data(fragment(3, 0, Buffer.alloc(20_000))));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1200);
    await kept.until(() => kept.takenBytes === 21_000);
    peer.say(data(fragment(3, 2, Buffer.alloc(10))));
    expect(readCommand(await peer.nextOf(4)).get(0x0900)).toBe(0);
  });

  it('that say nothing on an association are aborted when they have been idle for long', async () => {
    await open({ idleMs: 100, rateWindowMs: 100 });
    const peer = await associate();
    expect(await peer.nextAbort()).toEqual([0, 0]);
    await kept.until(() => kept.events.some((event) => event.kind === 'association-closed' && event.why === 'idle'));
  });

  it('that ask and never take an answer are not read from any more, and dropped in the end', async () => {
    await open({ rateWindowMs: 500 });
    const peer = await associate();
    peer.deafen();
    const flood = Buffer.concat(Array.from({ length: 1000 }, () => data(fragment(1, 3, echoCommand()))));
    // More answers than the buffers of both sides hold, asked for as fast as they are taken.
    while (!peer.socket.destroyed && peer.socket.writableLength < megabyte) {
      peer.say(flood);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await kept.until(() =>
      kept.events.some((event) => event.kind === 'association-closed' && event.why === 'answers are not taken'),
    );
    await echo(await associate());
  });
});
