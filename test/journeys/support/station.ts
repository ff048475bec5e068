// A station of its own for each journey: a child process on free ports, everything it writes in a temporary folder.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { temporaryFolder } from '../../peers/programs/index.ts';

const root = path.resolve(import.meta.dirname, '..', '..', '..');
/** As in test/crash/station-process.ts: the source, or the program that was built. */
const stationProgram = process.env['SAFELIGHT_STATION'] ?? 'src-main/headless/main.ts';

export type Ready = {
  readonly aeTitle: string;
  readonly dicomPort: number;
  readonly url: string;
  readonly token: string;
};

export type RunningStation = Ready & {
  /** Asks the face for scripts. Throws unless it answers with success. */
  ask(route: string): Promise<unknown>;
  /** What it has written to its log. */
  log(): string;
  close(): Promise<void>;
};

export type Receiver = {
  readonly aeTitle: string;
  readonly port: number;
  readonly confirm: 'commitment' | 'query' | 'none';
};

/** Settings as a person would hand them over: quiet time short, an archive and a cache where they are given. */
export function settingsFor(archive?: Receiver, cache?: Receiver): object {
  const toDestination = (id: 'archive' | 'cache', name: string, to: Receiver | undefined) =>
    to === undefined ? [] : [{ id, name, kind: id, host: '127.0.0.1', required: true, ...to }];
  return {
    station: { operator: 'Anna Weber', quietTimeSeconds: 1 },
    devices: [],
    destinations: [...toDestination('archive', 'Archive', archive), ...toDestination('cache', 'Cache', cache)],
  };
}

/** Starts the headless station. Without settings it is as new. */
export async function startStation(settings?: object): Promise<RunningStation> {
  const home = await temporaryFolder('journey');
  const args = [stationProgram, '--home', path.join(home.path, 'home'), '--dicom-port', '0', '--http-port', '0'];
  if (settings !== undefined) {
    const file = path.join(home.path, 'settings.json');
    await writeFile(file, JSON.stringify(settings));
    args.push('--settings', file);
  }
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stderr.on('data', (piece: Buffer) => (log = (log + piece.toString()).slice(-100_000)));
  const close = async () => {
    await end(child);
    await home.close();
  };
  try {
    const ready = await readyLine(child);
    const ask = async (route: string) => {
      const answer = await fetch(new URL(route, ready.url), { headers: { authorization: `Bearer ${ready.token}` } });
      if (!answer.ok) throw new Error(`${route}: ${answer.status}`);
      return answer.json() as Promise<unknown>;
    };
    return { ...ready, ask, log: () => log, close };
  } catch (error) {
    await close();
    throw new Error(log, { cause: error });
  }
}

async function readyLine(child: ChildProcess): Promise<Ready> {
  if (child.stdout === null) throw new Error('no output');
  const lines = createInterface({ input: child.stdout });
  const gone = once(child, 'exit').then(() => {
    throw new Error('the station ended before it was ready');
  });
  const [line] = (await Promise.race([once(lines, 'line'), gone])) as [string];
  gone.catch(() => undefined);
  return JSON.parse(line) as Ready;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const over = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 8000);
  await over;
  clearTimeout(timer);
}
