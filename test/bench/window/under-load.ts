// The Inbox in use while eight associations store at full speed: the senders, the station and the browser are processes of
// their own. Arrow Down is pressed again and again; then nothing is touched and the selected row must stay where it is.
import { spawn, type ChildProcess } from 'node:child_process';
import type { Page } from 'playwright';
import { computedTomography, writeDataSet } from '../data-sets.ts';
import { costOf, ended, type StartedStation } from '../processes.ts';
import { most, quantile, type Figure } from './figures.ts';
import { longest, traceMainThread, type Task } from './trace.ts';

const associations = 8;
const imagesAnExam = 20;
const pauseMs = 200;

type Press = { readonly at: number; readonly ms: number };

/** Each invents new exams without end from one image of 512 x 512 x 16 bit, until it is ended. */
async function startSenders(folder: string, port: number): Promise<ChildProcess[]> {
  const files = await writeDataSet(folder, computedTomography, associations, 1);
  const invent = ['+II', '+IR', String(imagesAnExam), '+IS', '1', '+IP', '1', '--repeat', '1000000'];
  const words = ['-aec', 'SAFELIGHT', '--max-send-pdu', '131072', ...invent, '127.0.0.1', String(port)];
  const env = { ...process.env, TCP_NODELAY: '1' };
  return files.map((file) => spawn('storescu', [...words, file], { env, stdio: 'ignore' }));
}

async function endSenders(senders: readonly ChildProcess[]): Promise<void> {
  for (const sender of senders) sender.kill('SIGKILL');
  await Promise.all(senders.map(ended));
}

/** Presses the key for so long; gives each press with the time until its frame was on screen (Event Timing). */
async function pressKeys(page: Page, seconds: number): Promise<Press[]> {
  await page.evaluate(() => {
    const presses: { at: number; ms: number }[] = [];
    Object.assign(window, { presses });
    new PerformanceObserver((list) => {
      for (const { name, startTime, duration } of list.getEntries()) {
        if (name === 'keydown') presses.push({ at: startTime, ms: duration });
      }
    }).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit);
  });
  const end = performance.now() + seconds * 1000;
  let pressed = 0;
  while (performance.now() < end) {
    await page.keyboard.press('ArrowDown');
    pressed += 1;
    await page.waitForTimeout(pauseMs);
  }
  await page.waitForTimeout(500);
  const slow = await page.evaluate(() => (window as unknown as { presses: Press[] }).presses);
  // Those below the least that the browser reports were on screen within a frame.
  return [...slow, ...Array.from({ length: Math.max(0, pressed - slow.length) }, () => ({ at: -1, ms: 8 }))];
}

/** How often the selected row moved, or another was selected, although nobody touched anything; and frames meanwhile. */
async function watchRest(page: Page, seconds: number) {
  return page.evaluate(async (ms) => {
    const nextFrame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
    const frames: number[] = [];
    const where = () => {
      const row = document.querySelector('tr[aria-selected="true"]');
      return row === null ? 'none' : `${row.getAttribute('data-id')} ${Math.round(row.getBoundingClientRect().top)}`;
    };
    let jumps = 0;
    let last = await nextFrame();
    let stood = where();
    for (const end = last + ms; last < end;) {
      const now = await nextFrame();
      frames.push(now - last);
      last = now;
      // As it is painted: after the callbacks of this frame.
      await new Promise<void>((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve();
        port2.postMessage(null);
      });
      const stands = where();
      if (stands !== stood) jumps += 1;
      stood = stands;
    }
    return { jumps, frames };
  }, seconds * 1000);
}

const cpuDuring = (tasks: readonly Task[], { at, ms }: Press) =>
  tasks.filter((task) => task.at + task.wallMs > at && task.at < at + ms).reduce((sum, { cpuMs }) => sum + cpuMs, 0);

export async function measureUnderLoad(page: Page, station: StartedStation, folder: string): Promise<Figure[]> {
  const seconds = Number(process.env['BENCH_SECONDS'] ?? 12);
  const stored = async () => (await station.ask<{ listener: { receivedToday: number } }>('GET', '/health')).listener;
  const senders = await startSenders(folder, station.dicomPort);
  try {
    await page.waitForTimeout(2_000);
    await page.keyboard.press('Home');
    const before = { cost: costOf(station.pid), stored: await stored(), at: performance.now() };
    await station.beginLag();
    const { value, tasks } = await traceMainThread(page, async () => {
      const presses = await pressKeys(page, seconds);
      return { presses, rest: await watchRest(page, seconds / 2) };
    });
    const lag = await station.readLag();
    const took = (performance.now() - before.at) / 1000;
    const rate = ((await stored()).receivedToday - before.stored.receivedToday) / took;
    const cores = (costOf(station.pid).cpuSeconds - before.cost.cpuSeconds) / took;
    const { presses, rest } = value;
    const waits = presses.map(({ ms }) => ms);
    const cpu = presses.filter(({ at }) => at >= 0).map((press) => cpuDuring(tasks, press));
    const busy = tasks.reduce((sum, { cpuMs }) => sum + (Number.isNaN(cpuMs) ? 0 : cpuMs), 0) / 10 / took;
    return [
      { what: 'stored meanwhile', value: rate, unit: 'objects/s', note: `station ${cores.toFixed(2)} cores` },
      { what: 'longest task, CPU', value: longest(tasks, 'cpuMs'), unit: 'ms', goal: 100 },
      { what: 'longest task, wall', value: longest(tasks, 'wallMs'), unit: 'ms', goal: 100 },
      { what: 'key press to paint, median', value: quantile(waits, 0.5), unit: 'ms', note: `${waits.length} presses` },
      { what: 'key press to paint, p95', value: quantile(waits, 0.95), unit: 'ms', goal: 100 },
      { what: 'key press to paint, slowest', value: most(waits), unit: 'ms', goal: 100 },
      { what: 'main thread between key press and paint, CPU, most', value: most(cpu), unit: 'ms', goal: 100 },
      { what: 'main thread of the window, CPU', value: busy, unit: '%' },
      { what: 'median frame', value: quantile(rest.frames, 0.5), unit: 'ms' },
      { what: 'frame p99', value: quantile(rest.frames, 0.99), unit: 'ms', note: `${rest.frames.length} frames` },
      { what: 'selected row moved untouched', value: rest.jumps, unit: 'times', goal: 0 },
      { what: 'event loop of the station late, p99', value: lag.p99, unit: 'ms', goal: 100 },
      { what: 'event loop of the station late, most', value: lag.max, unit: 'ms' },
    ];
  } finally {
    await endSenders(senders);
  }
}
