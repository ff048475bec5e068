// Starts the built shell in front of a home of its own: in the stand-in, or in Electron itself.
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright';
import { freePort } from '../peers/programs/index.ts';
import type { Command, Look } from './electron-stand-in/commands.ts';

export const projectFolder = path.resolve(import.meta.dirname, '../..');

export type Shell = {
  readonly page: Page;
  /** Plays the person at the desktop; gives what is to be seen afterwards. */
  tell(command: Command): Promise<Look>;
  /** What the shell, its station and its page said. */
  output(): string;
  /** Resolves with the exit code when the shell has ended by itself. */
  readonly ended: Promise<number | null>;
  close(): Promise<void>;
};

export type ShellOptions = { readonly home: string; readonly environment?: Readonly<Record<string, string>> };

/** Starts the shell's program in the stand-in. Whether a window comes of it is for the caller to find out. */
export function startStandIn(options: ShellOptions): { readonly child: ChildProcess; output(): string } {
  const register = path.join(import.meta.dirname, 'electron-stand-in/register.ts');
  const program = path.join(projectFolder, 'dist/main/electron.js');
  const child = spawn(process.execPath, ['--import', register, program, '--home', options.home], {
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  child.stdout?.on('data', (piece: Buffer) => (output += piece.toString()));
  child.stderr?.on('data', (piece: Buffer) => (output += piece.toString()));
  return { child, output: () => output };
}

/** Starts the shell in the stand-in and waits for its window. */
export async function launchStandIn(options: ShellOptions): Promise<Shell> {
  const port = await freePort();
  const environment = { ...options.environment, STAND_IN_CDP_PORT: String(port) };
  const { child, output } = startStandIn({ ...options, environment });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let browser: Browser | undefined;
  const close = async () => {
    await browser?.close();
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await ended;
    clearTimeout(timer);
  };
  try {
    browser = await connect(port, () => child.exitCode !== null);
    return { page: await findPage(browser), tell: (command) => tell(child, command), output, ended, close };
  } catch (error) {
    await close();
    throw new Error(`no window: ${output()}`, { cause: error });
  }
}

function tell(child: ChildProcess, command: Command): Promise<Look> {
  return new Promise((resolve) => {
    child.once('message', (look) => resolve(look as Look));
    child.send(command);
  });
}

async function connect(port: number, isOver: () => boolean): Promise<Browser> {
  for (const until = Date.now() + 60_000; ; await pause()) {
    try {
      return await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
    } catch (error) {
      if (isOver() || Date.now() > until) throw error;
    }
  }
}

async function findPage(browser: Browser): Promise<Page> {
  for (const until = Date.now() + 60_000; ; await pause()) {
    const pages = browser.contexts().flatMap((context) => context.pages());
    const page = pages.find((candidate) => candidate.url().includes('.app-scheme.test'));
    if (page) return page;
    if (Date.now() > until) throw new Error(`pages: ${pages.map((candidate) => candidate.url()).join(', ')}`);
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
