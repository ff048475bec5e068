// How long a page of figures takes, and how long it keeps others waiting: 100,000 judged images, all of them in the span or
// a twelfth of them. `node test/bench/statistics.ts [images]`.
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { statisticsSettingShape } from '#contract/shapes/statistics.ts';
import { systemClock } from '#station/kit/clock.ts';
import { openBook } from '#station/records/index.ts';
import { openStatistics } from '#station/statistics/index.ts';
import { temporaryFolder } from '../peers/programs/index.ts';
import { writeHistory } from '../station/statistics/histories.ts';

const images = Number(process.argv[2] ?? 100_000);
const tries = 15;
const folder = await temporaryFolder('statistics');
const book = openBook(path.join(folder.path, 'book.sqlite'));
writeHistory(book, { seed: 1, images, firstDay: '2026-01-01', days: 360, judged: 100 });
const room = openStatistics({
  ...{ book, clock: systemClock, deviceAt: () => undefined },
  settings: () => statisticsSettingShape.parse({}),
});

const quantile = (values: readonly number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? NaN;
const ms = (value: number) => `${value.toFixed(0)} ms`.padStart(8);

console.log(`${images} images, all judged, ${tries} pages each: median, 95 %, longest wait of the loop`);
for (const [name, from, to] of [
  ['a year', '2026-01-01', '2026-12-31'],
  ['a month', '2026-06-01', '2026-06-30'],
] as const) {
  const took: number[] = [];
  const loop = monitorEventLoopDelay({ resolution: 5 });
  loop.enable();
  for (let n = 0; n < tries; n++) {
    const began = performance.now();
    await room.read({ span: 'from-to', from, to });
    took.push(performance.now() - began);
  }
  loop.disable();
  console.log(`${name.padEnd(10)} ${ms(quantile(took, 0.5))} ${ms(quantile(took, 0.95))} ${ms(loop.max / 1e6 - 5)}`);
}
const began = performance.now();
const page = room.images({ span: 'from-to', from: '2026-01-01', to: '2026-12-31', limit: 100, offset: 0 });
console.log(`images     ${ms(performance.now() - began)} for the first 100 of ${page.total} rejected or repeated ones`);
await book.close();
await folder.close();
