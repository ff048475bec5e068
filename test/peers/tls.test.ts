import { copyFile, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { createRouterClient } from '@orpc/server';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Settings } from '#contract/shapes/settings.ts';
import type { StationStatus } from '#contract/shapes/station.ts';
import { openLog } from '#station/kit/log.ts';
import { openStation, type Station } from '#station/station.ts';
import {
  encryptKey,
  freePort,
  isInstalled,
  makeCertificate,
  run,
  runEchoscu,
  runStorescu,
  startStorescp,
  temporaryFolder,
  type MadeCertificate,
  type Ran,
  type TemporaryFolder,
} from './programs/index.ts';

const hasPeers = isInstalled('storescu') && isInstalled('openssl');
if (!hasPeers) console.warn('NOT VERIFIED: DCMTK or openssl absent');

const sample = path.resolve(import.meta.dirname, '../../resources/samples/syntaxes/explicit-little-endian.dcm');

type Names = 'authority' | 'stranger' | 'station' | 'device' | 'other' | 'expired' | 'wrong' | 'alone';
type Desk = {
  readonly station: { status(): Promise<StationStatus> };
  readonly setup: {
    read(): Promise<{ settings: Settings }>;
    save(settings: unknown): Promise<unknown>;
    testDestination(target: unknown): Promise<{ ok: boolean; key: string; params: Record<string, unknown> }>;
    decideDevice(device: unknown): Promise<unknown>;
  };
};

let folder: TemporaryFolder;
let made: Record<Names, MadeCertificate>;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  if (!hasPeers) return;
  folder = await temporaryFolder('tls');
  const make = (name: Names, more: object = {}) => makeCertificate(folder.path, { name, ...more });
  const authority = await make('authority', { isAuthority: true });
  const stranger = await make('stranger', { isAuthority: true });
  const by = authority;
  const [station, device, other, expired, wrong, alone] = await Promise.all([
    make('station', { by }),
    make('device', { by, standsFor: 'DNS:ct1.example' }),
    make('other', { by }),
    make('expired', { by, days: -1 }),
    make('wrong', { by: stranger }),
    make('alone'),
  ]);
  made = { authority, stranger, station, device, other, expired, wrong, alone };
});
afterAll(() => folder?.close());
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

type Opened = {
  readonly station: Station;
  readonly desk: Desk;
  readonly lines: string[];
  readonly port: number;
  readonly plainPort: number;
};

const tlsOf = (more: object = {}) => ({
  port: 0,
  certificateFile: made.station.certificateFile,
  keyFile: made.station.keyFile,
  trustedCertificatesFiles: [made.authority.certificateFile],
  ...more,
});

async function open(settings: { station?: object; devices?: object[] } = {}, tls: object = {}): Promise<Opened> {
  const home = await temporaryFolder('tls-home');
  const lines: string[] = [];
  const station = await openStation({
    home: home.path,
    settings: {
      ...settings,
      station: { dicomHost: '127.0.0.1', dicomPort: 0, tls: tlsOf(tls), ...settings.station },
    },
    log: openLog(
      (line) => lines.push(line),
      () => '',
    ),
  });
  closing.push(async () => {
    await station.close();
    await home.close();
  });
  const desk = createRouterClient(station.router) as unknown as Desk;
  const { secure, listener } = await desk.station.status();
  return { station, desk, lines, port: secure.port, plainPort: listener.port };
}

const showing = ({ certificateFile, keyFile }: MadeCertificate, trusted = made.authority) => [
  '+tls',
  keyFile,
  certificateFile,
  '+cf',
  trusted.certificateFile,
];

const anonymous = () => ['+tla', '-ic'];

/** One handshake by openssl; a line is said, so that what the server thinks of it arrives. */
function handshake(port: number, options: readonly string[], as: MadeCertificate = made.device): Promise<Ran> {
  const who = ['-cert', as.certificateFile, '-key', as.keyFile, '-CAfile', made.authority.certificateFile];
  return run('sh', [
    '-c',
    'sleep 0.3 | openssl s_client "$@"',
    'sh',
    '-connect',
    `127.0.0.1:${port}`,
    ...who,
    ...options,
  ]);
}

const refusalsOf = async (desk: Desk) => (await desk.station.status()).secure.refusals;

