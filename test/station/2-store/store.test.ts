// The store: what it says it has kept is on the disk, and what it does not keep leaves nothing.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, realDisk, type Disk, type Store, type StoreOptions } from '#station/2-store/index.ts';
import { systemClock } from '#station/kit/clock.ts';
import { silentLog } from '#station/kit/log.ts';
import { temporaryFolder, type TemporaryFolder } from '../../peers/programs/temporary-folder.ts';

const gigabytes = 1e9;
const roomy = () => ({ freeBytes: 500 * gigabytes, totalBytes: 1000 * gigabytes, freeInodes: 0, totalInodes: 0 });
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let folder: TemporaryFolder;
const stores: Store[] = [];

beforeEach(async () => {
  folder = await temporaryFolder('store');
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await folder.close();
});

async function open(options: Partial<StoreOptions> = {}): Promise<Store> {
  const base = { home: folder.path, clock: systemClock, log: silentLog, measure: roomy };
  const store = await openStore({ ...base, ...options });
  stores.push(store);
  return store;
}

const incoming = () => readdirSync(path.join(folder.path, 'incoming'));
const placed = () =>
  readdirSync(path.join(folder.path, 'objects'), { recursive: true }).filter((name) => String(name).endsWith('.dcm'));

describe('an object that was sealed', () => {
  it.each([
    ['smaller than the memory for heads', [100, 900]],
    ['as large as the memory for heads', [65_536]],
    ['of many pieces of odd sizes', [1, 65_535, 1, 131_072, 7, 999_983]],
  ])('is on the disk byte for byte: %s', async (_name, sizes) => {
    const store = await open();
    const pieces = sizes.map((size) => randomBytes(size));
    const whole = Buffer.concat(pieces);
    const file = store.begin({ dataSetOffset: 10, expectedBytes: whole.length });
    for (const piece of pieces) await file.write([piece.subarray(0, 3), piece.subarray(3)]);
    const sealed = await file.seal();
    expect(readFileSync(store.pathOf(sealed.file)).equals(whole)).toBe(true);
    expect(sealed).toMatchObject({ sizeBytes: whole.length, dataSetOffset: 10, objectId: file.objectId });
    expect(sealed.dataSetSha256).toBe(sha256(whole.subarray(10)));
    expect(await store.verifyDigest(sealed.file, 10, sealed.dataSetSha256)).toBe(true);
    expect(incoming()).toEqual([]);
  });

  it('may be overwritten by whoever lent the buffers, as soon as write has returned', async () => {
    const store = await open();
    const file = store.begin({ dataSetOffset: 0 });
    const buffer = Buffer.alloc(50_000, 1);
    for (let round = 1; round <= 20; round++) {
      buffer.fill(round);
      await file.write([buffer]);
    }
    const { file: name } = await file.seal();
    const found = readFileSync(store.pathOf(name));
    expect([...Array(20).keys()].map((round) => found[round * 50_000 + 49_999])).toEqual(
      [...Array(20).keys()].map((round) => round + 1),
    );
  });

  it('is named by our own ids, and no other name becomes a path', async () => {
    const store = await open();
    const file = store.begin({ dataSetOffset: 0 });
    void file.write([Buffer.from('x')]);
    expect((await file.seal()).file).toMatch(/^000000\/[0-9a-z]{26}\.dcm$/);
    for (const bad of ['../x.dcm', '000000/../../x.dcm', '/etc/passwd', '000000/x.dcm']) {
      expect(() => store.pathOf(bad)).toThrow();
    }
  });

  it('shares the synchronisation of its folder with all that wait', async () => {
    let folderSyncs = 0;
    const disk: Disk = { ...realDisk, fsync: (fd) => (folderSyncs++, realDisk.fsync(fd)) };
    const store = await open({ disk });
    await Promise.all(
      [...Array(32).keys()].map(async (number) => {
        const file = store.begin({ dataSetOffset: 0, expectedBytes: 1 });
        void file.write([Buffer.from([number])]);
        return file.seal();
      }),
    );
    expect(placed()).toHaveLength(32);
    expect(folderSyncs).toBeLessThan(32);
  });

  it('is still there after the store was opened anew, and the folder goes on', async () => {
    const first = await open();
    const file = first.begin({ dataSetOffset: 0 });
    void file.write([Buffer.from('one')]);
    const { file: name } = await file.seal();
    const second = await open();
    expect(readFileSync(second.pathOf(name), 'utf8')).toBe('one');
    const folders = [];
    for await (const { folder: of, files } of second.folders('objects')) folders.push({ of, files: await files() });
    expect(folders).toEqual([{ of: '000000', files: [name] }]);
  });

  it('is found out when a byte of it has changed', async () => {
    const store = await open();
    const file = store.begin({ dataSetOffset: 2 });
    void file.write([Buffer.from('abcdef')]);
    const { file: name, dataSetSha256 } = await file.seal();
    writeFileSync(store.pathOf(name), 'abcdeX');
    expect(await store.verifyDigest(name, 2, dataSetSha256)).toBe(false);
    await store.forget(name);
    await expect(store.verifyDigest(name, 2, dataSetSha256)).rejects.toMatchObject({ code: 'object-file-missing' });
  });
});

