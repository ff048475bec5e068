// A 3000 x 3000 x 16 bit picture: from the key to the first frame that shows it, and how smoothly its window is changed.
import type { Page } from 'playwright';
import { computedRadiography, writeDataSet } from '../data-sets.ts';
import type { StartedStation } from '../processes.ts';
import { most, quantile, type Figure } from './figures.ts';

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

export async function measurePictures(page: Page, station: StartedStation, folder: string): Promise<Figure[]> {
  const pictures = Number(process.env['BENCH_PICTURES'] ?? 6);
  const times: number[] = [];
  const files = await writeDataSet(folder, computedRadiography, pictures, 1);
  for (const [n, file] of files.entries()) {
    await station.ask('POST', '/imports', { paths: [file], wait: true });
    await page.keyboard.press('F2');
    await page.reload();
    const line = page.locator('tr[data-id]').filter({ hasText: new RegExp(`BENCH-${n + 1}\\b`) });
    await line.first().click();
    await page.waitForTimeout(500);
    times.push(await firstPicture(page));
  }
  const dragged = await drag(page);
  return [
    { what: 'first picture: median', value: quantile(times, 0.5), unit: 'ms', note: `${times.length} pictures` },
    { what: 'first picture: slowest', value: most(times), unit: 'ms' },
    { what: 'window changes while dragging', value: dragged, unit: 'a second', note: 'goal: at least 50' },
  ];
}
