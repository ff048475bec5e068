// Hostile names, paths and UIDs: nothing outside of the home is read, and nothing is written there.
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeElements, buildFileMeta, explicitLittleEndian } from '#station/dicom/index.ts';
import { newUid } from '#station/kit/ids.ts';
import { silentLog } from '#station/kit/log.ts';
import { runHeadless, type RunningStation } from '../../src-main/headless/run.ts';
import { secondaryCaptureClass, temporaryFolder, type TemporaryFolder } from '../peers/programs/index.ts';
import { hostileName, hostileUid, secret } from './hostile-names.ts';
import { ask, importMutants } from './mutants.ts';

/** 2,000 in all is the figure; a quarter each way. */
const eachWay = process.env['SAFELIGHT_SOAK'] === '1' ? 500 : 60;

let outer: TemporaryFolder;
let home: string;
let station: RunningStation;
let before: string[];

beforeAll(async () => {
  outer = await temporaryFolder('hostile');
  home = path.join(outer.path, 'a', 'b', 'home');
  await mkdir(path.join(outer.path, 'pages'), { recursive: true });
  await mkdir(path.join(outer.path, 'etc'), { recursive: true });
  for (const name of ['secret.dcm', 'etc/passwd', 'a/secret.dcm', 'a/b/secret.dcm']) {
    await mkdir(path.dirname(path.join(outer.path, name)), { recursive: true });
    await writeFile(
      path.join(outer.path, name),
      anObject({ StudyInstanceUID: newUid(), SOPInstanceUID: newUid() }, secret),
    );
  }
  station = await runHeadless({
    home,
    settings: { station: { dicomHost: '127.0.0.1', quietTimeSeconds: 0 } },
    dicomPort: 0,
    httpPort: 0,
    pagesFolder: path.join(outer.path, 'pages'),
    log: silentLog,
  });
  before = await everythingOutside();
});

afterAll(async () => {
  await station.close();
  await outer.close();
});

type Uids = { readonly StudyInstanceUID: string; readonly SOPInstanceUID: string };

function anObject({ StudyInstanceUID, SOPInstanceUID }: Uids, PatientName: string): Buffer {
  return Buffer.concat([
    buildFileMeta({
      sopClassUid: secondaryCaptureClass,
      sopInstanceUid: SOPInstanceUID,
      transferSyntaxUid: explicitLittleEndian,
      sourceAeTitle: 'HOSTILE',
    }),
    encodeElements(
      [
        { keyword: 'SOPClassUID', value: secondaryCaptureClass },
        { keyword: 'SOPInstanceUID', value: SOPInstanceUID },
        { keyword: 'Modality', value: 'OT' },
        { keyword: 'PatientName', value: PatientName },
        { keyword: 'StudyInstanceUID', value: StudyInstanceUID },
        { keyword: 'SeriesInstanceUID', value: `${StudyInstanceUID.slice(0, 60)}.1` },
      ],
      { explicit: true, littleEndian: true, characterSet: [] },
    ),
  ]);
}

/** Every file outside of the home, with its content. */
async function everythingOutside(): Promise<string[]> {
  const entries = await readdir(outer.path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const outside = files.filter((file) => !file.startsWith(home + path.sep));
  return Promise.all(outside.map(async (file) => `${file}: ${(await readFile(file)).toString('base64')}`));
}

/** Whether anything that the station keeps holds the secret. */
async function secretInside(): Promise<boolean> {
  const entries = await readdir(home, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    if ((await readFile(path.join(entry.parentPath, entry.name))).includes(secret)) return true;
  }
  return false;
}

/** A request with its path as it is: fetch would tidy it up. */
function rawGet(rawPath: string): Promise<string> {
  const { port } = new URL(station.ready.url);
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        agent: false,
        host: '127.0.0.1',
        port,
        path: rawPath,
        headers: { authorization: `Bearer ${station.ready.token}` },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => resolve(`${answer.statusCode} ${Buffer.concat(chunks).toString('latin1')}`));
      },
    );
    request.on('error', (error) => reject(new Error(`${rawPath}`, { cause: error })));
    request.end();
  });
}

/** The first line of what comes back for an upgrade. */
function rawUpgrade(rawPath: string): Promise<string> {
  const { port } = new URL(station.ready.url);
  return new Promise((resolve) => {
    let heard = '';
    const socket = net.connect(Number(port), '127.0.0.1', () =>
      socket.write(
        `GET ${rawPath} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
      ),
    );
    socket.on('data', (chunk) => (heard += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(heard.split('\r\n')[0] ?? ''));
  });
}

test('names of dropped files lead nowhere', async () => {
  const batch = randomUUID();
  for (let n = 0; n < eachWay; n++) {
    const uids = { StudyInstanceUID: newUid(), SOPInstanceUID: newUid() };
    const name = encodeURIComponent(hostileName(n).toWellFormed());
    const answer = await fetch(new URL(`api/uploads/${batch}/${n}?name=${name}`, station.ready.url), {
      method: 'PUT',
      headers: { authorization: `Bearer ${station.ready.token}` },
      body: new Uint8Array(anObject(uids, 'DROPPED')),
    });
    expect(answer.status, hostileName(n)).toBeLessThan(500);
  }
  await ask(station.ready, `/uploads/${batch}/import`, {});
  expect(await everythingOutside()).toEqual(before);
});

test('UIDs inside of objects lead nowhere', async () => {
  const folder = path.join(home, '..', 'objects-to-import');
  await mkdir(folder);
  for (let n = 0; n < eachWay; n++) {
    const uids = { StudyInstanceUID: hostileUid(n), SOPInstanceUID: hostileUid(n + 10_000) };
    await writeFile(path.join(folder, `${n}.dcm`), anObject(uids, 'UID'));
  }
  const taken = await importMutants(station.ready, folder);
  expect(taken.odd).toBe(0);
  expect(taken.kept + taken.refused + taken.alreadyHere).toBe(eachWay);
  expect(await everythingOutside()).toEqual(before);
});

test('paths that are asked for lead nowhere', async () => {
  for (let n = 0; n < eachWay; n++) {
    const name = hostileName(n).toWellFormed();
    const encoded = n % 2 === 0 ? encodeURIComponent(name) : encodeURI(name).replaceAll('#', '%23');
    for (const rawPath of [`/${encoded}`, `/api/objects/${encoded}/file`, `/assets/${encoded}`]) {
      expect(await rawGet(rawPath)).not.toContain(secret);
    }
  }
});

test('an upgrade of a path that is none ends that connection alone', async () => {
  const paths = ['//////secret.dcm::$DATA', '//[', 'http://[/', '*', '//:99999/api/socket'];
  for (const rawPath of paths) expect(await rawUpgrade(rawPath), rawPath).toMatch(/^(?:HTTP\/1\.1 40[0-9]|$)/);
  expect(await rawGet('/api/health')).toMatch(/^200/);
});

test('links in a folder are not followed', async () => {
  const folder = path.join(outer.path, 'linked');
  await mkdir(path.join(folder, 'deep'), { recursive: true });
  for (let n = 0; n < eachWay; n++) {
    const target = [path.join(outer.path, 'secret.dcm'), outer.path, '../secret.dcm', '/', folder, '/dev/zero'][n % 6];
    await symlink(target ?? '/', path.join(folder, n % 2 === 0 ? `${n}.dcm` : `deep/${n}`));
  }
  const taken = await importMutants(station.ready, folder);
  expect(taken.kept + taken.alreadyHere).toBe(0);
  expect(await secretInside()).toBe(false);
  expect(await everythingOutside()).toEqual(before);
});
