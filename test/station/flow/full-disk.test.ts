// A disk that is really full: a small one is mounted for the test, which needs root on Linux.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SpaceLimits } from '#station/2-store/index.ts';
import { encodeElements } from '#station/dicom/index.ts';
import { isProblem } from '#station/kit/problem.ts';
import { systemClock } from '#station/kit/clock.ts';
import { temporaryFolder, type TemporaryFolder } from '../../peers/programs/temporary-folder.ts';
import { patient, sopClassUid } from '../dicom/objects.ts';
import { openRooms, type Rooms } from './open-rooms.ts';

const megabyte = 2 ** 20;
const canMount = process.platform === 'linux' && process.getuid?.() === 0 && tryMount();
if (!canMount) console.warn('NOT VERIFIED: no small disk could be mounted, a really full disk was not tried');

function tryMount(): boolean {
  const probe = path.join(process.env['TMPDIR'] ?? '/tmp', `safelight-probe-${process.pid}`);
  mkdirSync(probe);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', probe], { stdio: 'ignore' });
    execFileSync('umount', [probe]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}

describe.skipIf(!canMount)('a full disk', () => {
  let folder: TemporaryFolder;
  let disk: string;
  let rooms: Rooms | undefined;
  let nowMs = 0;
  const clock = { ...systemClock, monotonicMs: () => nowMs };

  beforeEach(async () => {
    folder = await temporaryFolder('full');
    disk = path.join(folder.path, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'none', disk]);
  });
  afterEach(async () => {
    await rooms?.close();
    execFileSync('umount', [disk]);
    await folder.close();
  });

  const open = async (limits: Partial<SpaceLimits>) => {
    const none: SpaceLimits = {
      reserveBytes: 0,
      redShare: 0,
      redBytes: 0,
      amberShare: 0,
      redInodeShare: 0,
      amberHours: 0,
    };
    rooms = await openRooms(path.join(disk, 'home'), { clock, limits: { ...none, ...limits } });
    return rooms;
  };

  let number = 0;
  /** The status of one object of a megabyte, or the code of the problem. */
  const send = async ({ arrivals }: Rooms): Promise<number | string> => {
    const elements = patient.filter((one) => !('keyword' in one) || one.keyword !== 'SOPInstanceUID');
    const bytes = encodeElements(
      [
        ...elements,
        { keyword: 'SOPInstanceUID', value: `2.25.5${++number}` },
        { keyword: 'PixelData', vr: 'OB', value: randomBytes(megabyte) },
      ],
      { explicit: true, littleEndian: true, characterSet: [] },
    );
    nowMs += 2000; // the room is measured anew
    try {
      const sink = arrivals.beginIncoming({
        sopClassUid,
        sopInstanceUid: `2.25.5${number}`,
        transferSyntaxUid: '1.2.840.10008.1.2.1',
        association: { callingAeTitle: 'CT', address: '127.0.0.1' },
      });
      try {
        for (let at = 0; at < bytes.length; at += 200_000) await sink.write([bytes.subarray(at, at + 200_000)]);
      } catch (error) {
        sink.discard();
        throw error;
      }
      return (await sink.finish()).status;
    } catch (error) {
      return isProblem(error) ? error.code : String(error);
    }
  };
  const sendUntilRefused = async (to: Rooms) => {
    const answers: (number | string)[] = [];
    for (let tries = 0; tries < 60 && typeof answers.at(-1) !== 'string'; tries++) answers.push(await send(to));
    return answers;
  };
  const leftovers = () => readdirSync(path.join(disk, 'home/incoming'));
  const objects = () =>
    readdirSync(path.join(disk, 'home/objects'), { recursive: true }).filter((name) => /dcm$/.test(String(name)));

  it('is refused before it is full, the reserve stays, and there is a way on when there is room again', async () => {
    const station = await open({ reserveBytes: 8 * megabyte });
    const answers = await sendUntilRefused(station);
    expect(answers.at(-1)).toBe('no-room');
    const kept = answers.filter((answer) => answer === 0).length;
    expect(objects()).toHaveLength(kept);
    expect(leftovers()).toEqual([]);
    const { bavail, bsize } = statfsSync(disk);
    expect(bavail * bsize).toBeGreaterThanOrEqual(8 * megabyte);
    execFileSync('mount', ['-o', 'remount,size=64m', disk]);
    expect(await send(station)).toBe(0);
  });

  it('that fills up in the middle of an object leaves nothing of it, and what was acknowledged is whole', async () => {
    const station = await open({});
    writeFileSync(path.join(disk, 'somebody-else'), randomBytes(24 * megabyte));
    const answers = await sendUntilRefused(station);
    expect(answers.at(-1)).toBe('no-room');
    await expect.poll(leftovers).toEqual([]);
    const kept = station.book.sql<{ id: string }>('SELECT id FROM object').all();
    expect(kept).toHaveLength(answers.filter((answer) => answer === 0).length);
    await expect.poll(objects).toHaveLength(kept.length);
    for (const { id } of kept) {
      const { file, dataSetOffset, dataSetSha256 } = station.catalog.objectFile(id);
      expect(await station.store.verifyDigest(file, dataSetOffset, dataSetSha256)).toBe(true);
    }
    rmSync(path.join(disk, 'somebody-else'));
    expect(await send(station)).toBe(0);
  });
});
