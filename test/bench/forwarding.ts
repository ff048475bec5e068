// The row of receiving and forwarding: a device sends, and two archives (storescp +B) are to have everything. Beside Orthanc
// with its usual autorouting (a Lua script), in turn, medians. Ours is approved over the API when all of it is there, as a
// technologist would; Orthanc asks nobody.
import { spawn } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { computedTomography, writeDataSet } from './data-sets.ts';
import {
  ended,
  freePort,
  removeFolder,
  startStation,
  startStorescp,
  temporaryFolder,
  timeTogether,
  untilEchoed,
  type StartedStorescp,
} from './processes.ts';
import { expenseOf } from './receivers.ts';

type Figure = {
  readonly received: number;
  readonly delivered: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
};
type Router = {
  readonly pid: number;
  readonly port: number;
  /** All was sent to it. */
  received(): Promise<void>;
  close(): Promise<void>;
};
type Page = { readonly exams: readonly { readonly id: string; readonly counts: { readonly objects: number } }[] };

const ids = ['one', 'two'] as const;

async function startOurs(archives: readonly StartedStorescp[], objects: number): Promise<Router> {
  const destinations = archives.map(({ port }, n) => ({
    ...{ id: ids[n], name: `Archive ${n + 1}`, kind: 'archive', aeTitle: 'ARCHIVE', host: '127.0.0.1', port },
    ...{ required: true, confirm: 'none' },
  }));
  const station = await startStation({ station: { quietTimeSeconds: 0, dicomHost: '127.0.0.1' }, destinations });
  return {
    pid: station.pid,
    port: station.dicomPort,
    async received() {
      const all = async () => (await station.ask<Page>('GET', '/exams?filter=all&limit=100')).exams;
      while ((await all()).reduce((sum, { counts }) => sum + counts.objects, 0) < objects)
        await new Promise((resolve) => setTimeout(resolve, 10));
      for (const { id } of await all()) await station.ask('POST', `/exams/${id}/approval`, {});
    },
    close: () => station.close(),
  };
}

async function startOrthancRouter(archives: readonly StartedStorescp[]): Promise<Router> {
  const folder = await temporaryFolder();
  const [port, httpPort] = [await freePort(), await freePort()];
  const script = path.join(folder, 'route.lua');
  const sends = ids.map((id) => `SendToModality(instanceId, '${id}')`).join('\n  ');
  await writeFile(script, `function OnStoredInstance(instanceId, tags, metadata)\n  ${sends}\nend\n`);
  const file = path.join(folder, 'orthanc.json');
  const configuration = {
    ...{ DicomPort: port, HttpPort: httpPort, StorageDirectory: folder, IndexDirectory: folder, LuaScripts: [script] },
    DicomModalities: Object.fromEntries(archives.map((archive, n) => [ids[n], ['ARCHIVE', '127.0.0.1', archive.port]])),
  };
  await writeFile(file, JSON.stringify(configuration));
  const child = spawn('/usr/sbin/Orthanc', [file], { env: { ...process.env, TCP_NODELAY: '1' }, stdio: 'ignore' });
  await untilEchoed(port);
  const close = async () => {
    child.kill('SIGKILL');
    await ended(child);
    await removeFolder(folder);
  };
  return { pid: child.pid ?? 0, port, received: async () => {}, close };
}

async function measure(who: 'Safelight' | 'Orthanc', files: readonly string[]): Promise<Figure> {
  const archives = [await startStorescp(), await startStorescp()];
  const router = await (who === 'Orthanc' ? startOrthancRouter(archives) : startOurs(archives, files.length));
  try {
    const before = expenseOf(router.pid);
    const start = performance.now();
    const sending = ['storescu', '-aec', who === 'Orthanc' ? 'ORTHANC' : 'SAFELIGHT', '--max-send-pdu', '131072'];
    await timeTogether([[...sending, '127.0.0.1', String(router.port), ...files]]);
    const received = (performance.now() - start) / 1000;
    await router.received();
    for (const { folder } of archives)
      while ((await readdir(folder)).length < files.length) await new Promise((resolve) => setTimeout(resolve, 10));
    const delivered = (performance.now() - start) / 1000;
    const after = expenseOf(router.pid);
    const cpuSeconds = after.userSeconds + after.systemSeconds - before.userSeconds - before.systemSeconds;
    return { received, delivered, cpuSeconds, peakMiB: after.peakMiB };
  } finally {
    await router.close();
    for (const archive of archives) await archive.close();
  }
}

const middle = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** Prints the row. */
export async function benchForwarding(rounds: number, count = 500): Promise<void> {
  const folder = await temporaryFolder();
  try {
    const files = await writeDataSet(folder, computedTomography, count);
    console.log(`\nReceiving ${count} CT and forwarding them to two archives. Medians of ${rounds} rounds in turn.`);
    console.log(`Load at the start: ${os.loadavg()[0]?.toFixed(2)}, ${os.availableParallelism()} cores.\n`);
    const figures = { Safelight: [] as Figure[], Orthanc: [] as Figure[] };
    for (let round = 0; round < rounds; round++)
      for (const who of ['Safelight', 'Orthanc'] as const) figures[who].push(await measure(who, files));
    console.log(
      '| router | received after, s | both have all after, s | CPU s | peak MiB | time, x Orthanc (goal 0.2) |',
    );
    console.log('|---|---|---|---|---|---|');
    const ratio = middle(
      figures.Safelight.map((one, n) => one.delivered / (figures.Orthanc[n]?.delivered ?? Number.NaN)),
    );
    for (const [who, found] of Object.entries(figures)) {
      const of = (key: keyof Figure) => middle(found.map((figure) => figure[key])).toFixed(1);
      const cells = [who, of('received'), of('delivered'), of('cpuSeconds'), of('peakMiB')];
      console.log(`| ${[...cells, who === 'Safelight' ? ratio.toFixed(2) : ''].join(' | ')} |`);
    }
  } finally {
    await removeFolder(folder);
  }
}

if (process.argv[1] === import.meta.filename)
  await benchForwarding(Number(process.env['BENCH_ROUNDS'] ?? 3), Number(process.argv[2] ?? 500));
