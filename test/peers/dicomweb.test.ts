// STOW-RS and QIDO-RS with Orthanc's own plugin.
import { existsSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { DeliveryRow } from '#contract/shapes/delivery.ts';
import { openForward, type Forward } from '#station/5-forward/index.ts';
import { systemClock } from '#station/kit/clock.ts';
import { silentLog } from '#station/kit/log.ts';
import { many, settingsWith, Shelf } from '../station/5-forward/approved-exam.ts';
import { until as untilSo } from '../support/until.ts';
import {
  digestOf,
  orthancIsInstalled,
  partsOf,
  secondaryCaptureClass,
  smallImage,
  startOrthanc,
  type Orthanc,
} from './programs/index.ts';

const plugin = process.env['ORTHANC_DICOMWEB'] ?? '/usr/share/orthanc/plugins/libOrthancDicomWeb.so';
const isThere = orthancIsInstalled() && existsSync(plugin);
if (!isThere) console.warn('NOT VERIFIED: Orthanc or its DICOMweb plugin absent');

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const image = { sopClass: secondaryCaptureClass, make: (uids: Parameters<typeof smallImage>[0]) => smallImage(uids) };
const rowsOf = (forward: Forward): DeliveryRow[] => forward.deliveries({ limit: 10_000, offset: 0 }).deliveries;

async function until(forward: Forward, isSo: (rows: readonly DeliveryRow[]) => boolean): Promise<void> {
  let rows: readonly DeliveryRow[] = [];
  const look = () => (rows = rowsOf(forward)).map((row) => [row.state, row.lastAnswer]);
  await untilSo('the deliveries', look, () => isSo(rows));
}

const orthancWith = async (configuration: object, httpPort?: number, folder?: string): Promise<Orthanc> => {
  const orthanc = await startOrthanc({
    ...(httpPort === undefined ? {} : { httpPort }),
    ...(folder === undefined ? {} : { folder }),
    configuration: { Plugins: [plugin], DicomWeb: { Enable: true, Root: '/dicom-web/' }, ...configuration },
  });
  closing.push(() => orthanc.close());
  return orthanc;
};

function open(shelf: Shelf, ports: object = {}): Forward {
  const forward = openForward({
    book: shelf.book,
    clock: systemClock,
    log: silentLog,
    ports: { openRevision: shelf.openRevision, ...ports },
    options: { retry: { firstMs: 40, mostMs: 300 }, probeMs: 150, refusingProbeMs: 200, gatherMs: 50 },
  });
  closing.push(() => forward.close());
  return forward;
}

describe.skipIf(!isThere)('an Orthanc that is reached by DICOMweb', () => {
  it('gets everything byte for byte and shows it when asked; what it has already changes nothing', async () => {
    const orthanc = await orthancWith({});
    const shelf = new Shelf();
    const forward = open(shelf);
    const baseUrl = `http://127.0.0.1:${orthanc.httpPort}/dicom-web`;
    const web = { baseUrl, auth: { kind: 'none' as const }, mostObjects: 25, mostBytes: 1_000_000 };
    await forward.applySettings(settingsWith({ id: 'archive', confirm: 'query', protocol: 'dicomweb', web }));
    const exam = shelf.exam(many(60, image));
    forward.enqueue(exam.id, exam.revisions);
    await until(forward, (rows) => rows.every((row) => row.state === 'committed'));
    const expected = shelf.book
      .sql<{ uid: string; sha: string }>('SELECT SOPInstanceUID AS uid, dataSetSha256 AS sha FROM revision')
      .all();
    const held = new Map<string, string>();
    for (const id of (await orthanc.get('/instances')) as string[]) {
      const parts = partsOf(await orthanc.file(id));
      held.set(parts.sopInstanceUid, digestOf(parts.dataSet));
    }
    expect(held).toEqual(new Map(expected.map(({ uid, sha }) => [uid, sha])));

    expect(forward.changeExam({ examId: exam.id }, { action: 'send-again', reason: '' })).toBe(60);
    await until(forward, (rows) => rows.every((row) => row.state === 'committed'));
    expect((await orthanc.get('/instances')) as string[]).toHaveLength(60);
    const test = await forward.testDestination(
      { aeTitle: '', host: '', port: 0, protocol: 'dicomweb', web },
      'SAFELIGHT',
    );
    expect(test).toMatchObject({ ok: true, key: 'answers' });
  });

  it('lets in who knows the password', async () => {
    const orthanc = await orthancWith({ AuthenticationEnabled: true, RegisteredUsers: { us: 'right' } });
    const shelf = new Shelf();
    let password = 'wrong';
    const forward = open(shelf, { readSecret: async () => password });
    const auth = { kind: 'basic' as const, user: 'us', secretVariable: 'SAFELIGHT_SECRET_A' };
    const baseUrl = `http://127.0.0.1:${orthanc.httpPort}/dicom-web/`;
    const web = { baseUrl, auth, mostObjects: 25, mostBytes: 1_000_000 };
    await forward.applySettings(settingsWith({ id: 'archive', confirm: 'query', protocol: 'dicomweb', web }));
    const exam = shelf.exam(many(5, image));
    forward.enqueue(exam.id, exam.revisions);
    await until(forward, () => forward.destinationStatus()[0]?.state === 'refusing');
    expect(forward.destinationStatus()[0]?.lastAnswer).toMatchObject({ key: 'web-not-authorised' });
    password = 'right';
    await until(forward, (rows) => rows.every((row) => row.state === 'committed'));
  });

  it('says which object it cannot understand, and the others are kept', async () => {
    const orthanc = await orthancWith({});
    const shelf = new Shelf();
    const forward = open(shelf);
    const web = {
      baseUrl: `http://127.0.0.1:${orthanc.httpPort}/dicom-web`,
      auth: { kind: 'none' as const },
      mostObjects: 25,
      mostBytes: 1_000_000,
    };
    await forward.applySettings(settingsWith({ id: 'archive', confirm: 'query', protocol: 'dicomweb', web }));
    const exam = shelf.exam([
      ...many(6, image),
      { sopClass: secondaryCaptureClass, bytes: Buffer.from('no DICOM at all') },
    ]);
    const poison = exam.revisions[6]?.uid;
    forward.enqueue(exam.id, exam.revisions);
    await until(forward, (rows) =>
      rows.every((row) => row.state === (row.SOPInstanceUID === poison ? 'blocked' : 'committed')),
    );
    expect((await orthanc.get('/instances')) as string[]).toHaveLength(6);
  });
});
