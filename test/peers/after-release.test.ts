// What is decided after images have left, with real archives: notes come after what they speak of, and are proved there.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { call } from '@orpc/server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAssociation } from '#station/dicom/network/index.ts';
import { silentLog } from '#station/kit/log.ts';
import { newUid } from '#station/kit/ids.ts';
import { openBook } from '#station/records/index.ts';
import { openStation, type Station } from '#station/station.ts';
import { orthancIsInstalled, secondaryCaptureClass, smallImage, startOrthanc, type Orthanc } from './programs/index.ts';
import { run } from './programs/run.ts';

const none = { redBytes: 0, redShare: 0, redInodeShare: 0, amberShare: 0, reserveBytes: 0 };
const syntax = '1.2.840.10008.1.2.1';
const noteClass = '1.2.840.10008.5.1.4.1.1.88.59';
if (!orthancIsInstalled()) console.warn('NOT VERIFIED: Orthanc absent');

let home: string;
const closing: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'after-release-'));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await rm(home, { recursive: true, force: true });
});

async function archive(aet: string): Promise<Orthanc> {
  const orthanc = await startOrthanc({ aet });
  closing.push(() => orthanc.close());
  return orthanc;
}

const destination = ({ aet, dicomPort }: Orthanc, more: object = {}) => ({
  ...{ id: aet.toLowerCase(), name: aet, kind: 'archive', aeTitle: aet, host: '127.0.0.1', port: dicomPort },
  ...{ confirm: 'query', ...more },
});

async function open(...destinations: readonly object[]): Promise<Station> {
  const station = await openStation({
    ...{ home, log: silentLog, spaceLimits: none },
    settings: {
      station: { dicomPort: 0, dicomHost: '127.0.0.1', quietTimeSeconds: 0, operator: 'Kim' },
      devices: [{ id: 'us', name: 'US', aeTitle: 'DEVICE' }],
      destinations,
    },
    forward: { gatherMs: 50, retry: { firstMs: 40, mostMs: 300 }, probeMs: 150 },
  });
  closing.push(() => station.close());
  return station;
}

/** Three images of one series, approved. */
async function approved(station: Station) {
  const opening = await openAssociation({
    ...{ host: '127.0.0.1', port: station.listening().dicomPort, callingAeTitle: 'DEVICE', calledAeTitle: 'SAFELIGHT' },
    contexts: [{ abstractSyntaxUid: secondaryCaptureClass, transferSyntaxUids: [syntax] }],
  });
  if (opening.kind !== 'accepted') throw new Error(opening.kind);
  const [StudyInstanceUID, SeriesInstanceUID] = [newUid(), newUid()];
  const uids = [newUid(), newUid(), newUid()];
  for (const SOPInstanceUID of uids) {
    const bytes = smallImage({ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID }, 16);
    await opening.association.store({
      ...{ sopClassUid: secondaryCaptureClass, sopInstanceUid: SOPInstanceUID, transferSyntaxUid: syntax },
      ...{ lengthBytes: bytes.length, source: [bytes] },
    });
  }
  await opening.association.release();
  const [exam] = (await call(station.router.exams.list, { limit: 10, offset: 0 })).exams;
  if (!exam) throw new Error('no exam');
  await call(station.router.exams.correct, {
    ...{ id: exam.id, reason: 'CORRECT' },
    attributes: { PatientName: 'Müller^Jürgen', PatientBirthDate: '19500102' },
  });
  const { series } = await call(station.router.exams.approve, { id: exam.id });
  const objects = series.flatMap((one) => one.objects);
  return { examId: exam.id, StudyInstanceUID, uids, objects };
}

const deliveriesOf = async (station: Station, examId: string) =>
  (await call(station.router.deliveries.list, { examId, limit: 100, offset: 0 })).deliveries;

/** Rejection notes that an archive holds, as pydicom reads them, and what dciodvfy says. */
async function notesAt(orthanc: Orthanc) {
  const ids = (await orthanc.get('/instances')) as string[];
  const found = [];
  for (const id of ids) {
    const tags = (await orthanc.get(`/instances/${id}/simplified-tags`)) as Readonly<Record<string, string>>;
    if (tags['SOPClassUID'] !== noteClass) continue;
    const file = path.join(home, `${id}.dcm`);
    await writeFile(file, await orthanc.file(id));
    const judged = await run('/usr/bin/python3', [path.join(import.meta.dirname, 'judge-rejection-note.py'), file]);
    expect(judged.code, judged.output).toBe(0);
    const { output } = await run('dciodvfy', [file]);
    expect(output.split('\n').filter((line) => line.startsWith('Error'))).toEqual([]);
    found.push(JSON.parse(judged.output.trim().split('\n').at(-1) ?? '') as Readonly<Record<string, unknown>>);
  }
  return { notes: found, instances: ids.length };
}

