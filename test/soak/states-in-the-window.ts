// Presentation states as a person sees them: the pixels of the window's own canvas, in Chromium, beside what DCMTK's dcmp2pgm
// draws by the same state. Once by what is chosen here, of which the station makes a state; once by states that were received and
// are looked at. `node test/soak/states-in-the-window.ts`; ends with 0 when no pixel is more than a level away.
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright';
import type { Exam } from '#contract/shapes/exam.ts';
import type { NewElement } from '#station/dicom/index.ts';
import { startStation, type StartedStation } from '../bench/processes.ts';
import { openWindow } from '../bench/window/browser.ts';
import { furthest, readCanvas } from '../peers/programs/canvas.ts';
import { run } from '../peers/programs/run.ts';
import {
  asMarkup,
  curved,
  drawnByDcmtk,
  makeState,
  openFrameReader,
  presentationTable,
  putTable,
  type Chosen,
  type Grey,
} from '../peers/programs/states-drawn.ts';
import { writeTabledPicture } from '../peers/programs/tabled-picture.ts';
import { temporaryFolder } from '../peers/programs/temporary-folder.ts';
import { corpusIsHere, objects } from '../station/dicom/corpus.ts';

type Case = {
  readonly name: string;
  /** Of the corpus; without it a picture that is made for the purpose. */
  readonly source?: string;
  readonly more?: readonly NewElement[];
  readonly chosen: Chosen;
  /** Arguments of dcmodify by which the state becomes another one than this station makes. */
  readonly changed?: readonly string[];
};

const ct = 'dicom/modality/ct/CT_small.dcm';
const inverse: NewElement[] = [{ keyword: 'PhotometricInterpretation', value: 'MONOCHROME1' }];
const table = { center: 1024, width: 4096, lut: 1 };
const lessAndLess = curved(4096, 16, (part) => part ** 0.7);
const ownTable: NewElement[] = [
  { keyword: 'LUTDescriptor', vr: 'US', value: [4096, 0, 16] },
  { keyword: 'ModalityLUTType', value: 'US' },
  { keyword: 'LUTData', vr: 'OW', value: Buffer.from(Uint16Array.from(curved(4096, 16, (part) => 1 - part)).buffer) },
];
const noScale = ['RescaleIntercept', 'RescaleSlope'].map((keyword) => ({ keyword, value: '' }));
const cases: readonly Case[] = [
  { name: 'window', source: ct, chosen: { window: { center: 900, width: 700 } } },
  { name: 'inverted, a quarter turn', source: ct, chosen: { inverted: true, rotation: 90 } },
  {
    name: 'window, flipped, three quarters, inverted',
    source: ct,
    chosen: { window: { center: 60, width: 1800 }, flipped: true, rotation: 270, inverted: true },
  },
  { name: 'second table', chosen: { window: table } },
  { name: 'second table, half a turn, inverted', chosen: { window: table, rotation: 180, inverted: true } },
  { name: 'table, least value white', more: inverse, chosen: { window: { ...table, lut: 0 } } },
  {
    name: 'window, least value white, inverted',
    more: inverse,
    chosen: { window: { center: 0, width: 900 }, inverted: true },
  },
  {
    name: 'window in a scale of its own',
    chosen: { window: { center: 500, width: 800 } },
    changed: ['-m', 'RescaleSlope=0.5', '-m', 'RescaleIntercept=-300'],
  },
  {
    name: 'presentation table, a quarter turn',
    chosen: { window: { center: 500, width: 2400 }, rotation: 90 },
    changed: presentationTable,
  },
  {
    name: 'modality table in the place of a rescale',
    chosen: { window: { center: 30_000, width: 50_000 } },
    changed: [
      ...['-e', 'RescaleSlope', '-e', 'RescaleIntercept', '-e', 'RescaleType'],
      ...['-i', 'ModalityLUTSequence[0].ModalityLUTType=US'],
      ...putTable('ModalityLUTSequence[0]', 0, 16, lessAndLess),
    ],
  },
  {
    name: 'modality table other than that of the picture, and a presentation table',
    more: [...noScale, { keyword: 'ModalityLUTSequence', items: [ownTable] }],
    chosen: { window: { center: 30_000, width: 50_000 }, flipped: true },
    changed: [
      ...['-e', 'ModalityLUTSequence', '-i', 'ModalityLUTSequence[0].ModalityLUTType=US'],
      ...putTable('ModalityLUTSequence[0]', 0, 16, lessAndLess),
      ...presentationTable,
    ],
  },
  // Another function than LINEAR is nothing that dcmp2pgm draws by; the judge in Python does.
];

