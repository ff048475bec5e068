// The send rows: approved objects that wait for one destination, let go, until the last has arrived; beside dcmsend and
// storescu, which verify nothing and write nothing down, into the same receiver (storescp +B), in turn, medians.
//
// Ours is durable: each attempt is on the disk before its first byte leaves, and each digest is compared on the way.
import { spawn } from 'node:child_process';
import os from 'node:os';
import { computedRadiography, computedTomography, tinyObjects, writeDataSet, type Kind } from './data-sets.ts';
import { removeFolder, startStation, startStorescp, temporaryFolder, timeTogether } from './processes.ts';
import { expenseOf } from './receivers.ts';
import { startFaultProxy, type FaultProxy } from '../faults/fault-proxy.ts';

type Figure = { readonly seconds: number; readonly cpuSeconds: number; readonly peakMiB: number };

type SendCase = {
  readonly name: string;
  readonly kind: Kind;
  readonly count: number;
  readonly associations: number;
  /** One way, milliseconds: what lies between is far away. */
  readonly delayMs?: number;
  readonly peers: readonly Sender[];
};
type Sender = 'dcmsend' | 'dcmsend as shipped' | 'storescu' | 'dcmsend x 4';

const near: readonly Sender[] = ['dcmsend', 'storescu'];
const cases: readonly SendCase[] = [
  { name: 'CT 1', kind: computedTomography, count: 500, associations: 1, peers: [...near, 'dcmsend as shipped'] },
  { name: 'CT 4', kind: computedTomography, count: 500, associations: 4, peers: ['dcmsend', 'dcmsend x 4'] },
  { name: 'CR 1', kind: computedRadiography, count: 20, associations: 1, peers: near },
  { name: 'CR 4', kind: computedRadiography, count: 20, associations: 4, peers: ['dcmsend', 'dcmsend x 4'] },
  { name: 'tiny 1', kind: tinyObjects, count: 1000, associations: 1, peers: near },
  { name: 'tiny 4', kind: tinyObjects, count: 1000, associations: 4, peers: ['dcmsend', 'dcmsend x 4'] },
  ...[1, 2, 4, 8].map((associations) => ({
    ...{ name: `far ${associations}`, kind: tinyObjects, count: 80, associations, delayMs: 25 },
    peers: ['dcmsend'] as const,
  })),
];

type Health = { readonly queue: { readonly waiting: number; readonly blocked: number } };
type Page = { readonly exams: readonly { readonly id: string }[] };

async function receiving<T>(delayMs: number, work: (port: number) => Promise<T>): Promise<T> {
  const peer = await startStorescp();
  let proxy: FaultProxy | undefined;
  try {
    if (delayMs > 0) proxy = await startFaultProxy(peer.port, { delayMs });
    return await work(proxy?.port ?? peer.port);
  } finally {
    await proxy?.close();
    await peer.close();
  }
}

/** Every object is taken in and approved while the destination is paused; a few go before, so that all code is warm. */
async function sendOurs(one: SendCase, files: readonly string[]): Promise<Figure> {
  return receiving(one.delayMs ?? 0, async (port) => {
    const destination = {
      ...{ id: 'bench', name: 'Bench', kind: 'archive', aeTitle: 'BENCH', host: '127.0.0.1', port },
      ...{ required: true, confirm: 'none', associations: one.associations },
    };
    const quiet = { quietTimeSeconds: 0, dicomHost: '127.0.0.1' };
    const station = await startStation({ station: quiet, destinations: [destination] });
    try {
      const pause = (paused: boolean) => station.ask('POST', '/destinations/bench/pause', { paused });
      const untilSent = async () => {
        for (;;) {
          const { queue } = await station.ask<Health>('GET', '/health');
          if (queue.blocked > 0) throw new Error(`${queue.blocked} deliveries are blocked`);
          if (queue.waiting === 0) return;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      };
      const begin = files.slice(0, warmUpOf(one));
      for (const part of [begin, files.slice(begin.length)]) {
        await pause(true);
        const sending = ['storescu', '-aec', 'SAFELIGHT', '--max-send-pdu', '131072', '127.0.0.1'];
        await timeTogether([[...sending, String(station.dicomPort), ...part]]);
        const { exams } = await station.ask<Page>('GET', '/exams?filter=all&limit=1000');
        for (const exam of exams) await station.ask('POST', `/exams/${exam.id}/approval`, {});
        if (part !== begin) break;
        await pause(false);
        await untilSent();
      }
      await untilIdle(station.pid);
      const before = expenseOf(station.pid);
      const start = performance.now();
      await pause(false);
      await untilSent();
      const seconds = (performance.now() - start) / 1000;
      const after = expenseOf(station.pid);
      const cpuSeconds = after.userSeconds + after.systemSeconds - before.userSeconds - before.systemSeconds;
      return { seconds, cpuSeconds, peakMiB: after.peakMiB };
    } finally {
      await station.close();
    }
  });
}

/** Until it does nothing: what it looks at of new images once they are here is not part of sending them. */
async function untilIdle(pid: number): Promise<void> {
  let spent = Number.NaN;
  for (let quiet = 0, looks = 0; quiet < 4 && looks < 240; looks++) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const { userSeconds, systemSeconds } = expenseOf(pid);
    quiet = userSeconds + systemSeconds - spent < 0.02 ? quiet + 1 : 0;
    spent = userSeconds + systemSeconds;
  }
}

