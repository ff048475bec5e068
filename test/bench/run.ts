// npm run bench: where we stand beside DCMTK and Orthanc, measured in the same run, in turn, medians. Never a timed test.
//
//   npm run bench                      all rows, BENCH_ROUNDS rounds (5)
//   npm run bench -- --quick           four receive rows, two rounds
//   npm run bench -- 'CT 1' tiny       the receive rows that begin so
import { computedRadiography, computedTomography, ultrasoundCine, writeDataSet, type Kind } from './data-sets.ts';
import {
  costOf,
  removeFolder,
  startStation,
  startStorescp,
  temporaryFolder,
  timeTogether,
  type Cost,
  type StartedStation,
} from './processes.ts';
import { benchReceiving, isQuickReceiveCase } from './receiving.ts';

const rounds = (quick: boolean) => Number(process.env['BENCH_ROUNDS'] ?? (quick ? 2 : 5));

type Figure = Cost & { readonly seconds: number };
type Case = { readonly name: string; readonly kind: Kind; readonly count: number };

const cases: readonly Case[] = [
  { name: 'CT', kind: computedTomography, count: 500 },
  { name: 'CR 18 MB', kind: computedRadiography, count: 20 },
  { name: 'US 60 MiB', kind: ultrasoundCine, count: 5 },
];

const quiet = { station: { quietTimeSeconds: 0, dicomHost: '127.0.0.1' } };

function senders(files: readonly string[], associations: number, port: number): string[][] {
  const each = Math.ceil(files.length / associations);
  return Array.from({ length: Math.ceil(files.length / each) }, (_, i) => [
    ...['storescu', '-aec', 'SAFELIGHT', '--max-send-pdu', '131072', '127.0.0.1', String(port)],
    ...files.slice(i * each, (i + 1) * each),
  ]);
}

const since = (before: Cost, after: Cost): Cost => ({
  cpuSeconds: after.cpuSeconds - before.cpuSeconds,
  peakMiB: after.peakMiB,
});

type Health = { readonly queue: { readonly waiting: number; readonly blocked: number } };
type Page = { readonly exams: readonly { readonly id: string; readonly counts: { readonly objects: number } }[] };

/** All exams are approved with the destination paused; then it is let go and the time until all is sent counts. */
async function forwardWithStation(files: readonly string[]): Promise<Figure> {
  const peer = await startStorescp();
  const destination = {
    ...{ id: 'bench', name: 'Bench', kind: 'archive', aeTitle: 'BENCH', host: '127.0.0.1', port: peer.port },
    ...{ required: true, confirm: 'none' },
  };
  const station = await startStation({ ...quiet, destinations: [destination] });
  try {
    await station.ask('POST', '/destinations/bench/pause', { paused: true });
    await timeTogether(senders(files, 4, station.dicomPort));
    const { exams } = await station.ask<Page>('GET', '/exams?filter=all&limit=1000');
    for (const exam of exams) await station.ask('POST', `/exams/${exam.id}/approval`, {});
    const before = costOf(station.pid);
    const start = performance.now();
    await station.ask('POST', '/destinations/bench/pause', { paused: false });
    await untilSent(station);
    return { seconds: (performance.now() - start) / 1000, ...since(before, costOf(station.pid)) };
  } finally {
    await station.close();
    await peer.close();
  }
}

async function untilSent(station: StartedStation): Promise<void> {
  for (;;) {
    const { queue } = await station.ask<Health>('GET', '/health');
    if (queue.blocked > 0) throw new Error(`${queue.blocked} deliveries are blocked`);
    if (queue.waiting === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function forwardWithDcmsend(files: readonly string[]): Promise<Figure> {
  const peer = await startStorescp();
  try {
    const command = ['dcmsend', '--max-send-pdu', '131072', '127.0.0.1', String(peer.port), ...files];
    return { seconds: await timeTogether([command]), cpuSeconds: Number.NaN, peakMiB: Number.NaN };
  } finally {
    await peer.close();
  }
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function compare(
  name: string,
  sizeMiB: number,
  count: number,
  ours: () => Promise<Figure>,
  theirs: () => Promise<Figure>,
): Promise<void> {
  const a: Figure[] = [];
  const b: Figure[] = [];
  for (let round = 0; round < rounds(false); round++) {
    a.push(await ours());
    b.push(await theirs());
  }
  const pick = (figures: readonly Figure[], key: keyof Figure) => median(figures.map((figure) => figure[key]));
  const ratio = median(a.map((figure, i) => (b[i]?.seconds ?? Number.NaN) / figure.seconds));
  const cells = [
    name,
    `${(count / pick(a, 'seconds')).toFixed(0)}/s ${(sizeMiB / pick(a, 'seconds')).toFixed(0)} MiB/s`,
    `${(count / pick(b, 'seconds')).toFixed(0)}/s ${(sizeMiB / pick(b, 'seconds')).toFixed(0)} MiB/s`,
    ratio.toFixed(2),
    `${pick(a, 'cpuSeconds').toFixed(2)} / ${pick(b, 'cpuSeconds').toFixed(2)}`,
    `${Math.max(...a.map((f) => f.peakMiB)).toFixed(0)} / ${Math.max(...b.map((f) => f.peakMiB)).toFixed(0)}`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

/** Approved exams to storescp +B, beside dcmsend, which verifies nothing. */
async function benchForwarding(): Promise<void> {
  console.log('\nForwarding. Ratio: above 1 is faster than the peer.\n');
  console.log('| case | Safelight | peer | throughput ratio | CPU s | peak MiB |\n|---|---|---|---|---|---|');
  for (const { name, kind, count } of cases) {
    const folder = await temporaryFolder();
    try {
      const files = await writeDataSet(folder, kind, count);
      const objectMiB = (kind.rows * kind.columns * kind.samples * (kind.bits / 8) * kind.frames) / 2 ** 20;
      await compare(
        `forward ${name} (dcmsend)`,
        objectMiB * count,
        count,
        () => forwardWithStation(files),
        () => forwardWithDcmsend(files),
      );
    } finally {
      await removeFolder(folder);
    }
  }
}

const words = process.argv.slice(2);
const quick = words.includes('--quick');
const only = words.filter((word) => !word.startsWith('--'));
const wanted = (name: string) =>
  only.length > 0 ? only.some((word) => name.startsWith(word)) : !quick || isQuickReceiveCase(name);

await benchReceiving(rounds(quick), wanted);
if (only.length === 0 && !quick) await benchForwarding();
