// The headless station as a process of its own, to be killed.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { nodeFlags } from '#station/kit/node-flags.ts';

const root = path.resolve(import.meta.dirname, '../..');
/** SAFELIGHT_STATION names another program than the source: the one that was built, which starts in half the time. */
export const stationProgram = path.resolve(root, process.env['SAFELIGHT_STATION'] ?? 'src-main/headless/main.ts');
/** What was compiled by an earlier start needs not be again: half of what a start costs from source. */
const compiled = { NODE_COMPILE_CACHE: path.join(root, 'node_modules/.cache/stations') };

export type Ready = {
  readonly aeTitle: string;
  readonly dicomPort: number;
  readonly url: string;
  readonly token: string;
};

export type StationProcess = {
  readonly pid: number;
  isRunning(): boolean;
  /** Resolves when the process is gone. */
  readonly exited: Promise<unknown>;
  /** What it said when it listened; undefined when it ended before. */
  readonly ready: Promise<Ready | undefined>;
  /** kill -9. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM. Resolves with the exit code. */
  end(): Promise<number | null>;
  /** Its log lines so far. */
  log(): string;
};

type HowToStart = {
  readonly environment?: Readonly<Record<string, string>>;
  /** A program that runs the station as its child and ends with it, with its words. */
  readonly under?: readonly [program: string, ...words: string[]];
};

/** Starts a station on `home`; ports are free ones unless told. `settings` is the path of a settings file. */
export function startStation(
  home: string,
  settings?: string,
  dicomPort = 0,
  { environment = {}, under }: HowToStart = {},
): StationProcess {
  const words = [
    '--home',
    home,
    '--dicom-port',
    String(dicomPort),
    '--http-port',
    '0',
    ...(settings ? ['--settings', settings] : []),
  ];
  const [program = process.execPath, ...before] = [...(under ?? []), process.execPath];
  const child = spawn(program, [...before, ...nodeFlags, stationProgram, ...words], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...compiled, ...environment },
  });
  const exited = once(child, 'exit');
  let said = '';
  let logged = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (logged = (logged + text).slice(-100_000)));
  const ready = new Promise<Ready | undefined>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const end = said.indexOf('\n');
      if (end >= 0) resolve(JSON.parse(said.slice(0, end)) as Ready);
    });
    void exited.then(() => resolve(undefined));
  });
  const stop = async (signal: NodeJS.Signals) => {
    const pid = under ? childOf(child.pid ?? 0) : child.pid;
    if (pid !== undefined && child.exitCode === null && child.signalCode === null) signalTo(pid, signal);
    await exited;
    return child.exitCode;
  };
  return {
    pid: child.pid ?? 0,
    exited,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    ready,
    kill: async () => void (await stop('SIGKILL')),
    end: () => stop('SIGTERM'),
    log: () => logged,
  };
}

/** Starts the program for one errand, such as `--rebuild`. */
export const startErrand = (...words: string[]): ChildProcessWithoutNullStreams =>
  spawn(process.execPath, [stationProgram, ...words], { cwd: root, env: { ...process.env, ...compiled } });

/** The same until it ends. */
export async function runErrand(...words: string[]): Promise<{ code: number | null; said: string; told: string }> {
  const child = startErrand(...words);
  let [said, told] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (told += text));
  await once(child, 'close');
  return { code: child.exitCode, said, told };
}

/** kill -9 as soon as `isTime`, unless it ends before. Gives whether it was killed. */
export async function killWhen(child: ChildProcessWithoutNullStreams, isTime: () => boolean): Promise<boolean> {
  const exited = once(child, 'exit');
  child.stdout.resume();
  child.stderr.resume();
  const look = setInterval(() => isTime() && child.kill('SIGKILL'), 1);
  await exited;
  clearInterval(look);
  return child.signalCode === 'SIGKILL';
}

function childOf(pid: number): number | undefined {
  try {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ');
    return first ? Number(first) : undefined;
  } catch {
    return undefined;
  }
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it is gone already
  }
}
