// Earlier exams from real archives: asked for by C-FIND or QIDO-RS, fetched by C-GET or WADO-RS.
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settingsShape, type Settings } from '#contract/shapes/settings.ts';
import { openAudit } from '#station/audit/index.ts';
import { openFrameReader } from '#station/dicom/codecs/index.ts';
import { buildFileMeta } from '#station/dicom/index.ts';
import { openPriorsFlow, type PriorsFlow } from '#station/flow/priors.ts';
import { systemClock } from '#station/kit/clock.ts';
import { newUid } from '#station/kit/ids.ts';
import { silentLog } from '#station/kit/log.ts';
import { openBook } from '#station/records/index.ts';
import { examNamed, noCatalog, type NamedExam } from '../station/priors/exam-named.ts';
import {
  convert,
  digestOf,
  orthancIsInstalled,
  partsOf,
  runDcmsend,
  secondaryCaptureClass,
  smallImage,
  startDcmqrscp,
  startOrthanc,
} from './programs/index.ts';

const plugin = process.env['ORTHANC_DICOMWEB'] ?? '/usr/share/orthanc/plugins/libOrthancDicomWeb.so';
if (!orthancIsInstalled()) console.warn('NOT VERIFIED: Orthanc absent');

let folder: string;
const closing: (() => unknown)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'earlier-exams-'));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await rm(folder, { recursive: true, force: true });
});

const ours = { PatientID: 'S1', PatientName: 'SAMPLE^IMAGE' };

function open(destination: object, exam: NamedExam = examNamed(ours)): PriorsFlow {
  const book = openBook(':memory:');
  const frames = openFrameReader({ workers: 1 });
  const settings: Settings = settingsShape.parse({
    destinations: [{ id: 'archive', name: 'Archive', kind: 'archive', priors: 'on-request', ...destination }],
  });
  const flow = openPriorsFlow({
    ...{ book, clock: systemClock, log: silentLog, frames, by: () => 'Kim', settings: () => settings },
    ...{ audit: openAudit({ book, clock: systemClock }), catalog: noCatalog(exam) },
    ...{ folder: path.join(folder, 'priors'), checkRoom: () => {}, callingOf: () => undefined, readSecret: undefined },
    onChanged: () => {},
  });
  closing.push(
    () => book.close(),
    () => frames.close(),
    () => flow.close(),
  );
  return flow;
}

type Made = { readonly file: string; readonly study: string; readonly uid: string };

/** Images of one study; `name` must be as long as SAMPLE^IMAGE. */
async function makeStudy(images: number, { name = 'SAMPLE^IMAGE', jpeg = false } = {}): Promise<Made[]> {
  const [StudyInstanceUID, SeriesInstanceUID] = [newUid(), newUid()];
  return Promise.all(
    Array.from({ length: images }, async () => {
      const SOPInstanceUID = newUid();
      const dataSet = smallImage({ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID }, 64).toString('latin1');
      const meta = { sopClassUid: secondaryCaptureClass, sopInstanceUid: SOPInstanceUID };
      const bytes = Buffer.concat([
        buildFileMeta({ ...meta, transferSyntaxUid: '1.2.840.10008.1.2.1' }),
        Buffer.from(dataSet.replace('SAMPLE^IMAGE', name), 'latin1'),
      ]);
      const file = path.join(folder, `${SOPInstanceUID}.dcm`);
      await writeFile(file, bytes);
      if (jpeg) await convert('dcmcjpeg', ['+un', file, file]);
      return { file, study: StudyInstanceUID, uid: SOPInstanceUID };
    }),
  );
}

/** Asks, opens the earlier exam, waits until it is here whole, and gives what is here by SOP Instance UID. */
async function fetchAll(flow: PriorsFlow, exam: NamedExam, study: string) {
  flow.desk.ask(exam.id, false);
  await expect
    .poll(() => flow.desk.ofExam(exam.id).sources.map(({ state, word }) => [state, word]))
    .toEqual([['answered', null]]);
  const { priors } = flow.desk.ofExam(exam.id);
  const prior = priors.find(({ StudyInstanceUID }) => StudyInstanceUID === study);
  const opened = flow.desk.open(exam.id, prior?.id ?? '');
  await expect
    .poll(() => {
      const { state, trouble } = flow.desk.read(opened.prior.id).prior.here;
      return [state, trouble];
    })
    .toEqual(['whole', null]);
  const read = flow.desk.read(opened.prior.id);
  return { priors, read, objects: read.exam.series.flatMap(({ objects }) => objects) };
}

/** The data sets of the cache, by SOP Instance UID. */
async function kept(): Promise<Map<string, string>> {
  const files = await readdir(path.join(folder, 'priors'));
  const parts = await Promise.all(
    files.map(async (file) => partsOf(await readFile(path.join(folder, 'priors', file)))),
  );
  return new Map(parts.map(({ sopInstanceUid, dataSet }) => [sopInstanceUid, digestOf(dataSet)]));
}

