import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { DeliveryRow } from '#contract/shapes/delivery.ts';
import { openDicomServer } from '#station/dicom/network/index.ts';
import { systemClock } from '#station/kit/clock.ts';
import { silentLog } from '#station/kit/log.ts';
import { openForward, type Forward, type ForwardOptions } from '#station/5-forward/index.ts';
import { many, settingsWith, Shelf, type SampleDestination } from '../station/5-forward/approved-exam.ts';
import { KeptObjects } from '../station/dicom/network/kept-objects.ts';
import { until as untilSo } from '../support/until.ts';
import {
  digestOf,
  freePort,
  isInstalled,
  orthancIsInstalled,
  partsOf,
  readParts,
  secondaryCaptureClass,
  smallImage,
  startDcmqrscp,
  startOrthanc,
  startStorescp,
  temporaryFolder,
  type Orthanc,
} from './programs/index.ts';

const hasDcmtk = isInstalled('storescp');
if (!hasDcmtk) console.warn('NOT VERIFIED: DCMTK absent');
if (!orthancIsInstalled()) console.warn('NOT VERIFIED: Orthanc absent');

const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
const later = <T extends { close(): unknown }>(peer: T): T => {
  closing.push(() => peer.close());
  return peer;
};

const quickly: Partial<ForwardOptions> = {
  retry: { firstMs: 40, mostMs: 300 },
  probeMs: 150,
  refusingProbeMs: 200,
  gatherMs: 100,
  commitDeadlineMs: 5_000,
  commitAfterRestartMs: 500,
};

const image = { sopClass: secondaryCaptureClass, make: (uids: Parameters<typeof smallImage>[0]) => smallImage(uids) };

function open(shelf: Shelf, options: Partial<ForwardOptions> = {}): Forward {
  const forward = openForward({
    book: shelf.book,
    clock: systemClock,
    log: silentLog,
    ports: { openRevision: shelf.openRevision },
    options: { ...quickly, ...options },
  });
  return later(forward);
}

const rowsOf = (forward: Forward): DeliveryRow[] => forward.deliveries({ limit: 100_000, offset: 0 }).deliveries;

/** Looks until it is so; says how things stand when it never is. */
async function until(forward: Forward, isSo: (rows: readonly DeliveryRow[]) => boolean): Promise<void> {
  let rows: readonly DeliveryRow[] = [];
  const look = () => {
    rows = rowsOf(forward);
    const counts = Object.groupBy(rows, (row) => `${row.destinationId} ${row.state} ${row.lastAnswer?.key}`);
    return Object.entries(counts).map(([key, some]) => `${key}: ${some?.length}`);
  };
  await untilSo('the deliveries', look, () => isSo(rows));
}

const allIn = (state: string) => (rows: readonly DeliveryRow[]) =>
  rows.length > 0 && rows.every((row) => row.state === state);

/** SOP Instance UID and digest of every object that an Orthanc holds. */
async function heldBy(orthanc: Orthanc): Promise<Map<string, string>> {
  const ids = (await orthanc.get('/instances')) as string[];
  const held = new Map<string, string>();
  for (const id of ids) {
    const parts = partsOf(await orthanc.file(id));
    held.set(parts.sopInstanceUid, digestOf(parts.dataSet));
  }
  return held;
}

const expected = (shelf: Shelf): Map<string, string> =>
  new Map(
    shelf.book
      .sql<{ uid: string; sha: string }>('SELECT SOPInstanceUID AS uid, dataSetSha256 AS sha FROM revision')
      .all()
      .map(({ uid, sha }) => [uid, sha]),
  );

/** Our listener, as far as commitment reports go. */
async function listenFor(forward: Forward, port: number): Promise<void> {
  const rules = new KeptObjects().rules({
    onCommitmentReport: (report, association) => forward.onCommitmentReport(report, association),
  });
  const server = await openDicomServer({ host: '127.0.0.1', port }, rules);
  closing.push(() => server.close(1000));
}