describe('an object that is not kept', () => {
  it('leaves nothing when it is discarded, however far it came', async () => {
    const store = await open();
    const fresh = store.begin({ dataSetOffset: 0 });
    await fresh.discard();
    const halfway = store.begin({ dataSetOffset: 0 });
    void halfway.write([randomBytes(300_000)])?.catch(() => {});
    await halfway.discard();
    await halfway.discard();
    const synced = store.begin({ dataSetOffset: 0 });
    await synced.write([randomBytes(300_000)]);
    await synced.sync();
    await synced.discard();
    expect(incoming()).toEqual([]);
    expect(placed()).toEqual([]);
  });

  it('is dropped at the next start when the station died meanwhile', async () => {
    const store = await open();
    const file = store.begin({ dataSetOffset: 0 });
    await file.write([randomBytes(300_000)]);
    expect(incoming()).toHaveLength(1);
    await open();
    expect(incoming()).toEqual([]);
  });

  it.each<[string, Partial<Disk>, string]>([
    ['a sync that fails', { fdatasync: () => Promise.reject(fault('EIO')) }, 'disk-failed'],
    ['a sync that finds the disk full', { fdatasync: () => Promise.reject(fault('ENOSPC')) }, 'no-room'],
    ['a rename that fails', { rename: () => Promise.reject(fault('EIO')) }, 'disk-failed'],
    ['a folder that cannot be synced', { fsync: () => Promise.reject(fault('EIO')) }, 'disk-failed'],
    ['a file that cannot be made', { create: () => Promise.reject(fault('EMFILE')) }, 'disk-failed'],
  ])('leaves nothing after %s', async (_name, broken, code) => {
    const store = await open({ disk: { ...realDisk, ...broken } });
    const file = store.begin({ dataSetOffset: 0 });
    void file.write([Buffer.from('x')]);
    await expect(file.seal()).rejects.toMatchObject({ code });
    expect(incoming()).toEqual([]);
    expect(placed()).toEqual([]);
    expect(store.space().suspectSince === null).toBe(code === 'no-room');
  });

  it('leaves nothing when the disk becomes full while it is written', async () => {
    let left = 200_000;
    const writev: Disk['writev'] = async (fd, pieces, position) => {
      const first = pieces[0] ?? new Uint8Array();
      if (left <= 0) throw fault('ENOSPC');
      const part = first.subarray(0, Math.min(first.length, left));
      left -= part.length;
      return realDisk.writev(fd, [part], position);
    };
    const store = await open({ disk: { ...realDisk, writev } });
    const file = store.begin({ dataSetOffset: 0 });
    await expect(file.write([randomBytes(300_000)])).rejects.toMatchObject({ code: 'no-room' });
    await file.discard();
    expect(incoming()).toEqual([]);
  });

  it.each(['before', 'after'])('leaves nothing when its sync fails %s it got its name', async (when) => {
    let fail = (_error: Error) => {};
    const named = Promise.withResolvers<void>();
    const disk: Disk = {
      ...realDisk,
      fdatasync: () => new Promise<void>((_resolve, reject) => (fail = reject)),
      fsync: async (fd) => {
        await realDisk.fsync(fd);
        named.resolve();
      },
    };
    const store = await open({ disk });
    const file = store.begin({ dataSetOffset: 0 });
    await file.write([randomBytes(300_000)]);
    const syncing = file.sync();
    await new Promise((resolve) => setImmediate(resolve));
    if (when === 'before') {
      fail(fault('EIO'));
      await expect(syncing).rejects.toMatchObject({ code: 'disk-failed' });
    }
    const placing = file.place();
    placing.catch(() => {});
    if (when === 'after') {
      await named.promise;
      expect(placed()).toHaveLength(1);
      fail(fault('EIO'));
    }
    await expect(placing).rejects.toMatchObject({ code: 'disk-failed' });
    expect(incoming()).toEqual([]);
    expect(placed()).toEqual([]);
  });

  it('is never synced twice through a descriptor whose sync failed', async () => {
    const synced: number[] = [];
    const closed: number[] = [];
    const disk: Disk = {
      ...realDisk,
      fdatasync: (fd) => (synced.push(fd), Promise.reject(fault('EIO'))),
      close: (fd) => (closed.push(fd), realDisk.close(fd)),
    };
    const store = await open({ disk });
    const file = store.begin({ dataSetOffset: 0 });
    void file.write([Buffer.from('x')]);
    await expect(file.seal()).rejects.toThrow();
    expect(synced).toHaveLength(1);
    expect(closed).toEqual(synced);
  });
});

describe('after the disk failed', () => {
  it('nothing is taken for five seconds, and the suspicion ends with the next object that is sealed', async () => {
    let nowMs = 0;
    let broken = true;
    const disk: Disk = {
      ...realDisk,
      fdatasync: (fd) => (broken ? Promise.reject(fault('EIO')) : realDisk.fdatasync(fd)),
    };
    const store = await open({ disk, clock: { ...systemClock, monotonicMs: () => nowMs } });
    const write = async () => {
      const file = store.begin({ dataSetOffset: 0 });
      void file.write([Buffer.from('x')]);
      return file.seal();
    };
    await expect(write()).rejects.toMatchObject({ code: 'disk-failed' });
    broken = false;
    await expect(write()).rejects.toMatchObject({ code: 'disk-failed' });
    nowMs = 5001;
    await write();
    expect(store.space().suspectSince).toBeNull();
  });
});

describe('recipes of revisions', () => {
  it('are durable under a name of ours, and can be dropped', async () => {
    const store = await open();
    const id = '0'.repeat(26);
    const name = await store.writeRecipe(id, Buffer.from('recipe'));
    expect(readFileSync(store.pathOfRecipe(name), 'utf8')).toBe('recipe');
    await store.dropRecipe(name);
    await store.dropRecipe(name);
    expect(existsSync(store.pathOfRecipe(name))).toBe(false);
  });
});

function fault(code: string): Error {
  return Object.assign(new Error(code), { code });
}
