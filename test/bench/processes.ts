// Programs under measurement: started, timed, and asked what they cost. Linux only: figures come from /proc.
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { nodeFlags } from '#station/kit/node-flags.ts';

export type Cost = { readonly cpuSeconds: number; readonly peakMiB: number };

/** CPU seconds so far and peak resident memory of a running process. */
export function costOf(pid: number): Cost {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100, peakMiB: Number(peak?.[1] ?? 0) / 1024 };
}

export async function temporaryFolder(): Promise<string> {
  return mkdtemp(path.join(os.tmpdir(), 'safelight-bench-'));
}

export const removeFolder = (folder: string) => rm(folder, { recursive: true, force: true });

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const port = (server.address() as { port: number }).port;
      server.close(() => resolve(port));
    });
  });
}

export function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode);
    else child.once('exit', (code) => resolve(code));
  });
}

/** Runs programs side by side and gives the wall time until the last has ended. Throws when one fails. */
export async function timeTogether(commands: readonly (readonly string[])[], nagle = false): Promise<number> {
  const env = { ...process.env, ...(nagle ? {} : { TCP_NODELAY: '1' }) };
  const start = performance.now();
  const children = commands.map(([program = '', ...words]) => spawn(program, words, { env, stdio: 'ignore' }));
  const codes = await Promise.all(children.map(ended));
  if (codes.some((code) => code !== 0)) throw new Error(`${commands[0]?.[0]} ended with ${codes.join(', ')}`);
  return (performance.now() - start) / 1000;
}

export type StartedStorescp = {
  readonly port: number;
  readonly pid: number;
  /** Where it writes what it gets. */
  readonly folder: string;
  close(): Promise<void>;
};

/** storescp, bit preserving, any class and syntax, a process for each association. It never syncs and has no index. */
export async function startStorescp(): Promise<StartedStorescp> {
  const folder = await temporaryFolder();
  const port = await freePort();
  const child = spawn('storescp', ['--fork', '+B', '+xa', '--promiscuous', '-od', folder, String(port)], {
    env: { ...process.env, TCP_NODELAY: '1' },
    stdio: 'ignore',
  });
  await untilEchoed(port);
  return {
    port,
    pid: child.pid ?? 0,
    folder,
    close: async () => {
      child.kill('SIGKILL');
      await ended(child);
      await removeFolder(folder);
    },
  };
}

/** Until it answers a C-ECHO. */
export async function untilEchoed(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const child = spawn('echoscu', ['127.0.0.1', String(port)], { stdio: 'ignore' });
    if ((await ended(child)) === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the peer does not answer');
}

export type StartedStation = {
  readonly pid: number;
  readonly dicomPort: number;
  readonly url: string;
  readonly token: string;
  ask<T>(method: string, route: string, body?: object): Promise<T>;
  /** How late its event loop was since `beginLag`, in ms. Only of a station with window/loop-lag.ts in it. */
  beginLag(): void;
  readLag(): Promise<{ readonly p50: number; readonly p99: number; readonly max: number }>;
  close(): Promise<void>;
};

/**
 * A headless station on a fresh home on the disk that holds the temporary folder.
 * @param preload a module beside this one that is loaded into it first
 */
export async function startStation(settings: object, preload?: string): Promise<StartedStation> {
  const folder = await temporaryFolder();
  const settingsFile = path.join(folder, 'settings-in.json');
  const { writeFile } = await import('node:fs/promises');
  await writeFile(settingsFile, JSON.stringify(settings));
  // BENCH_STATION names another program than the one that was built, to compare two states of the source.
  const main = path.resolve(
    process.env['BENCH_STATION'] ?? path.join(import.meta.dirname, '../../dist/main/headless.js'),
  );
  const first = preload === undefined ? [] : ['--import', path.resolve(import.meta.dirname, preload)];
  const child = spawn(
    process.execPath,
    [
      ...first,
      ...nodeFlags,
      main,
      '--home',
      path.join(folder, 'home'),
      '--dicom-port',
      '0',
      '--settings',
      settingsFile,
    ],
    { stdio: preload === undefined ? ['ignore', 'pipe', 'ignore'] : ['ignore', 'pipe', 'ignore', 'ipc'] },
  );
  const ready = await new Promise<{ dicomPort: number; url: string; token: string }>((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('\n')) resolve(JSON.parse(text.slice(0, text.indexOf('\n'))));
    });
    child.once('exit', (code) => reject(new Error(`the station ended with ${code}`)));
  });
  return {
    pid: child.pid ?? 0,
    dicomPort: ready.dicomPort,
    url: ready.url,
    token: ready.token,
    ask: async <T>(method: string, route: string, body?: object) => {
      const answer = await fetch(new URL(`api${route}`, ready.url), {
        method,
        headers: { Authorization: `Bearer ${ready.token}`, 'Content-Type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (!answer.ok) throw new Error(`${method} ${route}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as T;
    },
    beginLag: () => void child.send('begin'),
    readLag: () =>
      new Promise((resolve) => {
        child.once('message', (lag) => resolve(lag as { p50: number; p99: number; max: number }));
        child.send('read');
      }),
    close: async () => {
      child.kill('SIGTERM');
      await ended(child);
      await removeFolder(folder);
    },
  };
}
