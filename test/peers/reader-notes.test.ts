// A note to the reader leaves as an object that other programs read: pydicom says what is in it, dciodvfy that it is whole.
import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { call } from '@orpc/server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NotesSetting } from '#contract/shapes/reader-notes.ts';
import { rebuild, type Station } from '#station/station.ts';
import {
  approved,
  deliveriesOf,
  destination,
  openAround,
  received,
  untilProved,
  type Around,
} from './after-release-around.ts';
import { orthancIsInstalled, type Orthanc } from './programs/index.ts';
import { run } from './programs/run.ts';

if (!orthancIsInstalled()) console.warn('NOT VERIFIED: Orthanc absent');

let around: Around;
beforeEach(async () => {
  around = await openAround();
});
afterEach(() => around.close());

async function leaveAs(station: Station, notes: NotesSetting): Promise<void> {
  const { settings } = await call(station.router.setup.read, undefined);
  await call(station.router.setup.save, { ...settings, station: { ...settings.station, notes } });
}

/** What an archive holds beyond the images, as pydicom reads it; dciodvfy finds no error in it. */
async function notesAt(orthanc: Orthanc, images: readonly string[]) {
  const notes: Readonly<Record<string, unknown>>[] = [];
  for (const id of (await orthanc.get('/instances')) as string[]) {
    const tags = (await orthanc.get(`/instances/${id}/simplified-tags`)) as Readonly<Record<string, string>>;
    if (images.includes(tags['SOPInstanceUID'] ?? '')) continue;
    const file = path.join(around.home, `${id}.dcm`);
    await writeFile(file, await orthanc.file(id));
    const judged = await run('/usr/bin/python3', [path.join(import.meta.dirname, 'judge-reader-note.py'), file]);
    expect(judged.code, judged.output).toBe(0);
    const { output } = await run('dciodvfy', [file]);
    expect(output.split('\n').filter((line) => line.startsWith('Error'))).toEqual([]);
    notes.push(JSON.parse(judged.output.trim().split('\n').at(-1) ?? '') as Readonly<Record<string, unknown>>);
  }
  return notes;
}

const written = 'Patient konnte nicht stehen.\nΑσθενής όρθιος; 患者は立てません';

describe.skipIf(!orthancIsInstalled())('a note to the reader', () => {
  it('leaves with the images as a key object note in any script, under the chosen patient, and once', async () => {
    const pacs = await around.archive('ARCHIVE');
    const station = await around.open(destination(pacs));
    await leaveAs(station, 'key-object');
    const { examId, StudyInstanceUID, uids } = await received(station);
    await call(station.router.exams.correct, {
      ...{ id: examId, reason: 'CORRECT' },
      attributes: { PatientName: 'Müller^Jürgen', PatientBirthDate: '19500102' },
    });
    const saved = await call(station.router.exams.saveNote, { id: examId, text: `  ${written}\n` });
    expect(saved).toMatchObject({ text: written, by: 'Kim', leaves: 'key-object', isReleased: false, sent: [] });
    await call(station.router.exams.approve, { id: examId });
    await expect.poll(async () => (await deliveriesOf(station, examId)).length).toBe(4);
    await untilProved(station, examId);

    const [note, ...more] = await notesAt(pacs, uids);
    expect(more).toEqual([]);
    expect(note).toMatchObject({
      ...{ class: '1.2.840.10008.5.1.4.1.1.88.59', modality: 'KO', study: StudyInstanceUID, title: '113000' },
      ...{ patient: ['Müller^Jürgen', 'S1'], by: ['Kim'], tree: uids, evidence: uids },
      texts: [['113012', written.replaceAll('\n', '\r\n')]],
    });
    const read = await call(station.router.exams.note, { id: examId });
    expect(read).toMatchObject({ isReleased: true, sent: [{ kind: 'key-object', text: written }] });
    expect(read.sent[0]?.objectId).not.toBeNull();
    const exam = await call(station.router.exams.read, { id: examId });
    expect(exam).toMatchObject({ state: 'confirmed', counts: { objects: 4, approved: 4 } });

    // Saved again without a word changed, it does not leave again; what is new leaves as a report of its own.
    await call(station.router.exams.saveNote, { id: examId, text: written, send: true });
    await leaveAs(station, 'document');
    await call(station.router.exams.saveNote, { id: examId, text: 'One more thing.', send: true });
    await expect.poll(async () => (await deliveriesOf(station, examId)).length).toBe(5);
    await untilProved(station, examId);
    const reports = (await notesAt(pacs, uids)).filter(({ modality }) => modality === 'SR');
    expect(reports).toMatchObject([
      {
        ...{ class: '1.2.840.10008.5.1.4.1.1.88.11', study: StudyInstanceUID, title: '121106', tree: uids },
        ...{ patient: ['Müller^Jürgen', 'S1'], texts: [['121106', 'One more thing.']] },
      },
    ]);
  });
});

it('a note that the site keeps here leaves with nothing, and comes back when the book is made anew', async () => {
  const nobody = destination({ aet: 'NOBODY', dicomPort: 1 });
  const first = await around.open(nobody);
  const { examId } = await approved(first);
  await call(first.router.exams.saveNote, { id: examId, text: written, send: true });
  await around.closeLast();
  // Also when the book was lost and is made anew.
  for (const name of await readdir(around.home)) {
    if (name.startsWith('catalog.db')) await rm(path.join(around.home, name));
  }
  await rebuild(around.home);
  const station = await around.open(nobody);
  const note = await call(station.router.exams.note, { id: examId });
  expect(note).toMatchObject({ text: written, leaves: 'kept', isReleased: true, sent: [] });
  expect(await deliveriesOf(station, examId)).toHaveLength(3);
});