const warmUpOf = ({ kind, delayMs }: SendCase) => (delayMs ? 10 : kind === computedRadiography ? 4 : 200);

/** Runs programs side by side under GNU time, which says what each cost. */
async function sendTheirs(sender: Sender, one: SendCase, files: readonly string[]): Promise<Figure> {
  const isShipped = sender === 'dcmsend as shipped';
  const count = isShipped ? 30 : files.length - warmUpOf(one);
  const sent = files.slice(warmUpOf(one), warmUpOf(one) + count);
  const parts = sender === 'dcmsend x 4' ? 4 : 1;
  const each = Math.ceil(sent.length / parts);
  return receiving(one.delayMs ?? 0, async (port) => {
    const program = sender === 'storescu' ? 'storescu' : 'dcmsend';
    const start = performance.now();
    const costs = await Promise.all(
      Array.from({ length: parts }, (_, part) =>
        timed(
          [
            program,
            '--max-send-pdu',
            '131072',
            '127.0.0.1',
            String(port),
            ...sent.slice(part * each, (part + 1) * each),
          ],
          isShipped,
        ),
      ),
    );
    const seconds = ((performance.now() - start) / 1000) * (one.count / count);
    return {
      seconds,
      cpuSeconds: costs.reduce((sum, cost) => sum + cost.cpuSeconds, 0) * (one.count / count),
      peakMiB: costs.reduce((sum, cost) => sum + cost.peakMiB, 0),
    };
  });
}

/** CPU and peak memory of a program that ended: what the kernel counted for it, read while it is a zombie is not to be had; so it is sampled. */
async function timed([program = '', ...words]: readonly string[], nagle: boolean) {
  const env = { ...process.env, ...(nagle ? {} : { TCP_NODELAY: '1' }) };
  const child = spawn(program, words, { env, stdio: 'ignore' });
  let last = { userSeconds: 0, systemSeconds: 0, peakMiB: 0 };
  const sampling = setInterval(() => {
    try {
      last = expenseOf(child.pid ?? 0);
    } catch {
      // It has ended.
    }
  }, 10);
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  clearInterval(sampling);
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
  return { cpuSeconds: last.userSeconds + last.systemSeconds, peakMiB: last.peakMiB };
}

const middle = (values: readonly number[]) => {
  const sorted = [...values].sort((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? Number.NaN) + (sorted[sorted.length >> 1] ?? Number.NaN)) / 2;
};

/** Prints the table of the send rows as it is measured. */
export async function benchSending(rounds: number, wanted: (name: string) => boolean): Promise<void> {
  console.log(
    `\nSending. Medians of ${rounds} rounds in turn; ratios are medians of the pairs, above 1: we are faster.`,
  );
  console.log(`Load at the start: ${os.loadavg()[0]?.toFixed(2)}, ${os.availableParallelism()} cores.\n`);
  console.log('| case | sender | objects/s | MB/s | CPU ms each | peak MiB | ours is x times | CPU, ours x theirs |');
  console.log('|---|---|---|---|---|---|---|---|');
  for (const one of cases.filter(({ name }) => wanted(`send ${name}`))) {
    const folder = await temporaryFolder();
    try {
      const files = await writeDataSet(folder, one.kind, one.count + warmUpOf(one));
      await benchCase(one, files, rounds);
    } finally {
      await removeFolder(folder);
    }
  }
}

async function benchCase(one: SendCase, files: readonly string[], rounds: number): Promise<void> {
  const ours: Figure[] = [];
  const theirs = new Map<Sender, Figure[]>(one.peers.map((peer) => [peer, []]));
  for (let round = 0; round < rounds; round++) {
    ours.push(await sendOurs(one, files));
    for (const [peer, figures] of theirs) figures.push(await sendTheirs(peer, one, files));
  }
  const { kind, count } = one;
  const megabytes = (count * kind.rows * kind.columns * kind.samples * (kind.bits / 8) * kind.frames) / 1e6;
  for (const [name, figures] of [['Safelight', ours] as const, ...theirs]) {
    const of = (key: keyof Figure) => middle(figures.map((figure) => figure[key]));
    const ratio = (key: 'seconds' | 'cpuSeconds') =>
      middle(ours.map((figure, i) => (figures[i]?.[key] ?? Number.NaN) / figure[key]));
    const isOurs = figures === ours;
    const cells = [
      one.name,
      name,
      (count / of('seconds')).toFixed(0),
      (megabytes / of('seconds')).toFixed(0),
      ((of('cpuSeconds') / count) * 1000).toFixed(2),
      of('peakMiB').toFixed(0),
      isOurs ? '' : ratio('seconds').toFixed(2),
      isOurs ? '' : (1 / ratio('cpuSeconds')).toFixed(2),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

if (process.argv[1] === import.meta.filename) {
  const words = process.argv.slice(2);
  const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3);
  await benchSending(rounds, (name) => words.length === 0 || words.some((word) => name.startsWith(`send ${word}`)));
}
