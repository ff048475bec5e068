// A station with archives around it and an exam that left, for what is decided afterwards.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { call } from '@orpc/server';
import { expect } from 'vitest';
import { openAssociation } from '#station/dicom/network/index.ts';
import { silentLog } from '#station/kit/log.ts';
import { newUid } from '#station/kit/ids.ts';
import { openStation, type Station } from '#station/station.ts';
import { secondaryCaptureClass, smallImage, startOrthanc, type Orthanc } from './programs/index.ts';
import { run } from './programs/run.ts';

const none = { redBytes: 0, redShare: 0, redInodeShare: 0, amberShare: 0, reserveBytes: 0 };
const syntax = '1.2.840.10008.1.2.1';
export const noteClass = '1.2.840.10008.5.1.4.1.1.88.59';
/** For what an archive takes its time for. */

export type Around = Awaited<ReturnType<typeof openAround>>;

export async function openAround() {
  const home = await mkdtemp(path.join(os.tmpdir(), 'after-release-'));
  const closing: (() => Promise<unknown>)[] = [];
  return {
    home,
    async archive(aet: string): Promise<Orthanc> {
      const orthanc = await startOrthanc({ aet });
      closing.push(() => orthanc.close());
      return orthanc;
    },
    async open(...destinations: readonly object[]): Promise<Station> {
      const station = await openStation({
        ...{ home, log: silentLog, spaceLimits: none },
        settings: {
          station: { dicomPort: 0, dicomHost: '127.0.0.1', quietTimeSeconds: 0, operator: 'Kim' },
          devices: [{ id: 'us', name: 'US', aeTitle: 'DEVICE' }],
          destinations,
        },
        forward: { gatherMs: 50, retry: { firstMs: 40, mostMs: 300 }, probeMs: 150 },
      });
      closing.push(() => station.close());
      return station;
    },
    /** The last one that was opened ends. */
    closeLast: async () => void (await closing.pop()?.()),
    async close() {
      for (const close of closing.splice(0).reverse()) await close();
      await rm(home, { recursive: true, force: true });
    },
    /** Rejection notes that an archive holds, as pydicom reads them, and what dciodvfy says. */
    async notesAt(orthanc: Orthanc) {
      const ids = (await orthanc.get('/instances')) as string[];
      const notes: Readonly<Record<string, unknown>>[] = [];
      for (const id of ids) {
        const tags = await tagsOf(orthanc, id);
        if (tags['SOPClassUID'] !== noteClass) continue;
        const file = path.join(home, `${id}.dcm`);
        await writeFile(file, await orthanc.file(id));
        const judged = await run('/usr/bin/python3', [path.join(import.meta.dirname, 'judge-rejection-note.py'), file]);
        expect(judged.code, judged.output).toBe(0);
        expect(await errorsIn(file)).toEqual([]);
        notes.push(JSON.parse(judged.output.trim().split('\n').at(-1) ?? '') as Readonly<Record<string, unknown>>);
      }
      return { notes, instances: ids.length };
    },
    /** How many notes an archive holds; cheap enough to ask again and again. */
    async countNotes(orthanc: Orthanc): Promise<number> {
      const ids = (await orthanc.get('/instances')) as string[];
      const all = await Promise.all(ids.map((id) => tagsOf(orthanc, id)));
      return all.filter((tags) => tags['SOPClassUID'] === noteClass).length;
    },
    /** Everything else that an archive holds. */
    async imagesAt(orthanc: Orthanc) {
      const ids = (await orthanc.get('/instances')) as string[];
      const all = await Promise.all(ids.map((id) => tagsOf(orthanc, id)));
      return all.filter((tags) => tags['SOPClassUID'] !== noteClass);
    },
  };
}

type Tags = Readonly<Record<string, string>>;
const tagsOf = async (orthanc: Orthanc, id: string) => (await orthanc.get(`/instances/${id}/simplified-tags`)) as Tags;

async function errorsIn(file: string): Promise<string[]> {
  const { output } = await run('dciodvfy', [file]);
  return output.split('\n').filter((line) => line.startsWith('Error'));
}

export const destination = ({ aet, dicomPort }: Pick<Orthanc, 'aet' | 'dicomPort'>, more: object = {}) => ({
  ...{ id: aet.toLowerCase(), name: aet, kind: 'archive', aeTitle: aet, host: '127.0.0.1', port: dicomPort },
  ...{ confirm: 'query', ...more },
});

/** Sends files as a device does. */
export async function sendAll(station: Station, files: readonly { uid: string; bytes: Buffer; sopClass?: string }[]) {
  const classes = [...new Set(files.map(({ sopClass }) => sopClass ?? secondaryCaptureClass))];
  const opening = await openAssociation({
    ...{ host: '127.0.0.1', port: station.listening().dicomPort, callingAeTitle: 'DEVICE', calledAeTitle: 'SAFELIGHT' },
    contexts: classes.map((abstractSyntaxUid) => ({ abstractSyntaxUid, transferSyntaxUids: [syntax] })),
  });
  if (opening.kind !== 'accepted') throw new Error(opening.kind);
  for (const { uid, bytes, sopClass = secondaryCaptureClass } of files) {
    const outcome = await opening.association.store({
      ...{ sopClassUid: sopClass, sopInstanceUid: uid, transferSyntaxUid: syntax },
      ...{ lengthBytes: bytes.length, source: [bytes] },
    });
    if (outcome.kind !== 'answered') throw new Error(outcome.kind);
  }
  await opening.association.release();
}

/** Three images of one series, received. */
export async function received(station: Station, StudyInstanceUID: string = newUid(), picture = smallImage) {
  const SeriesInstanceUID = newUid();
  const uids = [newUid(), newUid(), newUid()];
  await sendAll(
    station,
    uids.map((uid) => ({ uid, bytes: picture({ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID: uid }, 16) })),
  );
  const { exams } = await call(station.router.exams.list, { limit: 10, offset: 0 });
  const exam = exams.find((one) => one.StudyInstanceUID === StudyInstanceUID);
  if (!exam) throw new Error('no exam');
  return { examId: exam.id, StudyInstanceUID, uids };
}

/** The same, corrected and approved. */
export async function approved(station: Station) {
  const { examId, StudyInstanceUID, uids } = await received(station);
  await call(station.router.exams.correct, {
    ...{ id: examId, reason: 'CORRECT' },
    attributes: { PatientName: 'Müller^Jürgen', PatientBirthDate: '19500102' },
  });
  const { series } = await call(station.router.exams.approve, { id: examId });
  return { examId, StudyInstanceUID, uids, objects: series.flatMap((one) => one.objects) };
}

export const deliveriesOf = async (station: Station, examId: string) =>
  (await call(station.router.deliveries.list, { examId, limit: 100, offset: 0 })).deliveries;

/** Every delivery of an exam is proved, or none is wanted any more. */
export async function untilProved(station: Station, examId: string): Promise<void> {
  const all = async () => (await deliveriesOf(station, examId)).map(({ state }) => state);
  await expect
    .poll(async () => (await all()).filter((state) => state !== 'committed' && state !== 'cancelled'))
    .toEqual([]);
}

export const isNote =
  (uids: readonly string[]) =>
  ({ SOPInstanceUID }: { readonly SOPInstanceUID: string }): boolean =>
    !uids.includes(SOPInstanceUID);
