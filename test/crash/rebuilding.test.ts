// The catalog is deleted, damaged or too old, and is made anew: from snapshot, journal and images, or from what is left of
// them. Nothing that was decided is lost, nothing is deleted, and nothing ever leaves under another identity.
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rebuild } from '#station/station.ts';
import { startOrthanc, temporaryFolder, type Orthanc, type TemporaryFolder } from '../peers/programs/index.ts';
import {
  approve,
  ask,
  exams,
  makeHistory,
  sendExam,
  stateOf,
  untilDelivered,
  writeSettings,
} from './home-with-history.ts';
import type { SenderLog } from './sender.ts';
import { killWhen, runErrand, startErrand, startStation } from './station-process.ts';

let folder: TemporaryFolder;
let archive: Orthanc;
let original: string;
let settings: string;
let log: SenderLog;
let home: string;
let number = 0;

beforeAll(async () => {
  folder = await temporaryFolder('rebuild');
  archive = await startOrthanc({ aet: 'ARCHIVE' });
  settings = await writeSettings(folder.path, archive.dicomPort);
  original = path.join(folder.path, 'original');
  log = await makeHistory(original, settings);
});
afterAll(async () => {
  await archive.close();
  await folder.close();
});
beforeEach(() => {
  home = path.join(folder.path, `home-${number++}`);
  cpSync(original, home, { recursive: true, preserveTimestamps: true });
});

const inHome = (name: string) => path.join(home, name);
const remove = (...names: string[]) => names.forEach((name) => rmSync(inHome(name), { recursive: true, force: true }));
const journalText = () =>
  readdirSync(inHome('journal'))
    .map((name) => readFileSync(inHome(`journal/${name}`), 'utf8'))
    .join('');
const catalog = ['catalog.db', 'catalog.db-wal', 'catalog.db-shm'];

describe('a catalog that was deleted', () => {
  it('is as it was, from the journal and the images', async () => {
    const before = stateOf(home);
    expect(before.deliveries.map(({ state }) => state)).toEqual(Array(before.deliveries.length).fill('committed'));
    remove(...catalog, 'snapshots');
    const report = await rebuild(home);
    expect(report).toMatchObject({ base: 'nothing', damaged: 0, missing: 0, leftOut: 0, journalWhole: true, held: 0 });
    expect(report.adopted).toBe(log.acknowledged.length);
    expect(stateOf(home)).toEqual(before);
  });

  it('is rebuilt by a start, and a second start has nothing to do', async () => {
    const before = stateOf(home);
    remove(...catalog);
    const first = startStation(home);
    expect(await first.ready, first.log()).toBeDefined();
    expect(first.log()).toContain('catalog-rebuilt');
    await first.end();
    expect(stateOf(home)).toEqual(before);
    const second = startStation(home);
    expect(await second.ready, second.log()).toBeDefined();
    expect(second.log()).not.toContain('catalog-rebuilt');
    await second.end();
  });

  it('is as it was from a snapshot, what was decided after it, and what arrived after it', async () => {
    remove(...catalog, 'snapshots');
    await rebuild(home); // leaves a snapshot of what was until now
    const station = startStation(home, settings);
    const ready = await station.ready;
    if (!ready) throw new Error(station.log());
    await sendExam(ready, { ...log, acknowledged: [] }, 2);
    const [newest] = await exams(ready);
    const confirmed = () => journalText().split('object-confirmed').length;
    const confirmedBefore = confirmed();
    await approve(ready, newest?.id ?? '');
    await untilDelivered(ready);
    // What no person is told may reach the journal up to a second later.
    while (confirmed() === confirmedBefore) await sleep(20);
    await station.kill();
    const snapshots = readdirSync(inHome('snapshots')).sort();
    for (const name of snapshots.slice(1)) rmSync(inHome(`snapshots/${name}`));
    const copy = path.join(folder.path, `after-${number}`);
    cpSync(home, copy, { recursive: true });
    remove(...catalog);
    const report = await rebuild(home);
    expect(report.base).toMatch(/^\d{4}-/);
    expect(report.journalWhole).toBe(true);
    expect(report.adopted).toBe(2 + (report.adopted - 2));
    expect(stateOf(home)).toEqual(stateOf(copy));
  });

  it('without journal and snapshot: every image is there, and nothing undecided leaves before a person looked', async () => {
    const before = stateOf(home);
    remove(...catalog, 'snapshots', 'journal');
    const report = await rebuild(home);
    expect(report).toMatchObject({ base: 'nothing', adopted: log.acknowledged.length, missing: 0, held: 3 });
    const after = stateOf(home);
    const digests = (state: ReturnType<typeof stateOf>) =>
      state.objects.map(({ id, dataSetSha256 }) => [id, dataSetSha256]);
    expect(digests(after)).toEqual(digests(before));
    expect(after.objects.every(({ label }) => label === 'CRASHTEST')).toBe(true);
    expect(after.exams.every(({ held, heldBy }) => held === 1 && heldBy === 'recovery')).toBe(true);
  });
});

