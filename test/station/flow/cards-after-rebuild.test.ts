// Cards that the hospital or a late image raised, and that nobody could work out again, stand after the book was made anew;
// those that were dealt with do not.
import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { encodeElements } from '#station/dicom/index.ts';
import { openRearranging } from '#station/3-catalog/index.ts';
import { rebuildBook } from '#station/flow/rebuild-book.ts';
import { systemClock } from '#station/kit/clock.ts';
import { silentLog } from '#station/kit/log.ts';
import { temporaryFolder, type TemporaryFolder } from '../../peers/programs/temporary-folder.ts';
import { patient, sopClassUid } from '../dicom/objects.ts';
import { openRooms, type Rooms } from './open-rooms.ts';

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder('cards');
});
afterEach(() => folder.close());

const bytes = encodeElements(patient, { explicit: true, littleEndian: true, characterSet: [] });

async function arrive(rooms: Rooms): Promise<string> {
  const sink = rooms.arrivals.beginIncoming({
    ...{ sopClassUid, sopInstanceUid: '2.25.1001', transferSyntaxUid: '1.2.840.10008.1.2.1' },
    association: { callingAeTitle: 'US_ROOM2', address: '127.0.0.1' },
  });
  await sink.write([bytes]);
  expect(await sink.finish()).toEqual({ status: 0 });
  return rooms.catalog.list({ filter: 'all', search: '', limit: 1, offset: 0 }).exams[0]?.id ?? '';
}
const standing = ({ catalog }: Rooms, examId: string) =>
  catalog
    .standingProblems(examId)
    .map(({ code, params }) => [code, params] as const)
    .filter(([code]) => /^(order|late|patient|refers|private)-/.test(code));

async function lose(rooms: Rooms): Promise<Rooms> {
  await rooms.close();
  for (const name of ['catalog.db', 'catalog.db-wal', 'catalog.db-shm', 'snapshots'])
    rmSync(path.join(folder.path, name), { recursive: true, force: true });
  await rebuildBook({ home: folder.path, clock: systemClock, log: silentLog });
  return openRooms(folder.path, { journal: true });
}

it('a changed order, a merge and a late image still wait after a rebuild, and what was settled is settled', async () => {
  let rooms = await openRooms(folder.path, { journal: true });
  const examId = await arrive(rooms);
  const changed = { code: 'order-changed', params: { changed: 'PatientID', AccessionNumber: 'A1' } } as const;
  const late = { code: 'late-rearranged', params: { series: 'Scout' } } as const;
  rooms.book.transaction(() => {
    for (const note of [changed, late]) rooms.catalog.say(examId, note);
    rooms.catalog.say(examId, { code: 'order-cancelled', params: { AccessionNumber: 'A1', PatientName: 'Berg' } });
  });
  rooms.book.transaction(() => rooms.catalog.unsay(examId, 'order-cancelled'));
  const before = standing(rooms, examId);
  expect(before.map(([code]) => code).toSorted()).toEqual(['late-rearranged', 'order-changed']);

  rooms = await lose(rooms);
  expect(standing(rooms, examId)).toEqual(before);
  // Said again by the hospital, and lost again: the card is there once.
  rooms.book.transaction(() => rooms.catalog.unsay(examId, 'order-changed'));
  rooms.book.transaction(() => rooms.catalog.say(examId, changed));
  rooms = await lose(rooms);
  expect(standing(rooms, examId).toSorted()).toEqual(before.toSorted());
  rooms.book.transaction(() => rooms.catalog.unsay(examId, 'order-changed'));
  rooms = await lose(rooms);
  expect(standing(rooms, examId)).toEqual([['late-rearranged', { series: 'Scout' }]]);
  await rooms.close();
});

const code = {
  ...{ CodeValue: 'CTH', CodingSchemeDesignator: '99KLINIK', CodingSchemeVersion: '', CodeMeaning: 'CT of the head' },
};

it('what an image refers to elsewhere, where a late one belongs, and the code of a procedure are there after a rebuild as before', async () => {
  let rooms = await openRooms(folder.path, { journal: true });
  const examId = await arrive(rooms);
  const clock = systemClock;
  const { book } = rooms;
  const [object] = rooms.catalog.exam(examId).series.flatMap(({ objects }) => objects);
  const rearranging = openRearranging({
    ...{ book, clock, mayHaveLeft: () => false, refreshProblems: rooms.catalog.refreshProblems },
  });
  book.transaction(() => {
    rearranging.noteReferences(object?.id ?? '', { elsewhere: 2, leftInPrivate: 1 });
    book
      .sql(
        `INSERT INTO problem (id, examId, objectId, code, params, key, since)
         VALUES ('p1', :examId, :objectId, 'late-corrected', :params, 'k1', :now)`,
      )
      .run({
        ...{ examId, objectId: object?.id ?? '' },
        params: '{"exam":"e2","patient":"Berg^Anna (77)"}',
        now: clock.now(),
      });
    const insert = 'INSERT INTO procedure_code VALUES (?, ?, ?, ?, ?, ?)';
    book.sql(insert).run(examId, 'CT head', JSON.stringify(code), 'CORRECT', 'Kim', clock.now());
    book.sql(insert).run(examId, 'CT neck', JSON.stringify(code), 'CORRECT', 'Kim', clock.now());
    book.sql("DELETE FROM procedure_code WHERE description = 'CT neck'").run();
  });
  const codes = () => rooms.book.sql('SELECT * FROM procedure_code').all();
  const before = { cards: standing(rooms, examId).toSorted(), codes: codes() };
  expect(before.cards.map(([card]) => card)).toEqual(['late-corrected', 'private-reference', 'refers-elsewhere']);

  rooms = await lose(rooms);
  expect({ cards: standing(rooms, examId).toSorted(), codes: codes() }).toEqual(before);
  // The references were mended since: the card goes, and stays away.
  const again = openRearranging({
    ...{ book: rooms.book, clock, mayHaveLeft: () => false, refreshProblems: rooms.catalog.refreshProblems },
  });
  rooms.book.transaction(() => again.noteReferences(object?.id ?? '', { elsewhere: 0, leftInPrivate: 0 }));
  rooms = await lose(rooms);
  expect(standing(rooms, examId).map(([card]) => card)).toEqual(['late-corrected']);
  await rooms.close();
});
