// The few system calls that an incoming object needs, as one small door, so that a test can put a failing disk behind it.
// Foreign errors are translated here: a full disk is 'no-room', anything else 'disk-failed'.
import { closeSync, constants, fdatasync, fsync, open, rename, unlink, writev } from 'node:fs';
import { promisify } from 'node:util';
import { Problem } from '#station/kit/problem.ts';

export type Disk = {
  /** Makes a new file for writing; it must not be there yet. */
  create(file: string): Promise<number>;
  openFolder(folder: string): Promise<number>;
  /** Writes at a position; may write less than it was given, and says how much. */
  writev(fd: number, pieces: readonly Uint8Array[], position: number): Promise<number>;
  fdatasync(fd: number): Promise<void>;
  fsync(fd: number): Promise<void>;
  close(fd: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(file: string): Promise<void>;
};

const opening = promisify(open);
const writing = promisify(writev);

export const realDisk: Disk = {
  create: (file) => opening(file, 'wx', 0o600),
  openFolder: (folder) => opening(folder, constants.O_RDONLY),
  writev: async (fd, pieces, position) => (await writing(fd, pieces, position)).bytesWritten,
  fdatasync: promisify(fdatasync),
  fsync: promisify(fsync),
  // At once: what is closed here was synced or is thrown away, and a walk through the thread pool costs twenty times more.
  close: async (fd) => closeSync(fd),
  rename: promisify(rename),
  unlink: promisify(unlink),
};

/** What a failed system call means to a person. A Problem passes as it is. */
export function diskProblem(error: unknown, operation: string): Problem {
  if (error instanceof Problem) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Problem('no-room', { freeBytes: 0, neededBytes: 0 }, { cause: error });
  }
  return new Problem('disk-failed', { operation }, { cause: error });
}
