// An object arrives: acknowledged means that file and row are there; anything else means that nothing is.
import { randomBytes } from 'node:crypto';
import {
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
  mkdirSync,
  copyFileSync,
  rmSync,
  truncateSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeElements, openPart10, type NewElement } from '#station/dicom/index.ts';
import { answerTo } from '#station/1-receive/listener.ts';
import { realDisk } from '#station/2-store/index.ts';
import { newId } from '#station/kit/ids.ts';
import type { IncomingStart } from '#station/flow/when-object-arrives.ts';
import { temporaryFolder, type TemporaryFolder } from '../../peers/programs/temporary-folder.ts';
import { patient, sopClassUid } from '../dicom/objects.ts';
import { openRooms, type Rooms } from './open-rooms.ts';

let folder: TemporaryFolder;
const opened: Rooms[] = [];
beforeEach(async () => {
  folder = await temporaryFolder('arrivals');
});
afterEach(async () => {
  for (const rooms of opened.splice(0)) await rooms.close();
  await folder.close();
});

const open = async (options: Parameters<typeof openRooms>[1] = {}) => {
  const rooms = await openRooms(folder.path, options);
  opened.push(rooms);
  return rooms;
};

const start: IncomingStart = {
  sopClassUid,
  sopInstanceUid: '2.25.1001',
  transferSyntaxUid: '1.2.840.10008.1.2.1',
  association: { callingAeTitle: 'US_ROOM2', address: '127.0.0.1' },
};
const style = { explicit: true, littleEndian: true, characterSet: [] };
const dataSet = (number = 1001, more: readonly NewElement[] = []) =>
  encodeElements(
    [
      ...patient.filter((one) => !('keyword' in one) || one.keyword !== 'SOPInstanceUID'),
      { keyword: 'SOPInstanceUID', value: `2.25.${number}` },
      ...more,
    ],
    style,
  );

async function send(rooms: Rooms, bytes: Buffer, from: Partial<IncomingStart> = {}) {
  const sink = rooms.arrivals.beginIncoming({ ...start, ...from });
  for (let at = 0; at < bytes.length; at += 100_000) await sink.write([bytes.subarray(at, at + 100_000)]);
  return sink.finish();
}

const filesBelow = (name: string) =>
  readdirSync(path.join(folder.path, name), { recursive: true })
    .map(String)
    .filter((file) => /\.(?:dcm|part)$/.test(file));
const onlyObject = (rooms: Rooms) => {
  const [exam] = rooms.catalog.list({ filter: 'all', search: '', limit: 1, offset: 0 }).exams;
  const id = exam && rooms.catalog.exam(exam.id).series[0]?.objects[0]?.id;
  if (!id) throw new Error('nothing there');
  return rooms.catalog.objectFile(id);
};

describe('an object that is acknowledged', () => {
  it('has its file with File Meta of ours, its data set byte for byte, and its row', async () => {
    const rooms = await open();
    const bytes = dataSet(1001, [{ keyword: 'PixelData', vr: 'OW', value: randomBytes(1_000_000) }]);
    expect(await send(rooms, bytes)).toEqual({ status: 0 });
    const object = onlyObject(rooms);
    const file = readFileSync(rooms.store.pathOf(object.file));
    expect(file.subarray(object.dataSetOffset).equals(bytes)).toBe(true);
    expect((await openPart10(file)).meta).toMatchObject({ sourceAeTitle: 'US_ROOM2', sopInstanceUid: '2.25.1001' });
    expect(rooms.changed).toEqual([object.examId]);
    expect(rooms.catalog.exam(object.examId).source).toEqual({
      kind: 'dicom',
      label: 'US_ROOM2',
      address: '127.0.0.1',
    });
  });

  it('shares its transaction with others that came at the same moment, and each gets its own answer', async () => {
    const rooms = await open();
    const answers = await Promise.all([...Array(40).keys()].map((number) => send(rooms, dataSet(2000 + number))));
    expect(answers.every(({ status }) => status === 0)).toBe(true);
    expect(filesBelow('objects')).toHaveLength(40);
    expect(rooms.changed.length).toBeLessThan(40);
  });

  it('is kept once when it comes twice, also at the same moment', async () => {
    const rooms = await open();
    const bytes = dataSet();
    const answers = await Promise.all([send(rooms, bytes), send(rooms, bytes), send(rooms, bytes)]);
    answers.push(await send(rooms, bytes));
    expect(answers).toEqual(Array(4).fill({ status: 0 }));
    expect(filesBelow('objects')).toHaveLength(1);
    await expect.poll(() => rooms.book.sql('SELECT resent FROM object').all()).toEqual([{ resent: 3 }]);
  });

  it('is kept beside another one with the same UID', async () => {
    const rooms = await open();
    await send(rooms, dataSet());
    expect(await send(rooms, dataSet(1001, [{ keyword: 'StudyID', value: 'X' }]))).toEqual({ status: 0 });
    expect(filesBelow('objects')).toHaveLength(2);
  });
});

