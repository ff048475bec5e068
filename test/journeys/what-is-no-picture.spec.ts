// A report, a waveform and a header are read without a mouse, and a note to the reader leaves with the exam.
import { AxeBuilder } from '@axe-core/playwright';
import { buildFileMeta, encodeElements, explicitLittleEndian, type NewElement } from '#station/dicom/index.ts';
import { newUid } from '#station/kit/ids.ts';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { furthest, readCanvas } from '../peers/programs/canvas.ts';
import { startOrthanc, temporaryFolder } from '../peers/programs/index.ts';
import { run } from '../peers/programs/run.ts';
import { drawnByDcmtk, makeState, openFrameReader, presentationTable } from '../peers/programs/states-drawn.ts';
import { tabledPicture } from '../peers/programs/tabled-picture.ts';
import { enter, expect, heldBy, test } from './support/house.ts';
import { settingsFor, startStation } from './support/station.ts';

const StudyInstanceUID = newUid();
const storage = '1.2.840.10008.5.1.4.1.1.';

/** A file as somebody drops it on the window. */
function fileOf(name: string, sopClassUid: string, dataSet: Buffer, sopInstanceUid: string) {
  const meta = buildFileMeta({ sopClassUid, sopInstanceUid, transferSyntaxUid: explicitLittleEndian });
  return { name, mimeType: 'application/dicom', buffer: Buffer.concat([meta, dataSet]) };
}

const code = (keyword: string, meaning: string): NewElement => ({
  keyword,
  items: [
    [
      { keyword: 'CodeValue', value: '1' },
      { keyword: 'CodingSchemeDesignator', value: '99TEST' },
      { keyword: 'CodeMeaning', value: meaning },
    ],
  ],
});

function made(name: string, end: string, number: string, more: readonly NewElement[]) {
  const SOPInstanceUID = newUid();
  const said = {
    ...{ SOPClassUID: storage + end, SOPInstanceUID, StudyInstanceUID, SeriesInstanceUID: newUid() },
    ...{ PatientName: 'SAMPLE^IMAGE', PatientID: 'S1', PatientBirthDate: '', PatientSex: '', StudyDate: '20261123' },
    ...{ StudyTime: '080000', AccessionNumber: 'A1', StudyID: '1', SeriesNumber: number, InstanceNumber: '1' },
  };
  const plain = Object.entries(said).map(([keyword, value]) => ({ keyword, value }));
  const style = { explicit: true, littleEndian: true, characterSet: [] };
  return fileOf(name, storage + end, encodeElements([...plain, ...more], style), SOPInstanceUID);
}

const picture = newUid();
const image = fileOf(
  'image.dcm',
  `${storage}7`,
  tabledPicture({ StudyInstanceUID, SeriesInstanceUID: newUid(), SOPInstanceUID: picture }, [
    { keyword: 'PatientName', value: 'SAMPLE^IMAGE' },
    { keyword: 'PatientID', value: 'S1' },
    { keyword: 'AccessionNumber', value: 'A1' },
  ]),
  picture,
);
const report = made('report.dcm', '88.11', '2', [
  { keyword: 'Modality', value: 'SR' },
  { keyword: 'ValueType', value: 'CONTAINER' },
  code('ConceptNameCodeSequence', 'Chest report'),
  {
    keyword: 'ContentSequence',
    items: [
      [
        { keyword: 'RelationshipType', value: 'CONTAINS' },
        { keyword: 'ValueType', value: 'TEXT' },
        code('ConceptNameCodeSequence', 'Finding'),
        { keyword: 'TextValue', value: 'No effusion' },
      ],
      [
        { keyword: 'RelationshipType', value: 'CONTAINS' },
        { keyword: 'ValueType', value: 'IMAGE' },
        {
          keyword: 'ReferencedSOPSequence',
          items: [
            [
              { keyword: 'ReferencedSOPClassUID', value: `${storage}7` },
              { keyword: 'ReferencedSOPInstanceUID', value: picture },
            ],
          ],
        },
      ],
    ],
  },
]);
const samples = Int16Array.from({ length: 2000 }, (_, n) => Math.round(800 * Math.sin(n / 9)));
const waveform = made('ecg.dcm', '9.1.1', '3', [
  { keyword: 'Modality', value: 'ECG' },
  {
    keyword: 'WaveformSequence',
    items: [
      [
        { keyword: 'WaveformOriginality', value: 'ORIGINAL' },
        { keyword: 'NumberOfWaveformChannels', vr: 'US', value: 1 },
        { keyword: 'NumberOfWaveformSamples', vr: 'UL', value: samples.length },
        { keyword: 'SamplingFrequency', value: '500' },
        {
          keyword: 'ChannelDefinitionSequence',
          items: [
            [
              code('ChannelSourceSequence', 'Lead II'),
              { keyword: 'ChannelSensitivity', value: '1' },
              { keyword: 'ChannelSensitivityCorrectionFactor', value: '1' },
              { keyword: 'ChannelBaseline', value: '0' },
              {
                keyword: 'ChannelSensitivityUnitsSequence',
                items: [
                  [
                    { keyword: 'CodeValue', value: 'uV' },
                    { keyword: 'CodeMeaning', value: 'microvolt' },
                  ],
                ],
              },
            ],
          ],
        },
        { keyword: 'WaveformBitsAllocated', vr: 'US', value: 16 },
        { keyword: 'WaveformSampleInterpretation', value: 'SS' },
        { keyword: 'WaveformData', vr: 'OW', value: Buffer.from(samples.buffer) },
      ],
    ],
  },
]);

