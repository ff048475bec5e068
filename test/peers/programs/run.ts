// Runs a foreign program to its end, or keeps one running until it is closed. Ends only what it started.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

export type Ran = { readonly code: number | null; readonly signal: string | null; readonly output: string };

export type RunOptions = {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Killed after this time. Default 60 s. */
  readonly withinMs?: number;
};

/** Runs `program` and gives its exit code and what it said on both streams. Never throws for a bad exit code. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = start(program, args, options);
    let output = '';
    child.stdout?.on('data', (piece: Buffer) => (output += piece.toString()));
    child.stderr?.on('data', (piece: Buffer) => (output += piece.toString()));
    const timer = setTimeout(() => child.kill('SIGKILL'), options.withinMs ?? 60_000);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, output });
    });
  });
}

export type Running = {
  readonly pid: number;
  readonly output: () => string;
  readonly ended: () => boolean;
  /** Asks it to end, kills it after 8 s, resolves when it is gone. */
  close(signal?: NodeJS.Signals): Promise<void>;
};

/** Starts a program that stays. The caller closes it. */
export function keepRunning(program: string, args: readonly string[], options: RunOptions = {}): Running {
  const child = start(program, args, options);
  let output = '';
  const keep = (piece: Buffer) => (output = (output + piece.toString()).slice(-200_000));
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  let isOver = false;
  const over = new Promise<void>((resolve) => {
    const end = () => {
      isOver = true;
      resolve();
    };
    child.once('close', end);
    child.once('error', end);
  });
  return {
    pid: child.pid ?? 0,
    output: () => output,
    ended: () => isOver,
    async close(signal = 'SIGTERM') {
      if (isOver) return;
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), 8000);
      await over;
      clearTimeout(timer);
    },
  };
}

/** True when the program is installed; a test that needs it says loudly when it is not. */
export function isInstalled(program: string): boolean {
  if (path.isAbsolute(program)) return existsSync(program);
  return (process.env['PATH'] ?? '').split(path.delimiter).some((folder) => existsSync(path.join(folder, program)));
}

function start(program: string, args: readonly string[], options: RunOptions): ChildProcess {
  return spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
