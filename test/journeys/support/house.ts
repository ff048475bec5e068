// What a journey begins with: a station with an archive (Orthanc) and a cache (storescp), and a browser that is in.
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test as base, type Locator, type Page } from '@playwright/test';
import {
  freePort,
  runDcmsend,
  startOrthanc,
  startStorescp,
  type Orthanc,
  type Peer,
} from '../../peers/programs/index.ts';
import { settingsFor, startStation, type RunningStation } from './station.ts';

const samples = path.resolve(import.meta.dirname, '..', '..', '..', 'resources/samples');

/** Files of a folder of the samples, in order. */
export async function sampleFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(path.join(samples, folder));
  return names.sort().map((name) => path.join(samples, folder, name));
}

/** Lets a device send sample images, as a device does, and waits until the station counts the exam as complete. */
export async function send(station: RunningStation, calling: string, folder: string): Promise<void> {
  await sendFiles(station, calling, await sampleFiles(folder));
}

/** The same with files of one's own. */
export async function sendFiles(station: RunningStation, calling: string, files: readonly string[]): Promise<void> {
  const before = await countImages(station);
  const ran = await runDcmsend({ port: station.dicomPort, called: station.aeTitle, calling }, files);
  if (ran.code !== 0) throw new Error(ran.output);
  // First that they are in the book: until then nothing of them is arriving.
  await expect.poll(() => countImages(station)).toBeGreaterThanOrEqual(before + files.length);
  await untilComplete(station);
}

/** Waits until no exam is arriving any more. */
export const untilComplete = (station: RunningStation): Promise<void> =>
  expect.poll(() => station.ask('/api/exams?filter=arriving&limit=1')).toMatchObject({ total: 0 });

async function countImages({ ask }: RunningStation): Promise<number> {
  const { exams } = (await ask('/api/exams?filter=all&limit=50')) as {
    readonly exams: readonly { readonly counts: { readonly objects: number } }[];
  };
  return exams.reduce((sum, { counts }) => sum + counts.objects, 0);
}

/** Opens the window with the station's token, as its printed address does. */
export async function enter(page: Page, station: RunningStation): Promise<void> {
  await page.goto(`${station.url}#token=${station.token}`);
  await expect(page.getByRole('contentinfo')).toContainText('Listening as');
}

/** The field of a form by its label, and nothing else that mentions it. */
export const field = (page: Page, label: string): Locator => page.getByLabel(label, { exact: true });

/** Tags of every instance that an archive holds, by keyword. */
export async function heldBy(archive: Orthanc): Promise<readonly Readonly<Record<string, string>>[]> {
  const ids = (await archive.get('/instances')) as readonly string[];
  return Promise.all(
    ids.map(async (id) => (await archive.get(`/instances/${id}/simplified-tags`)) as Readonly<Record<string, string>>),
  );
}

/** How many files a receiver has written. */
export const countFiles = async (peer: Peer): Promise<number> => (await readdir(peer.folder)).length;

type House = {
  readonly archive: Orthanc;
  readonly cache: Peer;
  readonly cachePort: number;
  /** A station that knows both. */
  readonly station: RunningStation;
};

export const test = base.extend<House>({
  archive: async ({}, use) => {
    const archive = await startOrthanc({ aet: 'ARCHIVE' });
    await use(archive);
    await archive.close();
  },
  cachePort: async ({}, use) => use(await freePort()),
  cache: async ({ cachePort }, use) => {
    const cache = await startStorescp([], { port: cachePort });
    await use(cache);
    await cache.close();
  },
  station: async ({ archive, cachePort }, use) => {
    const station = await startStation(
      settingsFor(
        { aeTitle: 'ARCHIVE', port: archive.dicomPort, confirm: 'query' },
        { aeTitle: 'CACHE', port: cachePort, confirm: 'none' },
      ),
    );
    await use(station);
    await station.close();
  },
});

export { expect };
