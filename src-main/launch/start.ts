// `npm start`: the workstation for real use, in Electron where it can run, else headless with a word about it.
//
// Never begins a download without a person at the terminal. Signals pass through to Electron; headless ends after the
// object at hand.
import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { defaultHome } from '#station/kit/home-folder.ts';
import { isProblem } from '#station/kit/problem.ts';
import { decideLaunch, type HeadlessReason, type Launch, type LaunchFacts } from './decide-launch.ts';
import { findElectronProgram } from './electron-program.ts';
import { fetchingElectron, sayHeadless, sayReady, sayRefused, startUsage } from './words.ts';

const projectFolder = path.resolve(import.meta.dirname, '../..');
const pagesFolder = path.join(projectFolder, 'dist', 'renderer');
const say = (line: string) => process.stdout.write(`${line}\n`);

type Wishes = {
  readonly headless: boolean;
  readonly home: string;
  readonly httpPort: number;
  readonly dicomPort: number | undefined;
};

function readWishes(words: readonly string[]): Wishes {
  const { values } = parseArgs({
    args: [...words],
    options: {
      headless: { type: 'boolean', default: false },
      home: { type: 'string' },
      'http-port': { type: 'string', default: '0' },
      'dicom-port': { type: 'string' },
    },
  });
  const port = (name: string, text: string) => {
    if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
      throw new RangeError(`${name} takes a number from 0 to 65535`);
    return Number(text);
  };
  return {
    headless: values.headless,
    home: path.resolve(values.home ?? defaultHome()),
    httpPort: port('--http-port', values['http-port']),
    dicomPort: values['dicom-port'] === undefined ? undefined : port('--dicom-port', values['dicom-port']),
  };
}

function lookAround(headlessAsked: boolean): LaunchFacts {
  const { env } = process;
  return {
    headlessAsked,
    platform: process.platform,
    display: Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY']),
    root: process.getuid?.() === 0,
    electronProgram: findElectronProgram(projectFolder),
    terminal: process.stdin.isTTY && process.stdout.isTTY,
    ci: Boolean(env['CI']) && env['CI'] !== 'false',
  };
}

/** Runs Electron's own installer. True when its program is there afterwards. */
function fetchElectron(): string | undefined {
  say(fetchingElectron);
  const installer = path.join(projectFolder, 'node_modules', 'electron', 'install.js');
  spawnSync(process.execPath, [installer], { stdio: 'inherit' });
  return findElectronProgram(projectFolder);
}

/** Runs Electron to its end. `'failed'` when it could not even begin: not a program, or a library is missing. */
function runElectron(program: string, home: string): Promise<number | 'failed'> {
  return new Promise((resolve) => {
    const child = spawn(program, [projectFolder, '--home', home], { stdio: 'inherit' });
    const pass = (signal: NodeJS.Signals) => child.kill(signal);
    process.on('SIGINT', pass);
    process.on('SIGTERM', pass);
    const done = (outcome: number | 'failed') => {
      process.off('SIGINT', pass);
      process.off('SIGTERM', pass);
      resolve(outcome);
    };
    child.once('error', () => done('failed'));
    child.once('exit', (code) => done(code === 127 ? 'failed' : (code ?? 1)));
  });
}

async function runHeadlessStation(wishes: Wishes, because: HeadlessReason): Promise<void> {
  say(sayHeadless(because));
  // Loaded late: the shell of Electron needs none of it, and it brings native code.
  const { runHeadless } = await import('../headless/run.ts');
  const { home, httpPort, dicomPort } = wishes;
  const running = await runHeadless({ home, httpPort, pagesFolder, ...(dicomPort === undefined ? {} : { dicomPort }) });
  say(sayReady(running.ready));
  const end = () => void running.close().finally(() => process.exit(0));
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
}

async function start(wishes: Wishes): Promise<void> {
  let launch: Launch = decideLaunch(lookAround(wishes.headless));
  if (launch.kind === 'fetch-electron') {
    const program = fetchElectron();
    launch = program === undefined ? { kind: 'headless', because: 'fetch-failed' } : { kind: 'electron', program };
  }
  if (launch.kind === 'headless') return runHeadlessStation(wishes, launch.because);
  const outcome = await runElectron(launch.program, wishes.home);
  if (outcome === 'failed') return runHeadlessStation(wishes, 'electron-failed');
  process.exit(outcome);
}

function readWishesOrLeave(): Wishes {
  try {
    return readWishes(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${startUsage}\n`);
    process.exit(2);
  }
}

try {
  await start(readWishesOrLeave());
} catch (error) {
  if (!isProblem(error)) throw error;
  process.stderr.write(`${sayRefused(error.toNote())}\n`);
  process.exit(1);
}
