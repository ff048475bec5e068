import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { WebAuth } from '#contract/shapes/web.ts';
import { readOwnCertificate, readTrusted, secureCalling, type SecureCalling } from '#station/dicom/network/index.ts';
import { openWebSecrets } from '#station/flow/web-secrets.ts';
import { settingsShape } from '#contract/shapes/settings.ts';
import { isInstalled, makeCertificate, temporaryFolder, type MadeCertificate } from '../../../peers/programs/index.ts';
import { many } from '../approved-exam.ts';
import { allIn, openWebStation, type WebStation, type WebStationOptions } from './open-web.ts';
import { json, startWebPeer } from './web-peer.ts';

const closing: (() => Promise<unknown>)[] = [];
const opened: WebStation[] = [];
const open = async (options?: WebStationOptions) => {
  const station = await openWebStation(options);
  opened.push(station);
  return station;
};
afterEach(async () => {
  for (const station of opened.splice(0)) await station.close();
  for (const close of closing.splice(0).reverse()) await close();
});
const item = (uid: string) => ({ '00080018': { vr: 'UI', Value: [uid] } });
const counts = (study: string, count: number) => ({
  status: 200,
  headers: json,
  body: JSON.stringify([{ '0020000D': { vr: 'UI', Value: [study] }, '00201208': { vr: 'IS', Value: [count] } }]),
});

describe('a query by DICOMweb', () => {
  it('is one list for each series, and completed object by object when the list was cut short', async () => {
    const station = await open();
    const exam = station.shelf.exam(many(6));
    station.peer.onQuery = (url) =>
      url.searchParams.has('SOPInstanceUID') || !url.pathname.endsWith('/instances')
        ? undefined
        : { status: 206, headers: json, body: JSON.stringify(exam.revisions.slice(0, 4).map(({ uid }) => item(uid))) };
    station.approve(exam);
    await station.until(allIn('committed'));
    const lists = station.peer.queries.filter((query) => query.includes('/instances'));
    expect(lists).toHaveLength(3);
    expect(lists[0]).toContain(`/studies/${exam.StudyInstanceUID}/series/`);
    expect(station.peer.requests).toHaveLength(1);
  });

  it.each([
    ['an empty list', { status: 200, headers: json, body: '[]' }],
    ['no content', { status: 204 }],
    ['a study that it does not know', { status: 404 }],
  ])('that shows %s is repeated before the object is sent again', async (_name, answer) => {
    const station = await open();
    station.peer.onQuery = (url) =>
      url.pathname.endsWith('/instances') && station.peer.requests.length < 2 ? answer : undefined;
    station.approve(station.shelf.exam(many(1)));
    await station.until(allIn('committed'));
    expect(station.peer.requests).toHaveLength(2);
    expect(station.peer.queries.filter((query) => query.includes('/instances')).length).toBeGreaterThanOrEqual(5);
  });

  it.each([
    ['garbage', { status: 200, headers: json, body: 'nonsense' }, 'answer-unreadable'],
    ['a page', { status: 200, headers: { 'content-type': 'text/html' }, body: '<p>' }, 'answer-unreadable'],
    ['an error', { status: 500 }, 'web-failed'],
    ['that it answers none', { status: 501 }, 'query-not-offered'],
    ['too many questions', { status: 429 }, 'web-busy'],
  ])('that gives %s proves nothing, sends nothing twice, and is repeated', async (_name, answer, key) => {
    const station = await open();
    let times = 0;
    station.peer.onQuery = (url) => (url.pathname.endsWith('/instances') && ++times < 8 ? answer : undefined);
    station.approve(station.shelf.exam(many(2)));
    await station.until((rows) => rows[0]?.lastAnswer?.key === key);
    await station.until(allIn('committed'));
    expect(station.peer.requests).toHaveLength(1);
  });

  it('that counts fewer objects than it shows is repeated, and then says what it counted', async () => {
    const station = await open();
    const exam = station.shelf.exam(many(3));
    let asked = 0;
    station.peer.onQuery = (url) => {
      if (url.pathname !== '/dicom-web/studies' || !url.searchParams.has('StudyInstanceUID')) return undefined;
      asked++;
      return counts(exam.StudyInstanceUID, 2);
    };
    station.approve(exam);
    await station.until(allIn('committed'));
    expect(asked).toBeGreaterThanOrEqual(4);
    expect(station.rows()[0]).toMatchObject({
      confirmedBy: 'query',
      lastAnswer: { key: 'found-by-query-other-count', params: { count: 2, expected: 3 } },
    });
  });

  it('that counts more is no objection: others send there as well', async () => {
    const station = await open();
    const exam = station.shelf.exam(many(3));
    station.peer.onQuery = (url) =>
      url.searchParams.has('StudyInstanceUID') ? counts(exam.StudyInstanceUID, 300) : undefined;
    station.approve(exam);
    await station.until(allIn('committed'));
    expect(station.rows()[0]?.lastAnswer?.key).toBe('found-by-query');
  });
});

describe('the test of a destination', () => {
  it('says in one small question whether it is there, lets us in and answers queries', async () => {
    const station = await open();
    const test = async (changes: object = {}) =>
      (
        await station.forward.testDestination(
          {
            ...{ aeTitle: '', host: '', port: 0, protocol: 'dicomweb' },
            web: { baseUrl: station.peer.baseUrl, auth: { kind: 'none' }, mostObjects: 1, mostBytes: 1_000_000 },
            ...changes,
          },
          'SAFELIGHT',
        )
      ).key;
    expect(await test()).toBe('answers');
    station.peer.onQuery = () => ({ status: 501 });
    expect(await test()).toBe('query-not-offered');
    station.peer.onQuery = () => ({ status: 401 });
    expect(await test()).toBe('web-not-authorised');
    station.peer.onQuery = () => ({ status: 404 });
    expect(await test()).toBe('web-not-found');
    station.peer.onQuery = () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: '<p>' });
    expect(await test()).toBe('answer-unreadable');
    const web = { baseUrl: 'http://127.0.0.1:9', auth: { kind: 'none' }, mostObjects: 1, mostBytes: 1_000_000 };
    expect(await test({ web })).toBe('connection-refused');
    expect(station.peer.kept).toEqual([]);
  });
});

