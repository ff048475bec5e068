// Destinations that take other transfer syntaxes than the images are in: real ones, judged by programs that share no
// code with ours.
import { execFileSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openForward, type Forward, type ForwardOptions, type ForwardPorts } from '#station/5-forward/index.ts';
import type { TranscoderOptions } from '#station/dicom/codecs/index.ts';
import { buildFileMeta } from '#station/dicom/index.ts';
import { openSyntaxMaker } from '#station/flow/when-peer-needs-another-syntax.ts';
import { systemClock } from '#station/kit/clock.ts';
import { silentLog } from '#station/kit/log.ts';
import { newUid } from '#station/kit/ids.ts';
import { settingsWith, Shelf, type SampleDestination } from '../station/5-forward/approved-exam.ts';
import { until as untilSo } from '../support/until.ts';
import {
  convert,
  isInstalled,
  orthancIsInstalled,
  partsOf,
  readParts,
  secondaryCaptureClass,
  smallImage,
  startOrthanc,
  startStorescp,
  temporaryFolder,
  type TemporaryFolder,
} from './programs/index.ts';

const implicit = '1.2.840.10008.1.2';
const explicit = '1.2.840.10008.1.2.1';
const judge = path.join(import.meta.dirname, '../station/dicom/codecs/judge-transcodes.py');
if (!isInstalled('storescp')) console.warn('NOT VERIFIED: DCMTK absent');

const closing: (() => Promise<unknown> | unknown)[] = [];
let folder: TemporaryFolder;
beforeEach(async () => void (folder = await temporaryFolder('other-syntax')));
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await folder.close();
});
const later = <T extends { close(): unknown }>(peer: T): T => {
  closing.push(() => peer.close());
  return peer;
};

const quickly: Partial<ForwardOptions> = { retry: { firstMs: 40, mostMs: 300 }, probeMs: 150, gatherMs: 50 };

async function open(shelf: Shelf, options: { transcoder?: TranscoderOptions; ports?: Partial<ForwardPorts> } = {}) {
  const { transcoder } = options;
  const syntaxMaker = await openSyntaxMaker({
    ...{ home: folder.path, log: silentLog, checkRoom: () => {} },
    ...(transcoder ? { transcoder } : {}),
  });
  const ports = { openRevision: shelf.openRevision, syntaxMaker, ...options.ports };
  return later(openForward({ book: shelf.book, clock: systemClock, log: silentLog, ports, options: quickly }));
}

const rowsOf = (forward: Forward) => forward.deliveries({ limit: 1000, offset: 0 }).deliveries;

async function until(forward: Forward, isSo: (states: readonly string[]) => boolean): Promise<void> {
  const look = () => rowsOf(forward).map(({ state, lastAnswer }) => ({ state, lastAnswer }));
  await untilSo('the deliveries', look, (rows) => isSo(rows.map(({ state }) => state)));
}
const settled = (states: readonly string[]) => states.every((state) => state === 'committed' || state === 'blocked');

type Original = { readonly uid: string; readonly syntax: string; readonly file: string };

/** The same picture in the syntax that a tool of DCMTK writes, as approved; `args` make it of an explicit one. */
async function approved(shelf: Shelf, made: readonly (readonly [string, ...string[]])[]) {
  const originals: Original[] = [];
  const samples = [];
  for (const [n, [program, ...args]] of made.entries()) {
    const uid = newUid();
    const file = path.join(folder.path, `${n}-plain.dcm`);
    const uids = { StudyInstanceUID: newUid(), SeriesInstanceUID: newUid(), SOPInstanceUID: uid };
    const meta = { sopClassUid: secondaryCaptureClass, sopInstanceUid: uid, transferSyntaxUid: explicit };
    await writeFile(file, Buffer.concat([buildFileMeta(meta), smallImage(uids)]));
    const converted = path.join(folder.path, `${n}.dcm`);
    await convert(program, [...args, file, converted]);
    const { dataSet, transferSyntaxUid: syntax } = await readParts(converted);
    originals.push({ uid, syntax, file: converted });
    samples.push({ uid, syntax, bytes: dataSet, sopClass: secondaryCaptureClass });
  }
  return { originals, exam: shelf.exam(samples) };
}

const lossless = [
  ['dcmconv', '+te'],
  ['dcmconv', '+ti'],
  ['dcmconv', '+tb'],
  ['dcmconv', '+td'],
  ['dcmcrle'],
  ['dcmcjpls', '+un'],
  ['dcmcjpeg', '+un'],
] as const;

