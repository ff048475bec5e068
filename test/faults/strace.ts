// System calls of a running station fail or kill it, one chosen call at a time: strace does it from outside, so no code of
// ours has to know. The station is a process of its own with one thread for its files, so that the n-th call is the
// same each time.
//
// A point is: start, one object from each device, then the n-th of the calls of one thread that touch files fails (or kills)
// while more are stored; end. Or the n-th of the calls of a start fails, while it mends what the last point left. The
// home goes on from point to point: the start of the next one is the recovery from the last.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { newSenderLog, sendUntilEnd, type SenderLog } from '../crash/sender.ts';
import { startStation, type Ready, type StationProcess } from '../crash/station-process.ts';
import { findBreaches, inWords } from './invariants.ts';

export const straceKinds = ['EIO', 'ENOSPC', 'SIGKILL'] as const;
/**
 * `files`: calls of the thread that stores objects, `syncs`: its syncs alone, those of the log of the book among them.
 * `book`: of the thread that writes the book, `journal`: on its journal alone. `start`: of a start.
 */
export const stracePlaces = ['files', 'book', 'syncs', 'journal', 'start'] as const;
export type StracePoint = {
  readonly kind: (typeof straceKinds)[number];
  readonly place: (typeof stracePlaces)[number];
  /** Which of the calls there, from 1. */
  readonly call: number;
};
export type PointEnd = {
  /** False: so many calls were not made, and the point proves nothing. */
  readonly reached: boolean;
  /** Which call it was. */
  readonly call: string;
  readonly breaches: readonly string[];
};

const allCalls = 'pwrite64,pwritev,pread64,openat,fsync,fdatasync,ftruncate,rename,unlink,mkdir';
const callsOf = {
  files: allCalls,
  book: allCalls,
  syncs: 'fsync,fdatasync',
  journal: 'write,fdatasync',
  start: allCalls,
};
const devices = 2;
const objectsEach = 8;
const environment = { UV_THREADPOOL_SIZE: '1' };

/** Why strace cannot be used here, or undefined. */
export function straceIsMissing(): string | undefined {
  if (process.platform !== 'linux') return 'strace is a program of Linux';
  const tried = spawnSync('strace', ['-f', '-o', '/dev/null', 'true'], { encoding: 'utf8' });
  if (tried.error) return 'strace is not installed';
  return tried.status === 0 ? undefined : `strace may not trace here: ${tried.stderr.trim().split('\n')[0]}`;
}

/** Everything between the points: the home, and what the senders know by now. */
export type Sweep = { readonly home: string; readonly log: SenderLog };
export const newSweep = (home: string): Sweep => ({ home, log: newSenderLog() });

