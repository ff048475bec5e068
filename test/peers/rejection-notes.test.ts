// Rejection notes judged by others: dciodvfy finds no error, pydicom finds the same instances in evidence and content.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildRejectionNote, type NoteContent } from '#station/4-review/index.ts';
import { run } from './programs/run.ts';
import { temporaryFolder } from './programs/temporary-folder.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder('rejection-notes');
});
afterAll(() => folder.close());

const image = (SOPInstanceUID: string) =>
  ({ SOPClassUID: '1.2.840.10008.5.1.4.1.1.2', SOPInstanceUID, valueType: 'IMAGE' }) as const;

const content: NoteContent = {
  title: '113001',
  reason: '111209',
  text: 'Hand cut off, müßte neu',
  identity: {
    ...{ PatientName: 'Müller^Jürgen', PatientID: '4711', IssuerOfPatientID: 'KLINIK', PatientBirthDate: '19500102' },
    ...{ PatientSex: 'M', StudyDate: '20261123', StudyTime: '101500', StudyID: '7', AccessionNumber: 'A1' },
    ...{ ReferringPhysicianName: '', StudyDescription: 'Hand' },
  },
  ...{ StudyInstanceUID: '1.2.3', SeriesInstanceUID: '2.25.10', SOPInstanceUID: '2.25.11' },
  rejected: [
    {
      StudyInstanceUID: '1.2.3',
      series: [
        { SeriesInstanceUID: '1.2.3.1', objects: [image('1.2.3.1.1'), image('1.2.3.1.2')] },
        {
          SeriesInstanceUID: '1.2.3.2',
          objects: [
            { SOPClassUID: '1.2.840.10008.5.1.4.1.1.9.1.1', SOPInstanceUID: '1.2.3.2.1', valueType: 'WAVEFORM' },
            { SOPClassUID: '1.2.840.10008.5.1.4.1.1.88.11', SOPInstanceUID: '1.2.3.2.2', valueType: 'COMPOSITE' },
          ],
        },
      ],
    },
  ],
  identical: [],
  by: 'Kim',
  at: '20261123104500',
  station: { name: 'Röntgen 2', institution: 'Klinik am Fluß', softwareVersion: '0.1.0' },
};

async function judge(of: NoteContent) {
  const file = path.join(folder.path, 'note.dcm');
  await writeFile(file, buildRejectionNote(of).bytes);
  const checked = await run('dciodvfy', [file]);
  const judged = await run('/usr/bin/python3', [path.join(import.meta.dirname, 'judge-rejection-note.py'), file]);
  expect(judged.code, judged.output).toBe(0);
  const errors = checked.output.split('\n').filter((line) => line.startsWith('Error'));
  const found = JSON.parse(judged.output.trim().split('\n').at(-1) ?? '') as {
    evidence: [string, string, string][];
    tree: string[];
  } & Record<string, unknown>;
  return { errors, found, said: checked.output };
}

test('IOCM-2 IOCM-3 IOCM-4 IOCM-5 a note for quality names its reason, its text, and the same images twice', async () => {
  const { errors, found, said } = await judge(content);
  expect(errors).toEqual([]);
  expect(said).toContain('KeyObjectSelectionDocument');
  expect(found).toMatchObject({
    ...{ class: '1.2.840.10008.5.1.4.1.1.88.59', modality: 'KO', patient: ['Müller^Jürgen', '4711'], template: '2010' },
    titles: [['113001', 'DCM']],
    modifiers: [['113011', 'DCM', '111209', 'DCM']],
    texts: [['113012', 'DCM', 'Hand cut off, müßte neu', 'CONTAINS']],
    ...{ study: '1.2.3', series: '2.25.10', uid: '2.25.11', identical: [] },
  });
  expect(found.evidence.map(([, , uid]) => uid).sort()).toEqual(found.tree);
  expect(found.tree).toEqual(['1.2.3.1.1', '1.2.3.1.2', '1.2.3.2.1', '1.2.3.2.2']);
});

test.for([['113037', null] as const, ['113038', null] as const, ['113001', '113026'] as const])(
  'IOCM-2 IOCM-4 title %s with reason %s has no error',
  async ([title, reason]) => {
    const { errors, found } = await judge({ ...content, title, reason, text: '' });
    expect(errors).toEqual([]);
    expect(found).toMatchObject({ titles: [[title, 'DCM']], texts: [] });
    expect(found['modifiers']).toEqual(reason === null ? [] : [['113011', 'DCM', reason, 'DCM']]);
  },
);

test('IOCM-6 what spans two studies is one note in each, and each names the other', async () => {
  const second = {
    StudyInstanceUID: '1.2.4',
    series: [{ SeriesInstanceUID: '1.2.4.1', objects: [image('1.2.4.1.1')] }],
  };
  const other = { StudyInstanceUID: '1.2.4', SeriesInstanceUID: '2.25.20', SOPInstanceUID: '2.25.21' };
  const { errors, found } = await judge({ ...content, rejected: [...content.rejected, second], identical: [other] });
  expect(errors).toEqual([]);
  expect(found['identical']).toEqual([['1.2.4', '2.25.20', '2.25.21']]);
  expect(found.evidence.map(([, , uid]) => uid).sort()).toEqual(found.tree);
});

test('the same content gives the same bytes', async () => {
  const file = path.join(folder.path, 'again.dcm');
  await writeFile(file, buildRejectionNote(content).bytes);
  expect(buildRejectionNote(content).bytes.equals(await readFile(file))).toBe(true);
});
