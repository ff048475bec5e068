// Files and folders are imported: each is kept whole or refused with a reason, and the rest goes on.
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importReportShape, type ImportReport } from '#contract/shapes/station.ts';
import { buildFileMeta, encodeElements, type NewElement } from '#station/dicom/index.ts';
import { openImports, type Imports } from '#station/1-receive/index.ts';
import { systemClock } from '#station/kit/clock.ts';
import { silentLog } from '#station/kit/log.ts';
import { temporaryFolder, type TemporaryFolder } from '../../peers/programs/temporary-folder.ts';
import { patient, sopClassUid } from '../dicom/objects.ts';
import { openRooms, type Rooms } from '../flow/open-rooms.ts';

const samples = path.resolve(import.meta.dirname, '../../../resources/samples');

let folder: TemporaryFolder;
let rooms: Rooms;
let imports: Imports;
const told: string[] = [];
beforeEach(async () => {
  folder = await temporaryFolder('import');
  mkdirSync(path.join(folder.path, 'disc'));
  rooms = await openRooms(path.join(folder.path, 'home'), { quietTimeMs: 0 });
  const { arriveFile } = rooms.arrivals;
  imports = openImports({ clock: systemClock, log: silentLog, arriveFile, onChanged: (id) => told.push(id) });
});
afterEach(async () => {
  await imports.close();
  await rooms.close();
  await folder.close();
});

const disc = (name: string) => path.join(folder.path, 'disc', name);
const put = (name: string, bytes: Uint8Array | string) => {
  mkdirSync(path.dirname(disc(name)), { recursive: true });
  writeFileSync(disc(name), bytes);
  return disc(name);
};
const object = (number: number, more: readonly NewElement[] = []) => {
  const sopInstanceUid = `2.25.${number}`;
  const meta = { sopClassUid, sopInstanceUid, transferSyntaxUid: '1.2.840.10008.1.2.1' };
  const elements = patient.map((one) =>
    'keyword' in one && one.keyword === 'SOPInstanceUID' ? { ...one, value: sopInstanceUid } : one,
  );
  const style = { explicit: true, littleEndian: true, characterSet: [] };
  return Buffer.concat([buildFileMeta(meta), encodeElements([...elements, ...more], style)]);
};
const take = async (...paths: string[]): Promise<ImportReport> =>
  importReportShape.parse(await imports.begin(paths, true));
const outcomes = ({ findings }: ImportReport) =>
  Object.fromEntries(
    findings.map(({ name, outcome, problems }) => [name, [outcome, ...problems.map(({ code }) => code)]]),
  );
const leftovers = () => readdirSync(path.join(folder.path, 'home/incoming'));

it('a folder is read with all that is below it, and each object is kept byte for byte', async () => {
  const report = await take(path.join(samples, 'mr-series'), path.join(samples, 'syntaxes'));
  expect(report).toMatchObject({ state: 'done', found: 22, refused: 0, skipped: 0, label: 'mr-series +1' });
  expect(report.kept + report.alreadyHere).toBe(22);
  for (const { name, objectId } of report.findings) {
    const kept = rooms.catalog.objectFile(objectId ?? '');
    expect(readFileSync(rooms.store.pathOf(kept.file)).equals(readFileSync(path.join(samples, name)))).toBe(true);
  }
  expect(told).toContain(report.id);
});

it('an object that is here already is not kept again, whatever its file is called', async () => {
  put('one.dcm', object(1));
  put('two.dcm', object(1));
  const report = await take(disc(''));
  expect(report).toMatchObject({ kept: 1, alreadyHere: 1 });
  expect((await take(disc('one.dcm'))).findings).toMatchObject([{ outcome: 'already-here' }]);
});

it('an object without File Meta gets ours in front, and its data set stays as it was', async () => {
  const whole = object(5);
  const dataSet = whole.subarray(whole.indexOf(Buffer.from([8, 0, 0x16, 0])));
  put('bare', dataSet);
  const { findings } = await take(disc('bare'));
  expect(findings).toMatchObject([{ outcome: 'kept-with-warning', problems: [{ code: 'no-file-meta' }] }]);
  const kept = rooms.catalog.objectFile(findings[0]?.objectId ?? '');
  const bytes = readFileSync(rooms.store.pathOf(kept.file));
  expect(bytes.subarray(kept.dataSetOffset).equals(dataSet)).toBe(true);
  expect(bytes.toString('latin1', 128, 132)).toBe('DICM');
  expect(execFileSync('dcmdump', [rooms.store.pathOf(kept.file)], { encoding: 'utf8' })).toContain('Doe^Jane');
});

it('photos become objects of one exam', async () => {
  const report = await take(path.join(samples, 'pictures'));
  expect(report).toMatchObject({ kept: 2, refused: 0 });
  expect(rooms.catalog.totals().all).toBe(1);
  expect(rooms.catalog.list({ filter: 'all', search: '', limit: 1, offset: 0 }).exams[0]?.source.kind).toBe('picture');
});

