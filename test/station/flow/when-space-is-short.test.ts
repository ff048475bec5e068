// Room gets short, and is there again: what is told, what waits, what goes, and what never does.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { settingsShape } from '#contract/shapes/settings.ts';
import { openImports } from '#station/1-receive/index.ts';
import { openAudit } from '#station/audit/index.ts';
import { IntakeRate } from '#station/flow/intake-rate.ts';
import { openSpaceKeeper, type SpaceKeeper } from '#station/flow/when-space-is-short.ts';
import { levelOf, usualLimits } from '#station/2-store/space.ts';
import { silentLog } from '#station/kit/log.ts';
import { newId } from '#station/kit/ids.ts';
import { temporaryFolder, type TemporaryFolder } from '../../peers/programs/temporary-folder.ts';
import { fakeClock, type FakeClock } from '../5-forward/fake-clock.ts';
import { openRooms, type Rooms } from './open-rooms.ts';

const gb = 1e9;
const sample = path.resolve(import.meta.dirname, '../../../resources/samples/syntaxes/explicit-little-endian.dcm');
const settings = settingsShape.parse({});

let folder: TemporaryFolder;
let rooms: Rooms;
let keeper: SpaceKeeper;
let clock: FakeClock;
/** Days that go by without a tick. */
let skewMs = 0;
let freeBytes = 0;
let told = 0;
beforeEach(async () => {
  folder = await temporaryFolder('short');
  skewMs = 0;
  const ticking = fakeClock();
  const epochMs = () => ticking.epochMs() + skewMs;
  clock = { ...ticking, epochMs, now: () => new Date(epochMs()).toISOString() };
  freeBytes = 500 * gb;
  told = 0;
  const measure = () => ({ freeBytes, totalBytes: 1000 * gb, freeInodes: 0, totalInodes: 0 });
  rooms = await openRooms(path.join(folder.path, 'home'), { clock, measure });
  const { store, catalog, book } = rooms;
  keeper = openSpaceKeeper({
    ...{ store, catalog, book, clock, log: silentLog, audit: openAudit({ book, clock }) },
    settings: () => settings,
    by: () => 'Anna Weber',
    onExamsChanged: () => {},
    onStationChanged: () => told++,
  });
  keeper.start();
});
afterEach(async () => {
  await keeper.close();
  await rooms.close();
  await folder.close();
});

const keep = (arrivals: Rooms['arrivals']) =>
  openImports({
    clock,
    log: silentLog,
    arriveFile: arrivals.arriveFile,
    whenRoom: (signal) => keeper.whenRoom(0, signal),
  });

it('less than a day at the rate of intake is amber, however large the disk is', () => {
  const volume = { freeBytes: 500 * gb, totalBytes: 1000 * gb, freeInodes: 0, totalInodes: 0 };
  expect(levelOf(volume, usualLimits, 10 * gb)).toBe('well');
  expect(levelOf(volume, usualLimits, 20 * gb)).toBe('amber');
});

it('the level is told when it changes, once', async () => {
  freeBytes = 100 * gb;
  await clock.advance(5000);
  expect(told).toBe(1);
  expect(keeper.isShort()).toBe(true);
  freeBytes = 500 * gb;
  await clock.advance(5000);
  expect(told).toBe(2);
});

it('an import waits while there is no room, says so, and goes on by itself', async () => {
  const imports = keep(rooms.arrivals);
  freeBytes = 1 * gb;
  await clock.advance(2000);
  const { id } = await imports.begin([sample], false);
  await expect.poll(() => imports.read(id).waiting).toBe('no-room');
  await clock.advance(10_000);
  expect(imports.read(id)).toMatchObject({ state: 'running', kept: 0, refused: 0 });
  freeBytes = 500 * gb;
  await expect
    .poll(async () => {
      await clock.advance(2000);
      return imports.read(id);
    })
    .toMatchObject({ state: 'done', kept: 1, refused: 0, waiting: null });
  await imports.close();
});

it('an import that waits does not keep the station from ending', async () => {
  const imports = keep(rooms.arrivals);
  freeBytes = 1 * gb;
  await clock.advance(2000);
  const { id } = await imports.begin([sample], false);
  await expect.poll(() => imports.read(id).waiting).toBe('no-room');
  await imports.close();
  expect(imports.read(id)).toMatchObject({ state: 'done', kept: 0 });
});

