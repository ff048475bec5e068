// Files dropped on a window that cannot give us paths: they are taken into a folder of our own, batch by batch, and
// then imported like any other file. A batch that is never imported goes at the next start.
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ImportReport } from '#contract/shapes/station.ts';
import { makeFolder } from '#station/kit/files.ts';
import { newId } from '#station/kit/ids.ts';
import { Problem } from '#station/kit/problem.ts';

/** A file under a name of ours, with the name that it had where it came from. */
export type DroppedFile = { readonly path: string; readonly name: string };

const mostFilesInABatch = 200_000;
const mostBatches = 16;

export type DropPorts = {
  /** Throws Problem('no-room') when so many bytes may not be taken. */
  readonly checkRoom: (bytes: number) => Promise<void>;
  readonly importFiles: (files: readonly DroppedFile[], whenDone: () => void) => Promise<ImportReport>;
};

export type Drops = {
  take(batch: string, number: number, name: string, body: AsyncIterable<Uint8Array>): Promise<void>;
  importBatch(batch: string): Promise<ImportReport>;
};

type Batch = {
  readonly folder: string;
  readonly files: Map<number, DroppedFile>;
  /** Its folder is there. */
  readonly made: Promise<void>;
};

/** @param folder emptied when this is called. */
export async function openDrops(folder: string, ports: DropPorts): Promise<Drops> {
  await rm(folder, { recursive: true, force: true });
  await makeFolder(folder);
  const batches = new Map<string, Batch>();

  const batchFor = async (id: string) => {
    const known = batches.get(id);
    if (known) {
      // The first file of it may have come in the same moment.
      await known.made;
      return known;
    }
    if (batches.size >= mostBatches) throw new Problem('too-many-associations', { limit: mostBatches });
    const own = path.join(folder, newId());
    const batch: Batch = { folder: own, files: new Map(), made: makeFolder(own) };
    batches.set(id, batch);
    try {
      await batch.made;
    } catch (error) {
      batches.delete(id);
      throw error;
    }
    return batch;
  };

  return {
    take: async (id, number, name, body) => {
      const batch = await batchFor(id);
      if (batch.files.size >= mostFilesInABatch)
        throw new Problem('input-invalid', { field: 'number', expected: 'fewer files' });
      const file = path.join(batch.folder, newId());
      try {
        await pipeline(
          Readable.from(withRoom(body, ports.checkRoom)),
          createWriteStream(file, { flags: 'wx', mode: 0o600 }),
        );
      } catch (error) {
        await rm(file, { force: true });
        throw (error as NodeJS.ErrnoException).code === 'ENOSPC' ? new Problem('no-room', {}, { cause: error }) : error;
      }
      batch.files.set(number, { path: file, name });
    },
    importBatch: async (id) => {
      const batch = batches.get(id);
      if (!batch) throw new Problem('not-found', { what: 'batch' });
      batches.delete(id);
      const files = [...batch.files].sort(([a], [b]) => a - b).map(([, file]) => file);
      return ports.importFiles(files, () => {
        // One that stays is removed by the next start.
        rm(batch.folder, { recursive: true, force: true }).catch(() => undefined);
      });
    },
  };
}

async function* withRoom(body: AsyncIterable<Uint8Array>, checkRoom: DropPorts['checkRoom']) {
  const step = 16 << 20;
  let taken = 0;
  let checked = 0;
  for await (const chunk of body) {
    taken += chunk.length;
    if (taken > checked) {
      await checkRoom(step);
      checked = taken + step;
    }
    yield chunk;
  }
}
