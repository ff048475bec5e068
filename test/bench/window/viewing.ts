// Looking at long exams: the first picture of a stack, scrolling through it by wheel, and memory of an exam with
// thousands of images.
import type { Page } from 'playwright';
import { computedRadiography, computedTomography, writeDataSet, type Kind } from '../data-sets.ts';
import type { StartedStation } from '../processes.ts';
import { most, quantile, type Figure } from './figures.ts';

/** Opens the exam of a patient by the address and gives the milliseconds until its first picture is drawn. */
async function openExam(page: Page, examId: string): Promise<number> {
  await page.evaluate(() => (location.hash = '#/inbox'));
  await page.locator('canvas[data-drawn]').waitFor({ state: 'detached' });
  return page.evaluate(async (id) => {
    const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const started = performance.now();
    history.pushState(null, '', `#/review/${id}`);
    dispatchEvent(new PopStateEvent('popstate'));
    while (document.querySelector(`canvas[data-drawn][data-owner="${id}"]`) === null) await nextFrame();
    return performance.now() - started;
  }, examId);
}

/**
 * Turns the wheel so many times a second, whatever the window does, and counts the different pictures that stood on the
 * screen at some frame.
 */
const scroll = (page: Page, images: number, stepsPerSecond: number) =>
  page.evaluate(
    async ({ count, rate }) => {
      const canvas = document.querySelector('canvas[data-drawn]') as HTMLCanvasElement;
      const nextFrame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
      const gaps: number[] = [];
      const seen = new Set<string>();
      const started = performance.now();
      let [last, sent] = [started, 0];
      // Not from a frame of the screen, in which a real wheel never turns either.
      const turning = setInterval(() => {
        if (sent >= count - 1 || sent >= ((performance.now() - started) / 1000) * rate) return;
        canvas.dispatchEvent(new WheelEvent('wheel', { deltaY: 100, bubbles: true, cancelable: true }));
        sent += 1;
      }, 4);
      while (sent < count - 1 || performance.now() - last < 2000) {
        const { drawn } = canvas.dataset;
        const now = performance.now();
        if (drawn !== undefined && !seen.has(drawn)) {
          seen.add(drawn);
          gaps.push(now - last);
          last = now;
        }
        await nextFrame();
      }
      clearInterval(turning);
      return { gaps: gaps.slice(1), seen: seen.size, seconds: (last - started) / 1000 };
    },
    { count: images, rate: stepsPerSecond },
  );

async function dragWindow(page: Page): Promise<number> {
  const box = await page.locator('canvas[data-drawn]').boundingBox();
  if (box === null) return Number.NaN;
  return page.evaluate(
    async ({ x, y }) => {
      const canvas = document.querySelector('canvas[data-drawn]') as HTMLCanvasElement;
      const nextFrame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
      const send = (type: string, n: number) =>
        canvas.dispatchEvent(
          new PointerEvent(type, {
            pointerId: 1,
            button: 0,
            bubbles: true,
            clientX: x + (n % 120),
            clientY: y + (n % 70),
          }),
        );
      canvas.setPointerCapture = () => undefined;
      const { putImageData } = CanvasRenderingContext2D.prototype;
      let painted = 0;
      CanvasRenderingContext2D.prototype.putImageData = function count(
        this: CanvasRenderingContext2D,
        ...given: unknown[]
      ) {
        painted += 1;
        return Reflect.apply(putImageData, this, given);
      };
      send('pointerdown', 0);
      const started = performance.now();
      for (let n = 1; performance.now() - started < 3000; n += 1) {
        send('pointermove', n);
        await nextFrame();
      }
      send('pointerup', 0);
      CanvasRenderingContext2D.prototype.putImageData = putImageData;
      return painted / 3;
    },
    { x: box.x + box.width / 2, y: box.y + box.height / 2 },
  );
}

