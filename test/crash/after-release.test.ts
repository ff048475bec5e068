// The station is killed while exams that left are corrected, their notes leave and the copies are approved. Each correction
// is done or not, never half; in the end the archive holds a note of everything that must not be used, and nothing of it
// that was approved twice.
import { randomInt } from 'node:crypto';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findBreaches, inWords } from '../faults/invariants.ts';
import {
  orthancIsInstalled,
  startOrthanc,
  temporaryFolder,
  type Orthanc,
  type TemporaryFolder,
} from '../peers/programs/index.ts';
import { ask, exams, sendExam, untilDelivered, writeSettings } from './home-with-history.ts';
import { newSenderLog } from './sender.ts';
import { startStation, type Ready } from './station-process.ts';

/** More by hand: SAFELIGHT_KILLS=100 npx vitest run test/crash/after-release.test.ts */
const kills = Number(process.env['SAFELIGHT_KILLS'] ?? 2);
if (!orthancIsInstalled()) console.warn('NOT VERIFIED: Orthanc absent');

let folder: TemporaryFolder;
let archive: Orthanc;
beforeEach(async () => {
  folder = await temporaryFolder('crash-after-release');
  archive = await startOrthanc({ aet: 'ARCHIVE' });
});
afterEach(async () => {
  await archive.close();
  await folder.close();
});

type Exam = {
  readonly id: string;
  readonly state: string;
  readonly counts: { readonly undecided: number; readonly approved: number };
};
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Whatever waits is approved, given its patient first where it has none of ours. */
async function approveAll(ready: Ready): Promise<void> {
  for (const { id } of (await ask<{ exams: Exam[] }>(ready, 'GET', '/exams?filter=needs-you&limit=100')).exams) {
    await ask(ready, 'POST', `/exams/${id}/complete`, {}).catch(() => undefined);
    await ask(ready, 'POST', `/exams/${id}/approval`, {});
  }
}

/** Corrects what left and approves the copies, again and again until the station is gone. */
async function correctUntilEnd(ready: Ready, done: { count: number }): Promise<void> {
  try {
    for (;;) {
      await approveAll(ready);
      for (const { id } of (await ask<{ exams: Exam[] }>(ready, 'GET', '/exams?filter=approved&limit=100')).exams) {
        const attributes =
          done.count % 2 === 0 ? { PatientID: `R-${done.count}-${Date.now()}` } : { PatientName: `Name^${done.count}` };
        const body = { attributes, reason: 'CORRECT' };
        const answer = await ask(ready, 'POST', `/exams/${id}/corrections-after-release`, body).catch(
          (error: unknown) => {
            if (/nothing-released|409/.test(String(error))) return undefined;
            throw error;
          },
        );
        if (answer !== undefined) done.count++;
        if (done.count % 2 === 0) await pause(20);
        await approveAll(ready);
      }
    }
  } catch (error) {
    if (error instanceof Error && /fetch failed|terminated|socket|409/.test(error.message)) return;
    throw error;
  }
}

/** Corrections of which copies, rejections or notes are missing; copies of what was not rejected. */
function halfDone(home: string): unknown[] {
  const book = new Database(path.join(home, 'catalog.db'), { readonly: true });
  try {
    return book
      .prepare(
        `SELECT rearrangementId AS id, 'no copies' AS what FROM release_correction AS done WHERE undoneAt IS NULL
           AND NOT EXISTS (SELECT 1 FROM uid_map WHERE uid_map.rearrangementId = done.rearrangementId)
         UNION ALL SELECT uid_map.objectId, 'original counts too' FROM uid_map
           JOIN release_correction AS done ON done.rearrangementId = uid_map.rearrangementId AND undoneAt IS NULL
           JOIN object AS original ON original.id = copyOf WHERE original.state <> 'rejected'
         UNION ALL SELECT uid_map.objectId, 'copy is gone' FROM uid_map
           JOIN release_correction AS done ON done.rearrangementId = uid_map.rearrangementId AND undoneAt IS NULL
           WHERE NOT EXISTS (SELECT 1 FROM object WHERE object.id = uid_map.objectId)
         UNION ALL SELECT object.id, 'left and nobody is told' FROM object
           JOIN delivery ON delivery.objectId = object.id JOIN attempt ON attempt.deliveryId = delivery.id
           WHERE object.state = 'rejected' AND attempt.outcome IN ('underway', 'sent', 'sent-with-warning', 'unknown')
             AND NOT EXISTS (SELECT 1 FROM rejected_instance WHERE rejected_instance.objectId = object.id)`,
      )
      .all();
  } finally {
    book.close();
  }
}

