// The receive rows: the same objects to each receiver in turn (A B C D E, A B C D E, ...), medians of the rounds.
//
// Every receiver first takes a few objects that do not count, because a station runs for days and a just-in-time
// compiler is slow for a second; then the volume is synced, so that nobody pays for what another left unwritten.
// The sender is always storescu, one process an association, with PDUs of 128 KiB.
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import {
  computedRadiography,
  computedTomography,
  tinyObjects,
  ultrasoundCine,
  writeDataSet,
  type Kind,
} from './data-sets.ts';
import { removeFolder, temporaryFolder, timeTogether } from './processes.ts';
import { expenseOf, startReceiver, type ReceiverName } from './receivers.ts';

type Figure = {
  readonly seconds: number;
  readonly userSeconds: number;
  readonly systemSeconds: number;
  readonly peakMiB: number;
};

type Goal = { readonly peer: ReceiverName; readonly least: number };

type ReceiveCase = {
  readonly name: string;
  readonly kind: Kind;
  readonly count: number;
  readonly associations: number;
  readonly goals: readonly Goal[];
  /** Everybody as shipped, Nagle's algorithm on. */
  readonly nagle?: boolean;
};

const everybody: readonly ReceiverName[] = ['Safelight', 'storescp', 'storescp +B', 'Orthanc', 'raw limit'];

const durable = (least: number, orthanc: number): Goal[] => [
  { peer: 'Orthanc', least: orthanc },
  { peer: 'raw limit', least },
];
const large = (storescp: number, orthanc: number): Goal[] => [
  { peer: 'storescp', least: storescp },
  ...durable(0.95, orthanc),
];

const cases: readonly ReceiveCase[] = [
  {
    ...{ name: 'CT 1', kind: computedTomography, count: 500, associations: 1 },
    goals: [
      { peer: 'storescp', least: 0.9 },
      { peer: 'Orthanc', least: 2.5 },
    ],
  },
  { name: 'CT 4', kind: computedTomography, count: 600, associations: 4, goals: durable(0.95, 2) },
  { name: 'CT 8', kind: computedTomography, count: 800, associations: 8, goals: durable(0.95, 2) },
  { name: 'CR 1', kind: computedRadiography, count: 20, associations: 1, goals: large(1.2, 3) },
  { name: 'CR 4', kind: computedRadiography, count: 20, associations: 4, goals: large(1.2, 3) },
  { name: 'US 1', kind: ultrasoundCine, count: 6, associations: 1, goals: large(2, 3.5) },
  { name: 'US 4', kind: ultrasoundCine, count: 8, associations: 4, goals: large(2, 3.5) },
  { name: 'tiny 1', kind: tinyObjects, count: 1000, associations: 1, goals: [{ peer: 'Orthanc', least: 1.3 }] },
  { name: 'tiny 4', kind: tinyObjects, count: 1600, associations: 4, goals: [{ peer: 'Orthanc', least: 1.5 }] },
  { name: 'tiny 8', kind: tinyObjects, count: 1600, associations: 8, goals: [{ peer: 'Orthanc', least: 1.5 }] },
  {
    ...{ name: 'CT 1 as shipped', kind: computedTomography, count: 40, associations: 1, nagle: true },
    goals: [
      { peer: 'storescp', least: 10 },
      { peer: 'Orthanc', least: 10 },
    ],
  },
];
const quickCases = new Set(['CT 1', 'CT 4', 'US 1', 'tiny 1']);
const userCpuGoal = 0.4;

function senders(files: readonly string[], associations: number, port: number): string[][] {
  const each = Math.ceil(files.length / associations);
  return Array.from({ length: Math.ceil(files.length / each) }, (_, i) => [
    ...['storescu', '-aec', 'SAFELIGHT', '--max-send-pdu', '131072', '127.0.0.1', String(port)],
    ...files.slice(i * each, (i + 1) * each),
  ]);
}

