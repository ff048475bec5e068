// Notes of devices as files: what they say is read, and what is broken or no note says nothing.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildRejectionNote, readRejectionNote, type NoteContent } from '#station/4-review/index.ts';
import { temporaryFolder, type TemporaryFolder } from '../../../peers/programs/temporary-folder.ts';

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder('read-note');
});
afterAll(() => folder.close());

const note = (says: Partial<NoteContent>, uids: readonly string[]): Buffer =>
  buildRejectionNote({
    ...{ title: '113001', reason: '111210', text: 'Unruhig, müßte neu', by: '', at: '20261123104500', identical: [] },
    identity: {
      ...{ PatientName: 'A^B', PatientID: '1', IssuerOfPatientID: '', PatientBirthDate: '', PatientSex: '' },
      ...{ StudyDate: '', StudyTime: '', StudyID: '', AccessionNumber: '', ReferringPhysicianName: '' },
      StudyDescription: '',
    },
    ...{ StudyInstanceUID: '1.2.3', SeriesInstanceUID: '1.2.3.4', SOPInstanceUID: '1.2.3.5' },
    rejected: [
      {
        StudyInstanceUID: '1.2.3',
        series: [
          {
            SeriesInstanceUID: '1.2.3.1',
            objects: uids.map((SOPInstanceUID) => ({
              SOPClassUID: '1.2',
              SOPInstanceUID,
              valueType: 'IMAGE' as const,
            })),
          },
        ],
      },
    ],
    station: { name: 'DEVICE', institution: '', softwareVersion: '1' },
    ...says,
  }).bytes;

async function read(bytes: Buffer) {
  const file = path.join(folder.path, 'note.dcm');
  await writeFile(file, bytes);
  return readRejectionNote(file, { name: 'note', characterSet: ['ISO_IR 192'] });
}

it('title, reason, words and images are read, each image once', async () => {
  expect(await read(note({}, ['1.2.3.1.1', '1.2.3.1.2', '1.2.3.1.1']))).toEqual({
    ...{ title: '113001', reason: '111210', text: 'Unruhig, müßte neu', uids: ['1.2.3.1.1', '1.2.3.1.2'] },
  });
});

it('a reason of quality counts only under the title of quality, and only when it is known', async () => {
  expect(await read(note({ title: '113038', reason: '111210' }, ['1.2']))).toMatchObject({
    title: '113038',
    reason: '',
  });
  expect(await read(note({ reason: null }, ['1.2']))).toMatchObject({ title: '113001', reason: '' });
});

it('what names no images, or has another title, takes nothing back', async () => {
  expect(await read(note({}, []))).toBeNull();
  const other = Buffer.from(note({}, ['1.2.3.1.1']).toString('latin1').replaceAll('113001', '113000'), 'latin1');
  expect(await read(other)).toBeNull();
});

it('a note that is cut off anywhere says nothing or what it says whole, and stops nobody', async () => {
  const whole = note({}, ['1.2.3.1.1', '1.2.3.1.2']);
  for (let length = 200; length < whole.length; length += 97) {
    const said = await read(whole.subarray(0, length)).catch((error: unknown) => {
      expect(String(error)).toContain('not-dicom');
      return null;
    });
    if (said !== null) expect(said.uids.every((uid) => uid.startsWith('1.2.3.1.'))).toBe(true);
  }
});
