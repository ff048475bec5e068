// A disk that forgets: it stands behind the store's `disk` and does everything on real files, and beside that keeps a
// journal of what of it would be there after the power was cut.
//
// The model is the least that POSIX promises, not what one file system happens to do:
// - Bytes are durable after an fdatasync of their file. Of those written since, any sectors may be there, others are zero
//   or what they were; the length may be the old one, the new one, or one between.
// - A name is durable after an fsync of its folder, and not by a sync of the file. Of the changes since, any first part
//   may be there. A rename into another folder may leave both names, but never takes the old one away before the new
//   one is durable.
// - A sync that fails has thrown away what it should have written: a later sync of that file succeeds and makes nothing
//   durable (as Linux does since 4.13).
// After `cutPower` every call fails; `layDown` puts on the real disk what the power cut left.
import { lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { realDisk, type Disk } from '#station/2-store/index.ts';
import type { Random } from './random.ts';

export const sectorBytes = 512;

/** What goes wrong at which call, counted from 0. */
export type DiskFault =
  | { readonly kind: 'power'; readonly atCall: number }
  | { readonly kind: 'error'; readonly atCall: number; readonly code: 'EIO' | 'ENOSPC'; readonly times: number };

type Inode = {
  durable: Buffer;
  /** Not synced yet, in the order of writing. */
  dirty: { readonly at: number; readonly bytes: Buffer }[];
  /** Of a failed sync: may be on the disk or not, and no later sync changes that. */
  forsaken: { readonly at: number; readonly bytes: Buffer }[];
};

type Addition = { readonly kind: 'add'; readonly name: string; readonly inode: Inode; durable: boolean };
type Change =
  | Addition
  /** `after`: the entry that must be durable before this name may go. */
  | { readonly kind: 'remove'; readonly name: string; readonly after?: Addition };

type Folder = { readonly durable: Map<string, Inode>; readonly now: Map<string, Inode>; changes: Change[] };

export type FaultDisk = Disk & {
  /** Calls so far. */
  readonly calls: number;
  readonly isOff: boolean;
  /** Names of the calls that were failed, for the words of a breach. */
  readonly failed: readonly string[];
  cutPower(): void;
  /** Replaces the files below these folders by what is left of them after the cut. */
  layDown(): void;
};

/** @param folders below which everything that lies there at first is taken as durable; others are not modelled. */
export function openFaultDisk(
  folders: readonly string[],
  random: Random,
  faults: readonly DiskFault[] = [],
  below: Disk = realDisk,
): FaultDisk {
  const known = new Map<string, Folder>();
  const files = new Map<number, Inode>();
  const folderOf = new Map<number, string>();
  const failed: string[] = [];
  let calls = 0;
  let isOff = false;

  const read = (name: string): Folder => {
    const found = known.get(name);
    if (found) return found;
    const durable = new Map<string, Inode>();
    for (const entry of readdirSync(name)) {
      const file = path.join(name, entry);
      if (lstatSync(file).isFile()) durable.set(entry, { durable: readFileSync(file), dirty: [], forsaken: [] });
    }
    const folder: Folder = { durable, now: new Map(durable), changes: [] };
    known.set(name, folder);
    return folder;
  };
  const readAll = (name: string): void => {
    read(name);
    for (const entry of readdirSync(name, { withFileTypes: true })) {
      if (entry.isDirectory()) readAll(path.join(name, entry.name));
    }
  };
  for (const folder of folders) readAll(folder);

  const turn = async () => {
    for (let turns = random.below(4); turns > 0; turns--) await new Promise(setImmediate);
  };
  /** The moment of a call: others get their turn before, the fault strikes, the call is done, others get their turn. */
  const call = async <T>(name: string, work: () => Promise<T>, onFault?: () => void): Promise<T> => {
    await turn();
    const number = calls++;
    for (const fault of faults) {
      if (fault.kind === 'power' && number === fault.atCall) isOff = true;
      else if (fault.kind === 'error' && number >= fault.atCall && number < fault.atCall + fault.times) {
        if (isOff) break;
        failed.push(`${name} ${fault.code}`);
        onFault?.();
        throw Object.assign(new Error(`${fault.code}: planted`), { code: fault.code });
      }
    }
    if (isOff && name !== 'close') throw Object.assign(new Error('the power is off'), { code: 'EIO' });
    const result = await work();
    await turn();
    return result;
  };
  const add = (file: string, inode: Inode) => {
    const folder = read(path.dirname(file));
    const change: Addition = { kind: 'add', name: path.basename(file), inode, durable: false };
    folder.now.set(change.name, inode);
    folder.changes.push(change);
    return change;
  };
  const remove = (file: string, after?: Addition) => {
    const folder = read(path.dirname(file));
    folder.now.delete(path.basename(file));
    folder.changes.push({ kind: 'remove', name: path.basename(file), ...(after ? { after } : {}) });
  };
  const inodeOf = (file: string) => {
    const inode = read(path.dirname(file)).now.get(path.basename(file));
    if (!inode) throw Object.assign(new Error(`ENOENT: ${file}`), { code: 'ENOENT' });
    return inode;
  };

  return {
    get calls() {
      return calls;
    },
    get isOff() {
      return isOff;
    },
    failed,
    create: (file) =>
      call('create', async () => {
        const fd = await below.create(file);
        const inode: Inode = { durable: Buffer.alloc(0), dirty: [], forsaken: [] };
        files.set(fd, inode);
        add(file, inode);
        return fd;
      }),
    openFolder: (folder) =>
      call('openFolder', async () => {
        const fd = await below.openFolder(folder);
        folderOf.set(fd, folder);
        read(folder);
        return fd;
      }),
    writev: (fd, pieces, position) =>
      call('writev', async () => {
        const whole = Buffer.concat(pieces);
        // Now and then less than was asked for, as the call may.
        const written = random.oneIn(5) && whole.length > 1 ? 1 + random.below(whole.length - 1) : whole.length;
        const bytes = whole.subarray(0, written);
        for (let done = 0; done < bytes.length;) {
          done += await below.writev(fd, [bytes.subarray(done)], position + done);
        }
        files.get(fd)?.dirty.push({ at: position, bytes });
        return written;
      }),
    fdatasync: (fd) =>
      call(
        'fdatasync',
        () => syncFile(fd),
        () => forsake(fd),
      ),
    fsync: (fd) =>
      call(
        'fsync',
        async () => {
          const folder = folderOf.get(fd);
          if (folder === undefined) return syncFile(fd);
          // What was changed before the sync began: others may come while it runs.
          const of = read(folder);
          const until = of.changes.length;
          await turn();
          if (isOff) throw Object.assign(new Error('the power is off'), { code: 'EIO' });
          settle(of, of.changes.splice(0, until));
        },
        () => {
          if (!folderOf.has(fd)) forsake(fd);
        },
      ),
    close: (fd) =>
      call('close', async () => {
        files.delete(fd);
        folderOf.delete(fd);
        await below.close(fd);
      }),
    rename: (from, to) =>
      call('rename', async () => {
        const inode = inodeOf(from);
        await below.rename(from, to);
        remove(from, add(to, inode));
      }),
    unlink: (file) =>
      call('unlink', async () => {
        await below.unlink(file);
        remove(file);
      }),
    cutPower: () => void (isOff = true),
    layDown: () => {
      for (const folder of known.values()) {
        settle(folder, folder.changes.splice(0, random.below(folder.changes.length + 1)));
      }
      for (const [name, { durable }] of known) {
        for (const entry of readdirSync(name, { withFileTypes: true })) {
          if (entry.isFile()) rmSync(path.join(name, entry.name));
        }
        for (const [entry, inode] of durable) writeFileSync(path.join(name, entry), leftOf(inode, random));
      }
    },
  };

  async function syncFile(fd: number): Promise<void> {
    const inode = files.get(fd);
    if (!inode) return;
    const dirty = inode.dirty.splice(0);
    await turn();
    if (isOff) {
      inode.dirty.unshift(...dirty);
      throw Object.assign(new Error('the power is off'), { code: 'EIO' });
    }
    for (const write of dirty) inode.durable = overwrite(inode.durable, write.at, write.bytes);
  }

  function forsake(fd: number): void {
    const inode = files.get(fd);
    if (inode) inode.forsaken.push(...inode.dirty.splice(0));
  }
}

/** Makes changes of a folder durable, in their order. */
function settle(folder: Folder, changes: readonly Change[]): void {
  for (const change of changes) {
    if (change.kind === 'add') {
      folder.durable.set(change.name, change.inode);
      change.durable = true;
    } else if (change.after?.durable !== false) {
      folder.durable.delete(change.name);
    } else {
      folder.changes.unshift(change); // its new name is not durable yet: the old one stays
    }
  }
}

function overwrite(bytes: Buffer, at: number, by: Buffer): Buffer {
  const whole = Buffer.alloc(Math.max(bytes.length, at + by.length));
  bytes.copy(whole);
  by.copy(whole, at);
  return whole;
}

/** The bytes of a file after the cut: what is durable, and any sectors of what is not. */
function leftOf(inode: Inode, random: Random): Buffer {
  let left = inode.durable;
  let longest = left.length;
  for (const { at, bytes } of [...inode.forsaken, ...inode.dirty]) {
    longest = Math.max(longest, at + bytes.length);
    for (let from = at; from < at + bytes.length;) {
      const to = Math.min(at + bytes.length, (Math.floor(from / sectorBytes) + 1) * sectorBytes);
      if (random.oneIn(2)) left = overwrite(left, from, bytes.subarray(from - at, to - at));
      from = to;
    }
  }
  // The length is written apart from the bytes: a tail of zeros, or a tail that is missing.
  return random.oneIn(3) && longest > left.length ? overwrite(left, longest, Buffer.alloc(0)) : left;
}
