// The rolling folders that files are placed in: 000000, 000001, ... Only the newest grows, so that all who place a
// file at one moment share the sync of one folder, and no folder becomes so large that listing it is slow.
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '#station/kit/files.ts';
import { bug } from '#station/kit/problem.ts';
import type { Disk } from './disk.ts';
import { FolderSync } from './folder-sync.ts';

const filesInShard = 4096;
const shardName = /^[0-9]{6}$/;
const placedName = /^[0-9]{6}\/[0-9a-hjkmnp-tv-z]{26}\.(?:dcm|rcp)$/;

type Shard = { readonly name: string; readonly sync: FolderSync; files: number };

export class Shards {
  readonly #root: string;
  readonly #disk: Disk;
  readonly #syncs: FolderSync[] = [];
  #newest: Shard | undefined;
  #rolling: Promise<Shard> | undefined;

  constructor(root: string, disk: Disk) {
    this.#root = root;
    this.#disk = disk;
  }

  /** Goes on in the newest folder that is there. */
  async open(): Promise<void> {
    await makeFolder(this.#root);
    const name = (await this.names()).at(-1);
    if (name === undefined) await this.#roll(0);
    else this.#newest = this.#shard(name, (await readdir(path.join(this.#root, name))).length);
  }

  /** Names of the folders, oldest first. */
  async names(): Promise<string[]> {
    return (await readdir(this.#root)).filter((name) => shardName.test(name)).sort();
  }

  /** Moves a file to its place and returns when the place is durable; gives its name below the root. */
  async place(from: string, fileName: string): Promise<string> {
    const shard = await this.#withRoom();
    const file = `${shard.name}/${fileName}`;
    const to = this.pathOf(file);
    await this.#disk.rename(from, to);
    try {
      await shard.sync.sync();
    } catch (error) {
      await this.#disk.unlink(to).catch(() => {});
      throw error;
    }
    return file;
  }

  isPlaced(file: string): boolean {
    return placedName.test(file);
  }

  /** The path of a name that `place` gave. Anything else never becomes a path. */
  pathOf(file: string): string {
    if (!placedName.test(file)) throw bug('not a name of the store');
    return path.join(this.#root, file);
  }

  async close(): Promise<void> {
    await this.#rolling?.catch(() => {});
    for (const sync of this.#syncs.splice(0)) await sync.close();
  }

  async #withRoom(): Promise<Shard> {
    while (!this.#newest || this.#newest.files >= filesInShard) {
      this.#rolling ??= this.#roll(Number(this.#newest?.name ?? -1) + 1).finally(() => (this.#rolling = undefined));
      await this.#rolling;
    }
    this.#newest.files++;
    return this.#newest;
  }

  async #roll(number: number): Promise<Shard> {
    const name = String(number).padStart(6, '0');
    await makeFolder(path.join(this.#root, name));
    this.#newest = this.#shard(name, 0);
    return this.#newest;
  }

  #shard(name: string, files: number): Shard {
    const sync = new FolderSync(path.join(this.#root, name), this.#disk);
    this.#syncs.push(sync);
    // The one before the newest may still have waiters; older ones have none.
    while (this.#syncs.length > 2) void this.#syncs.shift()?.close();
    return { name, sync, files };
  }
}
