// Room on the volume: intake stops in time, and the reserve stays.
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { openStore, type Volume } from '#station/2-store/index.ts';
import { levelOf, redFloorBytes, SpaceWatch, usualLimits } from '#station/2-store/space.ts';
import { systemClock } from '#station/kit/clock.ts';
import { silentLog } from '#station/kit/log.ts';
import { temporaryFolder } from '../../peers/programs/temporary-folder.ts';

const gb = 1e9;
const mb = 1e6;
const volume = (freeBytes: number, totalBytes: number, freeInodes = 0, totalInodes = 0): Volume => ({
  freeBytes,
  totalBytes,
  freeInodes,
  totalInodes,
});

it.each<[string, Volume, 'well' | 'amber' | 'red']>([
  ['half of a large disk', volume(500 * gb, 1000 * gb), 'well'],
  ['a seventh of a large disk', volume(140 * gb, 1000 * gb), 'amber'],
  ['a thirtieth of a large disk', volume(33 * gb, 1000 * gb), 'red'],
  ['four gigabytes of a small disk', volume(4 * gb, 60 * gb), 'red'],
  ['half of a tiny disk', volume(2 * gb, 4 * gb), 'well'],
  ['a tenth of a tiny disk', volume(0.4 * gb, 4 * gb), 'red'],
  ['room, and no names left', volume(500 * gb, 1000 * gb, 100, 10_000), 'red'],
])('is judged: %s', (_name, found, level) => {
  expect(levelOf(found, usualLimits)).toBe(level);
});

it('never lets the red floor sink below the reserve', () => {
  expect(redFloorBytes(500 * mb, usualLimits)).toBe(usualLimits.reserveBytes);
});

it('counts what is promised to objects that are still coming in', () => {
  const watch = new SpaceWatch(() => volume(60 * gb, 1000 * gb), usualLimits, systemClock);
  watch.promise(4 * gb);
  watch.promise(4 * gb);
  expect(() => watch.promise(4 * gb)).toThrow('no-room');
  watch.release(4 * gb);
  watch.promise(4 * gb);
});

it('lets what has begun go on below the red level, and not into the reserve', () => {
  const watch = new SpaceWatch(() => volume(300 * 2 ** 20, 100 * gb), usualLimits, systemClock);
  expect(() => watch.promise(1)).toThrow('no-room');
  watch.spend(20 * 2 ** 20);
  watch.spend(20 * 2 ** 20);
  expect(() => watch.spend(20 * 2 ** 20)).toThrow('no-room');
});

it('takes objects again as soon as there is room', async () => {
  const folder = await temporaryFolder('space');
  let free = 10 * gb;
  let nowMs = 0;
  const clock = { ...systemClock, monotonicMs: () => nowMs };
  const measure = () => volume(free, 100 * gb);
  const store = await openStore({ home: folder.path, clock, log: silentLog, measure });
  free = 1 * gb;
  nowMs = 1001;
  expect(() => store.begin({ dataSetOffset: 0 })).toThrow('no-room');
  expect(store.space().state).toBe('red');
  free = 50 * gb;
  nowMs = 2002;
  const file = store.begin({ dataSetOffset: 0 });
  await file.write([randomBytes(100_000)]);
  await file.seal();
  expect(readdirSync(path.join(folder.path, 'incoming'))).toEqual([]);
  await store.close();
  await folder.close();
});
