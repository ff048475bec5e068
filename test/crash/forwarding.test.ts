// The station is killed at random moments while devices send, exams are approved, and two real archives are sent to. In
// the end both archives hold every acknowledged object once, under the right patient, and nothing is left undone.
import { randomInt } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  freePort,
  startOrthanc,
  temporaryFolder,
  type Orthanc,
  type TemporaryFolder,
} from '../peers/programs/index.ts';
import { findBreaches, inWords } from '../faults/invariants.ts';
import { holdingsOf } from '../faults/invariants-orthanc.ts';
import { until } from '../support/until.ts';
import { newSenderLog, sendUntilEnd } from './sender.ts';
import { startStation, type Ready } from './station-process.ts';

/** More by hand: SAFELIGHT_KILLS=500 npx vitest run test/crash/forwarding.test.ts */
const kills = Number(process.env['SAFELIGHT_KILLS'] ?? 20);
const devices = 2;
const PatientID = 'CRASH-0815';

let folder: TemporaryFolder;
let archives: readonly Orthanc[] = [];
let dicomPort: number;
let settings: string;

beforeEach(async () => {
  folder = await temporaryFolder('crash-forward');
  dicomPort = await freePort();
  const modalities = [{ aeTitle: 'SAFELIGHT', port: dicomPort }];
  archives = [await startOrthanc({ aet: 'ARCHIVE', modalities }), await startOrthanc({ aet: 'CACHE' })];
  const destinations = archives.map(({ aet, dicomPort: port }, index) => ({
    ...{ id: aet.toLowerCase(), name: aet, kind: index === 0 ? 'archive' : 'cache', aeTitle: aet },
    ...{ host: '127.0.0.1', port, required: true, confirm: index === 0 ? 'commitment' : 'query' },
  }));
  settings = path.join(folder.path, 'settings-in.json');
  const station = { dicomHost: '127.0.0.1', quietTimeSeconds: 0 };
  await writeFile(settings, JSON.stringify({ station, destinations }));
});

afterEach(async () => {
  await Promise.all(archives.map((archive) => archive.close()));
  await folder.close();
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

type ExamRow = { readonly id: string; readonly corrected: { readonly PatientID?: string } };
type Health = { readonly queue: { waiting: number; unconfirmed: number; blocked: number } };

async function ask<T>(ready: Ready, method: string, route: string, body?: object): Promise<T> {
  const answer = await fetch(new URL(`api${route}`, ready.url), {
    method,
    headers: { authorization: `Bearer ${ready.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await answer.json()) as T;
}

/** A technologist who gives every exam its patient and approves it. Gives what was answered for those that needed it. */
async function decide(ready: Ready): Promise<string[]> {
  const answers: string[] = [];
  const { exams } = await ask<{ exams: ExamRow[] }>(ready, 'GET', '/exams?filter=needs-you&limit=100');
  for (const { id, corrected } of exams) {
    if (corrected.PatientID === undefined) {
      const attributes = { PatientID, PatientName: 'Right^Patient' };
      await ask(ready, 'POST', `/exams/${id}/corrections`, { attributes, reason: 'CORRECT' });
    }
    const approve = async () => JSON.stringify(await ask(ready, 'POST', `/exams/${id}/approval`, {}));
    let answer = await approve();
    if (answer.includes('"late-undecided"')) {
      // Images came after the correction: what was said of the others counts for them too.
      await ask(ready, 'POST', `/exams/${id}/late-images`, {});
      answer = await approve();
    }
    answers.push(answer);
  }
  return answers;
}

async function decideUntilGone(ready: Ready, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await decide(ready).catch(() => []);
    await pause(20);
  }
}

it(`both archives hold what was acknowledged after ${kills} kills`, { timeout: 180_000 + kills * 10_000 }, async () => {
  const home = path.join(folder.path, 'home');
  const log = newSenderLog();
  for (let number = 0; number < kills; number++) {
    const station = startStation(home, settings, dicomPort);
    const ready = await station.ready;
    if (!ready) throw new Error(`the station did not start:\n${station.log()}`);
    const over = new AbortController();
    const to = { port: ready.dicomPort, aeTitle: ready.aeTitle };
    const before = log.acknowledged.length;
    const sending = Array.from({ length: devices }, () => sendUntilEnd(to, log, over.signal));
    const working = [...sending, decideUntilGone(ready, over.signal)];
    // Every fourth life may end before anything was taken in.
    if (number % 4 !== 3)
      await until(
        'objects taken in',
        () => log.acknowledged.length - before,
        (n) => n >= 2,
      );
    await pause(randomInt(1_300));
    await station.kill();
    over.abort();
    await Promise.all(working);
  }
  const last = startStation(home, settings, dicomPort);
  const ready = await last.ready;
  if (!ready) throw new Error(last.log());
  await expect.poll(() => decide(ready), { timeout: 60_000 }).toEqual([]);
  await expect
    .poll(async () => (await ask<Health>(ready, 'GET', '/health')).queue, { timeout: 120_000, interval: 500 })
    .toEqual({ waiting: 0, unconfirmed: 0, blocked: 0 });
  expect(await last.end(), last.log()).toBe(0);

  expect(log.refused).toEqual([]);
  expect(log.acknowledged.length).toBeGreaterThan(kills);
  const holdings = await Promise.all(archives.map((archive) => holdingsOf(archive)));
  for (const { name, received } of holdings) {
    expect(received.length, name).toBe(new Set(received.map(({ SOPInstanceUID }) => SOPInstanceUID)).size);
  }
  const evidence = { home, acknowledged: log.acknowledged, archives: holdings, PatientID, drained: true } as const;
  const required = ['archive', 'cache'];
  expect(inWords(await findBreaches({ ...evidence, required, ended: 'orderly' }))).toEqual([]);
  const sent = `${log.acknowledged.length} acknowledged, all of them in both archives, once`;
  console.warn(`${kills} kills while receiving and forwarding: ${sent}; ${log.unanswered.length} unanswered`);
});
