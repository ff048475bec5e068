// System calls of a running station fail or kill it, one chosen call at a time: strace does it from outside, so no code of
// ours has to know. The station is a process of its own with one thread for its files, so that the n-th call is the
// same each time.
//
// A point is: start, then the n-th of the calls that touch files fails (or kills) while a device stores; end. The home goes on
// from point to point: the start of the next one is the recovery from the last.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { newSenderLog, sendUntilEnd, type SenderLog } from '../crash/sender.ts';
import { startStation, type StationProcess } from '../crash/station-process.ts';
import { findBreaches, inWords } from './invariants.ts';

export const straceKinds = ['EIO', 'ENOSPC', 'SIGKILL'] as const;
export type StracePoint = {
  readonly kind: (typeof straceKinds)[number];
  /** Which of the calls of one thread, from 1. */
  readonly call: number;
};
export type PointEnd = {
  /** False: so many calls were not made, and the point proves nothing. */
  readonly reached: boolean;
  /** Which call it was. */
  readonly call: string;
  readonly breaches: readonly string[];
};

const calls = 'pwrite64,pwritev,pread64,openat,fsync,fdatasync,ftruncate,rename,unlink,mkdir';
const devices = 2;
const objectsEach = 4;

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
export async function strikeAt({ home, log }: Sweep, { kind, call }: StracePoint): Promise<PointEnd> {
  const station = startStation(home, undefined, 0, { UV_THREADPOOL_SIZE: '1' });
  const ready = await station.ready;
  if (!ready)
    return { reached: true, call: 'start', breaches: [`it does not start after the last point: ${station.log()}`] };
  const trace = `${home}.trace`;
  const fault = kind === 'SIGKILL' ? 'signal=SIGKILL' : `error=${kind}`;
  const tracer = spawn(
    'strace',
    [
      '-f',
      '-p',
      String(station.pid),
      '-e',
      `trace=${calls}`,
      '-e',
      `inject=${calls}:${fault}:when=${call}`,
      '-o',
      trace,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const gone = once(tracer, 'exit');
  await attached(tracer, gone);
  const sending = Array.from({ length: devices }, () =>
    sendUntilEnd({ port: ready.dicomPort, aeTitle: ready.aeTitle }, log, AbortSignal.timeout(20_000), objectsEach),
  );
  await Promise.all(sending);
  tracer.kill('SIGTERM');
  // Seen to wait for ever for the last thread of a process that it has killed.
  const late = setTimeout(() => tracer.kill('SIGKILL'), 3_000);
  await gone;
  clearTimeout(late);
  await endSoon(station);
  const traced = (await readFile(trace, 'latin1')).split('\n');
  const isKilled = traced.some((text) => text.includes('killed by SIGKILL'));
  const line = traced.findLast((text) => (isKilled ? /^\d+ +[a-z0-9_]+\(/.test(text) : text.includes('(INJECTED)')));
  const breaches = inWords(await findBreaches({ home, acknowledged: log.acknowledged, ended: 'killed' }));
  return { reached: line !== undefined, call: nameOf(line), breaches };
}

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
