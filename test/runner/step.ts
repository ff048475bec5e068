// One step of the test run: a program, run to its end, with what it said.
import { spawn } from 'node:child_process';
import path from 'node:path';

export const projectFolder = path.resolve(import.meta.dirname, '../..');

export type Step = {
  readonly name: string;
  readonly words: readonly string[];
  /** Lines that are shown at once. All of them are shown when the step fails. */
  readonly shows?: (line: string) => boolean;
};

export type Ended = { readonly name: string; readonly code: number; readonly output: string; readonly tookMs: number };

/** A step that takes longer hangs. */
const mostMs = 1_200_000;
const running = new Set<{ kill(signal: NodeJS.Signals): unknown }>();

/** Ends what is running; for a run that is interrupted. */
export const endSteps = (signal: NodeJS.Signals): void => running.forEach((child) => child.kill(signal));

/** Runs a script of package.json, or `node` with words. Never throws for a bad exit code. */
export function runStep({ name, words, shows = () => false }: Step): Promise<Ended> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, words, {
    cwd: projectFolder,
    env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  let rest = '';
  const take = (piece: string) => {
    output += piece;
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (shows(line)) process.stdout.write(`  ${line.trimEnd()}\n`);
  };
  child.stdout.setEncoding('utf8').on('data', take);
  child.stderr.setEncoding('utf8').on('data', take);
  const timer = setTimeout(() => {
    output += `\n${name} was ended after ${mostMs / 1000} s.\n`;
    child.kill('SIGKILL');
  }, mostMs);
  return new Promise((resolve) => {
    const end = (code: number) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ name, code, output, tookMs: performance.now() - startedMs });
    };
    child.once('error', () => end(127));
    child.once('close', (code) => end(code ?? 1));
  });
}
