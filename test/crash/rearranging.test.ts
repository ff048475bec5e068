// The station is killed while images are split, moved, copied and taken back: each of it is done or not, never half; and a
// catalog that is lost afterwards comes back with every image where people had put it.
import { rmSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { rebuild } from '#station/station.ts';
import { temporaryFolder, type TemporaryFolder } from '../peers/programs/temporary-folder.ts';
import { findBreaches, inWords } from '../faults/invariants.ts';
import { ask, exams, sendExam, stateOf } from './home-with-history.ts';
import { newSenderLog } from './sender.ts';
import { startStation, type Ready } from './station-process.ts';

/** More by hand: SAFELIGHT_KILLS=100 npx vitest run test/crash/rearranging.test.ts */
const kills = Number(process.env['SAFELIGHT_KILLS'] ?? 2);

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder('rearranging');
});
afterEach(() => folder.close());

type Done = { readonly id: string };
type Read = { readonly series: { readonly objects: { readonly id: string }[] }[] };

/** Rearranges until the station is gone; every second time it takes back what it did. */
async function rearrangeUntilEnd(ready: Ready, done: { count: number }): Promise<void> {
  const apply = (wish: object) => ask<Done>(ready, 'POST', '/rearrangements', { wish, otherPatient: true });
  try {
    for (;;) {
      const [first, second] = await exams(ready);
      if (!first || !second) return;
      const { series } = await ask<Read>(ready, 'GET', `/exams/${first.id}`);
      const objectIds = series.flatMap(({ objects }) => objects.map(({ id }) => id));
      const some = objectIds.slice(0, Math.max(1, objectIds.length - 1));
      const wishes = [
        { kind: 'split', groups: [some] },
        { kind: 'move', objectIds: some, toExamId: second.id },
        { kind: 'copy', objectIds: some.slice(0, 1), toExamId: second.id },
        { kind: 'merge', fromExamId: second.id, toExamId: first.id },
      ];
      const wish = wishes[done.count % wishes.length] ?? {};
      const { id } = await apply(
        objectIds.length > 1 ? wish : { kind: 'merge', fromExamId: first.id, toExamId: second.id },
      );
      done.count++;
      if (done.count % 2 === 0) await ask(ready, 'DELETE', `/rearrangements/${id}`);
    }
  } catch (error) {
    // Cut off, or refused what the kill left undone to be undone.
    if (error instanceof Error && /fetch failed|terminated|socket|409/.test(error.message)) return;
    throw error;
  }
}

/** Objects that are not where their last rearrangement put them, or took them back to. */
function halfDone(home: string): unknown[] {
  const book = new Database(path.join(home, 'catalog.db'), { readonly: true });
  try {
    return book
      .prepare(
        `SELECT object.id FROM object JOIN series ON series.id = seriesId
         JOIN uid_map ON uid_map.rowid = (SELECT max(m.rowid) FROM uid_map AS m JOIN rearrangement ON
           rearrangement.id = m.rearrangementId AND undoneAt IS NULL WHERE m.objectId = object.id)
         WHERE sameAs IS NULL AND (object.examId <> uid_map.examId OR series.examId <> object.examId
           OR SeriesInstanceUID <> series OR SOPInstanceUID <> object)
         UNION ALL SELECT id FROM rearrangement WHERE NOT EXISTS (SELECT 1 FROM uid_map WHERE rearrangementId = rearrangement.id)`,
      )
      .all();
  } finally {
    book.close();
  }
}

it(`images are where they were or where they were put, after ${kills} kills and without the catalog`, async () => {
  const home = folder.path;
  const log = newSenderLog();
  const done = { count: 0 };
  for (let number = 0; number < kills; number++) {
    const station = startStation(home);
    const ready = await station.ready;
    if (!ready) throw new Error(station.log());
    if (number === 0) for (const objects of [4, 4, 3]) await sendExam(ready, log, objects);
    const before = done.count;
    const working = rearrangeUntilEnd(ready, done);
    await expect.poll(() => done.count - before, { interval: 5 }).toBeGreaterThan(6 + number);
    await station.kill();
    await working;
    expect(halfDone(home)).toEqual([]);
    const evidence = { home, acknowledged: log.acknowledged, ended: 'killed' } as const;
    expect(inWords(await findBreaches(evidence))).toEqual([]);
  }
  const last = startStation(home);
  expect(await last.ready, last.log()).toBeDefined();
  expect(await last.end(), last.log()).toBe(0);
  expect(inWords(await findBreaches({ home, acknowledged: log.acknowledged, ended: 'orderly' }))).toEqual([]);

  const shown = ({ exams: all, objects, problems }: ReturnType<typeof stateOf>) => ({
    exams: all.filter((exam) => exam['objects'] !== 0),
    objects,
    problems,
  });
  const before = shown(stateOf(home));
  for (const name of ['catalog.db', 'catalog.db-wal', 'catalog.db-shm', 'snapshots']) {
    rmSync(path.join(home, name), { recursive: true, force: true });
  }
  const report = await rebuild(home);
  expect(report).toMatchObject({ damaged: 0, missing: 0, leftOut: 0, journalWhole: true, held: 0 });
  expect(shown(stateOf(home))).toEqual(before);
  expect(halfDone(home)).toEqual([]);
});