/** Lets one point happen, and looks at the home as it was left. */
export async function strikeAt(sweep: Sweep, point: StracePoint): Promise<PointEnd> {
  const { home, log } = sweep;
  const struck = point.place === 'start' ? await strikeStart(sweep, point) : await strikeWork(sweep, point);
  if ('said' in struck) {
    return { reached: true, call: 'start', breaches: [`it does not start after the last point: ${struck.said}`] };
  }
  const traced = struck.trace.split('\n');
  const line = struck.isKilled
    ? traced.findLast((text) => /^(?:\d+ +)?[a-z0-9_]+\(/.test(text))
    : traced.findLast((text) => text.includes('(INJECTED)'));
  const isReached = point.kind === 'SIGKILL' ? struck.isKilled : line !== undefined;
  const breaches = inWords(await findBreaches({ home, acknowledged: log.acknowledged, ended: 'killed' }));
  return { reached: isReached, call: nameOf(line), breaches };
}

/** What a point left: what strace wrote, and whether the station was killed by it. */
type Struck = { readonly trace: string; readonly isKilled: boolean };

async function strikeWork(
  { home, log }: Sweep,
  { kind, place, call }: StracePoint,
): Promise<Struck | { said: string }> {
  const station = startStation(home, undefined, 0, { environment });
  const ready = await station.ready;
  if (!ready) return { said: station.log() };
  await sendFromAll(ready, log, 1);
  const trace = `${home}.trace`;
  const where = place === 'journal' ? entriesOf(path.join(home, 'journal')).flatMap((file) => ['-P', file]) : [];
  const words = [...faultWords({ kind, place, call }), ...where, '-o', trace];
  const tracer = spawn('strace', ['-p', String(threadOf(station.pid, place)), ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const gone = once(tracer, 'exit');
  await attached(tracer, gone);
  await sendFromAll(ready, log, objectsEach);
  if (kind === 'SIGKILL') await Promise.race([station.exited, pause(300)]);
  const isKilled = !station.isRunning();
  tracer.kill('SIGTERM');
  // Seen to wait for ever for the last thread of a process that it has killed.
  const late = setTimeout(() => tracer.kill('SIGKILL'), 1_000);
  await gone;
  clearTimeout(late);
  await endSoon(station);
  return { trace: readFileSync(trace, 'latin1'), isKilled };
}

/** Whatever becomes of the start, it is a word and no breach; what starts after all must take objects in. */
async function strikeStart({ home, log }: Sweep, point: StracePoint): Promise<Struck> {
  const trace = `${home}.trace`;
  const where = [home, ...entriesOf(home)].flatMap((file) => ['-P', file]);
  const station = startStation(home, undefined, 0, {
    environment,
    under: ['strace', '-f', ...faultWords(point), ...where, '-o', trace],
  });
  const ready = await station.ready;
  const isKilled = !ready && point.kind === 'SIGKILL' && !station.log().includes('start-refused');
  if (ready) await sendFromAll(ready, log, 1);
  await endSoon(station);
  return { trace: readFileSync(trace, 'latin1'), isKilled };
}

const faultWords = ({ kind, place, call }: StracePoint) => [
  ...['-e', `trace=${callsOf[place]}`],
  ...['-e', `inject=${callsOf[place]}:${kind === 'SIGKILL' ? 'signal=SIGKILL' : `error=${kind}`}:when=${call}`],
];

async function sendFromAll(ready: Ready, log: SenderLog, each: number): Promise<void> {
  const to = { port: ready.dicomPort, aeTitle: ready.aeTitle };
  const sending = Array.from({ length: devices }, () => sendUntilEnd(to, log, AbortSignal.timeout(20_000), each));
  await Promise.all(sending);
}

/** The number of the thread: the one with the name of the process, or the only one of the pool. */
function threadOf(pid: number, place: StracePoint['place']): number {
  if (place !== 'files' && place !== 'syncs') return pid;
  const found = readdirSync(`/proc/${pid}/task`).find((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/comm`, 'latin1').startsWith('libuv-worker'),
  );
  if (found === undefined) throw new Error('the thread that stores has another name');
  return Number(found);
}

const entriesOf = (folder: string) =>
  readdirSync(folder, { recursive: true }).map((name) => path.join(folder, String(name)));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Starts without faults, ends in order, and looks again, now for everything. */
export async function settleSweep({ home, log }: Sweep): Promise<readonly string[]> {
  const station = startStation(home);
  if (!(await station.ready)) return [`it does not start: ${station.log()}`];
  const code = await station.end();
  const breaches = inWords(await findBreaches({ home, acknowledged: log.acknowledged, ended: 'orderly' }));
  return code === 0 ? breaches : [...breaches, `it ended with ${code}`];
}

async function attached(tracer: ReturnType<typeof spawn>, gone: Promise<unknown>): Promise<void> {
  let said = '';
  const told = new Promise<void>((resolve) => {
    tracer.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (/attached/.test(said)) resolve();
    });
  });
  await Promise.race([told, gone]);
  if (tracer.exitCode !== null) throw new Error(`strace does not attach: ${said}`);
}

/** A station whose disk failed may not manage to end: then it is killed, which the next start must bear too. */
async function endSoon(station: StationProcess): Promise<void> {
  if (!station.isRunning()) return;
  const late = setTimeout(() => void station.kill(), 5_000);
  await station.end();
  clearTimeout(late);
}

const nameOf = (line = '') => /\b([a-z0-9_]+)\(/.exec(line)?.[1] ?? 'unknown';