describe.skipIf(!orthancIsInstalled())('an Orthanc as archive and an Orthanc as cache', () => {
  it('both get everything byte for byte; one is away, dies and comes back, and each delivery ends proved', async () => {
    const shelf = new Shelf();
    const [ourPort, cachePort, cacheHttpPort] = [await freePort(), await freePort(), await freePort()];
    const folder = later(await temporaryFolder('cache'));
    const archive = later(
      await startOrthanc({ aet: 'ARCHIVE', modalities: [{ aeTitle: 'SAFELIGHT', port: ourPort }] }),
    );
    const startCache = () =>
      startOrthanc({ aet: 'CACHE', dicomPort: cachePort, httpPort: cacheHttpPort, folder: folder.path });
    const destinations: SampleDestination[] = [
      { id: 'archive', port: archive.dicomPort, confirm: 'commitment' },
      { id: 'cache', port: cachePort, confirm: 'query' },
    ];
    const forward = open(shelf);
    await listenFor(forward, ourPort);
    await forward.applySettings(settingsWith(...destinations));

    const first = shelf.exam(many(40, image));
    forward.enqueue(first.id, first.revisions);
    await until(forward, (rows) => rows.every((row) => row.destinationId !== 'archive' || row.state === 'committed'));
    await expect
      .poll(() => forward.destinationStatus())
      .toMatchObject([
        { id: 'archive', state: 'well', waiting: 0, confirmedToday: 40 },
        { id: 'cache', state: 'silent', waiting: 40, lastAnswer: { key: 'connection-refused' } },
      ]);

    const cache = later(await startCache());
    await until(forward, allIn('committed'));
    await cache.close('SIGKILL');
    const second = shelf.exam(many(20, image));
    forward.enqueue(second.id, second.revisions);
    await until(forward, (rows) => rows.every((row) => row.destinationId !== 'archive' || row.state === 'committed'));
    const back = later(await startCache());
    await until(forward, allIn('committed'));

    expect(await heldBy(archive)).toEqual(expected(shelf));
    expect(await heldBy(back)).toEqual(expected(shelf));
    const by = (id: string) =>
      new Set(
        rowsOf(forward)
          .filter((row) => row.destinationId === id)
          .map((row) => row.confirmedBy),
      );
    expect(by('archive')).toEqual(new Set(['commitment']));
    expect(by('cache')).toEqual(new Set(['query']));
  });

  it('an archive that lost an object after Success says so by commitment, and gets it again', async () => {
    const shelf = new Shelf();
    const ourPort = await freePort();
    const archive = later(
      await startOrthanc({ aet: 'ARCHIVE', modalities: [{ aeTitle: 'SAFELIGHT', port: ourPort }] }),
    );
    const forward = open(shelf, { gatherMs: 600_000 });
    await listenFor(forward, ourPort);
    await forward.applySettings(settingsWith({ id: 'archive', port: archive.dicomPort }));
    const exam = shelf.exam(many(5, image));
    // The other destination keeps the queue from being empty, so that nothing is asked before the object is gone.
    let gone = false;
    shelf.beforeRead = async (id) => {
      if (id !== exam.revisions[4]?.id || gone) return;
      const ids = (await archive.get('/instances')) as string[];
      await fetch(`http://127.0.0.1:${archive.httpPort}/instances/${ids[0]}`, { method: 'DELETE' });
      gone = true;
    };
    forward.enqueue(exam.id, exam.revisions);
    await until(forward, allIn('committed'));
    expect(gone).toBe(true);
    expect(await heldBy(archive)).toEqual(expected(shelf));
    expect(
      rowsOf(forward)
        .map((row) => row.attempts)
        .sort(),
    ).toEqual([1, 1, 1, 1, 2]);
  });

  it('a wrong AE title is told in words by a test of one button', async () => {
    const archive = later(await startOrthanc({ aet: 'ARCHIVE', checkCalledAet: true }));
    const forward = open(new Shelf());
    const target = { aeTitle: 'ARCHIVE', host: '127.0.0.1', port: archive.dicomPort };
    expect(await forward.testDestination(target, 'SAFELIGHT')).toMatchObject({ ok: true, key: 'answers' });
    const wrong = await forward.testDestination({ ...target, aeTitle: 'WRONG' }, 'SAFELIGHT');
    expect(wrong).toMatchObject({ ok: false, key: 'called-ae-unknown', params: { called: 'WRONG' } });
    const nobody = await forward.testDestination({ ...target, port: await freePort() }, 'SAFELIGHT');
    expect(nobody).toMatchObject({ ok: false, key: 'connection-refused' });
    const nowhere = await forward.testDestination({ ...target, host: 'nowhere.invalid' }, 'SAFELIGHT');
    expect(nowhere).toMatchObject({ ok: false, key: 'name-not-found' });
  });
});

