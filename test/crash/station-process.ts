// The headless station as a process of its own, to be killed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

export type Ready = {
  readonly aeTitle: string;
  readonly dicomPort: number;
  readonly url: string;
  readonly token: string;
};

export type StationProcess = {
  readonly pid: number;
  isRunning(): boolean;
  /** What it said when it listened; undefined when it ended before. */
  readonly ready: Promise<Ready | undefined>;
  /** kill -9. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM. Resolves with the exit code. */
  end(): Promise<number | null>;
  /** Its log lines so far. */
  log(): string;
};

/** Starts a station on `home`; ports are free ones unless told. `settings` is the path of a settings file. */
export function startStation(
  home: string,
  settings?: string,
  dicomPort = 0,
  environment: Readonly<Record<string, string>> = {},
): StationProcess {
  // SAFELIGHT_STATION names another program than the source: figures are taken from the one that was built.
  const main = path.resolve(root, process.env['SAFELIGHT_STATION'] ?? 'src-main/headless/main.ts');
  const words = [
    '--home',
    home,
    '--dicom-port',
    String(dicomPort),
    '--http-port',
    '0',
    ...(settings ? ['--settings', settings] : []),
  ];
  const child = spawn(process.execPath, [main, ...words], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
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
    child.kill(signal);
    await exited;
    return child.exitCode;
  };
  return {
    pid: child.pid ?? 0,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    ready,
    kill: async () => void (await stop('SIGKILL')),
    end: () => stop('SIGTERM'),
    log: () => logged,
  };
}