const problemOf = async (asked: Promise<unknown>): Promise<{ code: string; params: Record<string, unknown> }> => {
  try {
    await asked;
  } catch (error) {
    const { code, data } = error as { code: string; data?: { params?: Record<string, unknown> } };
    return { code, params: data?.params ?? {} };
  }
  throw new Error('it went well');
};

describe.skipIf(!hasPeers)('the port with TLS', () => {
  it('takes images of a device that shows a good certificate, beside the plain port', async () => {
    const { port, plainPort, desk } = await open();
    expect((await runEchoscu({ port }, showing(made.device))).code).toBe(0);
    const sent = await runStorescu({ port }, [sample], showing(made.device));
    expect(sent, sent.output).toMatchObject({ code: 0 });
    expect((await runEchoscu({ port: plainPort })).code).toBe(0);
    const { listener, secure } = await desk.station.status();
    expect(listener.receivedToday).toBe(1);
    expect(secure).toMatchObject({ state: 'listening', problem: null, certificate: { sha256: made.station.sha256 } });
  });

  it.each([
    ['no certificate', 'no-certificate', () => anonymous()],
    ['one that has run out', 'certificate-expired', () => showing(made.expired)],
    ['one of an authority nobody here knows', 'certificate-unknown-issuer', () => showing(made.wrong)],
    ['one that only it vouches for', 'certificate-self-signed', () => showing(made.alone)],
  ])('turns away a device with %s, says why, and goes on', async (_what, reason, options) => {
    const { port, desk, lines } = await open();
    expect((await runEchoscu({ port }, options())).code).not.toBe(0);
    await expect.poll(() => refusalsOf(desk)).toMatchObject([{ reason, address: '127.0.0.1' }]);
    await expect.poll(() => lines.filter((line) => line.includes('handshake-refused'))).toHaveLength(1);
    expect(lines.join()).toContain(reason);
    expect((await runEchoscu({ port }, showing(made.device))).code).toBe(0);
  });

  it('takes a device without a certificate where one is optional, and none that is bad', async () => {
    const { port } = await open({}, { clientCertificates: 'optional' });
    expect((await runEchoscu({ port }, anonymous())).code).toBe(0);
    expect((await runEchoscu({ port }, showing(made.device))).code).toBe(0);
    expect((await runEchoscu({ port }, showing(made.expired))).code).not.toBe(0);
  });

  it('speaks TLS 1.2 and 1.3, nothing older, and no cipher without forward secrecy', async () => {
    const { port, desk } = await open();
    expect((await handshake(port, ['-tls1_2'])).output).toContain('New, TLSv1.2, Cipher is ECDHE-');
    expect((await handshake(port, ['-tls1_3'])).output).toContain('New, TLSv1.3, Cipher is TLS_');
    const old = await handshake(port, ['-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0']);
    expect(old.output).toContain('alert protocol version');
    const weak = await handshake(port, ['-tls1_2', '-cipher', 'AES128-SHA:AES128-GCM-SHA256']);
    expect(weak.output).toContain('alert handshake failure');
    const reasons = async () => (await refusalsOf(desk)).map(({ reason }) => reason);
    await expect.poll(reasons).toEqual(['cipher', 'version']);
  });

  it('can be told to speak TLS 1.3 only', async () => {
    const { port } = await open({}, { minimum: 'TLSv1.3' });
    expect((await handshake(port, ['-tls1_2'])).output).toContain('alert protocol version');
    expect((await handshake(port, ['-tls1_3'])).output).toContain('New, TLSv1.3');
  });

  it('resumes no session: each connection is judged anew', async () => {
    const { port } = await open();
    const session = path.join(folder.path, 'session');
    expect((await handshake(port, ['-tls1_3', '-sess_out', session])).output).toContain('New, TLSv1.3');
    expect((await handshake(port, ['-tls1_3', '-sess_in', session])).output).not.toContain('Reused');
    const again = await handshake(port, ['-tls1_2', '-reconnect']);
    expect(again.output).toContain('New, TLSv1.2');
    expect(again.output).not.toContain('Reused');
  });

  it('ends a device that calls it without TLS, and a TLS device on the plain port, with one line each', async () => {
    const { port, plainPort, desk, lines } = await open();
    expect((await runEchoscu({ port })).code).not.toBe(0);
    await expect.poll(() => refusalsOf(desk)).toMatchObject([{ reason: 'not-tls', address: '127.0.0.1' }]);
    await expect.poll(() => lines.filter((line) => line.includes('handshake-refused'))).toHaveLength(1);
    expect((await runEchoscu({ port: plainPort }, showing(made.device))).code).not.toBe(0);
    await expect
      .poll(() => lines.filter((line) => line.includes('connection-dropped')))
      .toEqual([expect.stringContaining('TLS on the plain port')]);
    expect(lines.join()).not.toContain('DEVICE');
  });

  it('keeps a silent connection no longer than any other', async () => {
    const { port, desk } = await open();
    const silent = net.connect({ host: '127.0.0.1', port });
    closing.push(() => silent.destroy());
    await new Promise((resolve) => silent.once('connect', resolve));
    expect((await runEchoscu({ port }, showing(made.device))).code).toBe(0);
    await expect.poll(async () => (await desk.station.status()).listener.associations).toBe(0);
  });
});

