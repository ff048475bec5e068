// What devices say of images in rejection notes: understood, followed or dismissed by a person; no note of theirs leaves.
import { rmSync } from 'node:fs';
import path from 'node:path';
import { call } from '@orpc/server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildRejectionNote, type NoteContent } from '#station/4-review/index.ts';
import { newUid } from '#station/kit/ids.ts';
import type { Station } from '#station/station.ts';
import {
  approved,
  destination,
  noteClass,
  openAround,
  received,
  sendAll,
  untilProved,
  type Around,
} from './after-release-around.ts';
import { orthancIsInstalled, secondaryCaptureClass, smallImage } from './programs/index.ts';

if (!orthancIsInstalled()) console.warn('NOT VERIFIED: Orthanc absent');

let around: Around;
beforeEach(async () => {
  around = await openAround();
});
afterEach(() => around.close());

type Meant = { readonly StudyInstanceUID: string; readonly uids: readonly string[] };

/** A note as a device would make it. */
function noteAbout({ StudyInstanceUID, uids }: Meant, says: Pick<NoteContent, 'title' | 'reason' | 'text'>) {
  const SOPInstanceUID = newUid();
  const objects = uids.map((uid) => ({
    ...{ SOPClassUID: secondaryCaptureClass, SOPInstanceUID: uid, valueType: 'IMAGE' as const },
  }));
  const { bytes, dataSetOffset } = buildRejectionNote({
    ...says,
    identity: {
      ...{ PatientName: 'SAMPLE^IMAGE', PatientID: 'S1', IssuerOfPatientID: '', PatientBirthDate: '', PatientSex: '' },
      ...{ StudyDate: '', StudyTime: '', StudyID: '1', AccessionNumber: 'A1', ReferringPhysicianName: '' },
      StudyDescription: '',
    },
    ...{ StudyInstanceUID, SeriesInstanceUID: newUid(), SOPInstanceUID, by: '', at: '20261123104500', identical: [] },
    rejected: [{ StudyInstanceUID, series: [{ SeriesInstanceUID: newUid(), objects }] }],
    station: { name: 'DEVICE', institution: '', softwareVersion: '1' },
  });
  return { uid: SOPInstanceUID, bytes: bytes.subarray(dataSetOffset), sopClass: noteClass };
}

const cardOf = async (station: Station, examId: string) =>
  (await call(station.router.exams.read, { id: examId })).problems.find(({ code }) => code === 'device-rejects');
const untilAsked = async (station: Station, examId: string) => {
  await expect.poll(() => cardOf(station, examId)).toBeDefined();
  return cardOf(station, examId);
};
const statesOf = async (station: Station, examId: string) =>
  Object.fromEntries(
    (await call(station.router.exams.read, { id: examId })).series
      .flatMap(({ objects }) => objects)
      .map(({ SOPInstanceUID, state, rejection }) => [SOPInstanceUID, `${state} ${rejection?.reason ?? ''}`.trim()]),
  );

