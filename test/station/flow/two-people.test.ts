// Two windows at one exam in the same moment, over the whole station: one goes before the other, or is told no. Nothing is
// half done, and nothing that was checked before counts when it holds no more.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { call } from '@orpc/server';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '#station/kit/log.ts';
import { newUid } from '#station/kit/ids.ts';
import { openStation, type Station } from '#station/station.ts';
import { received, sendAll } from '../../peers/after-release-around.ts';
import { smallImage } from '../../peers/programs/index.ts';

const none = { redBytes: 0, redShare: 0, redInodeShare: 0, amberShare: 0, reserveBytes: 0 };
/** Nobody is there: what is approved waits. */
const nowhere = { id: 'archive', name: 'Archive', kind: 'archive', aeTitle: 'NOBODY', host: '127.0.0.1', port: 9 };

let home: string;
let station: Station;
const open = async (more: { readonly judging?: object } = {}) => {
  station = await openStation({
    ...{ home, log: silentLog, spaceLimits: none },
    settings: {
      station: { dicomPort: 0, dicomHost: '127.0.0.1', quietTimeSeconds: 0, operator: 'Kim' },
      judging: more.judging ?? {},
      devices: [{ id: 'us', name: 'US', aeTitle: 'DEVICE' }],
      destinations: [nowhere],
    },
  });
};
beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'two-people-'));
});
afterEach(async () => {
  await station.close();
  await rm(home, { recursive: true, force: true });
});

const read = (id: string) => call(station.router.exams.read, { id });
const approve = (id: string) => call(station.router.exams.approve, { id });
const objectsOf = async (id: string) => (await read(id)).series.flatMap(({ objects }) => objects);
/** What became of each that was asked in the same moment: 'done', or the code of the refusal. */
const atOnce = async (...asked: readonly Promise<unknown>[]): Promise<string[]> =>
  (await Promise.allSettled(asked)).map((one) =>
    one.status === 'fulfilled' ? 'done' : ((one.reason as { cause?: { code?: string } }).cause?.code ?? 'broken'),
  );

test('an acceptance that is taken back while the exam is approved counts: nothing leaves that nobody accepts', async () => {
  await open({ judging: { acceptBeforeApproval: true } });
  const { examId } = await received(station);
  const objectIds = (await objectsOf(examId)).map(({ id }) => id);
  await call(station.router.judging.judge, { objectIds, verdict: 'accepted' });
  const [approving] = await atOnce(
    approve(examId),
    call(station.router.judging.judge, { objectIds: objectIds.slice(1), verdict: 'none' }),
  );
  expect([approving, (await read(examId)).counts.approved]).toEqual(['images-not-accepted', 0]);
});

test('images of which some have left are rejected together, also when the rest is approved in the same moment', async () => {
  await open();
  const { examId, StudyInstanceUID } = await received(station);
  const [first] = await objectsOf(examId);
  await approve(examId);
  const uid = newUid();
  const late = smallImage({ StudyInstanceUID, SeriesInstanceUID: newUid(), SOPInstanceUID: uid }, 16);
  await sendAll(station, [{ uid, bytes: late }]);
  const lateOne = (await objectsOf(examId)).find(({ state }) => state === 'received');
  const objectIds = [first?.id ?? '', lateOne?.id ?? ''];
  const wish = { objectIds, verdict: 'rejected', reason: '113037', text: '' } as const;
  expect(await atOnce(approve(examId), call(station.router.judging.judge, wish))).toEqual(['done', 'done']);
  const rejected = (await objectsOf(examId)).filter(({ state }) => state === 'rejected');
  expect(rejected.map(({ id }) => id).toSorted()).toEqual(objectIds.toSorted());
});
