// The demo, as a person plays with it: by its buttons and by what the station then says.
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLog } from '#station/kit/log.ts';
import { openDemo, type RunningDemo } from '../../src-main/demo/open-demo.ts';
import { temporaryFolder, type TemporaryFolder } from '../peers/programs/index.ts';
import { until as untilSo } from '../support/until.ts';

const projectFolder = path.resolve(import.meta.dirname, '../..');
let home: TemporaryFolder;
let demo: RunningDemo;

beforeAll(async () => {
  home = await temporaryFolder('demo');
  demo = await openDemo({
    home: home.path,
    httpPort: 0,
    dicomPort: 0,
    samplesFolder: path.join(projectFolder, 'resources/samples'),
    pagesFolder: path.join(projectFolder, 'dist/renderer'),
    log: silentLog,
  });
});
afterAll(async () => {
  await demo?.close();
  await home?.close();
});

async function ask<T>(route: string, body?: object): Promise<T> {
  const answer = await fetch(new URL(`/api${route}`, demo.ready.url), {
    method: body ? 'POST' : 'GET',
    headers: { Authorization: `Bearer ${demo.ready.token}`, ...(body ? { 'Content-Type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!answer.ok) throw new Error(`${route}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

type ExamRow = {
  readonly id: string;
  readonly StudyInstanceUID: string;
  readonly state: string;
  readonly counts: { readonly objects: number };
  readonly received: { readonly PatientID?: string };
  readonly problems: readonly { readonly code: string }[];
};
type Receiver = { readonly id: string; readonly on: boolean; readonly objects: number; readonly committed: number };

const exams = async () => (await ask<{ exams: readonly ExamRow[] }>('/exams')).exams;
const receivers = async () => (await ask<{ receivers: readonly Receiver[] }>('/demo')).receivers;

/** Asks until it is so. What the demo shows comes over the network; there is no other end to wait at. */
const until = <T>(read: () => Promise<T>, isSo: (value: T) => boolean): Promise<T> => untilSo('the demo', read, isSo);

async function sendAndApprove(device: string, images: number): Promise<ExamRow> {
  const before = new Set((await exams()).map((exam) => exam.id));
  await ask(`/demo/devices/${device}/send`, {});
  const arrived = (rows: readonly ExamRow[]) =>
    rows.find((row) => !before.has(row.id) && row.counts.objects === images && row.state === 'review');
  const exam = arrived(await until(exams, (rows) => arrived(rows) !== undefined));
  if (!exam) throw new Error('no exam');
  const attributes = { PatientID: `D-${before.size}`, PatientName: 'Demo^Patient', PatientBirthDate: '19680229' };
  await ask(`/exams/${exam.id}/corrections`, { attributes, reason: 'CORRECT' });
  await ask(`/exams/${exam.id}/approval`, {});
  return exam;
}

it('an ultrasound without Patient ID arrives, is corrected, and is proved to be in archive and cache', async () => {
  const exam = await sendAndApprove('ultrasound', 12);
  expect(exam.received.PatientID ?? '').toBe('');
  expect(exam.problems.map((problem) => problem.code)).toContain('no-patient-id');
  const proved = await until(receivers, (all) => all.every((receiver) => receiver.committed === 12));
  expect(proved.map((receiver) => receiver.objects)).toEqual([12, 12]);
  await until(
    () => ask<ExamRow>(`/exams/${exam.id}`),
    (read) => read.state === 'confirmed',
  );
});

it('a second exam of the same device is another exam', async () => {
  const exam = await sendAndApprove('cr-reader', 2);
  const again = await sendAndApprove('cr-reader', 2);
  expect(again.StudyInstanceUID).not.toBe(exam.StudyInstanceUID);
  await until(receivers, (all) => all.every((receiver) => receiver.committed === 16));
});

it('a receiver that is switched off refuses connections, holds the queue, and drains it when it is on again', async () => {
  await ask('/demo/receivers/demo-archive', { on: false });
  const port = demo.receivers[0]?.port ?? 0;
  expect((await receivers())[0]?.on).toBe(false);
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow('fetch failed');
  await sendAndApprove('cr-reader', 2);
  await until(receivers, ([, cache]) => cache?.committed === 18);
  expect((await receivers())[0]?.objects).toBe(16);
  await ask('/demo/receivers/demo-archive', { on: true });
  await until(receivers, ([archive]) => archive?.committed === 18);
});

it('what lies in the archive is what was corrected', async () => {
  const folder = path.join(home.path, 'demo/demo-archive');
  const [first] = (await readdir(folder)).sort();
  const bytes = await readFile(path.join(folder, first ?? ''));
  expect(bytes.includes('Demo^Patient')).toBe(true);
});

it('the orders of a hospital are there for today, and the first fits the ultrasound that names nobody', async () => {
  type Order = { readonly content: Readonly<Record<string, string>> };
  const { orders } = await ask<{ orders: readonly Order[] }>('/orders?limit=10');
  expect(orders.map(({ content }) => content['PatientName'])).toContain('Brandt^Ute');
  expect(orders).toHaveLength(5);
  const us = (await exams()).find(({ counts }) => counts.objects === 12);
  const { candidates } = await ask<{ candidates: readonly (Order & { order: Order })[] }>(
    `/exams/${us?.id}/candidates`,
  );
  expect(candidates[0]?.order.content).toMatchObject({ AccessionNumber: '26-118-0442' });
});

it('an unknown device is said to be unknown', async () => {
  await expect(ask('/demo/devices/x-ray/send', {})).rejects.toThrow('not-found');
});
