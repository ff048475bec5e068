// `npm run demo`: the whole main job on this machine, with nothing else installed. Prints the address to open.
//
// Without --home everything is in a temporary folder that goes when the demo ends. SIGINT and SIGTERM end it.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { isProblem } from '#station/kit/problem.ts';
import type { RunningDemo } from './open-demo.ts';

const projectFolder = path.resolve(import.meta.dirname, '../..');
const usage = 'Usage: npm run demo -- [--home DIR] [--http-port N] [--dicom-port N]';

function readWishes(words: readonly string[]) {
  const port = { type: 'string', default: '0' } as const;
  const { values } = parseArgs({
    args: [...words],
    options: { home: { type: 'string' }, 'http-port': port, 'dicom-port': port },
  });
  const toPort = (text: string) => {
    if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new RangeError('A port is a number from 0 to 65535.');
    return Number(text);
  };
  return { home: values.home, httpPort: toPort(values['http-port']), dicomPort: toPort(values['dicom-port']) };
}

function describe({ ready, receivers }: RunningDemo, home: string): string {
  return [
    'Safelight demo: a station, two receivers and two sample devices, all of them on this machine.',
    ...receivers.map(({ name, aeTitle, port }) => `  ${name}: ${aeTitle} on port ${port}`),
    `  Station: ${ready.aeTitle} on port ${ready.dicomPort}; its data is in ${home}`,
    '',
    `Open in a browser of this machine:  ${ready.url}#token=${ready.token}`,
    'Ctrl+C ends the demo.',
    '',
  ].join('\n');
}

async function run(wishes: ReturnType<typeof readWishes>): Promise<void> {
  const temporary = wishes.home === undefined ? await mkdtemp(path.join(os.tmpdir(), 'safelight-demo-')) : undefined;
  const home = path.resolve(temporary ?? wishes.home ?? '');
  const leave = () => (temporary === undefined ? Promise.resolve() : rm(temporary, { recursive: true, force: true }));
  const { openDemo } = await import('./open-demo.ts');
  const { httpPort, dicomPort } = wishes;
  const demo = await openDemo({
    home,
    httpPort,
    dicomPort,
    samplesFolder: path.join(projectFolder, 'resources', 'samples'),
    pagesFolder: path.join(projectFolder, 'dist', 'renderer'),
    furnished: true,
  }).catch(async (error: unknown) => {
    await leave();
    throw error;
  });
  process.stdout.write(describe(demo, home));
  demo.furnished.catch((error: unknown) => {
    if (ending === undefined) process.stderr.write(`Not all that the demo begins with is there: ${String(error)}\n`);
  });
  let ending: Promise<void> | undefined;
  const end = () => {
    ending ??= demo
      .close()
      .then(leave)
      .then(() => process.exit(0));
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
}

function readWishesOrLeave(): ReturnType<typeof readWishes> {
  try {
    return readWishes(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${usage}\n`);
    process.exit(2);
  }
}

try {
  await run(readWishesOrLeave());
} catch (error) {
  if (!isProblem(error)) throw error;
  process.stderr.write(`The demo cannot start: ${error.code} ${JSON.stringify(error.params)}\n`);
  process.exit(1);
}