async function memoryMb(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize, backingStorageSize = 0 } = (await session.send('Runtime.getHeapUsage')) as {
    usedSize: number;
    backingStorageSize?: number;
  };
  await session.detach();
  return (usedSize + backingStorageSize) / 1e6;
}

export async function measureViewing(page: Page, station: StartedStation, folder: string): Promise<Figure[]> {
  const sets: readonly { readonly name: string; readonly kind: Kind; readonly images: number }[] = [
    { name: 'VCT', kind: { ...computedTomography, name: 'V' }, images: 500 },
    { name: 'WCT', kind: { ...computedTomography, name: 'W', rows: 128, columns: 128 }, images: 2000 },
    { name: 'XCR', kind: { ...computedRadiography, name: 'X' }, images: 4 },
  ];
  const ids: string[] = [];
  for (const { name, kind, images } of sets) {
    await writeDataSet(`${folder}/${name}`, kind, images, images);
    await station.ask('POST', '/imports', { paths: [`${folder}/${name}`], wait: true });
    const listed = await station.ask<{ exams: { id: string; counts: { objects: number } }[] }>(
      'GET',
      '/exams?filter=all&limit=50',
    );
    ids.push(listed.exams.find(({ counts }) => counts.objects === images)?.id ?? '');
  }
  const [tomography = '', long = '', large = ''] = ids;
  const firsts: Record<string, number[]> = { [tomography]: [], [large]: [], [long]: [] };
  for (let n = 0; n < 7; n += 1) {
    // Nothing of the round before is in the cache of the browser or of the window.
    const session = await page.context().newCDPSession(page);
    await session.send('Network.clearBrowserCache');
    await session.detach();
    for (const id of ids) firsts[id]?.push(await openExam(page, id));
  }
  const figures: Figure[] = [];
  const goals: Readonly<Record<string, number>> = { [tomography]: 500, [large]: 1500, [long]: 2000 };
  const names: Readonly<Record<string, string>> = {
    [tomography]: 'first picture, CT of 500',
    [large]: 'first picture, 3000 x 3000 x 16',
    [long]: 'first picture, exam of 2000 images',
  };
  for (const id of ids) {
    const times = firsts[id] ?? [];
    figures.push(
      { what: `${names[id]}: median`, value: quantile(times, 0.5), unit: 'ms', goal: goals[id] ?? 0 },
      {
        what: `${names[id]}: 95 %`,
        value: quantile(times, 0.95),
        unit: 'ms',
        note: `slowest ${most(times).toFixed(0)}`,
      },
    );
  }
  for (const stepsPerSecond of [32, 45]) {
    const session = await page.context().newCDPSession(page);
    await session.send('Network.clearBrowserCache');
    await session.detach();
    await page.reload();
    await openExam(page, tomography);
    const { gaps, seen, seconds } = await scroll(page, 500, stepsPerSecond);
    const asked = `scroll through CT, the wheel turned ${stepsPerSecond} times a second`;
    figures.push(
      { what: asked, value: seen / seconds, unit: 'images/s', note: `${seen} of 500 seen, goal >= 30` },
      { what: `${asked}: from image to image, median`, value: quantile(gaps, 0.5), unit: 'ms' },
      { what: `${asked}: 95 %`, value: quantile(gaps, 0.95), unit: 'ms' },
    );
  }
  figures.push({
    what: 'memory after 500 CT images',
    value: await memoryMb(page),
    unit: 'MB',
    note: 'pictures bounded to 400',
  });
  await openExam(page, large);
  figures.push({
    what: 'window drag on 3000 x 3000',
    value: await dragWindow(page),
    unit: 'frames/s',
    note: 'goal >= 20',
  });
  await openExam(page, long);
  const buttons = await page.locator('nav li button').count();
  figures.push({
    what: 'memory in the exam of 2000',
    value: await memoryMb(page),
    unit: 'MB',
    note: `${buttons} thumbnails drawn`,
  });
  return figures;
}
