// What is decided after images have left, with real archives: notes come after what they speak of, and are proved there.
import path from 'node:path';
import { call } from '@orpc/server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBook } from '#station/records/index.ts';
import { approved, deliveriesOf, destination, isNote, openAround, type Around } from './after-release-around.ts';
import { orthancIsInstalled } from './programs/index.ts';

if (!orthancIsInstalled()) console.warn('NOT VERIFIED: Orthanc absent');

let around: Around;
beforeEach(async () => {
  around = await openAround();
});
afterEach(() => around.close());

describe.skipIf(!orthancIsInstalled())('an image that is rejected after it left', () => {
  it('IOCM-1 IOCM-6 IOCM-10 IOCM-11 is told of to archive and cache, after it was proved there, and the note is proved too', async () => {
    const [pacs, cache] = await Promise.all([around.archive('ARCHIVE'), around.archive('CACHE')]);
    const station = await around.open(destination(pacs), destination(cache));
    const { examId, StudyInstanceUID, uids, objects } = await approved(station);
    const [first] = objects;
    const bad = first?.id ?? '';
    await expect
      .poll(async () => (await deliveriesOf(station, examId)).every(({ state }) => state === 'committed'))
      .toBe(true);
    await call(station.router.objects.reject, { id: bad, reason: '111209', text: 'Hand cut off' });

    const notes = async () => (await deliveriesOf(station, examId)).filter(isNote(uids));
    await expect.poll(async () => (await notes()).map(({ state }) => state)).toEqual(['committed', 'committed']);
    expect(new Set((await notes()).map(({ destinationId }) => destinationId))).toEqual(new Set(['archive', 'cache']));
    for (const peer of [pacs, cache]) {
      const { notes: held, instances } = await around.notesAt(peer);
      expect(instances).toBe(4);
      expect(held).toHaveLength(1);
      expect(held[0]).toMatchObject({
        ...{ study: StudyInstanceUID, modality: 'KO', patient: ['Müller^Jürgen', 'S1'], tree: [uids[0]] },
        ...{ titles: [['113001', 'DCM']], modifiers: [['113011', 'DCM', '111209', 'DCM']] },
        texts: [['113012', 'DCM', 'Hand cut off', 'CONTAINS']],
      });
      expect(held[0]?.['series']).not.toBe(objects[0]?.id);
    }
    await expect(call(station.router.objects.keep, { id: bad })).rejects.toMatchObject({
      cause: { code: 'rejected-earlier' },
    });
  });

  it('is told of when nobody knows whether it arrived, and needs no note where it never went', async () => {
    const pacs = await around.archive('ARCHIVE');
    const station = await around.open(destination(pacs), destination({ ...pacs, aet: 'NOBODY', dicomPort: 1 }));
    const { examId, uids, objects } = await approved(station);
    const [first] = objects;
    await expect
      .poll(
        async () =>
          (await deliveriesOf(station, examId)).filter(
            ({ state, destinationId }) => state === 'committed' && destinationId === 'archive',
          ).length,
      )
      .toBe(3);
    await call(station.router.objects.reject, { id: first?.id ?? '', reason: '113037', text: '' });
    const ofNote = async () => (await deliveriesOf(station, examId)).filter(isNote(uids));
    await expect.poll(async () => (await ofNote()).map(({ state }) => state)).toEqual(['committed']);
    const rows = await deliveriesOf(station, examId);
    const there = rows.filter(({ destinationId }) => destinationId === 'nobody');
    expect(there.filter(({ objectId }) => objectId === first?.id).map(({ state }) => state)).toEqual(['cancelled']);
    expect(there.some(isNote(uids))).toBe(false);
    expect((await around.notesAt(pacs)).notes[0]).toMatchObject({ titles: [['113037', 'DCM']], modifiers: [] });
  });

  it('is told of by the next start, when the station ended before the note was given to its destination', async () => {
    const pacs = await around.archive('ARCHIVE');
    const station = await around.open(destination(pacs));
    const { examId, uids, objects } = await approved(station);
    const all = async () => (await deliveriesOf(station, examId)).map(({ state }) => state);
    await expect.poll(all).toEqual(['committed', 'committed', 'committed']);
    // The book as a kill leaves it after the note was made and before its delivery.
    await call(station.router.objects.reject, { id: objects[1]?.id ?? '', reason: '113038', text: '' });
    await around.closeLast();
    const book = openBook(path.join(around.home, 'catalog.db'));
    book.sql('DELETE FROM delivery WHERE objectId NOT IN (?, ?, ?)').run(...objects.map(({ id }) => id));
    book.sql('UPDATE rejection_note SET settledAt = NULL').run();
    book.close();
    const next = await around.open(destination(pacs));
    const notes = async () => (await deliveriesOf(next, examId)).filter(isNote(uids)).map(({ state }) => state);
    await expect.poll(notes).toEqual(['committed']);
    expect((await around.notesAt(pacs)).notes).toMatchObject([{ titles: [['113038', 'DCM']], tree: [uids[1]] }]);
  });
});