describe('a password or token', () => {
  it('is the first line of a file in the folder for secrets, or a variable, and of nothing else', async () => {
    const home = await temporaryFolder('secrets');
    closing.push(() => home.close());
    await mkdir(path.join(home.path, 'secrets'));
    await writeFile(path.join(home.path, 'secrets', 'archive'), 'deep water\nmore');
    await writeFile(path.join(home.path, 'outside'), 'not this');
    const secrets = openWebSecrets(home.path, { SAFELIGHT_SECRET_A: 'abc', SAFELIGHT_SECRET_B: 'a\nb' });
    const read = (auth: Partial<WebAuth>) =>
      secrets.read({ kind: 'basic', user: 'us', ...auth }).catch((error: { code: string }) => error.code);
    expect(await read({ secretFile: 'archive' })).toBe('deep water');
    expect(await read({ secretVariable: 'SAFELIGHT_SECRET_A' })).toBe('abc');
    expect(await read({ secretVariable: 'SAFELIGHT_SECRET_B' })).toBe('secret-unreadable');
    expect(await read({ secretVariable: 'SAFELIGHT_SECRET_C' })).toBe('secret-unreadable');
    expect(await read({ secretFile: 'missing' })).toBe('secret-unreadable');
    expect(await read({ kind: 'bearer', secretFile: 'archive' })).toBe('secret-unreadable');
    for (const secretFile of ['../outside', '/etc/hostname', path.join(home.path, 'outside'), '.'])
      expect(await read({ secretFile })).toBe('settings-invalid');
  });

  it('stands in no setting, and is sent over a line that can be overheard to this machine only', () => {
    const parse = (web: object) =>
      settingsShape.safeParse({
        destinations: [{ id: 'a', name: 'A', kind: 'archive', protocol: 'dicomweb', web }],
      });
    const auth = { kind: 'basic', user: 'us', secretVariable: 'SAFELIGHT_SECRET_A' };
    expect(parse({ baseUrl: 'https://archive.example/web', auth }).success).toBe(true);
    expect(parse({ baseUrl: 'http://127.0.0.1:8042/web', auth }).success).toBe(true);
    expect(parse({ baseUrl: 'http://archive.example/web', auth }).success).toBe(false);
    expect(parse({ baseUrl: 'https://us:secret@archive.example/web' }).success).toBe(false);
    expect(parse({ baseUrl: 'https://archive.example/web', auth: { ...auth, password: 'x' } }).success).toBe(false);
    expect(parse({ baseUrl: 'https://archive.example/web', auth: { ...auth, secretVariable: 'PATH' } }).success).toBe(
      false,
    );
  });
});

describe.skipIf(!isInstalled('openssl'))('over TLS on both sides', () => {
  it('both show who they are; a service that is not who it should be gets not one byte', async () => {
    const folder = await temporaryFolder('web-tls');
    closing.push(() => folder.close());
    const authority = await makeCertificate(folder.path, { name: 'authority', isAuthority: true });
    const archive = await makeCertificate(folder.path, { name: 'archive', by: authority });
    const ownFiles = await makeCertificate(folder.path, { name: 'station', by: authority });
    const stranger = await makeCertificate(folder.path, { name: 'stranger' });
    const named = (file: string) => ({ field: '', file });
    const own = await readOwnCertificate(
      { certificate: named(ownFiles.certificateFile), key: named(ownFiles.keyFile) },
      folder.path,
    );
    const trusted = await readTrusted([named(authority.certificateFile)], folder.path);
    const server = async ({ certificateFile, keyFile }: MadeCertificate) =>
      startWebPeer({
        cert: await readFile(certificateFile),
        key: await readFile(keyFile),
        ca: await readFile(authority.certificateFile),
        requestCert: true,
        rejectUnauthorized: true,
      });
    let calling: SecureCalling = secureCalling({ verifyHost: true, minimum: 'TLSv1.2', trusted, own });
    const tls = { verifyHost: true, minimum: 'TLSv1.2' } as const;
    const ports = { callingOf: () => calling, readCalling: async () => calling };
    const station = await open({ peer: await server(archive), destination: { tls }, ports });
    station.approve(station.shelf.exam(many(4)));
    await station.until(allIn('committed'));
    expect(station.peer.kept).toHaveLength(4);

    const impostor = await open({ peer: await server(stranger), destination: { tls }, ports });
    impostor.approve(impostor.shelf.exam(many(1)));
    await impostor.until(() => impostor.forward.destinationStatus()[0]?.state === 'refusing');
    expect(impostor.forward.destinationStatus()[0]?.lastAnswer).toMatchObject({ key: 'certificate-refused' });
    expect(impostor.peer.headers).toEqual([]);
    expect(impostor.attempts()).toEqual([]);

    calling = secureCalling({ verifyHost: true, minimum: 'TLSv1.2', trusted });
    const unknown = await open({ peer: await server(archive), destination: { tls }, ports });
    unknown.approve(unknown.shelf.exam(many(1)));
    await unknown.until(() => unknown.forward.destinationStatus()[0]?.state === 'refusing');
    expect(unknown.forward.destinationStatus()[0]?.lastAnswer).toMatchObject({ key: 'own-certificate-refused' });
  });
});
