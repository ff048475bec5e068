import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openListener, type ListenerEvent, type ListenerPorts } from '#station/1-receive/index.ts';
import { openAssociation, type DicomServer } from '#station/dicom/network/index.ts';
import { Problem } from '#station/kit/problem.ts';
import { KeptObjects } from '../station/dicom/network/kept-objects.ts';
import {
  convert,
  digestOf,
  isInstalled,
  readParts,
  keepRunning,
  runDcmsend,
  runEchoscu,
  runStorescu,
  startStorescp,
  temporaryFolder,
  type TemporaryFolder,
} from './programs/index.ts';

const samples = path.resolve(import.meta.dirname, '../../resources/samples');
const sample = path.join(samples, 'syntaxes/explicit-little-endian.dcm');
const hasPeers = isInstalled('storescu');
if (!hasPeers) console.warn('NOT VERIFIED: DCMTK absent');

let folder: TemporaryFolder;
let listener: DicomServer;
let kept: KeptObjects;
let events: ListenerEvent[];

async function open(more: Partial<ListenerPorts> = {}): Promise<void> {
  listener = await openListener(
    { host: '127.0.0.1', port: 0 },
    {
      rules: () => ({ aeTitle: 'SAFELIGHT', allowLoopback: true, devices: [] }),
      beginIncoming: (start) => kept.sink(start, folder.path),
      onEvent: (event) => events.push(event),
      ...more,
    },
  );
}

beforeAll(async () => {
  folder = await temporaryFolder('listener');
});
afterAll(() => folder.close());
beforeEach(() => {
  kept = new KeptObjects();
  events = [];
});
afterEach(() => listener.close(1000));

describe.skipIf(!hasPeers)('the listener', () => {
  it('answers an echo', async () => {
    await open();
    expect((await runEchoscu({ port: listener.port })).code).toBe(0);
  });

  it('lets a destination say hello, and takes no image from it', async () => {
    const reporters = [{ aeTitle: 'ARCHIVE', host: '127.0.0.1' }];
    await open({ rules: () => ({ aeTitle: 'SAFELIGHT', allowLoopback: false, devices: [], reporters }) });
    const archive = { port: listener.port, calling: 'ARCHIVE' };
    expect((await runEchoscu(archive)).code).toBe(0);
    expect((await runStorescu(archive, [sample])).code).not.toBe(0);
    expect(kept.kept).toHaveLength(0);
  });

  it('turns away a device that calls another AE title, and says so', async () => {
    await open();
    const echo = await runEchoscu({ port: listener.port, called: 'ELSEWHERE' });
    expect(echo.code).not.toBe(0);
    expect(echo.output).toContain('Called AE Title Not Recognized');
    await expect
      .poll(() => events)
      .toContainEqual(expect.objectContaining({ kind: 'wrong-called-ae', called: 'ELSEWHERE' }));
  });

  it('turns away a device that nobody knows, and tells about it', async () => {
    await open({ rules: () => ({ aeTitle: 'SAFELIGHT', allowLoopback: false, devices: [] }) });
    const sent = await runStorescu({ port: listener.port, calling: 'UNKNOWN' }, [sample]);
    expect(sent.output).toContain('Calling AE Title Not Recognized');
    await expect.poll(() => events).toContainEqual({ kind: 'new-device', aeTitle: 'UNKNOWN', address: '127.0.0.1' });
  });

  it('lets a device in as soon as it is allowed, by its host name too', async () => {
    const devices = [{ aeTitle: 'CR1', host: 'localhost', decision: 'allow' as const }];
    await open({ rules: () => ({ aeTitle: 'SAFELIGHT', allowLoopback: false, devices }) });
    expect((await runEchoscu({ port: listener.port, calling: 'CR1' })).code).toBe(0);
    expect((await runEchoscu({ port: listener.port, calling: 'CR2' })).code).not.toBe(0);
  });

  it.each([
    ['no-room', 0xa700],
    ['disk-failed', 0xa700],
    ['not-dicom', 0x0110],
  ] as const)('tells the device that an object was not kept because of %s', async (code, status) => {
    const fail = () => {
      throw new Problem(code);
    };
    await open({ beginIncoming: (start) => ({ ...kept.sink(start), write: fail }) });
    const sent = await runStorescu({ port: listener.port }, [sample], ['-d']);
    expect(sent.output).toMatch(new RegExp(`DIMSE Status +: 0x${status.toString(16).padStart(4, '0')}`));
    expect(kept.kept).toEqual([]);
  });

  it('keeps every byte that storescu sends in each transfer syntax it can offer, as storescp +B does', async () => {
    await open();
    const reference = await startStorescp(['+uf']);
    try {
      for (const [option, file] of await makeSyntaxes())
        for (const port of [listener.port, reference.port]) {
          const sent = await runStorescu({ port }, [file], [option]);
          expect(sent, sent.output).toMatchObject({ code: 0 });
        }
      expect(keptDigests()).toEqual(await writtenDigests(reference.folder));
      expect(new Set(kept.kept.map((object) => object.transferSyntaxUid)).size).toBeGreaterThanOrEqual(10);
    } finally {
      await reference.close();
    }
  });

  it('keeps every byte of a folder of objects that dcmsend sends, as storescp +B does', async () => {
    await open();
    const reference = await startStorescp(['+uf']);
    // Of those it can also convert, each receiver would choose its own encoding.
    const isKept = (name: string) => !/big-endian|implicit|deflated/.test(name);
    const files = (await filesBelow(samples)).filter(isKept);
    try {
      for (const port of [listener.port, reference.port]) {
        const sent = await runDcmsend({ port }, files, ['--decompress-never']);
        expect(sent, sent.output).toMatchObject({ code: 0 });
      }
      expect(kept.kept).toHaveLength(files.length);
      expect(keptDigests()).toEqual(await writtenDigests(reference.folder));
    } finally {
      await reference.close();
    }
  });

  it('takes sixteen associations at a time', async () => {
    await open();
    const files = (await filesBelow(path.join(samples, 'mr-series'))).slice(0, 6);
    const sent = await Promise.all(Array.from({ length: 16 }, () => runStorescu({ port: listener.port }, files)));
    expect(sent.map(({ code }) => code)).toEqual(Array.from({ length: 16 }, () => 0));
    const expected = new Set(await Promise.all(files.map(async (file) => digestOf((await readParts(file)).dataSet))));
    expect(kept.kept).toHaveLength(16 * files.length);
    expect(kept.kept.every((object) => expected.has(object.sha256))).toBe(true);
  });

  it('takes an object of a private class', async () => {
    await open();
    const { dataSet } = await readParts(sample);
    const privateClass = '1.3.46.670589.5.0.2.1';
    const contexts = [{ abstractSyntaxUid: privateClass, transferSyntaxUids: ['1.2.840.10008.1.2.1'] }];
    const to = { host: '127.0.0.1', port: listener.port, callingAeTitle: 'CT1', calledAeTitle: 'SAFELIGHT', contexts };
    const opening = await openAssociation(to);
    if (opening.kind !== 'accepted') throw new Error(opening.kind);
    const object = { sopClassUid: privateClass, sopInstanceUid: '1.2.3', transferSyntaxUid: '1.2.840.10008.1.2.1' };
    const stored = await opening.association.store({ ...object, lengthBytes: dataSet.length, source: [dataSet] });
    await opening.association.release();
    expect(stored).toEqual({ kind: 'answered', status: 0 });
    expect(kept.kept).toMatchObject([{ sopClassUid: privateClass, sha256: digestOf(dataSet) }]);
  });

  it('keeps what came before a device aborts', async () => {
    await open();
    const sent = await runStorescu({ port: listener.port }, [sample], ['--abort']);
    expect(sent.code).toBe(0);
    expect(kept.kept).toHaveLength(1);
    const closed = { kind: 'association-closed', how: 'aborted-by-peer' };
    await expect.poll(() => events).toContainEqual(expect.objectContaining(closed));
  });

  it('keeps nothing of an object whose device is killed within it', async () => {
    let isWithin = false;
    await open({
      beginIncoming: (start) => {
        const sink = kept.sink(start, folder.path);
        const never = new Promise<void>(() => {});
        const write = () => {
          isWithin = true;
          return never;
        };
        return { ...sink, write };
      },
    });
    const big = path.join(folder.path, 'big.dcm');
    await convert('dcmconv', [path.join(samples, 'cr-typed-wrong/CR000001.dcm'), big]);
    const device = keepRunning('storescu', ['-aec', 'SAFELIGHT', '127.0.0.1', String(listener.port), big]);
    await expect.poll(() => isWithin).toBe(true);
    await device.close('SIGKILL');
    expect(kept.kept).toEqual([]);
  });
});

