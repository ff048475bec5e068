// A home is copied to another folder while its station runs, and a new home is made from the copy.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { isProblem, backUp, restore } from '#station/station.ts';
import { startOrthanc, temporaryFolder, type Orthanc, type TemporaryFolder } from '../peers/programs/index.ts';
import { makeHistory, sendExam, stateOf, writeSettings } from './home-with-history.ts';
import { newSenderLog } from './sender.ts';
import { killWhen, runErrand, startErrand, startStation } from './station-process.ts';

let folder: TemporaryFolder;
let archive: Orthanc;
let home: string;
let settings: string;
let target: string;
let number = 0;

beforeAll(async () => {
  folder = await temporaryFolder('backup');
  archive = await startOrthanc({ aet: 'ARCHIVE' });
  settings = await writeSettings(folder.path, archive.dicomPort);
  home = path.join(folder.path, 'home');
  await makeHistory(home, settings);
});
afterAll(async () => {
  await archive.close();
  await folder.close();
});
beforeEach(() => void (target = path.join(folder.path, `backup-${number++}`)));

const filesBelow = (root: string, of: string) =>
  readdirSync(path.join(root, of), { recursive: true })
    .map(String)
    .filter((name) => /\.(?:dcm|rcp)$/.test(name))
    .sort();
const codeOf = (error: unknown) => (isProblem(error) ? error.code : error);
/** Nobody knows what became of undecided exams after the backup: they are held, the rest is equal. */
const withoutHolds = (state: ReturnType<typeof stateOf>) => ({
  ...state,
  exams: state.exams.map((exam) => ({ ...exam, held: 0, heldBy: '' })),
});

it('a backup gives back the same exams, decisions, deliveries and bytes', async () => {
  const report = await backUp(home, target);
  expect(report).toMatchObject({ damaged: 0, missing: 0 });
  const copy = path.join(folder.path, 'new-home');
  const restored = await restore(target, copy);
  expect(restored).toMatchObject({ objects: report.objects, damaged: 0, missing: 0, held: 2 });
  expect(withoutHolds(stateOf(copy))).toEqual(withoutHolds(stateOf(home)));
  for (const of of ['objects', 'revisions']) {
    expect(filesBelow(copy, of)).toEqual(filesBelow(home, of));
    for (const name of filesBelow(home, of)) {
      expect(readFileSync(path.join(copy, of, name)).equals(readFileSync(path.join(home, of, name)))).toBe(true);
    }
  }
  const station = startStation(copy);
  expect(await station.ready, station.log()).toBeDefined();
  expect(station.log()).not.toContain('store-and-catalogue-differ');
  expect(await station.end()).toBe(0);
});

it('a backup of a running station holds all that was acknowledged before, and the next one copies what is new', async () => {
  const station = startStation(home, settings);
  const ready = await station.ready;
  if (!ready) throw new Error(station.log());
  const log = newSenderLog();
  await sendExam(ready, log, 3);
  const acknowledged = log.acknowledged.map(({ SOPInstanceUID }) => SOPInstanceUID);
  const sending = sendExam(ready, log, 3);
  const first = await backUp(home, target);
  await sending;
  const second = await backUp(home, target);
  expect(await station.end()).toBe(0);
  expect(first.copied).toBeGreaterThan(second.copied);
  expect(first).toMatchObject({ damaged: 0, missing: 0 });
  const copy = path.join(folder.path, 'new-home-2');
  await restore(target, copy);
  const there = new Set(stateOf(copy).objects.map(({ SOPInstanceUID }) => SOPInstanceUID));
  for (const uid of acknowledged) expect(there.has(uid)).toBe(true);
  expect(there.size).toBe(second.objects);
});

it('a damaged image is told and not copied, and one that the backup has is not lost by it', async () => {
  const damaged = path.join(folder.path, 'damaged');
  cpSync(home, damaged, { recursive: true });
  const [first = ''] = filesBelow(damaged, 'objects');
  const file = path.join(damaged, 'objects', first);
  const good = readFileSync(file);
  const bad = Buffer.from(good);
  bad[bad.length - 2] = (bad.at(-2) ?? 0) ^ 8;
  writeFileSync(file, bad);
  expect(await backUp(damaged, target)).toMatchObject({ damaged: 1, missing: 0 });
  expect(existsSync(path.join(target, 'objects', first))).toBe(false);
  writeFileSync(file, good);
  expect(await backUp(damaged, target)).toMatchObject({ copied: 1, damaged: 0 });
  writeFileSync(file, bad);
  expect(await backUp(damaged, target)).toMatchObject({ damaged: 0 });
  expect(readFileSync(path.join(target, 'objects', first)).equals(good)).toBe(true);
});

it('a backup that is killed can be made again, and is none until it is whole', async () => {
  const words = ['--home', home, 'backup', target];
  const isThere = (name: string) => () => existsSync(path.join(target, name));
  for (const isTime of [isThere('objects'), isThere('catalog.db')]) {
    await killWhen(startErrand(...words), isTime);
    if (isThere('manifest.json')()) continue;
    const refused = await restore(target, path.join(folder.path, 'none')).catch((error: unknown) => error);
    expect(codeOf(refused)).toBe('not-found');
  }
  const { code, said, told } = await runErrand(...words);
  expect(code, told).toBe(0);
  expect(JSON.parse(said)).toMatchObject({ done: 'backup', damaged: 0, missing: 0 });
  await restore(target, path.join(folder.path, 'after-kill'));
  expect(withoutHolds(stateOf(path.join(folder.path, 'after-kill')))).toEqual(withoutHolds(stateOf(home)));
});

it('nothing is restored over a home that is there, nor from a backup that was changed', async () => {
  await backUp(home, target);
  const before = statSync(path.join(home, 'catalog.db')).mtimeMs;
  expect(codeOf(await restore(target, home).catch((error: unknown) => error))).toBe('input-invalid');
  expect(statSync(path.join(home, 'catalog.db')).mtimeMs).toBe(before);
  const file = path.join(target, 'catalog.db');
  const bytes = readFileSync(file);
  bytes[5000] = (bytes[5000] ?? 0) ^ 1;
  writeFileSync(file, bytes);
  const empty = path.join(folder.path, 'empty');
  mkdirSync(empty);
  expect(codeOf(await restore(target, empty).catch((error: unknown) => error))).toBe('book-damaged');
  expect(readdirSync(empty)).toEqual([]);
  rmSync(empty, { recursive: true });
});
