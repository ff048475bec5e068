// Looks into the home of a station that has ended, and says what is wrong with what it kept: I1 (what was acknowledged is
// there byte for byte), no object twice, no file without a row, no row without a file, nothing half received.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { openRooms } from '../station/flow/open-rooms.ts';
import type { SenderLog } from './sender.ts';

type Kept = { readonly id: string; readonly SOPInstanceUID: string; readonly dataSetSha256: string };

/** One line for each breach; empty when all is well. */
export async function checkReceiving(home: string, log: SenderLog): Promise<string[]> {
  const rooms = await openRooms(home);
  const wrong: string[] = [];
  try {
    const { adopted, missing, setAside } = rooms.started;
    if (missing + setAside > 0) wrong.push(`${missing} rows without a file, ${setAside} files set aside`);
    // The station itself compared them at its last start, before anything arrived; killed after a placed file it may differ.
    if (adopted > 0) wrong.push(`${adopted} files had no row after an orderly end`);
    const rows = rooms.book.sql<Kept>('SELECT id, SOPInstanceUID, dataSetSha256 FROM object').all();
    const bySop = Map.groupBy(rows, (row) => row.SOPInstanceUID);
    for (const [uid, same] of bySop) if (same.length > 1) wrong.push(`${uid} is there ${same.length} times`);
    for (const { SOPInstanceUID, sha256 } of log.acknowledged) {
      const [row] = bySop.get(SOPInstanceUID) ?? [];
      if (!row) wrong.push(`${SOPInstanceUID} was acknowledged and is not there`);
      else if (row.dataSetSha256 !== sha256) wrong.push(`${SOPInstanceUID} was acknowledged and differs`);
    }
    for (const { id } of rows) {
      const { file, dataSetOffset, dataSetSha256 } = rooms.catalog.objectFile(id);
      if (!(await rooms.store.verifyDigest(file, dataSetOffset, dataSetSha256)))
        wrong.push(`the file of ${id} differs`);
    }
    const files = readdirSync(path.join(home, 'objects'), { recursive: true }).filter((name) =>
      /dcm$/.test(String(name)),
    );
    if (files.length !== rows.length) wrong.push(`${files.length} files, ${rows.length} rows`);
    const parts = readdirSync(path.join(home, 'incoming'));
    if (parts.length > 0) wrong.push(`${parts.length} half received`);
    const counted = rooms.book.sql<{ objects: number }>('SELECT sum(objects) AS objects FROM exam').get();
    if ((counted?.objects ?? 0) !== rows.length)
      wrong.push(`exams count ${counted?.objects} of ${rows.length} objects`);
  } finally {
    await rooms.close();
  }
  return wrong;
}
