// R9: what 500 silent and 100 slow sockets cost those who work. A station in a process of its own, in turn without and with
// them (A B A B ...), and in each turn: C-ECHO on fresh associations and on an open one, then objects over four associations,
// with a C-ECHO beside them. The bad peers live in a process of their own, come from other addresses of this machine, and
// come again a second after they were closed. Prints one table.
//
//   node test/soak/silent-and-slow.ts [rounds] [seconds of each measurement]
import { fork, type ChildProcess } from 'node:child_process';
import { loadavg, setPriority } from 'node:os';
import path from 'node:path';
import { openAssociation, type OpenAssociation } from '#station/dicom/network/index.ts';
import { newUid } from '#station/kit/ids.ts';
import { costOf, startStation } from '../bench/processes.ts';
import { associateRequest, data, fragment, storeCommand } from '../faults/raw-pdus.ts';
import { ScriptedPeer } from '../faults/scripted-peer.ts';
import { secondaryCaptureClass, smallImage } from '../peers/programs/small-image.ts';

const silentSockets = 500;
const slowSockets = 100;
const explicit = '1.2.840.10008.1.2.1';
const idleSeconds = 3;
const verification = '1.2.840.10008.1.1';

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** The bad peers: half of the slow ones are slow with their request, the others within an object. One byte a second. */
async function beBad(port: number): Promise<void> {
  // They are somewhere else in life: their own work shall not take the processor from the station.
  setPriority(19);
  const contexts = [{ id: 1, abstract: secondaryCaptureClass, transfer: [explicit] }];
  const request = associateRequest({ contexts });
  const from = (number: number) => ({ localAddress: `127.0.0.${2 + (number % 5)}` });
  let here = 0;
  let associated = 0;
  const again = async (number: number, act: (peer: ScriptedPeer) => Promise<void>): Promise<never> => {
    for (;;) {
      const peer = await ScriptedPeer.connect(port, from(number)).catch(() => undefined);
      if (peer !== undefined) {
        here++;
        await act(peer).catch(() => {});
        here--;
        peer.close();
      }
      await pause(1000);
    }
  };
  const silently = (peer: ScriptedPeer) => peer.gone(3_600_000);
  const slowly = (bytes: Buffer) => async (peer: ScriptedPeer) => {
    await Promise.race([peer.gone(3_600_000), peer.trickle(bytes, { everyMs: 1000 })]);
  };
  const withinAnObject = async (peer: ScriptedPeer) => {
    peer.say(request);
    await peer.nextOf(2);
    associated++;
    peer.say(data(fragment(1, 3, storeCommand(secondaryCaptureClass, newUid()))));
    await slowly(data(fragment(1, 2, Buffer.alloc(10_000))))(peer).finally(() => associated--);
  };
  for (let number = 0; number < silentSockets; number++) void again(number, silently);
  for (let number = 0; number < slowSockets; number++)
    void again(number, number % 2 === 0 ? slowly(request) : withinAnObject);
  setInterval(() => process.send?.({ here, associated }), 500);
  await new Promise(() => {});
}

type Bad = { readonly child: ChildProcess; counts(): { here: number; associated: number } };

async function startBad(port: number): Promise<Bad> {
  const child = fork(import.meta.filename, ['bad', String(port)]);
  let counts = { here: 0, associated: 0 };
  child.on('message', (told) => (counts = told as typeof counts));
  // ARTIM has thrown out the first of them when this is over: the usual state of such a day.
  await pause(12_000);
  return { child, counts: () => counts };
}