describe.skipIf(!hasPeers)('a device that is bound to its certificate', () => {
  it('is shown as new with what it showed, is allowed with it, and then comes in with nothing else', async () => {
    const { port, plainPort, desk } = await open({ station: { allowLoopback: false } });
    const first = await runEchoscu({ port, calling: 'CT1' }, showing(made.device));
    expect(first.output).toContain('Calling AE Title Not Recognized');
    const [found] = (await desk.station.status()).newDevices;
    expect(found).toMatchObject({
      aeTitle: 'CT1',
      certificateSha256: made.device.sha256,
      certificateSubject: 'O=Test, CN=device',
    });
    const { aeTitle, address, certificateSha256 } = found ?? { aeTitle: '', address: '' };
    await desk.setup.decideDevice({ aeTitle, address, decision: 'allow', certificateSha256 });

    expect((await runEchoscu({ port, calling: 'CT1' }, showing(made.device))).code).toBe(0);
    for (const attempt of [
      await runEchoscu({ port, calling: 'CT1' }, showing(made.other)),
      await runEchoscu({ port: plainPort, calling: 'CT1' }),
    ])
      expect(attempt.output).toContain('Calling AE Title Not Recognized');
    expect((await desk.station.status()).newDevices).toMatchObject([{ aeTitle: 'CT1' }]);
  });
});

describe.skipIf(!hasPeers)('certificate files', () => {
  it('that cannot be used are named when they are saved, and everything stays as it was', async () => {
    const { port, desk } = await open();
    const { settings } = await desk.setup.read();
    const notOne = path.join(folder.path, 'not-one.pem');
    await writeFile(notOne, 'certainly no certificate');
    const save = (tls: object) =>
      problemOf(desk.setup.save({ ...settings, station: { ...settings.station, tls: tlsOf(tls) } }));
    const field = (name: string) => ({ field: `station.tls.${name}` });
    expect(await save({ certificateFile: '/nowhere.pem' })).toMatchObject({
      code: 'certificate-unreadable',
      params: field('certificateFile'),
    });
    expect(await save({ certificateFile: notOne })).toMatchObject({ code: 'certificate-unreadable' });
    expect(await save({ certificateFile: '/dev/zero' })).toMatchObject({ code: 'certificate-unreadable' });
    expect(await save({ keyFile: notOne })).toMatchObject({ code: 'key-unreadable', params: field('keyFile') });
    expect(await save({ keyFile: made.device.keyFile })).toMatchObject({
      code: 'key-does-not-match',
      params: field('keyFile'),
    });
    expect(await save({ trustedCertificatesFiles: [notOne] })).toMatchObject({
      code: 'certificate-unreadable',
      params: field('trustedCertificatesFiles.0'),
    });
    expect(await save({ trustedCertificatesFiles: [] })).toMatchObject({
      code: 'settings-invalid',
      params: field('trustedCertificatesFiles'),
    });
    expect((await runEchoscu({ port }, showing(made.device))).code).toBe(0);
  });

  it('that are gone at the start leave the plain port as it is, and are shown', async () => {
    const { plainPort, desk } = await open({}, { certificateFile: '/nowhere.pem' });
    expect((await runEchoscu({ port: plainPort })).code).toBe(0);
    const { secure, problems } = await desk.station.status();
    expect(secure).toMatchObject({ state: 'down', problem: { code: 'certificate-unreadable' } });
    expect(problems).toMatchObject([{ code: 'certificate-unreadable' }]);
  });

  it('may have a passphrase, which is in no line of the log', async () => {
    const passphraseFile = path.join(folder.path, 'passphrase');
    await writeFile(passphraseFile, 'over-the-rainbow\n');
    const keyFile = await encryptKey(made.station.keyFile, 'over-the-rainbow');
    const { port, desk, lines } = await open({}, { keyFile, passphraseFile });
    expect((await runEchoscu({ port }, showing(made.device))).code).toBe(0);
    const { settings } = await desk.setup.read();
    const without = { ...settings, station: { ...settings.station, tls: tlsOf({ keyFile }) } };
    expect(await problemOf(desk.setup.save(without))).toMatchObject({ code: 'key-unreadable' });
    expect(lines.join()).not.toContain('rainbow');
  });

  it('that were renewed count from the next connection on, and no association ends for it', async () => {
    const certificateFile = path.join(folder.path, 'renewed.pem');
    const keyFile = path.join(folder.path, 'renewed.key');
    await copyFile(made.station.certificateFile, certificateFile);
    await copyFile(made.station.keyFile, keyFile);
    const { port, desk, lines } = await open({}, { certificateFile, keyFile });
    const dropped = () => lines.filter((line) => line.includes('association-closed'));
    await copyFile(made.other.certificateFile, certificateFile);
    await copyFile(made.other.keyFile, keyFile);
    const { settings } = await desk.setup.read();
    await desk.setup.save(settings);
    const { secure } = await desk.station.status();
    expect(secure).toMatchObject({ state: 'listening', port, certificate: { sha256: made.other.sha256 } });
    expect((await handshake(port, ['-showcerts'])).output).toContain('CN = other');
    expect(dropped()).toEqual([]);
  });
});

