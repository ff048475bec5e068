import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { openDicomServer, type DicomServer, type ObjectSink } from '#station/dicom/network/index.ts';
import { readInto, ReceiveBuffers } from '#station/dicom/network/receive-buffers.ts';
import { KeptObjects, sha256 } from './kept-objects.ts';
import { associateRequest, data, fragment, RawPeer, readCommand, storeCommand } from './raw-peer.ts';

const ct = '1.2.840.10008.5.1.4.1.1.2';
const contexts = [{ id: 1, abstract: ct, transfer: ['1.2.840.10008.1.2.1'] }];
let server: DicomServer | undefined;
afterEach(() => server?.close(500));

describe('the memory that objects are received in', () => {
  it('stays as it was received until a slow disk has written it, whatever arrives meanwhile', async () => {
    const digests: string[] = [];
    const lookLate = (): ObjectSink => {
      const hash = createHash('sha256');
      return {
        write: async (pieces) => {
          for (let turns = 0; turns < 20; turns++) await turn();
          for (const piece of pieces) hash.update(piece);
        },
        finish: () => Promise.resolve({ status: digests.push(hash.digest('hex')) * 0 }),
        discard: () => {},
      };
    };
    server = await openDicomServer({ host: '127.0.0.1', port: 0 }, new KeptObjects().rules({ beginObject: lookLate }));
    const sent: string[] = [];
    const port = server.port;
    const send = async (sizes: readonly number[]) => {
      const peer = await RawPeer.connect(port);
      peer.say(associateRequest({ contexts }));
      await peer.next();
      for (const size of sizes) {
        const bytes = randomBytes(size);
        sent.push(sha256(bytes));
        peer.say(data(fragment(1, 3, storeCommand(ct))));
        for (let at = 0; at < size; at += 100_000)
          peer.say(data(fragment(1, at + 100_000 >= size ? 2 : 0, bytes.subarray(at, at + 100_000))));
        expect(readCommand((await peer.next()) ?? Buffer.alloc(0)).get(0x0900)).toBe(0);
      }
      peer.close();
    };
    await Promise.all([
      send([1_500_000, 700, 300_000, 2_000_000]),
      send([70_000, 70_001, 1_000_003]),
      send([5000, 2_500_000]),
    ]);
    expect(digests.sort()).toEqual(sent.sort());
  });

  it('is used again when everybody has let go, and not before', () => {
    const buffers = new ReceiveBuffers(1_000_000);
    const first = buffers.take();
    const piece = first.subarray(100, 200);
    buffers.hold(piece);
    buffers.letGo(first);
    expect(buffers.take()).not.toBe(first);
    buffers.letGo(piece);
    expect(buffers.take()).toBe(first);
  });

  it('does not mind pieces of other memory, nor being let go once too often', () => {
    const buffers = new ReceiveBuffers(1_000_000);
    const piece = Buffer.alloc(10);
    buffers.hold(piece);
    buffers.letGo(piece);
    const first = buffers.take();
    buffers.letGo(first);
    buffers.letGo(first);
    expect(buffers.take()).toBe(first);
    expect(buffers.take()).not.toBe(first);
  });

  it('leaves a socket as it is that cannot be moved onto it', () => {
    const socket = new net.Socket();
    expect(readInto(new ReceiveBuffers(1_000_000), socket)).toBe(socket);
    socket.destroy();
  });

  it('leaves an encrypted socket as it is, because what it reads is not yet what was said', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const plain = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
    await once(plain, 'connect');
    const encrypted = new TLSSocket(plain);
    encrypted.on('error', () => {});
    const buffers = new ReceiveBuffers(1_000_000);
    expect(readInto(buffers, encrypted)).toBe(encrypted);
    expect(encrypted.destroyed).toBe(false);
    encrypted.destroy();
    plain.destroy();
    server.close();
  });
});