describe.skipIf(!hasDcmtk)('a receiver that misbehaves', () => {
  it('refuses every association: it is told at once, and everything leaves when it is put right', async () => {
    const shelf = new Shelf();
    const refusing = later(await startStorescp(['--refuse']));
    const forward = open(shelf);
    await forward.applySettings(settingsWith({ id: 'archive', port: refusing.port, confirm: 'none' }));
    const exam = shelf.exam(many(3, image));
    forward.enqueue(exam.id, exam.revisions);
    await until(forward, () => forward.destinationStatus()[0]?.state === 'refusing');
    expect(forward.destinationStatus()[0]?.lastAnswer?.key).toBe('association-refused');
    await refusing.close();
    const good = later(await startStorescp([], { port: refusing.port }));
    await until(forward, allIn('committed'));
    expect((await readdir(good.folder)).length).toBe(3);
  });

  it('aborts the only object there is: it is tried five times, shown, and never taken for sent', async () => {
    const shelf = new Shelf();
    const aborting = later(await startStorescp(['--abort-after']));
    const forward = open(shelf);
    await forward.applySettings(settingsWith({ id: 'archive', port: aborting.port, confirm: 'none' }));
    const exam = shelf.exam([image]);
    forward.enqueue(exam.id, exam.revisions);
    await until(forward, allIn('blocked'));
    expect(rowsOf(forward)[0]).toMatchObject({ attempts: 5, sentAt: null, lastAnswer: { key: 'aborted' } });
    expect(outcomesIn(shelf)).toEqual(Array(5).fill('unknown'));
  });

  it('hangs up in the middle of every object: nothing is taken for sent, and all arrive when it is put right', async () => {
    const shelf = new Shelf();
    const aborting = later(await startStorescp(['--abort-during']));
    const forward = open(shelf);
    await forward.applySettings(settingsWith({ id: 'archive', port: aborting.port, confirm: 'none' }));
    const exam = shelf.exam(many(4, { ...image, make: (uids) => smallImage(uids, 1000) }));
    forward.enqueue(exam.id, exam.revisions);
    await until(forward, (rows) => rows.every((row) => row.attempts > 1));
    expect(new Set(outcomesIn(shelf).filter((outcome) => outcome !== 'underway'))).toEqual(new Set(['unknown']));
    expect(rowsOf(forward).some((row) => row.sentAt !== null || row.state === 'blocked')).toBe(false);
    await aborting.close();
    const good = later(await startStorescp([], { port: aborting.port }));
    await until(forward, allIn('committed'));
    expect(await keptIn(good.folder)).toEqual(expected(shelf));
  });

  it('takes small pieces only: it still gets every byte', async () => {
    const shelf = new Shelf();
    const small = later(await startStorescp(['--max-pdu', '4096']));
    const forward = open(shelf);
    await forward.applySettings(settingsWith({ id: 'archive', port: small.port, confirm: 'none' }));
    const exam = shelf.exam(many(5, { ...image, make: (uids) => smallImage(uids, 500) }));
    forward.enqueue(exam.id, exam.revisions);
    await until(forward, allIn('committed'));
    expect(await keptIn(small.folder)).toEqual(expected(shelf));
  });

  it('never sees the end of an object whose bytes have changed here', async () => {
    const shelf = new Shelf();
    const receiver = later(await startStorescp());
    const forward = open(shelf);
    await forward.applySettings(settingsWith({ id: 'archive', port: receiver.port, confirm: 'none' }));
    const exam = shelf.exam(many(3, { ...image, make: (uids) => smallImage(uids, 1000) }));
    shelf.damage(exam.revisions[1]?.id ?? '');
    forward.enqueue(exam.id, exam.revisions);
    await until(forward, (rows) => rows.every((row) => row.state === 'committed' || row.state === 'blocked'));
    expect(rowsOf(forward).filter((row) => row.lastAnswer?.key === 'digest-mismatch')).toHaveLength(1);
    const kept = await keptIn(receiver.folder);
    expect(kept.size).toBe(2);
    for (const [uid, digest] of kept) expect(expected(shelf).get(uid)).toBe(digest);
  });
});

