// Files that go on purpose: when this resolves none of them is there, and after a power cut none of them is back.
import path from 'node:path';
import { syncFolder } from '#station/kit/files.ts';
import { diskProblem, type Disk } from './disk.ts';

/** Absolute paths. One that is not there is gone already. Throws 'disk-failed'; some of them may be gone then. */
export async function removeFiles(files: readonly string[], disk: Disk): Promise<void> {
  try {
    for (const file of files) {
      await disk.unlink(file).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
    }
    for (const folder of new Set(files.map((file) => path.dirname(file)))) await syncFolder(folder);
  } catch (error) {
    throw diskProblem(error, 'remove');
  }
}
