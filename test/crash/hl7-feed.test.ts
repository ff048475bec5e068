// The station is killed while the hospital speaks: what was acknowledged is in the book afterwards.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { freePort } from '../peers/programs/index.ts';
import { temporaryFolder, type TemporaryFolder } from '../peers/programs/temporary-folder.ts';
import { findLost, newHospital, speakUntilEnd, writeFeedSettings } from './hl7-sender.ts';
import { startStation } from './station-process.ts';

/** The figures: test/soak/hl7-feed.ts. */
const kills = 2;

let folder: TemporaryFolder;
beforeEach(async () => void (folder = await temporaryFolder('hl7-crash')));
afterEach(() => folder.close());

it(`what the hospital heard AA for survives ${kills} kills of the station`, async () => {
  const port = await freePort();
  const settings = await writeFeedSettings(folder.path, port);
  const hospital = newHospital();
  for (let life = 0; life < kills; life++) {
    const station = startStation(folder.path, settings);
    expect(await station.ready, station.log()).toBeDefined();
    const over = new AbortController();
    const speaking = [1, 2, 3].map(() => speakUntilEnd(port, hospital, over.signal));
    const wanted = hospital.acknowledged.length + 40 + life * 17;
    await expect.poll(() => hospital.acknowledged.length).toBeGreaterThan(wanted);
    await station.kill();
    over.abort();
    await Promise.all(speaking);
  }
  const last = startStation(folder.path, settings);
  expect(await last.ready, last.log()).toBeDefined();
  expect(await last.end(), last.log()).toBe(0);
  expect(findLost(folder.path, hospital)).toEqual([]);
  expect(hospital.refused).toBe(0);
});
