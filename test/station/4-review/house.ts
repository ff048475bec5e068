// A small house for decisions: the real book, catalogue, trail and review over files in a temporary folder. The clock
// stands still unless a test moves it; what is enqueued is only remembered.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openCatalog, openRearranging, type ArrivalSource } from '#station/3-catalog/index.ts';
import { openReview, type RecordedRevision, type ReviewPorts } from '#station/4-review/index.ts';
import { openAudit } from '#station/audit/index.ts';
import { buildFileMeta, openPart10, readHeader } from '#station/dicom/index.ts';
import { whenExamApproved, type ApprovalRooms } from '#station/flow/when-exam-approved.ts';
import { systemClock, type Clock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import { openBook } from '#station/records/index.ts';
import { temporaryFolder } from '../../peers/programs/temporary-folder.ts';

const aDevice: ArrivalSource = { kind: 'dicom', label: 'ULTRASOUND2', address: '127.0.0.1' };

export async function openSmallHouse(
  options: {
    readonly book?: string;
    /** What happens while revisions are made: called when each of them is about to be written. */
    readonly meanwhile?: () => void;
  } & Pick<ReviewPorts, 'departmentOf' | 'defaultsOf'> = {},
) {
  const folder = await temporaryFolder('review');
  const objects = path.join(folder.path, 'objects');
  const revisions = path.join(folder.path, 'revisions');
  await mkdir(objects);
  await mkdir(revisions);
  let nowMs = Date.parse('2026-11-23T10:00:00.000Z');
  const clock: Clock = { ...systemClock, now: () => new Date(nowMs).toISOString(), epochMs: () => nowMs };
  const book = openBook(options.book ?? ':memory:');
  const catalog = openCatalog({ book, clock, quietTimeMs: () => 10_000 });
  const audit = openAudit({ book, clock });
  let destinations = [{ id: 'archive', name: 'Archive', answers: true }];
  const enqueued: { readonly examId: string; readonly revisions: readonly RecordedRevision[] }[] = [];
  const changed: string[] = [];
  const rearranging = openRearranging({
    ...{ book, clock, mayHaveLeft: () => false, refreshProblems: catalog.refreshProblems },
  });
  const review = openReview({
    book,
    clock,
    ports: {
      departmentOf: (aeTitle, address) => options.departmentOf?.(aeTitle, address),
      defaultsOf: (aeTitle, address) => options.defaultsOf?.(aeTitle, address) ?? {},
      station: () => ({ name: 'Röntgen 2', institution: 'Klinik am Fluß', softwareVersion: '0.1.0' }),
      routeOf: () => ({
        to: destinations.map((one) => ({
          required: true,
          refuses: [],
          because: { key: 'no-rules', rule: '', condition: '' },
          ...one,
        })),
        notTo: [],
        destinations: destinations.length,
        missing: [],
      }),
      standingProblems: catalog.standingProblems,
      objectFile: catalog.objectFile,
      objectsAround: rearranging.objectsAround,
      objectPath: (file) => path.join(objects, file),
      writeRecipe: async (id, bytes) => {
        options.meanwhile?.();
        await writeFile(path.join(revisions, `${id}.rcp`), bytes);
        return `${id}.rcp`;
      },
      readRecipe: (file) => readFile(path.join(revisions, file)),
      dropRecipe: (file) => rm(path.join(revisions, file), { force: true }),
    },
  });
  const rooms: ApprovalRooms = {
    book,
    review,
    audit,
    refreshProblems: catalog.refreshProblems,
    examChanged: (examId) => changed.push(examId),
    enqueue: (examId, made) => enqueued.push({ examId, revisions: made }),
  };

  return {
    ...rooms,
    rooms,
    catalog,
    rearranging,
    objectsFolder: objects,
    enqueued,
    changed,
    revisionsFolder: revisions,
    setDestinations: (next: typeof destinations) => (destinations = next),
    pass: (ms: number) => (nowMs += ms),
    pathOf: (objectId: string) => path.join(objects, catalog.objectFile(objectId).file),
    /** Keeps a file as the station would: as it is, or behind a File Meta of ours where it has none. */
    async take(
      given: Buffer | string,
      source: ArrivalSource = aDevice,
      announced?: { readonly sopClassUid: string; readonly sopInstanceUid: string },
    ) {
      const bytes = typeof given === 'string' ? await readFile(given) : given;
      let opened = await openPart10(bytes);
      let kept = bytes;
      if (!opened.meta) {
        const { SOPClassUID, SOPInstanceUID } = await readHeader(opened);
        const transferSyntaxUid = opened.syntax.uid;
        const meta = buildFileMeta({ sopClassUid: SOPClassUID, sopInstanceUid: SOPInstanceUID, transferSyntaxUid });
        kept = Buffer.concat([meta, bytes]);
        opened = await openPart10(kept);
      }
      const header = await readHeader(opened);
      const objectId = newId();
      const file = `${objectId}.dcm`;
      await writeFile(path.join(objects, file), kept);
      const dataSet = kept.subarray(opened.dataSetOffset);
      const recorded = catalog.record({
        objectId,
        file,
        sizeBytes: kept.length,
        dataSetOffset: opened.dataSetOffset,
        dataSetSha256: createHash('sha256').update(dataSet).digest('hex'),
        header,
        transferSyntaxUid: opened.meta?.transferSyntaxUid ?? opened.syntax.uid,
        source,
        ...(announced && { announced }),
      });
      return { ...recorded, bytes: kept };
    },
    /** Lets the quiet time pass and approves. */
    async approve(examId: string, by = 'Kim', seenObjects?: number, seenDestinations?: readonly string[]) {
      nowMs += 60_000;
      await whenExamApproved(rooms, { examId, by, seenObjects, seenDestinations });
    },
    /** An object as it leaves. */
    async leaving(objectId: string): Promise<Buffer> {
      const pieces: Buffer[] = [];
      for await (const piece of (await review.openLatest(objectId)).open()) pieces.push(piece as Buffer);
      return Buffer.concat(pieces);
    },
    async close() {
      book.close();
      await folder.close();
    },
  };
}

export type SmallHouse = Awaited<ReturnType<typeof openSmallHouse>>;