it('shortage lets go what is proved everywhere, sooner, and nothing that is not', async () => {
  const imports = keep(rooms.arrivals);
  await imports.begin([sample], true);
  await imports.close();
  const { book } = rooms;
  const object = book.sql<{ id: string; examId: string }>('SELECT id, examId FROM object').get();
  if (!object) throw new Error('nothing was kept');
  const at = clock.now();
  const revisionId = newId();
  book
    .sql('INSERT INTO destination (id, setting, since) VALUES (?, ?, ?)')
    .run('archive', JSON.stringify({ name: 'The archive', confirm: 'commitment' }), at);
  book
    .sql(
      `INSERT INTO revision (id, objectId, number, SOPInstanceUID, SOPClassUID, TransferSyntaxUID, sizeBytes, dataSetOffset,
         dataSetSha256, attributes, verifiedAt, createdAt, by) VALUES (?, ?, 1, '1.2', '1.2', '', 1, 0, 'abc', '{}', ?, ?, 'x')`,
    )
    .run(revisionId, object.id, at, at);
  book.sql("UPDATE object SET state = 'approved', revisionId = ? WHERE id = ?").run(revisionId, object.id);
  book.sql('UPDATE exam SET undecided = 0, approved = 1 WHERE id = ?').run(object.examId);
  book.sql('UPDATE problem SET clearedAt = ? WHERE examId = ?').run(at, object.examId);
  book
    .sql(
      `INSERT INTO delivery (id, examId, objectId, revisionId, destinationId, required, state, createdAt)
       VALUES (?, ?, ?, ?, 'archive', 1, 'sent', ?)`,
    )
    .run(newId(), object.examId, object.id, revisionId, at);
  const day = 86_400_000;
  freeBytes = 100 * gb;
  skewMs += 2 * day;
  await clock.advance(61_000);
  expect(keeper.purge.isPurged(object.id)).toBe(false);
  expect(keeper.purge.explain(object.examId, true).notes[0]?.reason).toBe('not-confirmed');

  book
    .sql("UPDATE delivery SET state = 'committed', confirmedBy = 'commitment', confirmedAt = ? WHERE objectId = ?")
    .run(clock.now(), object.id);
  keeper.pin(object.examId, true);
  skewMs += 2 * day;
  await clock.advance(61_000);
  expect(keeper.purge.explain(object.examId, true)).toMatchObject({ pinned: true, notes: [{ reason: 'pinned' }] });
  keeper.pin(object.examId, false);
  await clock.advance(120_000);
  await expect.poll(() => keeper.purge.isPurged(object.id)).toBe(true);
  // The trail has it once the whole sweep is over.
  const trail = () =>
    book
      .sql<{ action: string }>('SELECT action FROM audit_entry WHERE examId = ?')
      .all(object.examId)
      .map(({ action }) => action);
  await expect.poll(trail).toEqual(expect.arrayContaining(['exam-pinned', 'exam-unpinned', 'objects-purged']));
});

it('the rate is that of the last 24 hours, and of the time since the first arrival when that is less', async () => {
  const imports = keep(rooms.arrivals);
  await imports.begin([sample], true);
  await imports.close();
  const { book } = rooms;
  const { sizeBytes } = book.sql<{ sizeBytes: number }>('SELECT sizeBytes FROM object').get() ?? { sizeBytes: 0 };
  const rate = new IntakeRate(book, clock);
  expect(rate.bytesPerHour()).toBe(sizeBytes);
  skewMs += 4 * 3_600_000;
  expect(Math.round(rate.bytesPerHour())).toBe(Math.round(sizeBytes / 4));
  skewMs += 30 * 3_600_000;
  expect(rate.bytesPerHour()).toBe(0);
});

it('the reserve is really there, and given back when the disk runs out all the same', async () => {
  const { reserve } = rooms.store;
  await reserve.hold(3_000_000);
  expect(await reserve.heldBytes()).toBe(3_000_000);
  await reserve.hold(1_000_000);
  expect(await reserve.heldBytes()).toBe(1_000_000);
  writeFileSync(path.join(folder.path, 'home', 'other'), '');
  freeBytes = 10e6;
  await clock.advance(90_000);
  await expect.poll(() => reserve.heldBytes()).toBe(0);
});
