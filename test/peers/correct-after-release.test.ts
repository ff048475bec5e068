// Images that left are corrected: a real archive holds what left, the note about it, and the corrected copies.
import { call } from '@orpc/server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  approved,
  deliveriesOf,
  destination,
  isNote,
  openAround,
  received,
  untilProved,
  type Around,
} from './after-release-around.ts';
import { orthancIsInstalled } from './programs/index.ts';

if (!orthancIsInstalled()) console.warn('NOT VERIFIED: Orthanc absent');

let around: Around;
beforeEach(async () => {
  around = await openAround();
});
afterEach(() => around.close());

describe.skipIf(!orthancIsInstalled())('an exam that is corrected after it left', () => {
  it('IOCM-8 under another patient: the copies have a study, series and UIDs of their own, what left is rejected with 113038', async () => {
    const pacs = await around.archive('ARCHIVE');
    const station = await around.open(destination(pacs));
    const { examId, StudyInstanceUID, uids } = await approved(station);
    await untilProved(station, examId);
    const done = await call(station.router.afterRelease.correct, {
      ...{ id: examId, reason: 'CORRECT' },
      attributes: {
        PatientName: 'Right^Person',
        PatientID: 'R-1',
        PatientBirthDate: '19600304',
        AccessionNumber: 'B2',
      },
    });
    expect(done).toMatchObject({ kind: 'copied', study: 'new', objects: 3, told: ['archive'] });
    expect(done.examId).not.toBe(examId);
    await expect.poll(() => around.countNotes(pacs)).toBe(1);
    await untilProved(station, examId);
    const { notes } = await around.notesAt(pacs);
    expect(notes).toMatchObject([
      { study: StudyInstanceUID, titles: [['113038', 'DCM']], modifiers: [], patient: ['Müller^Jürgen', 'S1'] },
    ]);
    expect(notes[0]?.['tree']).toEqual(uids.toSorted());

    const copies = await call(station.router.exams.read, { id: done.examId });
    expect(copies.state).toBe('review');
    expect(copies.corrected).toMatchObject({ PatientName: 'Right^Person', PatientID: 'R-1' });
    await call(station.router.exams.approve, { id: done.examId });
    await untilProved(station, done.examId);
    const held = await around.imagesAt(pacs);
    const right = held.filter((tags) => tags['PatientID'] === 'R-1');
    expect(right).toHaveLength(3);
    expect(held.filter((tags) => tags['PatientID'] === 'S1')).toHaveLength(3);
    for (const tags of right) {
      expect(tags).toMatchObject({ PatientName: 'Right^Person', AccessionNumber: 'B2' });
      expect(tags['StudyInstanceUID']).not.toBe(StudyInstanceUID);
      expect(uids).not.toContain(tags['SOPInstanceUID']);
    }
    expect(new Set(right.map((tags) => tags['StudyInstanceUID'])).size).toBe(1);
    expect(new Set(right.map((tags) => tags['SeriesInstanceUID'])).size).toBe(1);
    const left = await call(station.router.exams.read, { id: examId });
    expect(left.series.flatMap(({ objects }) => objects).filter(({ state }) => state === 'rejected')).toHaveLength(3);
  });

  it('in the spelling of a name alone: the copies stay in the study, and the form can be changed until they are approved', async () => {
    const pacs = await around.archive('ARCHIVE');
    const station = await around.open(destination(pacs));
    const { examId, StudyInstanceUID, uids } = await approved(station);
    await untilProved(station, examId);
    const done = await call(station.router.afterRelease.correct, {
      ...{ id: examId, reason: 'CORRECT', attributes: { PatientName: 'Müller^Jürgen Karl' } },
    });
    expect(done).toMatchObject({ kind: 'copied', study: 'same', examId, objects: 3 });
    // The note is an object of the exam by now; it does not keep the form from being changed.
    await expect.poll(() => around.countNotes(pacs)).toBe(1);
    await call(station.router.exams.correct, {
      ...{ id: examId, reason: 'CORRECT', attributes: { PatientName: 'Möller^Jürgen Karl' } },
    });
    await expect(
      call(station.router.exams.correct, { id: examId, reason: 'CORRECT', attributes: { PatientID: 'OTHER' } }),
    ).rejects.toMatchObject({ cause: { code: 'released-under-another' } });
    await call(station.router.exams.approve, { id: examId });
    await untilProved(station, examId);
    const held = await around.imagesAt(pacs);
    expect(held).toHaveLength(6);
    expect(new Set(held.map((tags) => tags['StudyInstanceUID']))).toEqual(new Set([StudyInstanceUID]));
    const copies = held.filter((tags) => !uids.includes(tags['SOPInstanceUID'] ?? ''));
    expect(copies.map((tags) => tags['PatientName'])).toEqual(Array(3).fill('Möller^Jürgen Karl'));
    const { outcome, objects } = await call(station.router.exams.verification, { id: examId });
    expect({ outcome, objects: objects.length }).toEqual({ outcome: 'proved', objects: 3 });

    // What left is corrected once more: the notes bear former names, and contradict nobody.
    await call(station.router.afterRelease.correct, {
      ...{ id: examId, reason: 'CORRECT', attributes: { PatientName: 'Moller^Jürgen Karl' } },
    });
    await expect.poll(() => around.countNotes(pacs)).toBe(2);
    await call(station.router.exams.approve, { id: examId });
    await untilProved(station, examId);
    expect(await around.imagesAt(pacs)).toHaveLength(9);
  });

  it('that never left anywhere is opened again, and nobody is told', async () => {
    const station = await around.open(destination({ aet: 'NOBODY', dicomPort: 1 }));
    const { examId, uids } = await approved(station);
    const done = await call(station.router.afterRelease.correct, {
      ...{ id: examId, reason: 'CORRECT', attributes: { PatientID: 'R-1' } },
    });
    expect(done).toEqual({ kind: 'reopened', examId, study: 'same', objects: 3, told: [] });
    const exam = await call(station.router.exams.read, { id: examId });
    expect(exam).toMatchObject({ state: 'review', corrected: { PatientID: 'R-1', PatientName: 'Müller^Jürgen' } });
    expect(
      exam.series.flatMap(({ objects }) => objects.map(({ SOPInstanceUID }) => SOPInstanceUID)).toSorted(),
    ).toEqual(uids.toSorted());
    expect((await deliveriesOf(station, examId)).map(({ state }) => state)).toEqual(Array(3).fill('cancelled'));
  });

  it('images that belong to another exam here take its identity, and what was asked twice is done once', async () => {
    const pacs = await around.archive('ARCHIVE');
    const station = await around.open(destination(pacs));
    const { examId, objects } = await approved(station);
    await untilProved(station, examId);
    const other = await received(station);
    await call(station.router.exams.correct, {
      ...{ id: other.examId, reason: 'CORRECT' },
      attributes: { PatientName: 'Right^Person', PatientID: 'R-1', AccessionNumber: 'B2' },
    });
    const command = {
      ...{
        id: examId,
        reason: 'CORRECT' as const,
        attributes: {},
        toExamId: other.examId,
        commandId: crypto.randomUUID(),
      },
      objectIds: [objects[0]?.id ?? ''],
    };
    const done = await call(station.router.afterRelease.correct, command);
    expect(done).toMatchObject({ kind: 'copied', study: 'other', examId: other.examId, objects: 1 });
    expect(await call(station.router.afterRelease.correct, command)).toMatchObject({ kind: 'repeated' });
    await call(station.router.exams.approve, { id: other.examId });
    await expect.poll(() => around.countNotes(pacs)).toBe(1);
    await untilProved(station, other.examId);
    const held = await around.imagesAt(pacs);
    const inOther = held.filter((tags) => tags['StudyInstanceUID'] === other.StudyInstanceUID);
    expect(inOther.map((tags) => tags['PatientName'])).toEqual(Array(4).fill('Right^Person'));
    expect(await around.countNotes(pacs)).toBe(1);
    expect((await deliveriesOf(station, examId)).filter(isNote(objects.map((one) => one.SOPInstanceUID)))).toHaveLength(
      1,
    );
  });
});