const keptDigests = () => kept.kept.map((object) => `${object.transferSyntaxUid} ${object.sha256}`).sort();

async function writtenDigests(where: string): Promise<string[]> {
  const parts = (await readdir(where)).map((name) => readParts(path.join(where, name)));
  const digests = (await Promise.all(parts)).map((part) => `${part.transferSyntaxUid} ${digestOf(part.dataSet)}`);
  return digests.sort();
}

/** storescu's options, each with a file in the encoding that it offers. */
async function makeSyntaxes(): Promise<(readonly [string, string])[]> {
  const at = (name: string) => path.join(folder.path, `${name}.dcm`);
  const shipped = (name: string) => path.join(samples, 'syntaxes', `${name}.dcm`);
  await convert('dcmconv', ['+te', sample, at('explicit')]);
  await convert('dcmconv', ['+ti', sample, at('implicit')]);
  await convert('dcmconv', ['+tb', sample, at('big')]);
  await convert('dcmconv', ['+td', sample, at('deflated')]);
  await convert('dcmcrle', [sample, at('rle')]);
  await convert('dcmcjpeg', ['+e1', sample, at('jpeg-lossless')]);
  await convert('dcmcjpls', ['+el', sample, at('jpeg-ls')]);
  await convert('dcmcjpls', ['+en', path.join(samples, 'colour/rgb.dcm'), at('jpeg-ls-near')]);
  await convert('dcmcjpeg', ['+eb', path.join(samples, 'colour/rgb.dcm'), at('jpeg-baseline')]);
  return [
    ['-xe', at('explicit')],
    ['-xi', at('implicit')],
    ['-xb', at('big')],
    ['-xd', at('deflated')],
    ['-xr', at('rle')],
    ['-xs', at('jpeg-lossless')],
    ['-xt', at('jpeg-ls')],
    ['-xu', at('jpeg-ls-near')],
    ['-xy', at('jpeg-baseline')],
    ['-xx', shipped('jpeg-extended-12-bit')],
    ['-xv', shipped('jpeg-2000-lossless')],
  ];
}

async function filesBelow(where: string): Promise<string[]> {
  const entries = await readdir(where, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.dcm'))
    .map((entry) => path.join(entry.parentPath, entry.name));
}
