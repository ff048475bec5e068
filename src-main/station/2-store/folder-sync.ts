// Makes the entries of one folder durable, once for all who wait.
//
// A call that comes while a sync runs waits for the next one, because the running one may have begun before its
// rename. A descriptor whose sync failed is closed and never asked again.
import type { Disk } from './disk.ts';

export class FolderSync {
  readonly #folder: string;
  readonly #disk: Disk;
  #fd: number | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(folder: string, disk: Disk) {
    this.#folder = folder;
    this.#disk = disk;
  }

  /** Resolves when every entry that was made before this call is durable. Rejects with the error of the system. */
  sync(): Promise<void> {
    if (process.platform === 'win32') return Promise.resolve();
    if (this.#next) return this.#next;
    if (!this.#running) return this.#begin();
    this.#next = this.#running.then(
      () => this.#begin(),
      () => this.#begin(),
    );
    return this.#next;
  }

  async close(): Promise<void> {
    await this.#running?.catch(() => {});
    await this.#next?.catch(() => {});
    await this.#drop();
  }

  #begin(): Promise<void> {
    this.#next = undefined;
    const running = this.#once().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  async #once(): Promise<void> {
    try {
      this.#fd ??= await this.#disk.openFolder(this.#folder);
      await this.#disk.fsync(this.#fd);
    } catch (error) {
      await this.#drop();
      throw error;
    }
  }

  async #drop(): Promise<void> {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd !== undefined) await this.#disk.close(fd).catch(() => {});
  }
}