/** What pydicom and DCMTK find when they compare each original with what arrived. */
function judged(pairs: readonly (readonly [string, string])[]) {
  const said = execFileSync('/usr/bin/python3', [judge], {
    input: pairs.map((pair) => JSON.stringify(pair)).join('\n'),
    encoding: 'utf8',
  });
  return said
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { elements: string; pixels: string });
}
const same = { elements: 'equal', pixels: 'equal' };

const destination = (port: number, more: Partial<SampleDestination> = {}): SampleDestination => ({
  ...{ id: 'archive', port, confirm: 'none', ...more },
});

describe.skipIf(!isInstalled('storescp'))('a destination that takes implicit little endian only', () => {
  const start = async () => later(await startStorescp(['+xi']));

  it('gets them too when an examination found that it took them as they are, which is not so any more', async () => {
    const [shelf, peer] = [new Shelf(), await start()];
    const { exam } = await approved(shelf, [['dcmcrle'], ['dcmcjpls', '+un']]);
    const asked: string[] = [];
    const knownToTake = (...kind: readonly string[]) => (asked.push(kind.join(' ')), 'yes' as const);
    const forward = await open(shelf, { ports: { knownToTake } });
    await forward.applySettings(settingsWith(destination(peer.port)));
    forward.enqueue(exam.id, exam.revisions);
    await until(forward, settled);
    expect(rowsOf(forward).map(({ state }) => state)).toEqual(['committed', 'committed']);
    expect(asked).toContain(`archive ${secondaryCaptureClass} 1.2.840.10008.1.2.5`);
  });

  it('gets images of every lossless syntax in it, the same in every value, each with one digest', async () => {
    const [shelf, peer] = [new Shelf(), await start()];
    const { originals, exam } = await approved(shelf, lossless);
    expect(new Set(originals.map(({ syntax }) => syntax)).size).toBe(lossless.length);
    const forward = await open(shelf);
    await forward.applySettings(settingsWith(destination(peer.port)));
    forward.enqueue(exam.id, exam.revisions);
    await until(forward, settled);
    expect(rowsOf(forward).map(({ state }) => state)).toEqual(originals.map(() => 'committed'));

    const arrived = new Map<string, string>();
    for (const name of await readdir(peer.folder)) {
      const file = path.join(peer.folder, name);
      const parts = await readParts(file);
      expect(parts.transferSyntaxUid).toBe(implicit);
      arrived.set(parts.sopInstanceUid, file);
    }
    const found = judged(originals.map(({ uid, file }) => [file, arrived.get(uid) ?? '']));
    expect(found.map(({ elements, pixels }) => ({ elements, pixels }))).toEqual(originals.map(() => same));
    const digests = shelf.book
      .sql<{ n: number }>('SELECT count(DISTINCT dataSetSha256) AS n FROM attempt GROUP BY SOPInstanceUID')
      .all();
    expect(digests.map(({ n }) => n)).toEqual(originals.map(() => 1));
    expect((await readdir(path.join(folder.path, 'transcodes'))).filter((name) => !name.endsWith('.dcm'))).toEqual([]);
  });

  it('gets nothing that was compressed with loss until a person allows it, and that is said', async () => {
    const [shelf, peer] = [new Shelf(), await start()];
    const { originals, exam } = await approved(shelf, [['dcmcjpeg', '+eb']]);
    const forward = await open(shelf);
    await forward.applySettings(settingsWith(destination(peer.port)));
    forward.enqueue(exam.id, exam.revisions);
    await until(forward, settled);
    const [blocked] = rowsOf(forward);
    expect(blocked).toMatchObject({ state: 'blocked', lastAnswer: { key: 'lossy-not-converted' } });

    await forward.applySettings(settingsWith(destination(peer.port, { transcode: 'decompress' })));
    forward.changeDelivery(blocked?.id ?? '', { action: 'retry', reason: '' });
    await until(forward, (states) => states.every((state) => state === 'committed'));
    const [name] = await readdir(peer.folder);
    const arrived = path.join(peer.folder, name ?? '');
    const [found] = judged([[originals[0]?.file ?? '', arrived]]);
    expect(found).toMatchObject(same);
    // It is as lossy as it was, and says so.
    expect((await readFile(arrived)).includes(Buffer.from('ISO_10918_1'))).toBe(true);
  });

  it('gets nothing made for it where that is forbidden', async () => {
    const [shelf, peer] = [new Shelf(), await start()];
    const { exam } = await approved(shelf, [['dcmcrle']]);
    const forward = await open(shelf);
    await forward.applySettings(settingsWith(destination(peer.port, { transcode: 'never' })));
    forward.enqueue(exam.id, exam.revisions);
    await until(forward, settled);
    expect(rowsOf(forward)[0]).toMatchObject({
      state: 'blocked',
      lastAnswer: { key: expect.stringMatching(/class|syntax/) },
    });
  });

  it('does not wait for an image on which the decoder hangs; that one is held back with words', async () => {
    const [shelf, peer] = [new Shelf(), await start()];
    const { exam } = await approved(shelf, [['dcmcrle'], ['dcmconv', '+ti']]);
    const worker = path.join(folder.path, 'hangs.mjs');
    await writeFile(
      worker,
      `import { parentPort } from 'node:worker_threads';parentPort.on('message', () => { for (;;); });`,
    );
    const forward = await open(shelf, { transcoder: { workerUrl: pathToFileURL(worker), stalledMs: 500 } });
    await forward.applySettings(settingsWith(destination(peer.port)));
    forward.enqueue(exam.id, exam.revisions);
    await until(forward, settled);
    expect(
      rowsOf(forward)
        .map(({ state }) => state)
        .sort(),
    ).toEqual(['blocked', 'committed']);
    const blocked = rowsOf(forward).find(({ state }) => state === 'blocked');
    expect(blocked?.lastAnswer).toMatchObject({ key: 'cannot-convert', params: { reason: 'took-too-long' } });
  });

  it('gets the same bytes again when they have to be made anew', async () => {
    const [shelf, peer] = [new Shelf(), await start()];
    const { exam } = await approved(shelf, [['dcmcjpls', '+un']]);
    const forward = await open(shelf);
    await forward.applySettings(settingsWith(destination(peer.port)));
    forward.enqueue(exam.id, exam.revisions);
    await until(forward, settled);
    const [first] = rowsOf(forward);
    forward.changeDelivery(first?.id ?? '', { action: 'send-again', reason: '' });
    await until(forward, settled);
    const made = () => shelf.book.sql<{ n: number }>('SELECT count(*) AS n FROM attempt').get()?.n;
    expect(made()).toBe(2);
    const digests = shelf.book.sql('SELECT DISTINCT dataSetSha256 FROM attempt').all();
    expect(digests).toEqual(shelf.book.sql('SELECT dataSetSha256 FROM transcode').all());
  });

  it('is sent what was being made when the station ended', async () => {
    const [shelf, peer] = [new Shelf(), await start()];
    const { exam } = await approved(shelf, [['dcmcrle'], ['dcmcjpls', '+un']]);
    const worker = path.join(folder.path, 'silent.mjs');
    await writeFile(worker, `import { parentPort } from 'node:worker_threads';parentPort.on('message', () => {});`);
    const before = await open(shelf, { transcoder: { workerUrl: pathToFileURL(worker) } });
    await before.applySettings(settingsWith(destination(peer.port)));
    before.enqueue(exam.id, exam.revisions);
    await until(before, (states) => states.every((state) => state === 'backoff'));
    await before.close();
    const after = await open(shelf);
    await after.applySettings(settingsWith(destination(peer.port)));
    await until(after, (states) => states.every((state) => state === 'committed'));
  });
});