async function measure(peer: ReceiverName, one: ReceiveCase, files: readonly string[]): Promise<Figure> {
  const receiver = await startReceiver(peer, one.nagle);
  try {
    const warming = warmUpOf(one);
    await timeTogether(senders(files.slice(0, warming), Math.min(one.associations, warming), receiver.port));
    spawnSync('sync');
    const before = expenseOf(receiver.pid);
    const seconds = await timeTogether(senders(files.slice(warming), one.associations, receiver.port), one.nagle);
    const after = expenseOf(receiver.pid);
    return {
      seconds,
      userSeconds: after.userSeconds - before.userSeconds,
      systemSeconds: after.systemSeconds - before.systemSeconds,
      peakMiB: after.peakMiB,
    };
  } finally {
    await receiver.close();
  }
}

const warmUpOf = ({ count, kind }: ReceiveCase) =>
  kind === computedTomography || kind === tinyObjects ? Math.min(300, count) : 2;

const middle = (values: readonly number[]) => {
  const sorted = [...values].sort((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? Number.NaN) + (sorted[sorted.length >> 1] ?? Number.NaN)) / 2;
};

/** Prints the table of the receive rows as it is measured. */
export async function benchReceiving(rounds: number, wanted: (name: string) => boolean): Promise<void> {
  console.log(`\nReceiving. Medians of ${rounds} rounds in turn; ratios are medians of the pairs, above 1 is faster.`);
  console.log(`Load at the start: ${os.loadavg()[0]?.toFixed(2)}, ${os.availableParallelism()} cores.\n`);
  console.log(
    '| case | receiver | objects/s | MB/s | CPU ms each | user CPU s/GB | peak MiB | ours is x times | goal | reached |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|---|');
  for (const one of cases.filter(({ name }) => wanted(name))) await benchCase(one, rounds);
}

async function benchCase(one: ReceiveCase, rounds: number): Promise<void> {
  const { kind, count } = one;
  const folder = await temporaryFolder();
  const figures = new Map<ReceiverName, Figure[]>(everybody.map((name) => [name, []]));
  try {
    const files = await writeDataSet(folder, kind, count + warmUpOf(one));
    spawnSync('sync');
    for (let round = 0; round < rounds; round++) {
      for (const name of everybody) figures.get(name)?.push(await measure(name, one, files));
    }
  } finally {
    await removeFolder(folder);
  }
  const megabytes = (count * kind.rows * kind.columns * kind.samples * (kind.bits / 8) * kind.frames) / 1e6;
  const of = (name: ReceiverName, key: keyof Figure) => middle((figures.get(name) ?? []).map((figure) => figure[key]));
  const ours = figures.get('Safelight') ?? [];
  for (const [name, theirs] of figures) {
    const seconds = of(name, 'seconds');
    const ratio = middle(ours.map((figure, i) => (theirs[i]?.seconds ?? Number.NaN) / figure.seconds));
    const goal = one.goals.find(({ peer }) => peer === name);
    const cpu = of(name, 'userSeconds') + of(name, 'systemSeconds');
    console.log(
      `| ${[
        one.name,
        name,
        (count / seconds).toFixed(0),
        (megabytes / seconds).toFixed(0),
        ((cpu / count) * 1000).toFixed(2),
        ((of(name, 'userSeconds') / megabytes) * 1000).toFixed(2),
        of(name, 'peakMiB').toFixed(0),
        name === 'Safelight' ? '' : ratio.toFixed(2),
        goal ? `>= ${goal.least}` : '',
        goal ? (ratio >= goal.least ? 'yes' : 'no') : '',
      ].join(' | ')} |`,
    );
  }
  if (one.nagle) return;
  const share = of('Safelight', 'userSeconds') / of('Orthanc', 'userSeconds');
  const word = share <= userCpuGoal ? 'yes' : 'no';
  console.log(
    `| ${one.name} | user CPU beside Orthanc's | | | | | | ${share.toFixed(2)} | <= ${userCpuGoal} | ${word} |`,
  );
}

export const isQuickReceiveCase = (name: string) => quickCases.has(name);
