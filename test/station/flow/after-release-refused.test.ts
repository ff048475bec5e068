// A correction after release when archives do not play along: one refuses the rejection note, one is away for days, and the
// station is started anew in between. Nothing is lost, and nothing leaves under the wrong patient any more.
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { call } from '@orpc/server';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDicomServer, type DicomServer } from '#station/dicom/network/index.ts';
import { silentLog } from '#station/kit/log.ts';
import { openStation, type Station } from '#station/station.ts';
import { received, sendAll } from '../../peers/after-release-around.ts';

const noteClass = '1.2.840.10008.5.1.4.1.1.88.59';
const none = { redBytes: 0, redShare: 0, redInodeShare: 0, amberShare: 0, reserveBytes: 0 };

/** An archive that commits to what it took. */
class Archive {
  readonly kept: {
    readonly uid: string;
    readonly isNote: boolean;
    readonly isRight: boolean;
    readonly said: (text: string) => boolean;
  }[] = [];
  refusesNotes = false;
  #server: DicomServer | undefined;
  port = 0;

  async come(): Promise<void> {
    this.#server = await openDicomServer(
      { host: '127.0.0.1', port: this.port },
      {
        admit: () => ({ kind: 'accept' }),
        beginObject: ({ sopClassUid, sopInstanceUid: uid }) => {
          const pieces: Buffer[] = [];
          const isNote = sopClassUid === noteClass;
          return {
            write: (some) => void pieces.push(...some.map((one) => Buffer.from(one))),
            discard: () => undefined,
            finish: async () => {
              if (isNote && this.refusesNotes) return { status: 0xa900, comment: 'no rejection before storage' };
              const bytes = Buffer.concat(pieces);
              this.kept.push({ uid, isNote, isRight: bytes.includes('R-1'), said: (text) => bytes.includes(text) });
              return { status: 0 };
            },
          };
        },
        answerCommitment: async ({ transactionUid, references }) => ({
          ...{ transactionUid, failed: [] },
          committed: references.filter(({ sopInstanceUid }) => this.kept.some(({ uid }) => uid === sopInstanceUid)),
        }),
      },
    );
    this.port = this.#server.port;
  }

  async leave(): Promise<void> {
    await this.#server?.close(500);
    this.#server = undefined;
  }
  get images() {
    return this.kept.filter(({ isNote }) => !isNote);
  }
  get notes() {
    return this.kept.filter(({ isNote }) => isNote);
  }
}

let home: string;
let station: Station;
let archive: Archive;
let cache: Archive;
const destination = (id: string, { port }: Archive) => ({
  ...{ id, name: id, kind: 'archive', aeTitle: id.toUpperCase(), host: '127.0.0.1', port, confirm: 'commitment' },
});
const open = () =>
  openStation({
    ...{ home, log: silentLog, spaceLimits: none },
    settings: {
      station: { dicomPort: 0, dicomHost: '127.0.0.1', quietTimeSeconds: 0, operator: 'Kim' },
      devices: [{ id: 'us', name: 'US', aeTitle: 'DEVICE' }],
      destinations: [destination('archive', archive), destination('cache', cache)],
    },
    forward: { gatherMs: 50, retry: { firstMs: 40, mostMs: 300 }, probeMs: 150 },
  });

beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'refused-'));
  [archive, cache] = [new Archive(), new Archive()];
  await Promise.all([archive.come(), cache.come()]);
});
afterEach(async () => {
  await station.close();
  await Promise.all([archive.leave(), cache.leave()]);
  await rm(home, { recursive: true, force: true });
});

const approve = (id: string) => call(station.router.exams.approve, { id });
const correct = (id: string) =>
  call(station.router.afterRelease.correct, {
    ...{ id, reason: 'CORRECT' },
    attributes: { PatientName: 'Right^Person', PatientID: 'R-1', AccessionNumber: 'B2' },
  });
const deliveries = async (examId: string) =>
  (await call(station.router.deliveries.list, { examId, limit: 100, offset: 0 })).deliveries;
const statesAt = async (examId: string, destinationId: string) =>
  [
    ...new Set(
      (await deliveries(examId)).filter((one) => one.destinationId === destinationId).map(({ state }) => state),
    ),
  ].toSorted();

test('a note that the archive refuses stays to be seen and is told when it is sent again; nothing old leaves any more', async () => {
  station = await open();
  const { examId, uids } = await received(station);
  await approve(examId);
  await expect.poll(() => statesAt(examId, 'archive')).toEqual(['committed']);
  archive.refusesNotes = true;
  const done = await correct(examId);
  expect(done).toMatchObject({ kind: 'copied', told: ['archive', 'cache'] });
  await expect.poll(() => statesAt(examId, 'archive')).toEqual(['blocked', 'committed']);
  await expect.poll(() => cache.notes.length).toBe(1);
  // The copies are not held up by what an archive thinks of notes.
  await approve(done.examId);
  await expect.poll(() => statesAt(done.examId, 'archive')).toEqual(['committed']);
  await station.close();
  station = await open();
  const refused = (await deliveries(examId)).find(({ state }) => state === 'blocked');
  expect(refused).toMatchObject({ destinationId: 'archive', lastAnswer: { params: { status: 'A900' } } });
  expect(archive.notes).toEqual([]);
  archive.refusesNotes = false;
  await call(station.router.deliveries.change, { id: refused?.id ?? '', action: 'retry', reason: '' });
  await expect.poll(() => archive.notes.length).toBe(1);
  await expect.poll(() => statesAt(examId, 'archive')).toEqual(['committed']);
  for (const { images } of [archive, cache]) {
    expect(
      images
        .filter(({ isRight }) => !isRight)
        .map(({ uid }) => uid)
        .toSorted(),
    ).toEqual(uids.toSorted());
    expect(images.filter(({ isRight }) => isRight)).toHaveLength(3);
  }
});

