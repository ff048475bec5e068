// What people judged, and what rates are counted over, are there after the book was lost and made anew.
import { rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { encodeElements } from '#station/dicom/index.ts';
import { rebuildBook } from '#station/flow/rebuild-book.ts';
import { systemClock } from '#station/kit/clock.ts';
import { silentLog } from '#station/kit/log.ts';
import { endJudgement, recordJudgement } from '#station/quality/index.ts';
import { recordFact, recordHintLookedAt } from '#station/quality/image-facts.ts';
import { noFileFact } from '#station/quality/read-image-fact.ts';
import { temporaryFolder } from '../../peers/programs/temporary-folder.ts';
import { patient, sopClassUid } from '../dicom/objects.ts';
import { openRooms } from '../flow/open-rooms.ts';

test('a judgement, one that was taken back, and the row to count by are there after a rebuild', async () => {
  const folder = await temporaryFolder('judged');
  let rooms = await openRooms(folder.path, { journal: true });
  const sink = rooms.arrivals.beginIncoming({
    ...{ sopClassUid, sopInstanceUid: '2.25.1001', transferSyntaxUid: '1.2.840.10008.1.2.1' },
    association: { callingAeTitle: 'DX1', address: '127.0.0.1' },
  });
  await sink.write([encodeElements(patient, { explicit: true, littleEndian: true, characterSet: [] })]);
  expect(await sink.finish()).toEqual({ status: 0 });
  const { book } = rooms;
  const desk = { book, clock: systemClock };
  const objectId = book.sql<{ id: string }>('SELECT id FROM object').get()?.id ?? '';
  book.transaction(() => {
    recordFact(desk, objectId, { ...noFileFact, ViewPosition: 'PA', ExposureIndex: 500, TargetExposureIndex: 250 });
    recordJudgement(desk, objectId, { verdict: 'accepted', reason: '', by: 'Kim' });
    recordJudgement(desk, objectId, { verdict: 'repeated', reason: '111209', ownLabel: 'Rotated', by: 'Kim' });
  });
  book.transaction(() => endJudgement(desk, objectId, 'Lee'));
  book.transaction(() => recordJudgement(desk, objectId, { verdict: 'rejected', reason: '111210', by: 'Lee' }));
  book.transaction(() => recordHintLookedAt(desk, { objectId, code: 'blurred', lookedAt: true, by: 'Lee' }));
  const kept = () => [
    rooms.book.sql('SELECT * FROM judgement ORDER BY id').all(),
    rooms.book.sql('SELECT * FROM image_fact').all(),
    rooms.book.sql('SELECT * FROM hint_looked_at').all(),
  ];
  const before = kept();
  expect(before[0]).toHaveLength(3);
  expect(before[2]).toHaveLength(1);
  await rooms.close();
  for (const name of ['catalog.db', 'catalog.db-wal', 'catalog.db-shm', 'snapshots'])
    rmSync(path.join(folder.path, name), { recursive: true, force: true });
  await rebuildBook({ home: folder.path, clock: systemClock, log: silentLog });
  rooms = await openRooms(folder.path, { journal: true });
  expect(kept()).toEqual(before);
  await rooms.close();
  await folder.close();
});
