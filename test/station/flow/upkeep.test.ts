// What the station does for itself: snapshots of its book, and reading every object again.
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildFileMeta, encodeElements, explicitLittleEndian } from '#station/dicom/index.ts';
import { openUpkeep, type Upkeep } from '#station/flow/upkeep.ts';
import { systemClock } from '#station/kit/clock.ts';
import { newId, newUid } from '#station/kit/ids.ts';
import { silentLog } from '#station/kit/log.ts';
import { isSound, listSnapshots, openBookCopy, pruneSnapshots } from '#station/records/index.ts';
import { temporaryFolder, type TemporaryFolder } from '../../peers/programs/temporary-folder.ts';
import { openRooms, type Rooms } from './open-rooms.ts';

const sopClassUid = '1.2.840.10008.5.1.4.1.1.7';
let folder: TemporaryFolder;
let rooms: Rooms;
let upkeep: Upkeep;
let changed: string[];

beforeEach(async () => {
  folder = await temporaryFolder('upkeep');
  await start();
});
afterEach(async () => {
  await stop();
  await folder.close();
});

async function start(): Promise<void> {
  rooms = await openRooms(folder.path);
  const { book, store, catalog } = rooms;
  changed = [];
  upkeep = openUpkeep({
    ...{ home: folder.path, book, store, catalog, clock: systemClock, log: silentLog },
    isBusy: () => false,
    scrubHours: () => 1,
    onChanged: (ids) => changed.push(...ids),
  });
}
async function stop(): Promise<void> {
  await upkeep.close();
  await rooms.close();
}

function dataSet(sopInstanceUid: string): Buffer {
  return encodeElements(
    [
      { keyword: 'SOPClassUID', value: sopClassUid },
      { keyword: 'SOPInstanceUID', value: sopInstanceUid },
      { keyword: 'Modality', value: 'OT' },
      { keyword: 'PatientName', value: 'A^B' },
      { keyword: 'PatientID', value: '4711' },
      { keyword: 'StudyInstanceUID', value: '2.25.1' },
      { keyword: 'SeriesInstanceUID', value: '2.25.2' },
    ],
    { explicit: true, littleEndian: true, characterSet: [] },
  );
}
async function receive(
  sopInstanceUid = newUid(),
): Promise<{ objectId: string; examId: string; file: string; uid: string }> {
  const sink = rooms.arrivals.beginIncoming({
    ...{ sopClassUid, sopInstanceUid, transferSyntaxUid: explicitLittleEndian },
    association: { callingAeTitle: 'US', address: '10.0.0.1' },
  });
  await sink.write([dataSet(sopInstanceUid)]);
  expect((await sink.finish()).status).toBe(0);
  const row = rooms.book
    .sql<{ objectId: string; examId: string; file: string }>(
      'SELECT id AS objectId, examId, file FROM object WHERE SOPInstanceUID = ?',
    )
    .get(sopInstanceUid);
  if (!row) throw new Error('not written down');
  return { ...row, uid: sopInstanceUid };
}
const codes = (examId: string) =>
  rooms.catalog.standingProblems(examId).map(({ code, objectId }) => `${code} ${objectId}`);
async function scrub(): Promise<void> {
  while (await upkeep.scrubOne());
}
function changeByte(file: string): void {
  const at = rooms.store.pathOf(file);
  const bytes = readFileSync(at);
  bytes[bytes.length - 4] = (bytes.at(-4) ?? 0) ^ 1;
  writeFileSync(at, bytes);
}

describe('reading every object again', () => {
  it('finds nothing where nothing is wrong, and says so', async () => {
    await receive();
    await receive();
    await scrub();
    expect(upkeep.truth().scrub).toMatchObject({
      objects: 2,
      damaged: 0,
      missing: 0,
      endedAt: expect.any(String) as string,
    });
    expect(changed).toEqual([]);
  });

  it('makes a changed byte and a missing file problems of their objects, until they are whole again', async () => {
    const [good, bad, gone] = [await receive(), await receive(), await receive()];
    changeByte(bad.file);
    renameSync(rooms.store.pathOf(gone.file), path.join(folder.path, 'away'));
    await scrub();
    expect(upkeep.truth().scrub).toMatchObject({ objects: 3, damaged: 1, missing: 1 });
    expect(codes(good.examId).sort()).toEqual([
      `digest-mismatch ${bad.objectId}`,
      `object-file-missing ${gone.objectId}`,
    ]);
    expect(changed).toEqual([good.examId, good.examId]);
    changeByte(bad.file);
    renameSync(path.join(folder.path, 'away'), rooms.store.pathOf(gone.file));
    await scrub();
    expect(codes(good.examId)).toEqual([]);
  });

  it('the device sends a damaged image again: the good bytes take its place, and the bad ones go to lost+found', async () => {
    const bad = await receive();
    changeByte(bad.file);
    await scrub();
    await receive(bad.uid);
    expect(codes(bad.examId)).toEqual([]);
    const { file, dataSetOffset, dataSetSha256 } = rooms.catalog.objectFile(bad.objectId);
    expect(file).not.toBe(bad.file);
    expect(await rooms.store.verifyDigest(file, dataSetOffset, dataSetSha256)).toBe(true);
    await stop();
    await start();
    expect(rooms.started).toEqual({ adopted: 0, missing: 0, setAside: 1 });
    expect(existsSync(path.join(folder.path, 'lost+found', path.basename(bad.file)))).toBe(true);
  });

  it('goes on after a restart where it was', async () => {
    await receive();
    await receive();
    await upkeep.scrubOne();
    await stop();
    await start();
    await scrub();
    expect(upkeep.truth().scrub).toMatchObject({ objects: 2 });
  });
});