describe('what cannot be kept is refused with a reason, and the rest goes on', () => {
  it('files that are something else', async () => {
    put('empty', '');
    put('letter.pdf', '%PDF-1.7 and so on');
    put('archive.dcm', Buffer.concat([Buffer.from('PK\x03\x04'), randomBytes(2000)]));
    put('notes.txt', 'the patient was late');
    put('noise.dcm', randomBytes(70_000));
    put('a/b/good', object(2));
    expect(outcomes(await take(disc('')))).toEqual({
      'disc/empty': ['refused', 'unsupported-file'],
      'disc/letter.pdf': ['refused', 'unsupported-file'],
      'disc/archive.dcm': ['refused', 'unsupported-file'],
      'disc/notes.txt': ['refused', 'not-dicom'],
      'disc/noise.dcm': ['refused', 'not-dicom'],
      'disc/a/b/good': ['kept'],
    });
    expect(leftovers()).toEqual([]);
  });

  it('an object that was cut off in its header', async () => {
    const file = put('cut.dcm', object(3));
    truncateSync(file, object(3).length - 20);
    const report = await take(file);
    expect(report).toMatchObject({ refused: 1, kept: 0 });
    expect(leftovers()).toEqual([]);
    expect(rooms.catalog.totals().all).toBe(0);
  });

  it('paths that are not there, are not absolute, or hide something', async () => {
    const report = await take(disc('gone'), 'relative/path', `${disc('x')}\0y`, disc(''));
    expect(report.findings.map(({ problems }) => problems[0]?.code)).toEqual([
      'not-found',
      'path-refused',
      'path-refused',
    ]);
  });

  it('links that lead out of the folder, and pipes that never end', async () => {
    const secret = path.join(folder.path, 'secret.dcm');
    writeFileSync(secret, object(9));
    symlinkSync(secret, disc('link.dcm'));
    symlinkSync(folder.path, disc('round-and-round'));
    execFileSync('mkfifo', [disc('pipe')]);
    put('good', object(2));
    expect(outcomes(await take(disc('')))).toEqual({
      'disc/link.dcm': ['skipped'],
      'disc/round-and-round': ['skipped'],
      'disc/pipe': ['skipped'],
      'disc/good': ['kept'],
    });
    expect((await take(disc('pipe'))).findings).toMatchObject([
      { outcome: 'refused', problems: [{ code: 'path-refused' }] },
    ]);
  });
});

it('what a computer leaves in folders for itself is passed over without a word', async () => {
  for (const name of ['.DS_Store', '.hidden/x.dcm', 'Thumbs.db', 'desktop.ini', '__MACOSX/._x', 'autorun.inf'])
    put(name, 'x');
  expect(await take(disc(''))).toMatchObject({ found: 0, skipped: 0, refused: 0 });
});

it('when there is no room each file is refused with that, and nothing is half kept', async () => {
  const tight = await openRooms(path.join(folder.path, 'tight'), {
    measure: () => ({ freeBytes: 1e9, totalBytes: 1e12, freeInodes: 0, totalInodes: 0 }),
  });
  const other = openImports({ clock: systemClock, log: silentLog, arriveFile: tight.arrivals.arriveFile });
  put('one', object(1));
  put('two', object(2));
  const report = await other.begin([disc('')], true);
  expect(outcomes(report)).toEqual({ 'disc/one': ['refused', 'no-room'], 'disc/two': ['refused', 'no-room'] });
  await other.close();
  await tight.close();
});

it('files under names of ours are reported under the names that they had', async () => {
  const file = put('0001', object(4));
  let over = false;
  const report = await imports.beginFiles([{ path: file, name: 'CD/IMAGES/IM1' }], () => (over = true));
  expect(report.findings).toMatchObject([{ name: 'CD/IMAGES/IM1', outcome: 'kept' }]);
  expect(over).toBe(true);
  expect(imports.list().map(({ id }) => id)).toEqual([report.id]);
  expect(imports.read(report.id)).toEqual(report);
  expect(() => imports.read('x')).toThrow('not-found');
});

it('an import that runs can be watched, and ends when the station closes', async () => {
  for (let number = 0; number < 200; number++) put(`${number}`, object(100 + number));
  const report = await imports.begin([disc('')], false);
  expect(report.state).toBe('running');
  await imports.close();
  const ended = imports.read(report.id);
  expect(ended.state).toBe('done');
  expect(ended.kept).toBe(rooms.book.sql<{ n: number }>('SELECT count(*) AS n FROM object').get()?.n);
});

it('a large object is kept without being held in memory', async () => {
  const file = disc('large.dcm');
  const head = object(7, [{ keyword: 'PixelData', vr: 'OW', value: Buffer.alloc(0) }]);
  head.writeUInt32LE(160 * 2 ** 20, head.length - 4);
  writeFileSync(file, head);
  truncateSync(file, head.length + 160 * 2 ** 20);
  const before = process.memoryUsage().rss;
  const { findings } = await take(file);
  expect(process.memoryUsage().rss - before).toBeLessThan(60 * 2 ** 20);
  const kept = rooms.catalog.objectFile(findings[0]?.objectId ?? '');
  expect(kept.sizeBytes).toBe(head.length + 160 * 2 ** 20);
  expect(await rooms.store.verifyDigest(kept.file, kept.dataSetOffset, kept.dataSetSha256)).toBe(true);
});

it('a directory of a disc is not an object; what it speaks of is found beside it', async () => {
  copyFileSync(path.join(samples, 'mr-series/slice-01.dcm'), disc('IM1'));
  const directory = object(8);
  directory.write('1.2.840.10008.1.3.10\0\0\0\0\0', directory.indexOf('1.2.840.10008.5.1.4.1.1.7'), 'latin1');
  put('DICOMDIR', directory);
  expect(outcomes(await take(disc('')))).toMatchObject({ 'disc/DICOMDIR': ['skipped'] });
});