describe.skipIf(!orthancIsInstalled())('a rejection note of a device', () => {
  it('stands on a card until somebody follows it, which rejects its images here and keeps the note here', async () => {
    const pacs = await around.archive('ARCHIVE');
    const station = await around.open(destination(pacs));
    const exam = await received(station);
    const [first = '', second = '', third = ''] = exam.uids;
    const note = noteAbout(
      { ...exam, uids: [first, second, newUid()] },
      { title: '113001', reason: '111210', text: 'Unruhig' },
    );
    await sendAll(station, [note]);
    const card = await untilAsked(station, exam.examId);
    expect(card?.params).toMatchObject({ device: 'DEVICE', title: '113001', cause: '111210', images: 2, of: 3 });
    await expect(call(station.router.exams.approve, { id: exam.examId })).rejects.toMatchObject({
      cause: { code: 'device-rejects' },
    });
    const id = String(card?.params['object']);
    const answered = await call(station.router.afterRelease.answerNote, { id, choice: 'follow' });
    expect(answered.state).toBe('rejected');
    await call(station.router.afterRelease.answerNote, { id, choice: 'dismiss' });
    expect(await statesOf(station, exam.examId)).toEqual({
      ...{ [first]: 'rejected 111210', [second]: 'rejected 111210', [third]: 'received' },
      [note.uid]: 'rejected device-note',
    });
    await expect(call(station.router.objects.keep, { id })).rejects.toMatchObject({
      cause: { code: 'rejected-earlier' },
    });
    await call(station.router.exams.approve, { id: exam.examId });
    await untilProved(station, exam.examId);
    expect((await around.imagesAt(pacs)).map((tags) => tags['SOPInstanceUID'])).toEqual([third]);
    expect(await around.countNotes(pacs)).toBe(0);
  });

  it('about what has left is followed by a note of ours, and one that is dismissed changes nothing', async () => {
    const pacs = await around.archive('ARCHIVE');
    const station = await around.open(destination(pacs));
    const exam = await approved(station);
    await untilProved(station, exam.examId);
    const [first = '', second = ''] = exam.uids;
    await sendAll(station, [noteAbout({ ...exam, uids: [first] }, { title: '113037', reason: null, text: '' })]);
    const id = String((await untilAsked(station, exam.examId))?.params['object']);
    await call(station.router.afterRelease.answerNote, { id, choice: 'follow' });
    await expect.poll(() => around.countNotes(pacs)).toBe(1);
    expect((await around.notesAt(pacs)).notes[0]).toMatchObject({ titles: [['113037', 'DCM']], tree: [first] });
    await sendAll(station, [noteAbout({ ...exam, uids: [second] }, { title: '113038', reason: null, text: '' })]);
    const other = String((await untilAsked(station, exam.examId))?.params['object']);
    await call(station.router.afterRelease.answerNote, { id: other, choice: 'dismiss' });
    expect(await cardOf(station, exam.examId)).toBeUndefined();
    expect(await statesOf(station, exam.examId)).toMatchObject({ [second]: 'approved' });
    expect(await around.countNotes(pacs)).toBe(1);
  });

  it('IOCM-12 with the title 113039 rejects nothing, asks nobody and does not leave', async () => {
    const pacs = await around.archive('ARCHIVE');
    const station = await around.open(destination(pacs));
    const exam = await received(station);
    const note = noteAbout(exam, { title: '113039' as NoteContent['title'], reason: null, text: '' });
    await sendAll(station, [note]);
    await expect.poll(async () => (await statesOf(station, exam.examId))[note.uid]).toBe('rejected device-note');
    expect(await cardOf(station, exam.examId)).toBeUndefined();
    await call(station.router.exams.approve, { id: exam.examId });
    await untilProved(station, exam.examId);
    expect(await around.imagesAt(pacs)).toHaveLength(3);
    expect(await around.countNotes(pacs)).toBe(0);
  });

  it('that comes before its images counts them when they are there, also when the catalog was lost in between', async () => {
    const first = await around.open();
    const StudyInstanceUID = newUid();
    const exam = { StudyInstanceUID, uids: [newUid()] };
    await sendAll(first, [noteAbout(exam, { title: '113001', reason: '999999', text: '' })]);
    const { exams } = await call(first.router.exams.list, { limit: 10, offset: 0 });
    const examId = exams[0]?.id ?? '';
    expect((await untilAsked(first, examId))?.params).toMatchObject({ images: 0, of: 1, cause: '' });
    await around.closeLast();
    for (const name of ['catalog.db', 'catalog.db-wal', 'catalog.db-shm', 'snapshots']) {
      rmSync(path.join(around.home, name), { recursive: true, force: true });
    }
    const station = await around.open();
    expect(await untilAsked(station, examId)).toBeDefined();
    const [SOPInstanceUID = ''] = exam.uids;
    const bytes = smallImage({ StudyInstanceUID, SeriesInstanceUID: newUid(), SOPInstanceUID }, 16);
    await sendAll(station, [{ uid: SOPInstanceUID, bytes }]);
    await expect.poll(async () => (await cardOf(station, examId))?.params['images']).toBe(1);
    const id = String((await cardOf(station, examId))?.params['object']);
    await call(station.router.afterRelease.answerNote, { id, choice: 'follow' });
    expect(await statesOf(station, examId)).toMatchObject({ [SOPInstanceUID]: 'rejected 111221' });
  });
});
