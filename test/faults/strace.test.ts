// The disk fails, is full, or the station is killed at single system calls while devices store. Whatever call it is, what
// was acknowledged is kept and the next start mends the rest. The whole sweep: test/soak/system-calls.ts.
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
  { kind: 'EIO', call: 2 },
  { kind: 'SIGKILL', call: 3 },
  { kind: 'SIGKILL', call: 9 },
];

it.skipIf(missing !== undefined)(
  'what was acknowledged is kept whichever system call fails or is the last',
  { timeout: 120_000 },
  async () => {
    const sweep = newSweep(path.join(folder.path, 'home'));
    let reached = 0;
    for (const point of points) {
      const end = await strikeAt(sweep, point);
      expect(end.breaches, `${point.kind} at call ${point.call}, ${end.call}`).toEqual([]);
      if (end.reached) reached++;
    }
    expect(await settleSweep(sweep)).toEqual([]);
    expect(reached).toBeGreaterThan(1);
    expect(sweep.log.acknowledged.length).toBeGreaterThan(0);
  },
);
