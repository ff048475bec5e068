// The disk fails, is full, or the station is killed at single system calls while devices store. Whatever call it is, what
// was acknowledged is kept and the next start mends the rest. The whole sweep: test/soak/system-calls.ts.
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, expect, it } from 'vitest';
import path from 'node:path';
import { temporaryFolder, type TemporaryFolder } from '../peers/programs/temporary-folder.ts';
import { newSweep, settleSweep, straceIsMissing, strikeAt, type StracePoint } from './strace.ts';

const missing = straceIsMissing();
if (missing !== undefined) console.warn(`NOT VERIFIED: failing system calls: ${missing}`);

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder('strace');
});
afterEach(() => folder.close());

const points: readonly StracePoint[] = [
  { kind: 'EIO', place: 'syncs', call: 2 },
  { kind: 'SIGKILL', place: 'files', call: 6 },
  { kind: 'SIGKILL', place: 'start', call: 40 },
];

it.skipIf(missing !== undefined)(
  'what was acknowledged is kept whichever system call fails or is the last',
  async () => {
    const sweep = newSweep(path.join(folder.path, 'home'));
    for (const point of points) {
      const end = await strikeAt(sweep, point);
      const where = `${point.kind} at ${point.place} ${point.call}, ${end.call}`;
      expect(end.breaches, where).toEqual([]);
      expect(end.reached, where).toBe(true);
    }
    expect(await settleSweep(sweep)).toEqual([]);
    expect(sweep.log.acknowledged.length).toBeGreaterThan(0);
  },
);

it.skipIf(missing !== undefined)('what people were told has failed does not come back after a crash', () => {
  const program = path.join(import.meta.dirname, 'strace-book.ts');
  const file = path.join(folder.path, 'catalog.db');
  const tell = (under: readonly string[], ...ids: string[]) => {
    const [command = '', ...words] = [...under, process.execPath, program, file, ...ids];
    return JSON.parse(spawnSync(command, words, { encoding: 'utf8' }).stdout) as unknown;
  };
  tell([], 'first');
  const fault = ['-e', 'trace=fsync,fdatasync', '-e', 'inject=fsync,fdatasync:error=EIO:when=2', '-P', `${file}-wal`];
  const outcomes = [
    { id: 'second', outcome: 'well' },
    { id: 'third', outcome: 'disk-failed' },
  ];
  expect(tell(['strace', '-f', '-o', '/dev/null', ...fault], 'second', 'third')).toEqual({
    outcomes,
    kept: ['first', 'second'],
  });
  expect(tell([])).toEqual({ outcomes: [], kept: ['first', 'second'] });
});
