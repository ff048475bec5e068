// The station starts: store and catalogue are compared. A file without a row is adopted, a row without a file becomes a
// problem, a row whose file is there again loses it. Nothing is deleted: what is no DICOM goes to lost+found/.
import { openPart10, readHeader } from '#station/dicom/index.ts';
import type { Log } from '#station/kit/log.ts';
import type { Book } from '#station/records/index.ts';
import type { Store } from '#station/2-store/index.ts';
import type { Catalog } from '#station/3-catalog/index.ts';
import path from 'node:path';

export type StartRooms = {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly book: Book;
  readonly log: Log;
};

export type StartReport = { readonly adopted: number; readonly missing: number; readonly setAside: number };

/** To be called before anything can arrive. */
export async function whenStationStarts(rooms: StartRooms): Promise<StartReport> {
  const { store, catalog, book, log } = rooms;
  const found = { adopted: 0, missing: 0, setAside: 0 };
  const unseen = new Set(catalog.shards());
  for await (const { shard, files } of store.shards()) {
    unseen.delete(shard);
    const rows = catalog.filesOfShard(shard);
    for (const file of files) {
      if (rows.delete(file)) continue;
      if (await adopt(rooms, file)) found.adopted++;
      else found.setAside++;
    }
    found.missing += tellMissing(rooms, rows.values());
  }
  for (const shard of unseen) found.missing += tellMissing(rooms, catalog.filesOfShard(shard).values());
  tellFound(rooms);
  if (found.adopted + found.missing + found.setAside > 0) {
    log.warn('store-and-catalogue-differ', {
      count: found.adopted,
      reason: `missing ${found.missing}, set aside ${found.setAside}`,
    });
  }
  return found;

  /** Those that were missing and are there again. */
  function tellFound({ store: bytes }: StartRooms): void {
    book.transaction(() => {
      for (const objectId of catalog.missingObjects()) {
        if (bytes.has(catalog.objectFile(objectId).file)) catalog.fileMissing(objectId, false);
      }
    });
  }
}

function tellMissing({ book, catalog }: StartRooms, objectIds: Iterable<string>): number {
  const ids = [...objectIds];
  if (ids.length > 0) book.transaction(() => ids.forEach((id) => catalog.fileMissing(id, true)));
  return ids.length;
}

/** Writes a file down that was placed and not recorded. False when nothing can be made of it. */
async function adopt({ store, catalog, book }: StartRooms, file: string): Promise<boolean> {
  let object;
  try {
    object = await openPart10(store.pathOf(file));
  } catch {
    await store.setAside(file);
    return false;
  }
  try {
    const header = await readHeader(object);
    const { dataSetOffset, meta } = object;
    const dataSetSha256 = await store.digest(file, dataSetOffset);
    const label = meta?.sourceAeTitle ?? '';
    const recorded = book.transaction(() =>
      catalog.record({
        objectId: path.basename(file, '.dcm'),
        file,
        sizeBytes: object.reader.sizeBytes,
        dataSetOffset,
        dataSetSha256,
        header,
        transferSyntaxUid: meta?.transferSyntaxUid ?? '',
        source:
          label === '' ? { kind: 'file', label: 'recovered', address: null } : { kind: 'dicom', label, address: null },
      }),
    );
    if (!recorded.fileTaken) await store.forget(file);
    return true;
  } finally {
    await object.close();
  }
}
