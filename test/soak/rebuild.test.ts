// R29 in a small size: a deleted catalog is made anew with every digest as it was. The figure itself: node test/soak/rebuild.ts
import { rmSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { rebuildBook } from '#station/flow/rebuild-book.ts';
import { systemClock } from '#station/kit/clock.ts';
import { silentLog } from '#station/kit/log.ts';
import { temporaryFolder } from '../peers/programs/temporary-folder.ts';
import { makeLostHome, wrongDigests } from './rebuild.ts';

it('300 objects of a deleted catalog come back with their digests', async () => {
  const folder = await temporaryFolder('r29');
  try {
    const digests = makeLostHome(folder.path, 300);
    const options = { home: folder.path, clock: systemClock, log: silentLog };
    const report = await rebuildBook(options);
    expect(report).toMatchObject({ base: 'nothing', objects: 300, adopted: 300, damaged: 0, missing: 0, held: 0 });
    expect(wrongDigests(folder.path, digests)).toBe(0);
    rmSync(path.join(folder.path, 'catalog.db'));
    expect((await rebuildBook(options)).base).not.toBe('nothing');
    expect(wrongDigests(folder.path, digests)).toBe(0);
  } finally {
    await folder.close();
  }
});
