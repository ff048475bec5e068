// One station for one home.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockHome } from '#station/2-store/index.ts';
import { temporaryFolder, type TemporaryFolder } from '../../peers/programs/temporary-folder.ts';

let folder: TemporaryFolder;
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await temporaryFolder('lock');
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await folder.close();
});

const door = path.resolve(import.meta.dirname, '../../../src-main/station/2-store/index.ts');

/** A process that holds the lock until it is killed. */
async function holder(home: string) {
  const script = `import { lockHome } from ${JSON.stringify(door)};
    const lock = lockHome(${JSON.stringify(home)});
    process.stdout.write('locked');
    setInterval(() => lock, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: path.dirname(door),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

const written = (home: string) =>
  readdirSync(home).map((name) => {
    const { mtimeMs, size } = statSync(path.join(home, name));
    return { name, mtimeMs, size };
  });

it('a second start on the same home is refused at once and writes nothing', async () => {
  const child = await holder(folder.path);
  const before = written(folder.path);
  expect(() => lockHome(folder.path)).toThrow('home-in-use');
  expect(written(folder.path)).toEqual(before);
  child.kill('SIGKILL');
  await once(child, 'exit');
});

it('a home whose station was killed can be opened at once', async () => {
  const child = await holder(folder.path);
  child.kill('SIGKILL');
  await once(child, 'exit');
  lockHome(folder.path).close();
});

it('a second start within one process is refused too, and a closed lock is free', () => {
  const lock = lockHome(folder.path);
  expect(() => lockHome(folder.path)).toThrow('home-in-use');
  expect(() => lockHome(folder.path)).toThrow('home-in-use');
  lock.close();
  lockHome(folder.path).close();
});
