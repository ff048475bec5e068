// Decisions about images that are just leaving, the way back, and what is known of it when the catalog is lost.
import { rmSync } from 'node:fs';
import path from 'node:path';
import { call } from '@orpc/server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rebuild, type Station } from '#station/station.ts';
import { stateOf } from '../crash/home-with-history.ts';
import { startFaultProxy, type FaultProxy } from '../faults/fault-proxy.ts';
import { approved, deliveriesOf, destination, openAround, untilProved, type Around } from './after-release-around.ts';
import { orthancIsInstalled } from './programs/index.ts';

if (!orthancIsInstalled()) console.warn('NOT VERIFIED: Orthanc absent');

let around: Around;
let proxy: FaultProxy | undefined;
beforeEach(async () => {
  around = await openAround();
});
afterEach(async () => {
  proxy?.cutAll();
  await around.close();
  await proxy?.close();
  proxy = undefined;
});

const statesOf = async (station: Station, examId: string) =>
  (await deliveriesOf(station, examId)).map(({ state }) => state);
const undoOf = async (station: Station, examId: string) =>
  (await call(station.router.exams.history, { id: examId })).find(({ undo }) => undo !== null)?.undo ?? null;

describe.skipIf(!orthancIsInstalled())('what is decided while images leave', () => {
  it('IOCM-11 cancels what has not begun, waits for what is under way, and tells of all that may have arrived', async () => {
    const pacs = await around.archive('ARCHIVE');
    proxy = await startFaultProxy(pacs.dicomPort, {
      // The archive takes the first image, and its answer is never heard.
      faultFor: ({ way, type }) => (way === 'to-client' && type === 4 ? { kind: 'silence' } : undefined),
    });
    const station = await around.open({ ...destination(pacs), port: proxy.port });
    const { examId, uids } = await approved(station);
    await expect.poll(async () => (await around.imagesAt(pacs)).length).toBeGreaterThan(0);
    expect(await statesOf(station, examId)).toContain('sending');
    const done = await call(station.router.afterRelease.correct, {
      ...{ id: examId, reason: 'CORRECT', attributes: { PatientID: 'R-1', PatientName: 'Right^Person' } },
    });
    expect(done).toMatchObject({ kind: 'copied', study: 'new', told: ['archive'] });
    const states = new Set(await statesOf(station, examId));
    expect(states.has('ready')).toBe(false);
    expect(await around.countNotes(pacs)).toBe(0);
    const connections = proxy.connections();
    proxy.follow({});
    proxy.cutAll();
    await expect.poll(() => around.countNotes(pacs)).toBe(1);
    await untilProved(station, examId);
    expect(proxy.connections()).toBeGreaterThan(connections);
    const held = (await around.imagesAt(pacs)).map((tags) => tags['SOPInstanceUID'] ?? '');
    const [note] = (await around.notesAt(pacs)).notes;
    const told = note?.['tree'] as readonly string[];
    expect(held.filter((uid) => !told.includes(uid))).toEqual([]);
    expect(told.filter((uid) => !uids.includes(uid))).toEqual([]);
    // Nothing of it was sent once more.
    expect(held.length).toBeLessThanOrEqual(told.length);
  });

  it('goes back as long as nobody was told: what left counts again, what waited leaves; after that it says why not', async () => {
    const [pacs, cache] = await Promise.all([around.archive('ARCHIVE'), around.archive('CACHE')]);
    const station = await around.open(destination(pacs), destination(cache));
    await call(station.router.outbox.pause, { id: 'cache', paused: true });
    const { examId, uids, objects } = await approved(station);
    await expect
      .poll(async () => (await statesOf(station, examId)).filter((state) => state === 'committed').length)
      .toBe(3);
    await call(station.router.outbox.pause, { id: 'archive', paused: true });
    const before = await call(station.router.exams.read, { id: examId });
    const correct = () =>
      call(station.router.afterRelease.correct, {
        ...{ id: examId, reason: 'CORRECT' as const, attributes: { PatientID: 'R-1', PatientName: 'Right^Person' } },
      });
    const first = await correct();
    // The note is there and waits for the archive.
    await expect
      .poll(async () => new Set(await statesOf(station, examId)))
      .toEqual(new Set(['committed', 'cancelled', 'ready']));
    const undo = await undoOf(station, first.examId);
    await call(station.router.rearranging.undo, { id: undo ?? '' });
    const after = await call(station.router.exams.read, { id: examId });
    const shown = ({ counts, corrected, state, modalities, receivedValues, lastArrivedAt }: typeof after) => ({
      ...{ counts, corrected, state, modalities, receivedValues, lastArrivedAt },
    });
    expect(shown(after)).toEqual(shown(before));
    const at = (id: string) => after.deliveries.find(({ destinationId }) => destinationId === id);
    expect(at('archive')).toMatchObject({ total: 4, confirmed: 3, waiting: 0, cancelled: 1 });
    expect(at('cache')).toMatchObject({ total: 3, confirmed: 0, waiting: 3, cancelled: 0 });
    const [note] = await deliveriesOf(station, examId);
    expect(note).toMatchObject({ isNote: true, state: 'cancelled', lastAnswer: { key: 'taken-back' } });
    await expect(
      call(station.router.deliveries.change, { id: note?.id ?? '', action: 'send-again' }),
    ).rejects.toMatchObject({ cause: { code: 'delivery-not-waiting' } });
    expect(after.series.flatMap((one) => one.objects).map(({ state }) => state)).toEqual(objects.map(() => 'approved'));
    await call(station.router.outbox.pause, { id: 'cache', paused: false });
    await expect.poll(async () => (await around.imagesAt(cache)).length).toBe(3);

    const second = await correct();
    await call(station.router.outbox.pause, { id: 'archive', paused: false });
    await expect.poll(() => around.countNotes(pacs)).toBe(1);
    await expect.poll(() => around.countNotes(cache)).toBe(1);
    expect((await around.notesAt(pacs)).notes[0]?.['tree']).toEqual(uids.toSorted());
    expect(await undoOf(station, second.examId)).toBeNull();
    const { history } = await call(station.router.exams.read, { id: second.examId });
    const id = String(history.find(({ action }) => action === 'corrected-after-release')?.params['rearrangement']);
    await expect(call(station.router.rearranging.undo, { id })).rejects.toMatchObject({
      cause: { code: 'after-release-told' },
    });
    await untilProved(station, examId);

    // The catalog is lost: copies, rejections and notes come back as people had decided.
    await around.closeLast();
    const sides = () => {
      const { exams, objects: all } = stateOf(around.home);
      return { exams: exams.filter((exam) => exam['objects'] !== 0), objects: all };
    };
    const lost = sides();
    for (const name of ['catalog.db', 'catalog.db-wal', 'catalog.db-shm', 'snapshots']) {
      rmSync(path.join(around.home, name), { recursive: true, force: true });
    }
    expect(await rebuild(around.home)).toMatchObject({
      damaged: 0,
      missing: 0,
      leftOut: 0,
      journalWhole: true,
      held: 0,
    });
    expect(sides()).toEqual(lost);
    const again = await around.open(destination(pacs), destination(cache));
    await expect(call(again.router.rearranging.undo, { id })).rejects.toMatchObject({
      cause: { code: 'after-release-told' },
    });
    await call(again.router.exams.complete, { id: second.examId });
    await call(again.router.exams.approve, { id: second.examId });
    await untilProved(again, second.examId);
    expect((await around.imagesAt(pacs)).filter((tags) => tags['PatientID'] === 'R-1')).toHaveLength(3);
    expect(await around.countNotes(pacs)).toBe(1);
  });
});
