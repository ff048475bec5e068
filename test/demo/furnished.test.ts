// What a new demo begins with, as a person finds it who opens the printed address.
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLog } from '#station/kit/log.ts';
import { openDemo, type RunningDemo } from '../../src-main/demo/open-demo.ts';
import { temporaryFolder, type TemporaryFolder } from '../peers/programs/index.ts';

const projectFolder = path.resolve(import.meta.dirname, '../..');
let home: TemporaryFolder;
let demo: RunningDemo;

const open = () =>
  openDemo({
    home: path.join(home.path, 'home'),
    httpPort: 0,
    dicomPort: 0,
    samplesFolder: path.join(projectFolder, 'resources/samples'),
    pagesFolder: path.join(projectFolder, 'dist/renderer'),
    furnished: true,
    log: silentLog,
  });

beforeAll(async () => {
  home = await temporaryFolder('furnished-demo');
  demo = await open();
  await demo.furnished;
});
afterAll(async () => {
  await demo?.close();
  await home?.close();
});

async function ask<T>(route: string): Promise<T> {
  const answer = await fetch(new URL(`/api${route}`, demo.ready.url), {
    headers: { Authorization: `Bearer ${demo.ready.token}` },
  });
  if (!answer.ok) throw new Error(`${route}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

type Row = { readonly id: string; readonly state: string; readonly modalities: readonly string[] };
const examOf = async (modality: string) => {
  const { exams } = await ask<{ exams: readonly Row[] }>('/exams');
  return exams.find(({ modalities }) => modalities.includes(modality));
};

it('the demo begins with a judged exam that has a note, an earlier exam that left, and figures of earlier weeks', async () => {
  const judged = await examOf('MR');
  expect(judged?.state).toBe('review');
  const { text } = await ask<{ text: string }>(`/exams/${judged?.id}/note`);
  expect(text).toContain('Patient moved');
  const earlier = await examOf('US');
  expect(['approved', 'sending', 'sent', 'confirmed']).toContain(earlier?.state);
  type Figures = {
    readonly totals: { readonly received: number; readonly repeated: number; readonly rejected: number };
  };
  const { totals } = await ask<Figures>('/statistics?span=30-days');
  expect(totals.received).toBeGreaterThan(300);
  expect(totals.repeated).toBeGreaterThan(10);
  expect(totals.rejected).toBeGreaterThan(5);
});

it('a demo that is opened again with the same home begins with what it was left with', async () => {
  const before = await ask<{ exams: readonly Row[] }>('/exams');
  await demo.close();
  demo = await open();
  await demo.furnished;
  const after = await ask<{ exams: readonly Row[] }>('/exams');
  expect(after.exams.map(({ id }) => id).sort()).toEqual(before.exams.map(({ id }) => id).sort());
});