async function openExam(page: Page, examId: string): Promise<void> {
  await page.evaluate(() => (location.hash = '#/inbox'));
  await page.locator('canvas').first().waitFor({ state: 'detached' });
  await page.evaluate((id) => (location.hash = `#/review/${id}`), examId);
  await page.locator('canvas[data-drawn]').waitFor();
}

/** What the canvas says when it is painted by a choice of this station. */
function saidOf({ window, inverted, rotation, flipped }: Chosen): RegExp {
  const tones = window ? (window.lut === undefined ? `${window.center}/${window.width}` : `table ${window.lut}`) : '.*';
  return new RegExp(
    `^${tones}${inverted ? ' inverted' : ''}${rotation ? ` ${rotation}` : ''}${flipped ? ' flipped' : ''}$`,
  );
}

type Prepared = Case & { readonly file: string; readonly state: string; readonly grey: Grey };

async function prepare(folder: string): Promise<Prepared[]> {
  const reader = openFrameReader();
  try {
    const prepared: Prepared[] = [];
    for (const [n, one] of cases.entries()) {
      const file = one.source === undefined ? writeTabledPicture(folder, one.more) : path.join(folder, `${n}.dcm`);
      const found = objects.find(({ path: name }) => name === one.source);
      if (found) {
        copyFileSync(found.file, file);
        await run('dcmodify', ['-nb', '-gin', '-gst', '-gse', file]);
      }
      const made = await makeState(reader, file, one.chosen, folder);
      if (typeof made === 'string') throw new Error(made);
      if (one.changed) await run('dcmodify', ['-nb', ...one.changed, made.file]);
      const grey = await drawnByDcmtk(file, made.file, path.join(folder, `${n}.pgm`));
      if (typeof grey === 'string') throw new Error(`${one.name}: ${grey}`);
      prepared.push({ ...one, file, state: made.file, grey });
    }
    return prepared;
  } finally {
    await reader.close();
  }
}

async function imported(station: StartedStation, paths: readonly string[]) {
  const ids = async () =>
    (await station.ask<{ exams: readonly { readonly id: string }[] }>('GET', '/exams?filter=all&limit=100')).exams;
  const before = new Set((await ids()).map(({ id }) => id));
  await station.ask('POST', '/imports', { paths, wait: true });
  const examId = (await ids()).find(({ id }) => !before.has(id))?.id ?? '';
  const { series } = await station.ask<Exam>('GET', `/exams/${examId}`);
  const image = series.flatMap((one) => one.objects).find(({ drawable }) => drawable);
  if (image === undefined) throw new Error('no image');
  return { examId, imageId: image.id };
}

async function compare(): Promise<readonly (readonly [string, string, number])[]> {
  const folder = await temporaryFolder('states');
  const station = await startStation({ station: { quietTimeSeconds: 5, dicomHost: '127.0.0.1' } });
  const rows: (readonly [string, string, number])[] = [];
  try {
    const prepared = await prepare(folder.path);
    const { page, close } = await openWindow(station);
    try {
      for (const { name, file, state, grey, chosen, changed } of prepared) {
        const { examId, imageId } = await imported(station, [file, state]);
        await openExam(page, examId);
        await page.keyboard.press('End');
        await page.getByRole('button', { name: 'Show its image this way' }).waitFor();
        await page.keyboard.press('Alt+s');
        rows.push([name, 'received', furthest(await readCanvas(page, grey, /^by a state /), grey.values)]);
        await page.keyboard.press('Alt+s');
        if (changed) continue;
        await station.ask('PUT', `/objects/${imageId}/markup`, { markup: asMarkup(chosen) });
        rows.push([name, 'chosen', furthest(await readCanvas(page, grey, saidOf(chosen)), grey.values)]);
      }
    } finally {
      await close();
    }
  } finally {
    await station.close();
    await folder.close();
  }
  return rows;
}

if (!corpusIsHere) console.warn('NOT VERIFIED: corpus absent');
else {
  const rows = await compare();
  console.log('| state | how | furthest from dcmp2pgm, of 255 |\n|---|---|---|');
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
  const expected = cases.length + cases.filter(({ changed }) => changed === undefined).length;
  process.exitCode = rows.length === expected && rows.every(([, , most]) => most <= 1) ? 0 : 1;
}