describe('an object that is not acknowledged', () => {
  it.each([
    ['is empty', Buffer.alloc(0)],
    ['is noise', randomBytes(5000)],
    ['is a text', Buffer.from('this is not a data set, whatever the command said '.repeat(100))],
  ])('leaves nothing when its data set %s', async (_name, bytes) => {
    const rooms = await open();
    const answer = await send(rooms, bytes);
    expect(answer.status).toBe(0xc000);
    expect([...filesBelow('incoming'), ...filesBelow('objects')]).toEqual([]);
  });

  it('leaves nothing when the association is lost in the middle', async () => {
    const rooms = await open();
    const sink = rooms.arrivals.beginIncoming(start);
    await sink.write([randomBytes(300_000)]);
    sink.discard();
    await expect.poll(() => filesBelow('incoming')).toEqual([]);
  });

  it('leaves nothing when the book cannot be written, and the others of its transaction are kept', async () => {
    const rooms = await open();
    rooms.book
      .sql(
        "CREATE TEMP TRIGGER broken BEFORE INSERT ON object WHEN NEW.SOPInstanceUID = '2.25.3001' BEGIN SELECT raise(ABORT, 'broken'); END",
      )
      .run();
    const answers = await Promise.allSettled([3000, 3001, 3002].map((number) => send(rooms, dataSet(number))));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await expect.poll(() => filesBelow('objects')).toHaveLength(2);
  });

  it('leaves nothing when the disk is full, before and in the middle, and others are taken again afterwards', async () => {
    let full = false;
    const fault = Object.assign(new Error('full'), { code: 'ENOSPC' });
    const rooms = await open({
      disk: { ...realDisk, writev: (...all) => (full ? Promise.reject(fault) : realDisk.writev(...all)) },
    });
    full = true;
    await expect(send(rooms, randomBytes(300_000))).rejects.toMatchObject({ code: 'no-room' });
    full = false;
    expect(await send(rooms, dataSet())).toEqual({ status: 0 });
    const tight = await open({ measure: () => ({ freeBytes: 1e9, totalBytes: 1e12, freeInodes: 0, totalInodes: 0 }) });
    expect(() => tight.arrivals.beginIncoming(start)).toThrow('no-room');
  });
});