async function asSent(made: readonly Made[]): Promise<Map<string, string>> {
  return new Map(
    await Promise.all(
      made.map(async ({ file, uid }) => [uid, digestOf(partsOf(await readFile(file)).dataSet)] as const),
    ),
  );
}

describe('an archive that speaks C-FIND and C-GET (dcmqrscp)', () => {
  it('shows the earlier exams of the patient and gives them byte for byte', async () => {
    const archive = await startDcmqrscp('ARCHIVE');
    closing.push(() => archive.close());
    const [plain, packed] = await Promise.all([makeStudy(3), makeStudy(2)]);
    const sent = await runDcmsend(
      { port: archive.port, called: 'ARCHIVE' },
      [...plain, ...packed].map(({ file }) => file),
    );
    expect(sent.code, sent.output).toBe(0);
    const exam = examNamed(ours);
    const flow = open({ aeTitle: 'ARCHIVE', host: '127.0.0.1', port: archive.port }, exam);

    const first = await fetchAll(flow, exam, plain[0]?.study ?? '');
    expect(first.priors).toHaveLength(2);
    expect(first.priors.map(({ doubts }) => doubts)).toEqual([[], []]);
    const second = await fetchAll(flow, exam, packed[0]?.study ?? '');
    expect(await kept()).toEqual(await asSent([...plain, ...packed]));
    for (const { id } of [...first.objects, ...second.objects])
      expect(await flow.frame(id, 0)).toMatchObject({ rows: 64, columns: 64 });
  });
});

describe.skipIf(!orthancIsInstalled())('Orthanc as archive', () => {
  it('gives earlier exams by C-GET, compressed as they are; one in another name is shown as doubtful, and so are its images', async () => {
    const orthanc = await startOrthanc({ aet: 'ORTHANC', configuration: { DicomAlwaysAllowGet: true } });
    closing.push(() => orthanc.close());
    const [same, other] = await Promise.all([makeStudy(3, { jpeg: true }), makeStudy(1, { name: 'SOMEBODY^ELS' })]);
    const sent = await runDcmsend(
      { port: orthanc.dicomPort, called: 'ORTHANC' },
      [...same, ...other].map(({ file }) => file),
      ['--decompress-never'],
    );
    expect(sent.code, sent.output).toBe(0);
    const exam = examNamed(ours);
    const flow = open({ aeTitle: 'ORTHANC', host: '127.0.0.1', port: orthanc.dicomPort }, exam);
    await fetchAll(flow, exam, same[0]?.study ?? '');
    const { read, priors } = await fetchAll(flow, exam, other[0]?.study ?? '');
    const [image] = flow.desk
      .read(priors.find(({ doubts }) => doubts.length === 0)?.id ?? '')
      .exam.series.flatMap((one) => one.objects);
    expect(image?.TransferSyntaxUID).toBe('1.2.840.10008.1.2.4.70');
    expect(await flow.frame(image?.id ?? '', 0)).toMatchObject({ rows: 64, columns: 64 });
    expect(await kept()).toEqual(await asSent([...same, ...other]));
    expect(priors.map(({ StudyInstanceUID, doubts }) => [StudyInstanceUID, doubts]).sort()).toEqual(
      [
        [same[0]?.study, []],
        [other[0]?.study, ['name']],
      ].sort(),
    );
    expect(read.prior.doubts).toEqual(['name', 'in-images']);
    expect(read.exam.received.PatientName).toBe('SOMEBODY^ELS');
  });

  it.skipIf(!existsSync(plugin))('gives them by QIDO-RS and WADO-RS where it is reached by DICOMweb', async () => {
    const orthanc = await startOrthanc({
      aet: 'ORTHANC',
      configuration: { Plugins: [plugin], DicomWeb: { Enable: true, Root: '/dicom-web/' } },
    });
    closing.push(() => orthanc.close());
    const made = await makeStudy(3);
    const sent = await runDcmsend(
      { port: orthanc.dicomPort, called: 'ORTHANC' },
      made.map(({ file }) => file),
    );
    expect(sent.code, sent.output).toBe(0);
    const exam = examNamed(ours);
    const baseUrl = `http://127.0.0.1:${orthanc.httpPort}/dicom-web`;
    const flow = open({ protocol: 'dicomweb', web: { baseUrl } }, exam);
    const { priors } = await fetchAll(flow, exam, made[0]?.study ?? '');
    expect(priors).toMatchObject([{ PatientName: 'SAMPLE^IMAGE', modalities: ['OT'], images: 3, doubts: [] }]);
    expect(await kept()).toEqual(await asSent(made));
  });
});
