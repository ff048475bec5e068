// What is fetched when somebody changes their mind, with an archive that gives nothing until it is told to.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '#station/kit/log.ts';
import type { PriorCache } from '#station/priors/cache.ts';
import { Fetching } from '#station/priors/fetching.ts';
import { IncomingPrior } from '#station/priors/incoming-prior.ts';
import type { Archive } from '#station/priors/ports.ts';

let begun: string[];
let release: (() => void)[];
let fetching: Fetching;
beforeEach(() => {
  begun = [];
  release = [];
  const archive: Pick<Archive, 'list' | 'fetch'> = {
    list: (StudyInstanceUID) => {
      begun.push(StudyInstanceUID);
      return new Promise((resolve) =>
        release.push(() => resolve({ kind: 'failed', word: { key: 'stopped', params: {} } })),
      );
    },
    fetch: () => Promise.resolve(null),
  };
  const study = (id: string) => ({ id, StudyInstanceUID: id, isComplete: false, leftOut: 0, expected: null });
  fetching = new Fetching({
    cache: { study, count: () => 0, objects: () => [] } as unknown as PriorCache,
    log: silentLog,
    clock: { monotonicMs: () => 0 },
    archiveOf: () => archive as Archive,
    onChanged: () => {},
  });
});
afterEach(async () => {
  const closed = fetching.close();
  for (const one of release) one();
  await closed;
});

const want = (studyId: string, lane: 'person' | 'ahead' = 'person') =>
  fetching.begin({ studyId, destinationId: 'pacs', lane });
/** The archive ends the errand that was begun as the `n`th. */
const end = async (n: number) => {
  const seen = begun.length;
  release[n]?.();
  await expect.poll(() => begun.length).toBe(seen + 1);
};

test('an exam that is wanted again right after it was stopped is fetched', async () => {
  want('first');
  fetching.stop('first');
  want('first');
  await end(0);
  expect(begun).toEqual(['first', 'first']);
});

test('an exam that was stopped stays so when another one is wanted', async () => {
  want('first');
  fetching.stop('first');
  want('second');
  await end(0);
  expect(fetching.stateOf({ id: 'first', isComplete: false, leftOut: 0, expected: null } as never).state).not.toBe(
    'fetching',
  );
  expect(begun).toEqual(['first', 'second']);
});

test('what stands back for another one goes on afterwards, once', async () => {
  for (const id of ['first', 'second', 'third']) want(id);
  await end(0);
  expect(begun).toEqual(['first', 'third']);
  await end(1);
  await end(2);
  expect(begun.slice(2).sort()).toEqual(['first', 'second']);
});

test('an exam that is being fetched ahead is not fetched a second time beside it', () => {
  want('first', 'ahead');
  want('first');
  expect(begun).toEqual(['first']);
});

test('an object for which there is no room leaves nothing, and says why once', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'prior-'));
  const ends: unknown[] = [];
  const target = new IncomingPrior(
    {
      study: { id: 's', StudyInstanceUID: '1.2' },
      asked: { SOPInstanceUID: '1.2.3', SeriesInstanceUID: '1.2.4' } as never,
      head: Buffer.alloc(10),
      onEnd: (why) => ends.push(why?.key),
    },
    {
      folder,
      makeRoom: (objectBytes) => (objectBytes > 100 ? { key: 'no-room', params: {} } : undefined),
      keep: () => expect.unreachable(),
    },
  );
  await target.write([Buffer.alloc(50)]);
  await expect(target.write([Buffer.alloc(60)])).rejects.toThrow();
  await target.discard();
  await target.discard();
  expect(ends).toEqual(['no-room']);
  expect(await readdir(folder)).toEqual([]);
  await rm(folder, { recursive: true });
});