test('an archive that was away gets the right patient alone when it is back, and no note of what it never had', async () => {
  station = await open();
  await cache.leave();
  const { examId } = await received(station);
  await approve(examId);
  await expect.poll(() => statesAt(examId, 'archive')).toEqual(['committed']);
  const done = await correct(examId);
  expect(done.told).toEqual(['archive']);
  await expect.poll(() => archive.notes.length).toBe(1);
  await approve(done.examId);
  await expect.poll(() => statesAt(done.examId, 'archive')).toEqual(['committed']);
  expect(await statesAt(examId, 'cache')).toEqual(['cancelled']);
  await station.close();
  station = await open();
  await cache.come();
  await expect.poll(() => statesAt(done.examId, 'cache'), { timeout: 20_000 }).toEqual(['committed']);
  expect(cache.images).toHaveLength(3);
  expect(cache.kept.filter(({ isRight }) => !isRight)).toEqual([]);
  expect(cache.notes).toEqual([]);
});

test('an archive that goes away with the images gets their note when it is back, also after a restart', async () => {
  station = await open();
  const { examId } = await received(station);
  await approve(examId);
  await expect.poll(() => statesAt(examId, 'cache')).toEqual(['committed']);
  await cache.leave();
  const done = await correct(examId);
  expect(done.told).toEqual(['archive', 'cache']);
  await expect.poll(() => archive.notes.length).toBe(1);
  await station.close();
  station = await open();
  expect((await deliveries(examId)).filter(({ state }) => state === 'ready')).toHaveLength(1);
  await cache.come();
  await expect.poll(() => cache.notes.length, { timeout: 20_000 }).toBe(1);
  await expect.poll(() => statesAt(examId, 'cache')).toEqual(['committed']);
});

test('images that were removed from here are rejected all the same, and not corrected from nothing: once they are back it is done', async () => {
  station = await open();
  const { examId } = await received(station);
  await approve(examId);
  await expect.poll(() => statesAt(examId, 'archive')).toEqual(['committed']);
  const { series } = await call(station.router.exams.read, { id: examId });
  const [first, second] = series.flatMap(({ objects }) => objects);
  await expect.poll(() => statesAt(examId, 'cache')).toEqual(['committed']);
  await station.close();
  const book = new Database(path.join(home, 'catalog.db'));
  const { file, offset, uid } = book
    .prepare('SELECT file, dataSetOffset AS offset, SOPInstanceUID AS uid FROM object WHERE id = ?')
    .get(first?.id) as { readonly file: string; readonly offset: number; readonly uid: string };
  const at = new Date().toISOString();
  const fileOf = (id = '') => book.prepare('SELECT file FROM object WHERE id = ?').pluck().get(id) as string;
  for (const id of [first?.id, second?.id]) {
    book.prepare('UPDATE object SET purgingAt = ?, purgedAt = ? WHERE id = ?').run(at, at, id);
    book
      .prepare(`INSERT INTO purge (objectId, decidedAt, reason, proofs) VALUES (?, ?, 'age', '[{"name":"archive"}]')`)
      .run(id, at);
  }
  await rm(path.join(home, 'objects', fileOf(second?.id)));
  book.close();
  await rename(path.join(home, 'objects', file), path.join(home, 'kept-elsewhere.dcm'));
  station = await open();
  await call(station.router.objects.reject, { id: second?.id ?? '', reason: '111209', text: '' });
  await expect.poll(() => archive.notes.length).toBe(1);
  const [note] = archive.notes;
  expect(note?.said(second?.SOPInstanceUID ?? '-')).toBe(true);
  for (const said of [series[0]?.SeriesInstanceUID ?? '-', 'SAMPLE^IMAGE', 'S1'])
    expect(note?.said(said), said).toBe(true);
  expect(note?.said(first?.SOPInstanceUID ?? '-')).toBe(false);
  await expect(correct(examId)).rejects.toMatchObject({
    cause: { code: 'only-at-destination', params: { destinations: 'archive', goneAt: at } },
  });
  expect(archive.notes).toHaveLength(1);
  const whole = await readFile(path.join(home, 'kept-elsewhere.dcm'));
  await sendAll(station, [{ uid, bytes: whole.subarray(offset) }]);
  expect(await correct(examId)).toMatchObject({ kind: 'copied', objects: 2 });
  await expect.poll(() => archive.notes.length).toBe(2);
});