describe('when the station starts', () => {
  it('an object that was placed and not written down is adopted, with its device', async () => {
    const first = await open();
    await send(first, dataSet());
    const { file } = onlyObject(first);
    copyFileSync(first.store.pathOf(file), path.join(folder.path, `objects/000000/${newId()}.dcm`));
    const other = path.join(folder.path, `objects/000000/${newId()}.dcm`);
    const bytes = readFileSync(first.store.pathOf(file));
    const at = bytes.indexOf('2.25.1001', first.catalog.objectFile(onlyObject(first).objectId).dataSetOffset);
    bytes.write('2.25.1009', at);
    writeFileSync(other, bytes);
    const second = await open();
    expect(second.started).toEqual({ adopted: 2, missing: 0, setAside: 0 });
    expect(filesBelow('objects')).toHaveLength(2);
    expect(second.catalog.totals().all).toBe(1);
    expect(second.book.sql("SELECT count(*) AS n FROM source WHERE label = 'US_ROOM2'").get()).toEqual({ n: 2 });
    expect((await open()).started).toEqual({ adopted: 0, missing: 0, setAside: 0 });
  });

  it('half an object that nobody had an answer for is set aside', async () => {
    const first = await open();
    await send(first, dataSet());
    const { file } = onlyObject(first);
    const bytes = readFileSync(first.store.pathOf(file));
    const at = bytes.indexOf('2.25.1001', first.catalog.objectFile(onlyObject(first).objectId).dataSetOffset);
    bytes.write('2.25.1009', at);
    const half = path.join(folder.path, `objects/000000/${newId()}.dcm`);
    writeFileSync(half, bytes.subarray(0, bytes.length - 5));
    const second = await open();
    expect(second.started).toEqual({ adopted: 0, missing: 0, setAside: 1 });
    expect(filesBelow('lost+found')).toHaveLength(1);
    expect(second.book.sql('SELECT count(*) AS n FROM object').get()).toEqual({ n: 1 });
  });

  it('a row whose file has gone becomes a problem, until the file is there again', async () => {
    const first = await open();
    await send(first, dataSet());
    const { file, examId } = onlyObject(first);
    const away = path.join(folder.path, 'away');
    renameSync(first.store.pathOf(file), away);
    const second = await open();
    expect(second.started.missing).toBe(1);
    expect(second.catalog.standingProblems(examId).map(({ code }) => code)).toEqual(['object-file-missing']);
    renameSync(away, first.store.pathOf(file));
    expect((await open()).catalog.standingProblems(examId)).toEqual([]);
  });

  it('the file that a device sends again takes the place of the one that has gone', async () => {
    const first = await open();
    await send(first, dataSet());
    const { file, examId } = onlyObject(first);
    renameSync(first.store.pathOf(file), path.join(folder.path, 'away'));
    const second = await open();
    await send(second, dataSet());
    expect(second.catalog.standingProblems(examId)).toEqual([]);
    expect(
      await second.store.verifyDigest(
        onlyObject(second).file,
        onlyObject(second).dataSetOffset,
        onlyObject(second).dataSetSha256,
      ),
    ).toBe(true);
  });

  it('what is no DICOM goes to lost+found and is not deleted', async () => {
    mkdirSync(path.join(folder.path, 'objects/000000'), { recursive: true });
    const id = newId();
    writeFileSync(path.join(folder.path, `objects/000000/${id}.dcm`), 'nonsense');
    const rooms = await open();
    expect(rooms.started).toEqual({ adopted: 0, missing: 0, setAside: 1 });
    expect(readFileSync(path.join(folder.path, `lost+found/${id}.dcm`), 'utf8')).toBe('nonsense');
  });
});