describe.skipIf(!hasPeers)('a destination with TLS', () => {
  const receiver = async (as: MadeCertificate, more: readonly string[] = []) => {
    const peer = await startStorescp([...showing(as), ...more]);
    closing.push(() => peer.close());
    return peer;
  };
  const trusted = () => ({ trustedCertificatesFile: made.authority.certificateFile });

  it('is tested with certificates on both sides', async () => {
    const { desk } = await open();
    const { port } = await receiver(made.other);
    const target = { aeTitle: 'ARCHIVE', host: '127.0.0.1', port };
    const test = async (tls: object) => {
      const { ok, key, params } = await desk.setup.testDestination({ ...target, tls });
      return ok ? 'answers' : `${key} ${String(params['code'] ?? '')}`.trim();
    };
    expect(await test(trusted())).toBe('answers');
    expect(await test({ ...trusted(), certificateSha256: made.other.sha256 })).toBe('answers');
    expect(await test({ certificateSha256: made.other.sha256 })).toBe('answers');
    expect(await test({ ...trusted(), certificateSha256: made.device.sha256 })).toBe(
      'certificate-refused CERT_PINNED_OTHER',
    );
    expect(await test({ trustedCertificatesFile: made.stranger.certificateFile })).toMatch(
      /^certificate-refused (UNABLE_|SELF_SIGNED_)/,
    );
    expect(await test({ ...trusted(), servername: 'archive.example' })).toBe(
      'certificate-refused ERR_TLS_CERT_ALTNAME_INVALID',
    );
    expect(await test({ ...trusted(), servername: 'archive.example', verifyHost: false })).toBe('answers');
    const own = { certificateFile: made.wrong.certificateFile, keyFile: made.wrong.keyFile };
    expect(await test({ ...trusted(), ...own })).toMatch(/^own-certificate-refused ERR_SSL_/);
    expect(
      await problemOf(desk.setup.testDestination({ ...target, tls: { trustedCertificatesFile: '/nowhere' } })),
    ).toMatchObject({ code: 'certificate-unreadable' });
  });

  it('that does not speak TLS, or speaks it too old, or is not there, is told apart', async () => {
    const { desk } = await open();
    const plain = await startStorescp();
    closing.push(() => plain.close());
    const test = async (port: number) =>
      (await desk.setup.testDestination({ aeTitle: 'ARCHIVE', host: '127.0.0.1', port, tls: trusted() })).key;
    expect(await test(plain.port)).toMatch(/^(tls-not-spoken|connection-lost)$/);
    expect(await test(await freePort())).toBe('connection-refused');
    const cut = net.createServer((socket) => socket.once('data', () => socket.destroy()));
    await new Promise<void>((resolve) => cut.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise((resolve) => cut.close(resolve)));
    expect(await test((cut.address() as net.AddressInfo).port)).toBe('connection-lost');
  });
});