describe('a snapshot', () => {
  it('is a whole book as of that moment, and its file is there only when it is whole', async () => {
    const { objectId } = await receive();
    await upkeep.snapshot();
    const [snapshot] = listSnapshots(path.join(folder.path, 'snapshots'));
    expect(isSound(snapshot?.file ?? '')).toBe(true);
    const copy = openBookCopy(snapshot?.file ?? '');
    expect(copy.sql('SELECT id FROM object').all()).toEqual([{ id: objectId }]);
    copy.close();
    expect(upkeep.truth().snapshotAt).not.toBeNull();
    expect(readdirSync(path.join(folder.path, 'snapshots'))).toHaveLength(1);
  });

  it('is kept: the newest three, and the first of each of seven days', async () => {
    const snapshots = path.join(folder.path, 'snapshots');
    await upkeep.snapshot();
    const [made] = listSnapshots(snapshots);
    const bytes = readFileSync(made?.file ?? '');
    rmSync(made?.file ?? '');
    for (let day = 1; day <= 9; day++) {
      for (const hour of ['08', '09', '10', '11']) {
        writeFileSync(path.join(snapshots, `2026110${day}T${hour}0000Z.db`), bytes);
      }
    }
    writeFileSync(path.join(snapshots, '20261101T080000Z-book1.db'), bytes);
    writeFileSync(path.join(snapshots, 'x.db.part'), 'half');
    pruneSnapshots(snapshots);
    expect(readdirSync(snapshots).sort()).toEqual([
      '20261101T080000Z-book1.db',
      ...[3, 4, 5, 6, 7, 8].map((day) => `2026110${day}T080000Z.db`),
      ...['08', '09', '10', '11'].map((hour) => `20261109T${hour}0000Z.db`),
    ]);
  });
});

describe('a start', () => {
  const place = (bytes: Buffer | string): string => {
    const id = newId();
    writeFileSync(path.join(folder.path, `objects/000000/${id}.dcm`), bytes);
    return `000000/${id}.dcm`;
  };
  const restart = async () => {
    await stop();
    await start();
    return rooms.started;
  };
  const whole = () => {
    const sopInstanceUid = newUid();
    const meta = buildFileMeta({ sopClassUid, sopInstanceUid, transferSyntaxUid: explicitLittleEndian });
    return Buffer.concat([meta, dataSet(sopInstanceUid)]);
  };

  it('an image that ended the station three times is set aside at the fourth start, and the others are taken', async () => {
    const file = place(whole());
    for (let tries = 0; tries < 3; tries++) {
      rooms.book.sql('INSERT INTO adoption VALUES (?, 1) ON CONFLICT (file) DO UPDATE SET tries = tries + 1').run(file);
    }
    const other = place(whole());
    expect(await restart()).toEqual({ adopted: 1, missing: 0, setAside: 1 });
    expect(existsSync(rooms.store.pathOf(other))).toBe(true);
    expect(existsSync(path.join(folder.path, 'lost+found', path.basename(file)))).toBe(true);
    expect(rooms.book.sql('SELECT count(*) AS n FROM adoption').get()).toEqual({ n: 0 });
  });

  it('a recipe that no approval names goes to lost+found', async () => {
    const file = await rooms.store.writeRecipe(newId(), Buffer.from('recipe'));
    expect(await restart()).toEqual({ adopted: 0, missing: 0, setAside: 1 });
    expect(readFileSync(path.join(folder.path, 'lost+found', path.basename(file)), 'utf8')).toBe('recipe');
    expect(await restart()).toEqual({ adopted: 0, missing: 0, setAside: 0 });
  });

  it('a folder that did not change since it was compared is not compared again', async () => {
    const { file } = await receive();
    const objects = path.join(folder.path, 'objects/000000');
    const old = new Date(Date.now() - 60_000);
    utimesSync(objects, old, old);
    expect(await restart()).toEqual({ adopted: 0, missing: 0, setAside: 0 });
    rmSync(path.join(folder.path, 'objects', file));
    utimesSync(objects, old, old);
    expect((await restart()).missing).toBe(0);
    const now = new Date();
    utimesSync(objects, now, now);
    expect((await restart()).missing).toBe(1);
  });

  it('nothing is written over in lost+found', async () => {
    const file = place('nonsense');
    writeFileSync(path.join(folder.path, 'lost+found', path.basename(file)), 'earlier');
    expect((await restart()).setAside).toBe(1);
    expect(readFileSync(path.join(folder.path, 'lost+found', path.basename(file)), 'utf8')).toBe('earlier');
    expect(readFileSync(path.join(folder.path, `lost+found/${path.basename(file)}.1`), 'utf8')).toBe('nonsense');
  });
});