describe.skipIf(!orthancIsInstalled())('an image that is rejected after it left', () => {
  it('IOCM-1 IOCM-6 IOCM-10 IOCM-11 is told of to archive and cache, after it was proved there, and the note is proved too', async () => {
    const [pacs, cache] = await Promise.all([archive('ARCHIVE'), archive('CACHE')]);
    const station = await open(destination(pacs), destination(cache));
    const { examId, StudyInstanceUID, uids, objects } = await approved(station);
    const [first] = objects;
    const bad = first?.id ?? '';
    await expect
      .poll(async () => (await deliveriesOf(station, examId)).every(({ state }) => state === 'committed'), slow)
      .toBe(true);
    await call(station.router.objects.reject, { id: bad, reason: '111209', text: 'Hand cut off' });

    const notes = async () => (await deliveriesOf(station, examId)).filter(isNote(uids));
    await expect.poll(async () => (await notes()).map(({ state }) => state), slow).toEqual(['committed', 'committed']);
    expect(new Set((await notes()).map(({ destinationId }) => destinationId))).toEqual(new Set(['archive', 'cache']));
    for (const peer of [pacs, cache]) {
      const { notes: held, instances } = await notesAt(peer);
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
  }, 30_000);

  it('is told of when nobody knows whether it arrived, and needs no note where it never went', async () => {
    const pacs = await archive('ARCHIVE');
    const station = await open(destination(pacs), destination({ ...pacs, aet: 'NOBODY', dicomPort: 1 }));
    const { examId, uids, objects } = await approved(station);
    const [first] = objects;
    await expect
      .poll(
        async () =>
          (await deliveriesOf(station, examId)).filter(
            ({ state, destinationId }) => state === 'committed' && destinationId === 'archive',
          ).length,
        slow,
      )
      .toBe(3);
    await call(station.router.objects.reject, { id: first?.id ?? '', reason: '113037', text: '' });
    const ofNote = async () => (await deliveriesOf(station, examId)).filter(isNote(uids));
    await expect.poll(async () => (await ofNote()).map(({ state }) => state), slow).toEqual(['committed']);
    const rows = await deliveriesOf(station, examId);
    const there = rows.filter(({ destinationId }) => destinationId === 'nobody');
    expect(there.filter(({ objectId }) => objectId === first?.id).map(({ state }) => state)).toEqual(['cancelled']);
    expect(there.some(isNote(uids))).toBe(false);
    expect((await notesAt(pacs)).notes[0]).toMatchObject({ titles: [['113037', 'DCM']], modifiers: [] });
  }, 30_000);

  it('is told of by the next start, when the station ended before the note was given to its destination', async () => {
    const pacs = await archive('ARCHIVE');
    const station = await open(destination(pacs));
    const { examId, uids, objects } = await approved(station);
    const all = async () => (await deliveriesOf(station, examId)).map(({ state }) => state);
    await expect.poll(all, slow).toEqual(['committed', 'committed', 'committed']);
    // The book as a kill leaves it after the note was made and before its delivery.
    await call(station.router.objects.reject, { id: objects[1]?.id ?? '', reason: '113038', text: '' });
    await closing.pop()?.();
    const book = openBook(path.join(home, 'catalog.db'));
    book.sql('DELETE FROM delivery WHERE objectId NOT IN (?, ?, ?)').run(...objects.map(({ id }) => id));
    book.sql('UPDATE rejection_note SET settledAt = NULL').run();
    book.close();
    const next = await open(destination(pacs));
    const notes = async () => (await deliveriesOf(next, examId)).filter(isNote(uids)).map(({ state }) => state);
    await expect.poll(notes, slow).toEqual(['committed']);
    expect((await notesAt(pacs)).notes).toMatchObject([{ titles: [['113038', 'DCM']], tree: [uids[1]] }]);
  }, 30_000);
});

const isNote =
  (uids: readonly string[]) =>
  ({ SOPInstanceUID }: { readonly SOPInstanceUID: string }): boolean =>
    !uids.includes(SOPInstanceUID);
const slow = { timeout: 15_000 };
