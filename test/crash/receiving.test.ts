// The station is killed at random moments while devices send: while it starts, while bytes come in, between the sync and the
// answer. Whatever was acknowledged is there afterwards, byte for byte and once.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { temporaryFolder, type TemporaryFolder } from '../peers/programs/temporary-folder.ts';
import { findBreaches, inWords } from '../faults/invariants.ts';
import { liveAndDie } from './lives.ts';
import { newSenderLog, sendUntilEnd } from './sender.ts';
import { startStation } from './station-process.ts';

/** More by hand: SAFELIGHT_KILLS=500 npx vitest run test/crash/receiving.test.ts. The figures: test/soak/kills.ts. */
const kills = Number(process.env['SAFELIGHT_KILLS'] ?? 24);

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder('crash');
});
afterEach(() => folder.close());

it(`what was acknowledged survives ${kills} kills of the station`, { timeout: 60_000 + kills * 10_000 }, async () => {
  const log = newSenderLog();
  const starts: number[] = [];
  for (let number = 0; number < kills; number++) {
    const tookMs = await liveAndDie(folder.path, log, number);
    if (tookMs !== undefined) starts.push(tookMs);
  }
  const last = startStation(folder.path);
  expect(await last.ready, last.log()).toBeDefined();
  expect(await last.end(), last.log()).toBe(0);
  const evidence = { home: folder.path, acknowledged: log.acknowledged, ended: 'orderly' } as const;
  expect(inWords(await findBreaches(evidence))).toEqual([]);
  expect(log.acknowledged.length).toBeGreaterThan(kills);
  expect(log.refused).toEqual([]);
  const slowest = Math.round(Math.max(...starts));
  console.warn(
    `${kills} kills: ${log.acknowledged.length} acknowledged, none lost; ${log.unanswered.length} unanswered; slowest start ${slowest} ms`,
  );
});

it('a second station on the same home ends at once, and the first goes on', async () => {
  const first = startStation(folder.path);
  const ready = await first.ready;
  if (!ready) throw new Error(first.log());
  const second = startStation(folder.path);
  expect(await second.ready).toBeUndefined();
  expect(second.log()).toContain('home-in-use');
  const log = newSenderLog();
  const over = new AbortController();
  const sending = sendUntilEnd({ port: ready.dicomPort, aeTitle: ready.aeTitle }, log, over.signal);
  await expect.poll(() => log.acknowledged.length).toBeGreaterThan(3);
  over.abort();
  await sending;
  expect(await first.end()).toBe(0);
});