describe.skipIf(!hasDcmtk)('a restart in the middle', () => {
  it('loses nothing and gives no UID a second content', async () => {
    const shelf = new Shelf();
    const receiver = later(await startStorescp());
    const settings = settingsWith({ id: 'archive', port: receiver.port, confirm: 'none' });
    const exam = shelf.exam(many(300, image));
    const first = open(shelf);
    await first.applySettings(settings);
    first.enqueue(exam.id, exam.revisions);
    await until(first, (rows) => rows.filter((row) => row.state === 'committed').length > 50);
    await first.close(0);
    const left = rowsOf(first).filter((row) => row.state !== 'committed').length;
    expect(left).toBeGreaterThan(0);
    const second = open(shelf);
    await second.applySettings(settings);
    await until(second, allIn('committed'));
    expect(await keptIn(receiver.folder)).toEqual(expected(shelf));
  });
});

describe.skipIf(!hasDcmtk)('dcmqrscp as archive', () => {
  it('proves by query what it holds', async () => {
    const shelf = new Shelf();
    const archive = later(await startDcmqrscp('ARCHIVE'));
    const forward = open(shelf);
    await forward.applySettings(settingsWith({ id: 'archive', port: archive.port, confirm: 'query' }));
    const exams = [shelf.exam(many(12, image)), shelf.exam(many(1, image))];
    for (const exam of exams) forward.enqueue(exam.id, exam.revisions);
    await until(forward, allIn('committed'));
    expect(new Set(rowsOf(forward).map((row) => row.lastAnswer?.key))).toEqual(new Set(['found-by-query']));
  });

  it('asked for commitment, which it does not offer, proves by query and says so', async () => {
    const shelf = new Shelf();
    const archive = later(await startDcmqrscp('ARCHIVE'));
    const forward = open(shelf);
    await forward.applySettings(settingsWith({ id: 'archive', port: archive.port, confirm: 'commitment' }));
    const exam = shelf.exam(many(3, image));
    forward.enqueue(exam.id, exam.revisions);
    await until(forward, allIn('committed'));
    expect(new Set(rowsOf(forward).map((row) => row.lastAnswer?.key))).toEqual(new Set(['found-by-query-instead']));
  });
});

const outcomesIn = (shelf: Shelf): string[] =>
  shelf.book
    .sql<{ outcome: string }>('SELECT outcome FROM attempt')
    .all()
    .map((attempt) => attempt.outcome);

async function keptIn(folder: string): Promise<Map<string, string>> {
  const kept = new Map<string, string>();
  for (const name of await readdir(folder)) {
    const parts = await readParts(path.join(folder, name));
    kept.set(parts.sopInstanceUid, digestOf(parts.dataSet));
  }
  return kept;
}
