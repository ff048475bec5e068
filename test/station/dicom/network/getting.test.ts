// Objects that come in sub-operations of C-GET: no faster than they are written, and only to where they belong.
import { afterEach, describe, expect, it } from 'vitest';
import { commandField, readCommandSet, type CommandSet } from '#station/dicom/network/command-set.ts';
import { Getting } from '#station/dicom/network/getting.ts';
import { openAssociation, type ObjectTarget } from '#station/dicom/network/index.ts';
import { acceptAll, command, data, fragment, readCommand } from '../../../faults/raw-pdus.ts';
import { listenScripted } from '../../../faults/scripted-peer.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const context = { id: 3, transferSyntaxUid: '1.2.840.10008.1.2.1', isScu: false };
const store: CommandSet = {
  ...{ field: commandField.storeRequest, hasDataSet: true, messageId: 9 },
  ...{ affectedSopClassUid: '1.2.3', affectedSopInstanceUid: '1.2.3.4' },
};

/** A target whose writes wait until they are let go. */
function target() {
  const written: Buffer[] = [];
  const calls: string[] = [];
  let letGo = () => {};
  const made: ObjectTarget = {
    write: (pieces) => {
      written.push(...pieces);
      return new Promise((resolve) => (letGo = resolve));
    },
    finish: async () => {
      calls.push('finish');
      return 0;
    },
    discard: async () => {
      calls.push('discard');
    },
  };
  return { made, written, calls, letGo: () => letGo() };
}

function begin(offered: ObjectTarget | { readonly refuse: number }, from = context) {
  const held: boolean[] = [];
  const getting = new Getting({ level: 'SERIES', keys: {}, offered: () => offered }, (isHeld) => held.push(isHeld));
  const place = getting.begins(from, store);
  const take = (piece: Buffer) => typeof place === 'object' && place.take(piece);
  const status = async () => readCommandSet((await getting.ended(store)).subarray(12))?.status;
  return { getting, held, place, take, status };
}

const soon = () => new Promise((resolve) => setImmediate(resolve));

describe('an object of a retrieval', () => {
  it('makes the peer wait while the disk is slow, and arrives whole', async () => {
    const slow = target();
    const { take, held, status } = begin(slow.made);
    const pieces = Array.from({ length: 80 }, (_, n) => Buffer.alloc(65_536, n));
    for (const piece of pieces) take(piece);
    expect(held).toEqual([true]);
    const answered = status();
    slow.letGo();
    await soon();
    expect(held).toEqual([true, false]);
    slow.letGo();
    expect(await answered).toBe(0);
    expect(Buffer.concat(slow.written).equals(Buffer.concat(pieces))).toBe(true);
    expect(slow.calls).toEqual(['finish']);
  });

  it('does not hold whole buffers of the socket for a few bytes each', () => {
    const slow = target();
    const { take } = begin(slow.made);
    const buffer = Buffer.alloc(65_536);
    take(buffer.subarray(0, 10));
    expect(slow.written[0]?.buffer).not.toBe(buffer.buffer);
  });

  it('that cannot be written is refused for want of room, and nothing of it stays', async () => {
    const calls: string[] = [];
    const { take, status } = begin({
      write: () => Promise.reject(new Error('ENOSPC')),
      finish: () => Promise.reject(new Error('never asked')),
      discard: async () => void calls.push('discard'),
    });
    take(Buffer.alloc(5000));
    await soon();
    take(Buffer.alloc(5000));
    expect(await status()).toBe(0xa700);
    expect(calls).toEqual(['discard']);
  });

  it('of which the end never comes is not kept', async () => {
    const slow = target();
    const { getting, take } = begin(slow.made);
    take(Buffer.alloc(5000));
    getting.giveUp();
    slow.letGo();
    await expect.poll(() => slow.calls).toEqual(['discard']);
  });

  it('that is refused, or comes where we are no provider, is dropped', async () => {
    const refused = begin({ refuse: 0x0124 });
    expect([refused.place, await refused.status()]).toEqual(['drop', 0x0124]);
    const wrong = begin(target().made, { ...context, isScu: true });
    expect([wrong.place, await wrong.status()]).toEqual(['drop', 0x0124]);
  });
});

it('an object that comes while nothing was asked for is told that nobody takes it', async () => {
  const server = await listenScripted();
  closing.push(() => server.close());
  const opening = openAssociation({
    ...{ host: '127.0.0.1', port: server.port, callingAeTitle: 'STATION', calledAeTitle: 'ARCHIVE' },
    contexts: [
      { abstractSyntaxUid: '1.2.3', transferSyntaxUids: [context.transferSyntaxUid], roles: { scu: false, scp: true } },
    ],
  });
  const peer = await server.next();
  peer.say(acceptAll(await peer.nextOf(1)));
  const opened = await opening;
  if (opened.kind !== 'accepted') throw new Error(opened.kind);
  closing.push(() => opened.association.abort());
  const fields = { 0x0002: '1.2.3', 0x0100: 1, 0x0110: 4, 0x0800: 1, 0x1000: '1.2.3.4' };
  peer.say(data(fragment(1, 3, command(fields))), data(fragment(1, 2, Buffer.alloc(100))));
  const answer = readCommand(await peer.nextOf(4));
  expect([answer.get(0x0100), answer.get(0x0120), answer.get(0x0900)]).toEqual([0x8001, 4, 0x0211]);
});