describe.skipIf(!orthancIsInstalled())('an Orthanc that takes explicit little endian only', () => {
  it('gets and keeps all of them in it', async () => {
    const shelf = new Shelf();
    const orthanc = later(
      await startOrthanc({ aet: 'ARCHIVE', configuration: { AcceptedTransferSyntaxes: [explicit] } }),
    );
    const { originals, exam } = await approved(shelf, lossless.slice(3));
    const forward = await open(shelf);
    await forward.applySettings(settingsWith(destination(orthanc.dicomPort)));
    forward.enqueue(exam.id, exam.revisions);
    await until(forward, settled);
    expect(rowsOf(forward).map(({ state }) => state)).toEqual(originals.map(() => 'committed'));
    const pairs: [string, string][] = [];
    for (const id of (await orthanc.get('/instances')) as string[]) {
      const bytes = await orthanc.file(id);
      const { sopInstanceUid, transferSyntaxUid } = partsOf(bytes);
      expect(transferSyntaxUid).toBe(explicit);
      const file = path.join(folder.path, `${id}.dcm`);
      await writeFile(file, bytes);
      pairs.push([originals.find(({ uid }) => uid === sopInstanceUid)?.file ?? '', file]);
    }
    expect(pairs.length).toBe(originals.length);
    expect(judged(pairs).map(({ elements, pixels }) => ({ elements, pixels }))).toEqual(pairs.map(() => same));
  });
});
