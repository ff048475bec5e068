// npm run bench: where we stand beside DCMTK, measured in the same run, in turn (A B A B), medians. Never a timed test.
//
// Receiving is compared with storescp +B (which syncs nothing and keeps no index), forwarding with dcmsend; all DCMTK
// programs run with TCP_NODELAY=1. Rounds: BENCH_ROUNDS, 5 unless told otherwise.
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

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 5);

type Figure = Cost & { readonly seconds: number };
type Case = { readonly name: string; readonly kind: Kind; readonly count: number; readonly associations: number };

const cases: readonly Case[] = [
  { name: 'CT, 1 association', kind: computedTomography, count: 500, associations: 1 },
  { name: 'CT, 4 associations', kind: computedTomography, count: 500, associations: 4 },
  { name: 'CR 18 MB, 1 association', kind: computedRadiography, count: 20, associations: 1 },
  { name: 'US 60 MiB, 1 association', kind: ultrasoundCine, count: 5, associations: 1 },
];

const quiet = { station: { quietTimeSeconds: 0, dicomHost: '127.0.0.1' } };

function senders(files: readonly string[], associations: number, port: number): string[][] {
  const each = Math.ceil(files.length / associations);
  return Array.from({ length: Math.ceil(files.length / each) }, (_, i) => [
    ...['storescu', '-aec', 'SAFELIGHT', '--max-send-pdu', '131072', '127.0.0.1', String(port)],
    ...files.slice(i * each, (i + 1) * each),
  ]);
}

async function receiveWithStation(files: readonly string[], associations: number): Promise<Figure> {
  const station = await startStation(quiet);
  try {
    const before = costOf(station.pid);
    const seconds = await timeTogether(senders(files, associations, station.dicomPort));
    return { seconds, ...since(before, costOf(station.pid)) };
  } finally {
    await station.close();
  }
}

async function receiveWithStorescp(files: readonly string[], associations: number): Promise<Figure> {
  const peer = await startStorescp();
  try {
    const before = costOf(peer.pid);
    const seconds = await timeTogether(senders(files, associations, peer.port));
    return { seconds, ...since(before, costOf(peer.pid)) };
  } finally {
    await peer.close();
  }
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
  for (let round = 0; round < rounds; round++) {
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

console.log(`Medians of ${rounds} rounds, in turn. Ratio: above 1 is faster than the peer.`);
console.log('| case | Safelight | peer | throughput ratio | CPU s | peak MiB |\n|---|---|---|---|---|---|');
for (const { name, kind, count, associations } of cases) {
  const folder = await temporaryFolder();
  try {
    const files = await writeDataSet(folder, kind, count);
    const objectMiB = (kind.rows * kind.columns * kind.samples * (kind.bits / 8) * kind.frames) / 2 ** 20;
    await compare(
      `receive ${name} (storescp +B)`,
      objectMiB * count,
      count,
      () => receiveWithStation(files, associations),
      () => receiveWithStorescp(files, associations),
    );
    if (associations === 1) {
      await compare(
        `forward ${name} (dcmsend)`,
        objectMiB * count,
        count,
        () => forwardWithStation(files),
        () => forwardWithDcmsend(files),
      );
    }
  } finally {
    await removeFolder(folder);
  }
}
