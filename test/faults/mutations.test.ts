// What is broken in any way is refused or kept, and never ends the station. Few of each kind here; test/soak/mutations.ts throws
// a hundred thousand.
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPart10, readerOfBuffer, readHeader } from '#station/dicom/index.ts';
import { isProblem } from '#station/kit/problem.ts';
import { silentLog } from '#station/kit/log.ts';
import { runHeadless, type RunningStation } from '../../src-main/headless/run.ts';
import { runEchoscu } from '../peers/programs/index.ts';
import { temporaryFolder, type TemporaryFolder } from '../peers/programs/temporary-folder.ts';
import {
  importMutants,
  lookAt,
  readAll,
  sampleFiles,
  throwConversation,
  withoutLargeOnes,
  writeMutants,
} from './mutants.ts';
import { mutateFile } from './mutate-files.ts';
import { associateRequest, mutateConversation, toBytes } from './mutate-pdus.ts';
import { randomFrom } from './random.ts';

let folder: TemporaryFolder;
let station: RunningStation;
let samples: Buffer[];

beforeAll(async () => {
  folder = await temporaryFolder('mutants');
  samples = withoutLargeOnes(await readAll(await sampleFiles()));
  station = await runHeadless({
    home: path.join(folder.path, 'home'),
    settings: { station: { dicomHost: '127.0.0.1', quietTimeSeconds: 0 } },
    dicomPort: 0,
    httpPort: 0,
    pagesFolder: folder.path,
    log: silentLog,
  });
});

afterAll(async () => {
  await station.close();
  await folder.close();
});

test('the same seed breaks the same thing', () => {
  const sample = samples[0] ?? Buffer.alloc(0);
  expect(mutateFile(sample, randomFrom(7)).equals(mutateFile(sample, randomFrom(7)))).toBe(true);
  expect(mutateFile(sample, randomFrom(7)).equals(mutateFile(sample, randomFrom(8)))).toBe(false);
  const talk = [associateRequest('A', 'B', [])];
  expect(mutateConversation(talk, randomFrom(7)).equals(mutateConversation(talk, randomFrom(7)))).toBe(true);
  expect(toBytes(talk[0] ?? Buffer.alloc(0)).readUInt32BE(2) + 6).toBe(toBytes(talk[0] ?? Buffer.alloc(0)).length);
});

test('300 broken conversations leave the listener as it was', async () => {
  for (let seed = 0; seed < 300; seed += 10) {
    await Promise.all(
      Array.from({ length: 10 }, (_, n) => throwConversation(station.ready.dicomPort, 1_000_000 + seed + n)),
    );
  }
  const echo = await runEchoscu({ port: station.ready.dicomPort, called: station.ready.aeTitle });
  expect(echo.code).toBe(0);
});

test('1,500 broken files are read or refused with a code', async () => {
  for (let seed = 0; seed < 1500; seed++) {
    const random = randomFrom(seed);
    const bytes = mutateFile(random.pick(samples) ?? Buffer.alloc(0), random);
    try {
      await readHeader(await openPart10(readerOfBuffer(bytes), { name: 'mutant' }));
    } catch (error) {
      if (!isProblem(error)) throw new Error(`seed ${seed}`, { cause: error });
    }
  }
});

test('200 broken files are imported or refused, and what was kept is shown or said not to be drawable', async () => {
  const mutants = await writeMutants(folder.path, samples, { seed: 5_000_000, count: 200 });
  const taken = await importMutants(station.ready, mutants);
  expect(taken.odd).toBe(0);
  expect(taken.kept + taken.alreadyHere + taken.skipped + taken.refused).toBe(200);
  expect(taken.kept).toBeGreaterThan(10);
  expect(taken.refused).toBeGreaterThan(10);
  for (const objectId of taken.objectIds.slice(0, 60)) await lookAt(station.ready, objectId);
});
