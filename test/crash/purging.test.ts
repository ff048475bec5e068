// The purge ends at any of its steps: after the intent, in the middle of the files, before the mark. What follows completes
// it; what was not decided stays; what was let go can be proved, is found, and is kept again when it is sent again.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { retentionSettingShape } from '#contract/shapes/space.ts';
import { openPurge, type Purge } from '#station/6-purge/index.ts';
import { whenStationStarts } from '#station/flow/when-station-starts.ts';
import { systemClock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import { silentLog } from '#station/kit/log.ts';
import { encodeElements } from '#station/dicom/index.ts';
import { temporaryFolder, type TemporaryFolder } from '../peers/programs/temporary-folder.ts';
import { patient, sopClassUid } from '../station/dicom/objects.ts';
import { openRooms, type Rooms } from '../station/flow/open-rooms.ts';

let folder: TemporaryFolder;
let rooms: Rooms;
let examId = '';
beforeEach(async () => {
  folder = await temporaryFolder('purge');
  rooms = await openRooms(path.join(folder.path, 'home'));
});
afterEach(async () => {
  await rooms.close();
  await folder.close();
});

const bytesOf = (uid: string) =>
  encodeElements(
    [
      ...patient.filter((one) => !('keyword' in one) || one.keyword !== 'SOPInstanceUID'),
      { keyword: 'SOPInstanceUID', value: uid },
      { keyword: 'PixelData', vr: 'OB', value: createHash('sha256').update(uid).digest() },
    ],
    { explicit: true, littleEndian: true, characterSet: [] },
  );

async function send(uid: string): Promise<number> {
  const sink = rooms.arrivals.beginIncoming({
    sopClassUid,
    sopInstanceUid: uid,
    transferSyntaxUid: '1.2.840.10008.1.2.1',
    association: { callingAeTitle: 'CT', address: '127.0.0.1' },
  });
  await sink.write([bytesOf(uid)]);
  return (await sink.finish()).status;
}

/** Three images, approved and proved at one archive two months ago. */
async function provedExam(): Promise<string[]> {
  const uids = ['2.25.91', '2.25.92', '2.25.93'];
  for (const uid of uids) await send(uid);
  const { book } = rooms;
  const objects = book
    .sql<{ id: string; examId: string; uid: string }>(
      'SELECT id, examId, SOPInstanceUID AS uid FROM object ORDER BY rowid',
    )
    .all();
  const at = new Date(Date.now() - 60 * 86_400_000).toISOString();
  examId = objects[0]?.examId ?? '';
  book
    .sql('INSERT INTO destination (id, setting, since) VALUES (?, ?, ?)')
    .run('archive', JSON.stringify({ name: 'The archive', confirm: 'commitment' }), at);
  for (const { id, uid } of objects) {
    const revisionId = newId();
    book
      .sql(
        `INSERT INTO revision (id, objectId, number, SOPInstanceUID, SOPClassUID, TransferSyntaxUID, sizeBytes, dataSetOffset,
           dataSetSha256, attributes, verifiedAt, createdAt, by) VALUES (?, ?, 1, ?, ?, '', 1, 0, 'abc', '{}', ?, ?, 'x')`,
      )
      .run(revisionId, id, uid, sopClassUid, at, at);
    book.sql("UPDATE object SET state = 'approved', revisionId = ? WHERE id = ?").run(revisionId, id);
    book
      .sql(
        `INSERT INTO delivery (id, examId, objectId, revisionId, destinationId, required, state, createdAt, confirmedAt, confirmedBy)
         VALUES (?, ?, ?, ?, 'archive', 1, 'committed', ?, ?, 'commitment')`,
      )
      .run(newId(), examId, id, revisionId, at, at);
  }
  book.sql('UPDATE exam SET undecided = 0, approved = 3, lastArrivedAt = ? WHERE id = ?').run(at, examId);
  return objects.map(({ id }) => id);
}

class PowerCut extends Error {}

function purgeOf(endsAt?: 'intent' | 'first-file' | 'all-files'): Purge {
  const { book, store } = rooms;
  return openPurge({
    book,
    clock: systemClock,
    log: silentLog,
    setting: () => retentionSettingShape.parse({}),
    hasProblem: () => false,
    removeFiles: async (files) => {
      if (endsAt === 'intent') throw new PowerCut();
      await store.removeFiles(endsAt === 'first-file' ? files.slice(0, 1) : files);
      if (endsAt) throw new PowerCut();
    },
    onPurged: () => {},
    onChanged: () => {},
  });
}

const files = () =>
  rooms.book
    .sql<{ file: string }>('SELECT file FROM object')
    .all()
    .filter(({ file }) => existsSync(rooms.store.pathOf(file)));

it.each(['intent', 'first-file', 'all-files'] as const)(
  'a purge that ends after %s is completed, once',
  async (step) => {
    const objects = await provedExam();
    await purgeOf(step).sweep({ shortOfRoom: false });
    expect(objects.every((id) => purgeOf().isPurged(id))).toBe(true);
    const after = purgeOf();
    expect(await after.finish()).toBe(3);
    expect(await after.finish()).toBe(0);
    expect(files()).toEqual([]);
    expect(after.explain(examId, false).notes).toMatchObject([{ reason: 'only-at-destination', objects: 3 }]);
    // A start finds nothing missing and brings nothing back.
    const { store, catalog, book } = rooms;
    const started = await whenStationStarts({ store, catalog, book, log: silentLog });
    expect(started).toMatchObject({ adopted: 0, missing: 0, setAside: 0 });
    expect(after.explain(examId, false).notes).toMatchObject([{ reason: 'only-at-destination', objects: 3 }]);
  },
);

it('the proof stays and is found; who asks for the image is told where it is', async () => {
  const [first = ''] = await provedExam();
  const purge = purgeOf();
  expect(purge.preview(false)).toMatchObject({ totalExams: 1, totalObjects: 3 });
  expect(await purge.sweep({ shortOfRoom: false })).toMatchObject({ exams: 1, objects: 3 });
  for (const search of ['', '2.25.91', first]) {
    const { proofs, total } = purge.proofs({ search, limit: 10, offset: 0 });
    expect(total).toBe(search === '' ? 3 : 1);
    expect(proofs.find(({ objectId }) => objectId === first)).toMatchObject({
      SOPInstanceUID: '2.25.91',
      reason: 'goes-now',
      proofs: [{ destinationId: 'archive', confirmedBy: 'commitment', dataSetSha256: 'abc' }],
    });
  }
  expect(purge.proofs({ search: '2.25.999', limit: 10, offset: 0 }).total).toBe(0);
  expect(() => rooms.catalog.objectFile(first)).toThrow('only-at-destination');
  expect(purge.preview(false)).toMatchObject({ totalExams: 0, purgedObjects: 3 });
});

it('an image that is sent again after it had gone is counted, and kept again for its days', async () => {
  await provedExam();
  const purge = purgeOf();
  await purge.sweep({ shortOfRoom: false });
  expect(await send('2.25.92')).toBe(0);
  expect(files()).toHaveLength(1);
  const again = rooms.book
    .sql<{ resent: number; purgedAt: string | null }>(
      "SELECT resent, purgedAt FROM object WHERE SOPInstanceUID = '2.25.92'",
    )
    .get();
  expect(again).toEqual({ resent: 1, purgedAt: null });
  expect(rooms.book.sql('SELECT count(*) AS n FROM object').get()).toEqual({ n: 3 });
  const reasons = purge.explain(examId, false).notes.map(({ reason, objects }) => `${objects} ${reason}`);
  expect(reasons.sort()).toEqual(['1 kept-until', '2 only-at-destination']);
  await purge.sweep({ shortOfRoom: false });
  expect(files()).toHaveLength(1);
});