describe('a catalog that is damaged', () => {
  it('stops the start with a word, is rebuilt when asked, and goes to lost+found', async () => {
    const before = stateOf(home);
    writeFileSync(inHome('catalog.db'), Buffer.concat([Buffer.from('not a book'), Buffer.alloc(8192, 7)]));
    remove('catalog.db-wal', 'catalog.db-shm');
    const refused = await runErrand('--home', home);
    expect(refused).toMatchObject({ code: 1, said: '' });
    expect(refused.told).toContain('book-damaged');
    const rebuilt = await runErrand('--home', home, '--rebuild');
    expect(rebuilt.code, rebuilt.told).toBe(0);
    expect(JSON.parse(rebuilt.said)).toMatchObject({ done: 'rebuild', journalWhole: true, damaged: 0, missing: 0 });
    expect(stateOf(home)).toEqual(before);
    expect(readFileSync(inHome('lost+found/catalog.db'), 'utf8')).toContain('not a book');
  });

  it('of a newer program stays untouched, and is refused with a word', async () => {
    const book = new Database(inHome('catalog.db'));
    book.pragma('user_version = 99');
    book.close();
    const bytes = readFileSync(inHome('catalog.db'));
    const refused = await runErrand('--home', home);
    expect(refused).toMatchObject({ code: 1, said: '' });
    expect(refused.told).toContain('"code":"book-too-new","params":{"found":99');
    expect(readFileSync(inHome('catalog.db')).equals(bytes)).toBe(true);
  });
});

it('a catalog that lost its last changes is brought up to date by a start', async () => {
  const old = path.join(folder.path, 'old.db');
  const station = startStation(home, settings);
  const ready = await station.ready;
  if (!ready) throw new Error(station.log());
  const book = new Database(inHome('catalog.db'), { readonly: true });
  await book.backup(old);
  book.close();
  await sendExam(ready, { ...log, acknowledged: [] }, 1);
  const [newest] = await exams(ready);
  await approve(ready, newest?.id ?? '');
  await untilDelivered(ready);
  await station.end();
  const before = stateOf(home);
  remove(...catalog);
  cpSync(old, inHome('catalog.db'));
  const again = startStation(home);
  expect(await again.ready, again.log()).toBeDefined();
  await again.end();
  expect(stateOf(home)).toEqual(before);
});

it('an image whose bytes changed meanwhile is found out by the rebuild, and kept', async () => {
  const [object] = stateOf(home).objects;
  const file = inHome(`objects/${String(object?.['file'])}`);
  const bytes = readFileSync(file);
  bytes[bytes.length - 3] = (bytes.at(-3) ?? 0) ^ 0x40;
  writeFileSync(file, bytes);
  remove(...catalog, 'snapshots');
  const report = await rebuild(home);
  expect(report.damaged).toBe(1);
  const after = stateOf(home);
  expect(after.problems).toContainEqual({
    examId: object?.['examId'],
    objectId: object?.['id'],
    code: 'digest-mismatch',
  });
  expect(after.objects[0]?.['dataSetSha256']).toBe(object?.['dataSetSha256']);
  expect(readFileSync(file).equals(bytes)).toBe(true);
});

it('a journal that was cut off in the middle holds what is undecided', async () => {
  const [name = ''] = readdirSync(inHome('journal'));
  const file = inHome(`journal/${name}`);
  truncateSync(file, Math.floor(readFileSync(file).length / 2));
  remove(...catalog, 'snapshots');
  const report = await rebuild(home);
  expect(report.journalWhole).toBe(false);
  const { exams: after } = stateOf(home);
  for (const { undecided, held } of after) if (Number(undecided) > 0) expect(held).toBe(1);
});

/** A rebuild may end before it is looked at on a machine with other work: then it is begun anew. */
async function killedWhen(isTime: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 20; tries++) {
    if (await killWhen(startErrand('--home', home, '--rebuild'), isTime)) return true;
    remove(...catalog, 'snapshots');
  }
  return false;
}

it('a rebuild that is killed again and again ends as if it had not been', async () => {
  const before = stateOf(home);
  remove(...catalog, 'snapshots');
  const begun = () => existsSync(inHome('catalog.rebuilt.part'));
  const nearlyDone = () => existsSync(inHome('snapshots')) && readdirSync(inHome('snapshots')).length > 0;
  expect([await killedWhen(begun), await killedWhen(nearlyDone)]).toEqual([true, true]);
  const last = await runErrand('--home', home, '--rebuild');
  expect(last.code, last.told).toBe(0);
  expect(stateOf(home)).toEqual(before);
  expect(existsSync(inHome('catalog.rebuilt.part'))).toBe(false);
});

it('what was rebuilt goes on: the archive gets nothing twice under another digest', async () => {
  remove(...catalog, 'snapshots');
  await rebuild(home);
  const station = startStation(home, settings);
  const ready = await station.ready;
  if (!ready) throw new Error(station.log());
  const [third] = await exams(ready);
  await approve(ready, third?.id ?? '');
  await untilDelivered(ready);
  const { queue } = await ask<{ queue: { blocked: number } }>(ready, 'GET', '/health');
  expect(queue.blocked).toBe(0);
  await station.end();
  const book = new Database(inHome('catalog.db'), { readonly: true });
  const twice = book
    .prepare('SELECT SOPInstanceUID FROM attempt GROUP BY 1 HAVING count(DISTINCT dataSetSha256) > 1')
    .all();
  book.close();
  expect(twice).toEqual([]);
});
