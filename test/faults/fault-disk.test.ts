// Whatever moment the power is cut at, and whatever the disk forgets of what was not synced: what was acknowledged is there.
// First the disk itself is judged: that it forgets what a real one may forget, and keeps what a real one must keep.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder, type TemporaryFolder } from '../peers/programs/temporary-folder.ts';
import { openFaultDisk, type DiskFault } from './fault-disk.ts';
import { liveOnFaultDisk, prepareHome } from './fault-disk-run.ts';
import { randomFrom } from './random.ts';

/** More by hand: SAFELIGHT_LIVES=2000 npx vitest run test/faults/fault-disk.test.ts; the table: test/soak/forgetful-disk.ts. */
const lives = Number(process.env['SAFELIGHT_LIVES'] ?? 15);

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder('fault-disk');
});
afterEach(() => folder.close());

/** Does the same on many disks that forget differently, and gives what was found on each. */
async function overManyDisks<T>(
  life: (disk: ReturnType<typeof openFaultDisk>, at: (name: string) => string) => Promise<void>,
  look: (at: (name: string) => string) => T,
): Promise<T[]> {
  const found: T[] = [];
  for (let seed = 1; seed <= 30; seed++) {
    const at = (name: string) => path.join(folder.path, String(seed), name);
    mkdirSync(at('a'), { recursive: true });
    mkdirSync(at('b'));
    const disk = openFaultDisk([path.join(folder.path, String(seed))], randomFrom(seed));
    await life(disk, at);
    disk.cutPower();
    disk.layDown();
    found.push(look(at));
  }
  return found;
}

describe('the disk that forgets', () => {
  const write = async (disk: ReturnType<typeof openFaultDisk>, file: string, bytes: Buffer) => {
    const fd = await disk.create(file);
    for (let at = 0; at < bytes.length;) at += await disk.writev(fd, [bytes.subarray(at)], at);
    return fd;
  };
  const syncFolder = async (disk: ReturnType<typeof openFaultDisk>, name: string) =>
    disk.fsync(await disk.openFolder(name));
  const whole = Buffer.alloc(3000, 7);

  it('loses a file whose folder was not synced, sometimes', async () => {
    const found = await overManyDisks(
      async (disk, at) => disk.fdatasync(await write(disk, at('a/file'), whole)),
      (at) => existsSync(at('a/file')),
    );
    expect(new Set(found)).toEqual(new Set([true, false]));
  });

  it('tears what was not synced, and never what was', async () => {
    const torn = await overManyDisks(
      async (disk, at) => {
        await write(disk, at('a/torn'), whole);
        await disk.fdatasync(await write(disk, at('a/whole'), whole));
        await syncFolder(disk, at('a'));
      },
      (at) => {
        expect(readFileSync(at('a/whole')).equals(whole)).toBe(true);
        return readFileSync(at('a/torn')).toString('latin1');
      },
    );
    expect(new Set(torn).size).toBeGreaterThan(10);
  });

  it('leaves the old name, both or the new one of a rename into another folder, never neither', async () => {
    const found = await overManyDisks(
      async (disk, at) => {
        await disk.fdatasync(await write(disk, at('a/file'), whole));
        await syncFolder(disk, at('a'));
        await disk.rename(at('a/file'), at('b/file'));
        await disk.unlink(at('a/other')).catch(() => {});
      },
      (at) => `${existsSync(at('a/file'))} ${existsSync(at('b/file'))}`,
    );
    expect(new Set(found)).not.toContain('false false');
    expect(new Set(found)).toContain('true false');
  });

  it('makes nothing durable by a second sync after one that failed', async () => {
    const found: boolean[] = [];
    for (let seed = 1; seed <= 20; seed++) {
      const at = path.join(folder.path, `s${seed}`);
      mkdirSync(at);
      const fault: DiskFault = { kind: 'error', atCall: 2, code: 'EIO', times: 1 };
      const disk = openFaultDisk([at], randomFrom(1), [fault]);
      const fd = await disk.create(path.join(at, 'file'));
      const written = await disk.writev(fd, [whole], 0);
      await expect(disk.fdatasync(fd)).rejects.toMatchObject({ code: 'EIO' });
      await disk.fdatasync(fd);
      await syncFolder(disk, at);
      disk.cutPower();
      disk.layDown();
      found.push(readFileSync(path.join(at, 'file')).equals(whole.subarray(0, written)));
    }
    expect(found).toContain(false);
  });
});

describe('several devices store at once', () => {
  const fault = fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('power' as const), atCall: fc.nat({ max: 120 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('error' as const),
        atCall: fc.nat({ max: 80 }),
        code: fc.constantFrom('EIO' as const, 'ENOSPC' as const),
        times: fc.integer({ min: 1, max: 6 }),
      }),
    },
  );
  const life = fc.record({
    seed: fc.integer({ min: 1, max: 2 ** 31 }),
    associations: fc.integer({ min: 1, max: 5 }),
    objectsEach: fc.integer({ min: 1, max: 4 }),
    faults: fc.array(fault, { minLength: 1, maxLength: 2 }),
  });

  it(
    `and in ${lives} lives whose disk fails or loses its power nothing acknowledged is lost`,
    { timeout: 60_000 + lives * 2_000 },
    async () => {
      const prepared = path.join(folder.path, 'prepared');
      await prepareHome(prepared);
      let number = 0;
      let acknowledged = 0;
      await fc.assert(
        fc.asyncProperty(life, async (one) => {
          const end = await liveOnFaultDisk(prepared, path.join(folder.path, `life${number++}`), one);
          acknowledged += end.acknowledged;
          expect(end.breaches).toEqual([]);
        }),
        { numRuns: lives, endOnFailure: false },
      );
      expect(acknowledged).toBeGreaterThan(lives / 2);
    },
  );

  it.each(['fdatasync', 'fsync'] as const)('and a store that leaves out its %s is found out', async (skips) => {
    const prepared = path.join(folder.path, 'prepared');
    await prepareHome(prepared);
    const breaches: string[] = [];
    for (let seed = 1; seed <= 10 && breaches.length === 0; seed++) {
      const faults = [{ kind: 'power', atCall: 60 }] as const;
      const one = { seed, associations: 3, objectsEach: 3, faults, skips };
      breaches.push(...(await liveOnFaultDisk(prepared, path.join(folder.path, `${skips}${seed}`), one)).breaches);
    }
    expect(breaches.join('\n')).toMatch(/I1: /);
  });
});
