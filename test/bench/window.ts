// node test/bench/window.ts: how the window feels in Chromium without a GPU. An Inbox of 2,000 exams is scrolled from top
// to bottom, and a 3000 x 3000 x 16 bit picture is opened; figures are printed, nothing is judged.
import { chromium, type Page } from 'playwright';
import { computedRadiography, writeDataSet, type Kind } from './data-sets.ts';
import { removeFolder, startStation, temporaryFolder, type StartedStation } from './processes.ts';

const exams = 2_000;
const pictures = Number(process.env['BENCH_PICTURES'] ?? 6);
const small: Kind = { ...computedRadiography, name: 'SC', modality: 'OT', rows: 16, columns: 16 };

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

async function open(station: StartedStation): Promise<Page> {
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-quic', '--no-first-run'],
  });
  const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
  await page.goto(`${station.url}#token=${station.token}`);
  await page.getByRole('contentinfo').getByText('Listening as').waitFor();
  return page;
}

/** Scrolls the list by a screen a frame; gives the longest and the median frame, and the longest task. */
async function scroll(page: Page) {
  return page.evaluate(async () => {
    const scrolls = (node: Element) => /auto|scroll/.test(getComputedStyle(node).overflowY);
    const lists = [...document.querySelectorAll('*')].filter((node) => node.scrollHeight > 20_000 && scrolls(node));
    const list = lists[0] as HTMLElement;
    let longestTask = 0;
    const watch = new PerformanceObserver((entries) => {
      for (const entry of entries.getEntries()) longestTask = Math.max(longestTask, entry.duration);
    });
    watch.observe({ type: 'longtask' });
    const frames: number[] = [];
    let last = performance.now();
    for (let at = 0; at < list.scrollHeight; at += list.clientHeight / 2) {
      list.scrollTop = at;
      await new Promise((resolve) => requestAnimationFrame(resolve));
      frames.push(performance.now() - last);
      last = performance.now();
    }
    watch.disconnect();
    frames.sort((a, b) => a - b);
    return { frames: frames.length, medianMs: frames[frames.length >> 1], longestMs: frames.at(-1), longestTask };
  });
}

/** From the key to the first frame in which the canvas shows something. */
async function firstPicture(page: Page): Promise<number> {
  await page.evaluate(() => {
    const seen = (canvas: HTMLCanvasElement) => {
      const { width, height } = canvas;
      if (width < 2 || height < 2) return false;
      const middle = canvas.getContext('2d')?.getImageData(width / 2 - 8, height / 2 - 8, 16, 16).data ?? [];
      return [...middle].some((value, i) => i % 4 !== 3 && value > 0);
    };
    const look = (started: number) => {
      const canvas = document.querySelector<HTMLCanvasElement>('main canvas, canvas');
      if (canvas && seen(canvas)) document.body.dataset['firstPicture'] = String(performance.now() - started);
      else requestAnimationFrame(() => look(started));
    };
    delete document.body.dataset['firstPicture'];
    addEventListener('keydown', () => look(performance.now()), { once: true, capture: true });
  });
  await page.keyboard.press('Enter');
  const handle = await page.waitForFunction(() => document.body.dataset['firstPicture']);
  return Number(await handle.jsonValue());
}

/** Window changes a second while dragging, counted in frames that the browser painted. */
async function drag(page: Page): Promise<number> {
  const box = await page.locator('canvas').first().boundingBox();
  if (!box) return Number.NaN;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  const counted = page.evaluate(async () => {
    const canvas = document.querySelector('canvas') as HTMLCanvasElement;
    const started = performance.now();
    let painted = 0;
    let last = -1;
    while (performance.now() - started < 2_000) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const [red = 0] = canvas.getContext('2d')?.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data ?? [];
      if (red !== last) painted++;
      last = red;
    }
    return painted / 2;
  });
  for (let step = 0; step < 240; step++) await page.mouse.move(x + (step % 60) * 3, y + ((step * 7) % 90));
  const rate = await counted;
  await page.mouse.up();
  return rate;
}

const folder = await temporaryFolder();
const station = await startStation({ station: { quietTimeSeconds: 0, dicomHost: '127.0.0.1' } });
try {
  await writeDataSet(`${folder}/small`, small, exams, 1);
  await station.ask('POST', '/imports', { paths: [`${folder}/small`], wait: true });
  const page = await open(station);
  await page
    .getByText(`${exams}`.replace('2000', '2,000'))
    .or(page.getByText(String(exams)))
    .first()
    .waitFor();
  const scrolled = await scroll(page);
  console.log(`Inbox of ${exams} exams: ${JSON.stringify(scrolled)}`);
  await writeDataSet(`${folder}/large`, computedRadiography, pictures, 1);
  const times: number[] = [];
  for (let n = 0; n < pictures; n++) {
    const file = `${folder}/large/CR${String(n).padStart(5, '0')}.dcm`;
    await station.ask('POST', '/imports', { paths: [file], wait: true });
    await page.keyboard.press('F2');
    await page.reload();
    await page
      .getByText(`BENCH-${n + 1}`)
      .first()
      .waitFor();
    await page
      .getByText(`BENCH-${n + 1}`)
      .first()
      .click();
    await page.waitForTimeout(500);
    times.push(await firstPicture(page));
  }
  console.log(
    `First picture of 3000 x 3000 x 16 bit: first ${times[0]?.toFixed(0)} ms, median ${median(times).toFixed(0)} ms, ` +
      `slowest ${Math.max(...times).toFixed(0)} ms`,
  );
  console.log(`Window changes while dragging on it: ${(await drag(page)).toFixed(0)} a second`);
  await page.context().browser()?.close();
} finally {
  await station.close();
  await removeFolder(folder);
}
