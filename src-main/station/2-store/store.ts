// The store: bytes become safe here. Files are named by our own ids and never changed once they are placed.
//
// When openStore returns, the folders are there and what a crash left half-written in incoming/ is gone. Refuses new
// objects when the volume is red ('no-room') and for a moment after a failed sync ('disk-failed').
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { copyFile, link, open, readdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '#station/kit/clock.ts';
import { makeFolder } from '#station/kit/files.ts';
import { isId, newId } from '#station/kit/ids.ts';
import type { Log } from '#station/kit/log.ts';
import { bug, Problem } from '#station/kit/problem.ts';
import { diskProblem, realDisk, type Disk } from './disk.ts';
import { Heads } from './heads.ts';
import { IncomingFile } from './incoming-file.ts';
import { moveToLostAndFound } from './lost-and-found.ts';
import { placedFolders, type PlacedFolder } from './placed-folders.ts';
import { removeFiles } from './remove-files.ts';
import { Reserve } from './reserve.ts';
import { Shards } from './shards.ts';
import { measureVolume, SpaceWatch, usualLimits, type Space, type SpaceLimits, type Volume } from './space.ts';

export type StoreOptions = {
  /** The home folder; the store writes below incoming/, objects/, revisions/ and lost+found/ only. */
  readonly home: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Shorthand for `limits.reserveBytes`; default 256 MB. */
  readonly reserveBytes?: number;
  readonly limits?: Partial<SpaceLimits>;
  /** For tests: how much room there is, and a disk that fails. */
  readonly measure?: () => Volume;
  readonly disk?: Disk;
};

export type Store = {
  /**
   * A place for a new object whose data set begins `dataSetOffset` bytes into the file. Throws 'no-room' before the
   * disk is full, and 'disk-failed' for five seconds after the disk failed.
   */
  begin(options: { readonly dataSetOffset: number; readonly expectedBytes?: number }): IncomingFile;
  /** Absolute path of a name that the store gave. */
  pathOf(file: string): string;
  /** Removes an object that nothing refers to any more. */
  forget(file: string): Promise<void>;
  /**
   * A second name for the bytes of an object, for one that is in two exams; durable when it resolves. Takes no room where
   * the volume has hard links. Throws 'object-file-missing', 'disk-failed', and 'no-room' where it takes room.
   */
  duplicate(file: string): Promise<{ readonly objectId: string; readonly file: string }>;
  /** Free room and its level; `suspectSince` is set from a failed disk operation until an object was sealed again. */
  space(): Space & { readonly suspectSince: string | null };
  /** Says that the volume failed elsewhere, in the book for one: suspect until an object was sealed again. */
  suspect(cause: unknown): void;
  /** Other limits from now on; what is left out is as usual. */
  setLimits(limits: Partial<SpaceLimits>): void;
  /** What comes in, for the estimate of how long the room will last. */
  setIntakeRate(bytesPerHour: number): void;
  /** The bytes that are taken on the volume to be given back when it runs out. */
  readonly reserve: Reserve;
  /** Removes objects on purpose; durable when it resolves. One that is not there is gone already. Throws 'disk-failed'. */
  removeFiles(files: readonly string[]): Promise<void>;
  /** Writes the recipe of a revision and gives its name below revisions/; durable when it resolves. */
  writeRecipe(id: string, bytes: Uint8Array): Promise<string>;
  pathOfRecipe(file: string): string;
  /** Forgets a recipe that no revision names. Never rejects. */
  dropRecipe(file: string): Promise<void>;
  /** Throws 'no-room' when so many bytes may not be taken now. */
  checkRoom(bytes: number): void;
  /** True when the bytes from `dataSetOffset` to the end are still what they were. Throws 'object-file-missing'. */
  verifyDigest(file: string, dataSetOffset: number, dataSetSha256: string): Promise<boolean>;
  /** SHA-256 of the bytes from `dataSetOffset` to the end, lower case hex. Throws 'object-file-missing'. */
  digest(file: string, dataSetOffset: number): Promise<string>;
  /** True when the file is there. */
  has(file: string): boolean;
  /** True when the file is there and so long; its bytes are not read. */
  isWhole(file: string, sizeBytes: number): boolean;
  /** Moves an object that nothing can be made of to lost+found/. Recovery never deletes. */
  setAside(file: string): Promise<void>;
  /** The same for a recipe that no revision names. */
  setRecipeAside(file: string): Promise<void>;
  /** The folders of placed objects, or of recipes, oldest first: what recovery compares with the catalogue. */
  folders(of: 'objects' | 'recipes'): AsyncIterable<PlacedFolder>;
  close(): Promise<void>;
};

/** What is held for an object of which nobody said how large it will be. */
const usualObjectBytes = 16 * 2 ** 20;
const suspectForMs = 5000;

export async function openStore(options: StoreOptions): Promise<Store> {
  const { home, clock, log, disk = realDisk } = options;
  const limits = { ...usualLimits, ...options.limits };
  if (options.reserveBytes !== undefined) limits.reserveBytes = options.reserveBytes;
  const incoming = path.join(home, 'incoming');
  await makeFolder(incoming);
  await makeFolder(path.join(home, 'lost+found'));
  await dropParts(incoming, log);
  const space = new SpaceWatch(options.measure ?? (() => measureVolume(home)), limits, clock);
  const objects = new Shards(path.join(home, 'objects'), disk);
  const heads = new Heads();
  const recipes = new Shards(path.join(home, 'revisions'), disk);
  await objects.open();
  await recipes.open();
  let suspect: { readonly since: string; readonly atMs: number } | undefined;
  const onDiskFailed = (cause: unknown) => {
    suspect = { since: suspect?.since ?? clock.now(), atMs: clock.monotonicMs() };
    log.error('disk-failed', { code: 'disk-failed' }, cause);
  };

  return {
    begin: ({ dataSetOffset, expectedBytes }) => {
      if (suspect && clock.monotonicMs() - suspect.atMs < suspectForMs) {
        throw new Problem('disk-failed', { operation: 'sync' });
      }
      const promisedBytes = expectedBytes ?? usualObjectBytes;
      space.promise(promisedBytes);
      return new IncomingFile({
        objectId: newId(clock.epochMs()),
        folder: incoming,
        dataSetOffset,
        promisedBytes,
        disk,
        heads,
        shards: objects,
        space,
        onDiskFailed,
        onSealed: () => (suspect = undefined),
      });
    },
    pathOf: (file) => objects.pathOf(file),
    forget: (file) => remove(disk, objects.pathOf(file)),
    duplicate: async (file) => {
      const objectId = newId(clock.epochMs());
      const part = path.join(incoming, `${objectId}.part`);
      try {
        await linkOrCopy(objects.pathOf(file), part, (bytes) => {
          space.promise(bytes);
          space.release(bytes);
        });
        return { objectId, file: await objects.place(part, `${objectId}.dcm`) };
      } catch (error) {
        await disk.unlink(part).catch(() => {});
        if (error instanceof Problem) throw error;
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw diskProblem(error, 'write');
        throw new Problem('object-file-missing', { object: path.basename(file, '.dcm') }, { cause: error });
      }
    },
    space: () => ({ ...space.read(), suspectSince: suspect?.since ?? null }),
    suspect: onDiskFailed,
    setLimits: (chosen) => (space.limits = { ...usualLimits, ...chosen, ...options.limits }),
    setIntakeRate: (bytesPerHour) => (space.bytesPerHour = bytesPerHour),
    reserve: new Reserve(path.join(home, 'reserve')),
    removeFiles: (files) =>
      removeFiles(
        files.map((file) => objects.pathOf(file)),
        disk,
      ),
    writeRecipe: async (id, bytes) => {
      if (!isId(id)) throw bug('not an id');
      const part = path.join(incoming, `${id}.recipe.part`);
      try {
        await writeSynced(disk, part, bytes);
        return await recipes.place(part, `${id}.rcp`);
      } catch (error) {
        await disk.unlink(part).catch(() => {});
        throw diskProblem(error, 'write');
      }
    },
    pathOfRecipe: (file) => recipes.pathOf(file),
    dropRecipe: (file) =>
      remove(disk, recipes.pathOf(file)).catch((error: unknown) => log.error('dropping-failed', {}, error)),
    checkRoom: (bytes) => {
      space.promise(bytes);
      space.release(bytes);
    },
    verifyDigest: (file, dataSetOffset, dataSetSha256) =>
      digestFrom(objects.pathOf(file), dataSetOffset).then((found) => found === dataSetSha256),
    digest: (file, dataSetOffset) => digestFrom(objects.pathOf(file), dataSetOffset),
    has: (file) => existsSync(objects.pathOf(file)),
    isWhole: (file, sizeBytes) => statSync(objects.pathOf(file), { throwIfNoEntry: false })?.size === sizeBytes,
    setAside: async (file) => {
      await moveToLostAndFound(home, objects.pathOf(file));
      log.warn('object-set-aside', { objectId: path.basename(file, '.dcm') });
    },
    setRecipeAside: async (file) => {
      await moveToLostAndFound(home, recipes.pathOf(file));
      log.warn('recipe-set-aside', { file: path.basename(file) });
    },
    folders: async function* (of) {
      const [root, shards] = of === 'objects' ? ['objects', objects] : ['revisions', recipes];
      yield* placedFolders(path.join(home, root), await shards.names(), (file) => shards.isPlaced(file));
    },
    close: async () => {
      await objects.close();
      await recipes.close();
    },
  };
}

/** What stood in incoming/ was never acknowledged, nor anything of it: a sender that got no answer has it still. */
async function dropParts(folder: string, log: Log): Promise<void> {
  const parts = (await readdir(folder)).filter((name) => name.endsWith('.part'));
  for (const part of parts) await unlink(path.join(folder, part));
  if (parts.length > 0) log.info('half-received-dropped', { count: parts.length });
}

/** Not every volume has hard links. @param checkRoom throws when so many bytes may not be taken */
async function linkOrCopy(from: string, to: string, checkRoom: (bytes: number) => void): Promise<void> {
  try {
    await link(from, to);
    return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error;
  }
  checkRoom(statSync(from).size);
  await copyFile(from, to);
  const copied = await open(to, 'r+');
  try {
    await copied.sync();
  } finally {
    await copied.close();
  }
}

async function remove(disk: Disk, file: string): Promise<void> {
  await disk.unlink(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw diskProblem(error, 'remove');
  });
}

async function writeSynced(disk: Disk, file: string, bytes: Uint8Array): Promise<void> {
  const fd = await disk.create(file);
  try {
    for (let at = 0; at < bytes.length;) at += await disk.writev(fd, [bytes.subarray(at)], at);
    await disk.fdatasync(fd);
  } finally {
    await disk.close(fd).catch(() => {});
  }
}

async function digestFrom(file: string, start: number): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(file, { start, highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new Problem('object-file-missing', { object: path.basename(file, '.dcm') }, { cause: error });
    }
    throw diskProblem(error, 'read');
  }
  return hash.digest('hex');
}