async function open(port: number): Promise<OpenAssociation> {
  const opening = await openAssociation({
    ...{ host: '127.0.0.1', port, callingAeTitle: 'MEASURE', calledAeTitle: 'SAFELIGHT' },
    contexts: [verification, secondaryCaptureClass].map((uid) => ({
      abstractSyntaxUid: uid,
      transferSyntaxUids: [explicit],
    })),
  });
  if (opening.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(opening)}`);
  return opening.association;
}

/** Milliseconds of one C-ECHO with its own connection, association and release. */
async function freshEcho(port: number): Promise<number> {
  const start = performance.now();
  const association = await open(port);
  await echo(association);
  await association.release();
  return performance.now() - start;
}

async function echo(association: OpenAssociation): Promise<number> {
  const start = performance.now();
  const outcome = await association.echo();
  if (outcome.kind !== 'answered' || outcome.status !== 0) throw new Error(`no echo: ${JSON.stringify(outcome)}`);
  return performance.now() - start;
}

/** One object of half a megabyte in three parts, so that each has its own UID and nothing is copied. */
function objects(): () => { uid: string; lengthBytes: number; source: Buffer[] } {
  const uid = newUid();
  const uids = { StudyInstanceUID: newUid(), SeriesInstanceUID: newUid(), SOPInstanceUID: uid };
  const whole = smallImage(uids, 512);
  const at = whole.indexOf(uid, 0, 'latin1');
  const [before, after] = [whole.subarray(0, at), whole.subarray(at + uid.length)];
  let number = 0;
  return () => {
    const own = `${uid.slice(0, -6)}${String(number++).padStart(6, '0')}`;
    return { uid: own, lengthBytes: whole.length, source: [before, Buffer.from(own, 'latin1'), after] };
  };
}

const keep = async (seconds: number, act: () => Promise<unknown>): Promise<void> => {
  for (const end = performance.now() + seconds * 1000; performance.now() < end;) await act();
};

type Figures = {
  fresh: number[];
  open: number[];
  beside: number[];
  objectsPerSecond: number;
  cpuSeconds: number;
  /** Of a second in which nobody asks for anything. */
  idleMs: number;
};

async function measure(port: number, pid: number, seconds: number): Promise<Figures> {
  const figures: Figures = { fresh: [], open: [], beside: [], objectsPerSecond: 0, cpuSeconds: 0, idleMs: 0 };
  const idleBefore = costOf(pid).cpuSeconds;
  await pause(idleSeconds * 1000);
  figures.idleMs = ((costOf(pid).cpuSeconds - idleBefore) * 1000) / idleSeconds;
  const asking = await open(port);
  await keep(seconds, async () => {
    figures.fresh.push(await freshEcho(port));
    figures.open.push(await echo(asking));
    await pause(5);
  });
  let stored = 0;
  const cpuBefore = costOf(pid).cpuSeconds;
  const start = performance.now();
  const storing = Array.from({ length: 4 }, async () => {
    const next = objects();
    const association = await open(port);
    await keep(seconds, async () => {
      const { uid, ...bytes } = next();
      const request = {
        sopClassUid: secondaryCaptureClass,
        sopInstanceUid: uid,
        transferSyntaxUid: explicit,
        ...bytes,
      };
      const outcome = await association.store(request);
      if (outcome.kind !== 'answered' || outcome.status !== 0)
        throw new Error(`not stored: ${JSON.stringify(outcome)}`);
      stored++;
    });
    await association.release();
  });
  const beside = keep(seconds, async () => {
    figures.beside.push(await echo(asking));
    await pause(20);
  });
  await Promise.all([...storing, beside]);
  figures.objectsPerSecond = stored / ((performance.now() - start) / 1000);
  figures.cpuSeconds = costOf(pid).cpuSeconds - cpuBefore;
  await asking.release();
  return figures;
}

const quantile = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? NaN;
const median = (values: readonly number[]) => quantile(values, 0.5);

async function run(rounds: number, seconds: number): Promise<void> {
  process.env['BENCH_STATION'] ??= path.resolve(import.meta.dirname, '../../src-main/headless/main.ts');
  const station = await startStation({ station: { dicomHost: '127.0.0.1' } });
  const { dicomPort, pid } = station;
  const turns: Record<'without' | 'with', Figures[]> = { without: [], with: [] };
  const seen: { here: number; associated: number }[] = [];
  try {
    await measure(dicomPort, pid, 3);
    for (let round = 0; round < rounds; round++) {
      turns.without.push(await measure(dicomPort, pid, seconds));
      const bad = await startBad(dicomPort);
      try {
        seen.push(bad.counts());
        turns.with.push(await measure(dicomPort, pid, seconds));
        seen.push(bad.counts());
      } finally {
        bad.child.kill();
        await pause(2000);
      }
    }
    const peakMiB = costOf(pid).peakMiB;
    const row = (name: string, figure: (all: readonly Figures[]) => string) =>
      console.log(`${name.padEnd(46)}${figure(turns.without).padStart(12)}${figure(turns.with).padStart(12)}`);
    const ms = (pick: (one: Figures) => number[], q: number) => (all: readonly Figures[]) =>
      quantile(all.flatMap(pick), q).toFixed(1);
    console.log(
      `R9: ${silentSockets} silent and ${slowSockets} slow sockets, ${rounds} rounds A B, load ${loadavg()[0]?.toFixed(1)}`,
    );
    row('', (all) => (all === turns.without ? 'without' : 'with'));
    for (const [name, pick] of [
      ['C-ECHO, fresh association', (one: Figures) => one.fresh],
      ['C-ECHO, open association', (one: Figures) => one.open],
      ['C-ECHO beside storing', (one: Figures) => one.beside],
    ] as const) {
      row(`${name}, p50 ms`, ms(pick, 0.5));
      row(`${name}, p99 ms`, ms(pick, 0.99));
      row(`${name}, longest ms`, ms(pick, 1));
    }
    row('C-ECHOs counted', (all) => String(all.reduce((sum, one) => sum + one.fresh.length + one.open.length, 0)));
    row('objects of 0.5 MB a second, 4 associations', (all) =>
      median(all.map((one) => one.objectsPerSecond)).toFixed(0),
    );
    row('CPU of the station in an idle second, ms', (all) => median(all.map((one) => one.idleMs)).toFixed(0));
    row('CPU of the station for one object, ms', (all) =>
      median(all.map((one) => (one.cpuSeconds * 1000) / (one.objectsPerSecond * seconds))).toFixed(1),
    );
    const ratios = turns.with.map(
      (one, index) => one.objectsPerSecond / (turns.without[index]?.objectsPerSecond ?? NaN),
    );
    console.log(
      `throughput with / without: median ${median(ratios).toFixed(2)} of ${ratios.map((one) => one.toFixed(2)).join(' ')}`,
    );
    console.log(
      `bad sockets there at a time: ${Math.min(...seen.map(({ here }) => here))} to ${Math.max(...seen.map(({ here }) => here))}, of them within an object up to ${Math.max(...seen.map(({ associated }) => associated))}`,
    );
    console.log(`peak memory of the station: ${peakMiB.toFixed(0)} MiB`);
  } finally {
    await station.close();
  }
}

const [first, second] = process.argv.slice(2);
if (first === 'bad') await beBad(Number(second));
else await run(Number(first ?? 3), Number(second ?? 8));