/** SOP Instance UIDs of images at the archive, and of those that its notes name. */
async function heldAndTold() {
  const ids = (await archive.get('/instances')) as string[];
  const held = new Set<string>();
  const told = new Set<string>();
  for (const id of ids) {
    const tags = (await archive.get(`/instances/${id}/tags?simplify`)) as Record<string, unknown>;
    if (tags['Modality'] !== 'KO') held.add(String(tags['SOPInstanceUID']));
    else
      for (const uid of JSON.stringify(tags['ContentSequence']).matchAll(/"ReferencedSOPInstanceUID"\s*:\s*"([^"]+)"/g))
        told.add(uid[1] ?? '');
  }
  return { held, told };
}

it.skipIf(!orthancIsInstalled())(
  `corrections after release are whole after ${kills} kills, and the archive is told of everything`,
  { timeout: 60_000 + kills * 15_000 },
  async () => {
    const home = path.join(folder.path, 'home');
    const settings = await writeSettings(folder.path, archive.dicomPort);
    const log = newSenderLog();
    const done = { count: 0 };
    for (let number = 0; number < kills; number++) {
      const station = startStation(home, settings);
      const ready = await station.ready;
      if (!ready) throw new Error(station.log());
      if (number === 0) await sendExam(ready, log, 3);
      for (const { id } of number === 0 ? await exams(ready) : []) {
        const attributes = { PatientID: 'CRASH-1', PatientName: 'Right^Patient' };
        await ask(ready, 'POST', `/exams/${id}/corrections`, { attributes, reason: 'CORRECT' });
      }
      const before = done.count;
      const working = correctUntilEnd(ready, done);
      await expect.poll(() => done.count - before, { interval: 5 }).toBeGreaterThan(0);
      await pause(randomInt(150));
      await station.kill();
      await working;
      expect(halfDone(home)).toEqual([]);
    }
    const last = startStation(home, settings);
    const ready = await last.ready;
    if (!ready) throw new Error(last.log());
    await approveAll(ready);
    await expect
      .poll(async () => {
        await untilDelivered(ready);
        return openNotes(home);
      })
      .toBe(0);
    await untilDelivered(ready);
    expect(await last.end(), last.log()).toBe(0);
    expect(halfDone(home)).toEqual([]);
    expect(inWords(await findBreaches({ home, acknowledged: log.acknowledged, ended: 'orderly' }))).toEqual([]);
    const { held, told } = await heldAndTold();
    const { approved, rejected } = uidsOf(home);
    expect([...approved].filter((uid) => !held.has(uid))).toEqual([]);
    expect([...held].filter((uid) => !approved.has(uid) && !told.has(uid))).toEqual([]);
    expect([...told].filter((uid) => !rejected.has(uid))).toEqual([]);
  },
);

function openNotes(home: string): number {
  return inBook(
    home,
    (book) =>
      (book.prepare('SELECT count(*) AS n FROM rejection_note WHERE settledAt IS NULL').get() as { n: number }).n,
  );
}

/** Images by what was decided of them; notes are none. */
function uidsOf(home: string): { approved: ReadonlySet<string>; rejected: ReadonlySet<string> } {
  return inBook(home, (book) => {
    const of = (state: string) =>
      new Set(
        (
          book
            .prepare('SELECT SOPInstanceUID AS uid FROM object WHERE state = ? AND hasPixelData = 1 AND sameAs IS NULL')
            .all(state) as { uid: string }[]
        ).map(({ uid }) => uid),
      );
    return { approved: of('approved'), rejected: of('rejected') };
  });
}

function inBook<T>(home: string, read: (book: Database.Database) => T): T {
  const book = new Database(path.join(home, 'catalog.db'), { readonly: true });
  try {
    return read(book);
  } finally {
    book.close();
  }
}