/** A presentation state of the image, and the picture that DCMTK draws by it. */
async function presented() {
  const folder = await temporaryFolder('presented');
  const reader = openFrameReader();
  try {
    const source = path.join(folder.path, 'image.dcm');
    await writeFile(source, image.buffer);
    const chosen = {
      window: { center: 1024, width: 4096, lut: 1 },
      rotation: 90,
      flipped: true,
      inverted: true,
    } as const;
    const made = await makeState(reader, source, chosen, folder.path);
    if (typeof made === 'string') throw new Error(made);
    // States of others have tables of their own.
    await run('dcmodify', ['-nb', ...presentationTable, made.file]);
    const drawn = await drawnByDcmtk(source, made.file, path.join(folder.path, 'drawn.pgm'));
    if (typeof drawn === 'string') throw new Error(drawn);
    return { drawn, file: { ...image, name: 'state.dcm', buffer: await readFile(made.file) } };
  } finally {
    await reader.close();
    await folder.close();
  }
}

test('a report, an ECG and the header are read by keyboard, and a note goes along to the archive', async ({ page }) => {
  const archive = await startOrthanc({ aet: 'ARCHIVE' });
  const settings = settingsFor({ aeTitle: 'ARCHIVE', port: archive.dicomPort, confirm: 'query' }) as {
    station: object;
  };
  const station = await startStation({ ...settings, station: { ...settings.station, notes: 'key-object' } });
  const state = await presented();
  const axe = async () => expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  const refused: string[] = [];
  page.on('response', (answer) => answer.status() === 409 && refused.push(answer.url()));
  try {
    await enter(page, station);
    await page.keyboard.press('F4');
    await page.locator('input[type=file][multiple]').setInputFiles([image, report, waveform, state.file]);
    await expect(page.getByRole('article')).toContainText('4');
    await page.keyboard.press('F2');
    await expect(page.getByRole('row', { name: /3 documents/ })).toBeVisible();
    await page.getByRole('row', { name: /3 documents/ }).dblclick();
    await expect(page.locator('canvas[data-drawn]')).toBeVisible();

    await page.keyboard.press('ArrowRight');
    const paper = page.getByRole('region', { name: /^Document: Basic Text SR/ });
    await expect(paper).toContainText('Chest report');
    await expect(paper).toContainText('No effusion');
    await axe();
    await paper.getByRole('button', { name: 'Show image 1' }).focus();
    await page.keyboard.press('Enter');
    await expect(paper).toBeHidden();

    await page.keyboard.press('End');
    await expect(page.getByRole('button', { name: 'Show its image this way' })).toBeVisible();
    await page.keyboard.press('Alt+s');
    expect(furthest(await readCanvas(page, state.drawn, /^by a state /), state.drawn.values)).toBeLessThanOrEqual(1);
    await page.keyboard.press('Alt+s');
    await page.keyboard.press('End');
    await expect(page.getByRole('button', { name: 'Show its image this way' })).toBeVisible();
    await page.keyboard.press('ArrowLeft');
    await expect(page.getByRole('img', { name: /^Waveform of II; 0.0 s to/ })).toBeVisible();
    await expect(page.getByText(/25 mm\/s, 10 mm\/mV/)).toBeVisible();
    await axe();

    await page.keyboard.press('Alt+i');
    const header = page.getByRole('dialog', { name: 'Header of image 3' });
    await expect(header.getByLabel('Search')).toBeFocused();
    await page.keyboard.type('0010,0020');
    await expect(header.getByRole('status')).toContainText('1 of');
    await expect(header.getByRole('row', { name: /Patient ID/ })).toContainText('S1');
    await axe();
    await page.keyboard.press('Escape');
    await expect(header).toBeHidden();

    await page.keyboard.press('Alt+m');
    const note = page.getByRole('dialog', { name: 'Note to the reader' });
    await expect(note.getByLabel('Note', { exact: true })).toBeFocused();
    await page.keyboard.type('Patient could not stand.');
    await expect(note).toContainText('Kept as you type. It leaves with the images');
    await axe();
    // Whoever begins anew finds what was typed.
    await page.reload();
    await expect(page.locator('#forecast')).toContainText('The note to the reader goes along as a key object note.');
    await page.keyboard.press('Control+Enter');
    await expect(page.getByText(/^Approved/).first()).toBeVisible();
    await expect
      .poll(async () => (await heldBy(archive)).map(({ Modality }) => Modality).sort())
      .toEqual(['ECG', 'KO', 'OT', 'PR', 'SR']);
    // Nobody asked a document for pixels.
    expect(refused).toEqual([]);
  } finally {
    await station.close();
    await archive.close();
  }
});