describe('an object that is sent again', () => {
  it('is answered without a wait for the disk, and counted', async () => {
    let syncs = 0;
    const disk = {
      ...realDisk,
      fdatasync: async (fd: number) => {
        syncs++;
        await realDisk.fdatasync(fd);
      },
    };
    const rooms = await open({ disk });
    const bytes = dataSet();
    await send(rooms, bytes);
    expect(syncs).toBe(1);
    for (let times = 0; times < 3; times++) expect(await send(rooms, bytes)).toEqual({ status: 0 });
    expect(syncs).toBe(1);
    await expect.poll(() => rooms.book.sql('SELECT resent FROM object').all()).toEqual([{ resent: 3 }]);
    expect(rooms.book.sql('SELECT objects, resent FROM source').all()).toEqual([{ objects: 1, resent: 3 }]);
    await expect.poll(() => filesBelow('incoming')).toHaveLength(0);
    expect(filesBelow('objects')).toHaveLength(1);
  });

  it('is not answered before the first one is durable', async () => {
    const gate = Promise.withResolvers<void>();
    const rooms = await open({
      syncBook: async (fd) => {
        await gate.promise;
        await realDisk.fdatasync(fd);
      },
    });
    const bytes = dataSet();
    let answers = 0;
    const first = send(rooms, bytes).then(() => answers++);
    await expect.poll(() => rooms.book.sql('SELECT count(*) AS n FROM object').get()).toEqual({ n: 1 });
    const second = send(rooms, bytes).then(() => answers++);
    await expect.poll(() => filesBelow('objects').length).toBe(2);
    expect(answers).toBe(0);
    gate.resolve();
    await Promise.all([first, second]);
    expect(filesBelow('objects')).toHaveLength(1);
  });

  it('is kept when the file of the first is gone or shorter, though nobody had noticed', async () => {
    const rooms = await open();
    const bytes = dataSet();
    await send(rooms, bytes);
    for (const harm of [rmSync, (file: string) => truncateSync(file, 100)]) {
      harm(rooms.store.pathOf(onlyObject(rooms).file));
      expect(await send(rooms, bytes)).toEqual({ status: 0 });
      const { file, dataSetOffset, dataSetSha256 } = onlyObject(rooms);
      expect(await rooms.store.verifyDigest(file, dataSetOffset, dataSetSha256)).toBe(true);
    }
  });
});

it('an exam is announced when nothing came for the quiet time', async () => {
  const rooms = await open({ quietTimeMs: 50 });
  await send(rooms, dataSet());
  const { examId } = onlyObject(rooms);
  await expect.poll(() => rooms.changed).toEqual([examId, examId]);
  expect(rooms.catalog.exam(examId).state).toBe('review');
});

describe('a book that cannot be synced', () => {
  it('is no acknowledgement; the object stays, and the same object is acknowledged when the disk is well again', async () => {
    let isBroken = true;
    const fault = Object.assign(new Error('EIO'), { code: 'EIO' });
    const rooms = await open({
      syncBook: (fd) => (isBroken ? Promise.reject(fault) : realDisk.fdatasync(fd)),
    });
    const bytes = dataSet();
    await expect(send(rooms, bytes)).rejects.toMatchObject({ code: 'disk-failed' });
    expect(rooms.store.space().suspectSince).not.toBeNull();
    expect(filesBelow('objects')).toHaveLength(1);
    isBroken = false;
    await rooms.close();
    opened.splice(0);
    const again = await open();
    expect(again.started).toMatchObject({ adopted: 0, missing: 0 });
    expect(await send(again, bytes)).toEqual({ status: 0 });
    expect(filesBelow('objects')).toHaveLength(1);
  });

  it('when it has committed already: the sender hears it, the image stays, and it is acknowledged when it is sent again', async () => {
    let isBroken = false;
    const fault = Object.assign(new Error('EIO'), { code: 'EIO' });
    const rooms = await open({
      journal: true,
      syncBook: (fd) => (isBroken ? Promise.reject(fault) : realDisk.fdatasync(fd)),
    });
    expect(await send(rooms, dataSet(1001))).toEqual({ status: 0 });
    isBroken = true;
    const error: unknown = await send(rooms, dataSet(1002)).catch((thrown: unknown) => thrown);
    expect(answerTo(error)).toMatchObject({ status: 0xa700 });
    expect(rooms.book.sql('SELECT count(*) AS n FROM object').get()).toEqual({ n: 2 });
    expect(filesBelow('objects')).toHaveLength(2);
    expect(rooms.book.journal?.hasGap).toBe(true);
    isBroken = false;
    await rooms.close();
    opened.splice(0);
    const again = await open({ journal: true });
    expect(again.started).toEqual({ adopted: 0, missing: 0, setAside: 0 });
    expect(await send(again, dataSet(1002))).toEqual({ status: 0 });
    expect(filesBelow('objects')).toHaveLength(2);
    await expect
      .poll(() => again.book.sql('SELECT resent FROM object ORDER BY SOPInstanceUID').all())
      .toEqual([{ resent: 0 }, { resent: 1 }]);
  });
});
