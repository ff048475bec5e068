// Makes the write-ahead log of the book durable in the thread pool, once for all who wait, while the program goes on.
//
// When `sync` resolves, all that was committed before the call is durable. A call that comes while a sync runs waits for
// the next one. A descriptor whose sync failed is closed and never asked again; `onFailed` puts the book right then.
import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';
import { promisify } from 'node:util';

export type LogSyncPorts = {
  readonly file: string;
  /** Called after a failed sync, before anything else is committed. */
  readonly onFailed: () => void;
  /** For tests: a disk that fails. */
  readonly fdatasync?: (fd: number) => Promise<void>;
  /** For tests: the same for `syncNow`. */
  readonly fdatasyncNow?: (fd: number) => void;
};

const syncing = promisify(fdatasync);

export class LogSync {
  readonly #ports: LogSyncPorts;
  #fd: number | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #isClosed = false;
  #failures = 0;

  constructor(ports: LogSyncPorts) {
    this.#ports = ports;
  }

  /** Rejects with the error of the system. */
  sync(): Promise<void> {
    if (this.#next) return this.#next;
    if (!this.#running) return this.#begin();
    this.#next = this.#running.then(
      () => this.#begin(),
      () => this.#begin(),
    );
    return this.#next;
  }

  /** The same at once, while everything waits. */
  syncNow(): void {
    try {
      (this.#ports.fdatasyncNow ?? fdatasyncSync)(this.#open());
    } catch (error) {
      this.#failures++;
      // What runs uses the descriptor still: closed now, its number could become another file's.
      if (!this.#running) this.#drop();
      this.#ports.onFailed();
      throw error;
    }
  }

  /** What runs is finished. */
  close(): void {
    this.#isClosed = true;
    if (!this.#running) this.#drop();
  }

  #begin(): Promise<void> {
    this.#next = undefined;
    const running = this.#once().finally(() => {
      if (this.#running === running) this.#running = undefined;
      if (this.#isClosed && !this.#next) this.#drop();
    });
    this.#running = running;
    return running;
  }

  async #once(): Promise<void> {
    const failuresBefore = this.#failures;
    try {
      await (this.#ports.fdatasync ?? syncing)(this.#open());
      // The system tells a failure once for a descriptor, and somebody else has heard it meanwhile.
      if (this.#failures !== failuresBefore) throw new Error('the log failed to sync meanwhile');
    } catch (error) {
      this.#drop();
      this.#ports.onFailed();
      throw error;
    }
  }

  /** SQLite's own locks are on other files, so closing this descriptor takes none of them away. */
  #open(): number {
    // Windows syncs only what is open for writing.
    this.#fd ??= openSync(this.#ports.file, 'r+');
    return this.#fd;
  }

  #drop(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd !== undefined) closeSync(fd);
  }
}
