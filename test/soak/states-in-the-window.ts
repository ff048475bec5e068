// Presentation states as a person sees them: the pixels of the window's own canvas, in Chromium, beside what DCMTK's dcmp2pgm
// draws by the state that the station makes of the same choices. `node test/soak/states-in-the-window.ts`; ends with 0 when no pixel is more than
// a level away.
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright';
import type { Exam } from '#contract/shapes/exam.ts';
import { startStation } from '../bench/processes.ts';
import { openWindow } from '../bench/window/browser.ts';
import {
  asMarkup,
  drawnByDcmtk,
  makeState,
  openFrameReader,
  type Chosen,
  type Grey,
} from '../peers/programs/states-drawn.ts';
import { temporaryFolder } from '../peers/programs/temporary-folder.ts';
import { corpusIsHere, objects } from '../station/dicom/corpus.ts';

const source = 'dicom/modality/ct/CT_small.dcm';
const states: readonly { readonly name: string; readonly chosen: Chosen }[] = [
  { name: 'window', chosen: { window: { center: 900, width: 700 } } },
  { name: 'inverted, a quarter turn', chosen: { inverted: true, rotation: 90 } },
  {
    name: 'window, flipped, three quarters',
    chosen: { window: { center: 60, width: 1800 }, flipped: true, rotation: 270 },
  },
];

/** The picture on the canvas at one device pixel for each of its own, without the ground around it. */
async function readCanvas(page: Page, { width, height }: Grey): Promise<Uint8Array> {
  await page.locator('canvas[data-drawn]').waitFor();
  await page.locator('canvas[data-drawn]').focus();
  await page.keyboard.press('1');
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  const found = await page.evaluate(
    ([across, down]) => {
      const canvas = document.querySelector('canvas[data-drawn]') as HTMLCanvasElement;
      const [left, top] = [Math.floor((canvas.width - across) / 2), Math.floor((canvas.height - down) / 2)];
      const { data } = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(left, top, across, down);
      return Array.from({ length: across * down }, (_, n) => data[n * 4] ?? 0);
    },
    [width, height] as const,
  );
  return Uint8Array.from(found);
}

const furthest = (a: Uint8Array, b: Uint8Array) =>
  a.length === b.length ? a.reduce((most, value, n) => Math.max(most, Math.abs(value - (b[n] ?? 0))), 0) : 255;

async function openExam(page: Page, examId: string): Promise<void> {
  await page.evaluate(() => (location.hash = '#/inbox'));
  await page.locator('canvas[data-drawn]').waitFor({ state: 'detached' });
  await page.evaluate((id) => (location.hash = `#/review/${id}`), examId);
  await page.locator('canvas[data-drawn]').waitFor();
}

async function compareInWindow(file: string): Promise<readonly (readonly [string, number])[]> {
  const folder = await temporaryFolder('states');
  const reader = openFrameReader();
  const station = await startStation({ station: { quietTimeSeconds: 5, dicomHost: '127.0.0.1' } });
  const rows: (readonly [string, number])[] = [];
  try {
    const drawn: Grey[] = [];
    for (const [n, { chosen }] of states.entries()) {
      const made = await makeState(reader, file, chosen, folder.path);
      if (typeof made === 'string') throw new Error(made);
      const grey = await drawnByDcmtk(file, made.file, path.join(folder.path, `${n}.pgm`));
      if (typeof grey === 'string') throw new Error(grey);
      drawn.push(grey);
    }
    copyFileSync(file, path.join(folder.path, 'source.dcm'));
    await station.ask('POST', '/imports', { paths: [folder.path], wait: true });
    const { exams } = await station.ask<{ exams: readonly { readonly id: string }[] }>(
      'GET',
      '/exams?filter=all&limit=5',
    );
    const examId = exams[0]?.id ?? '';
    const { series } = await station.ask<Exam>('GET', `/exams/${examId}`);
    const image = series.flatMap((one) => one.objects).find(({ drawable }) => drawable);
    if (image === undefined) throw new Error('no image');
    const { page, close } = await openWindow(station);
    try {
      await page.evaluate((id) => (location.hash = `#/review/${id}`), examId);
      await page.locator('canvas[data-drawn]').waitFor();
      for (const [n, { name, chosen }] of states.entries()) {
        const markup = asMarkup(chosen);
        await station.ask('PUT', `/objects/${image.id}/markup`, { markup });
        await page.reload();
        await openExam(page, examId);
        const grey = drawn[n] as Grey;
        rows.push([name, furthest(await readCanvas(page, grey), grey.values)]);
        await station.ask('PUT', `/objects/${image.id}/markup`, { markup: asMarkup({}) });
      }
    } finally {
      await close();
    }
  } finally {
    await station.close();
    await reader.close();
    await folder.close();
  }
  return rows;
}

const found = objects.find(({ path: name }) => name === source);
if (!corpusIsHere || found === undefined) console.warn('NOT VERIFIED: corpus absent');
else {
  const rows = await compareInWindow(found.file);
  console.log('| state | furthest from dcmp2pgm, of 255 |\n|---|---|');
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
  process.exitCode = rows.length === states.length && rows.every(([, most]) => most <= 1) ? 0 : 1;
}
