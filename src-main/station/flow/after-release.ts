// What is decided about objects that may have left: they are rejected, and a note says so to everybody who may have them
// (IHE IOCM change requester).
//
// Guarantees: what was decided is one transaction, and from then on no rejected object leaves. Each later step is a row: a
// note that is not made yet is made, and goes to each destination when nothing of what it speaks of is under way there any
// more. A stop in between is gone on with at the next start; a step that was done is not done again.
import { findRejectReason } from '#contract/shapes/reject-reasons.ts';
import {
  buildRejectionNote,
  findNoteObject,
  isNote,
  readOpenNotes,
  readReleased,
  recordNoteObject,
  recordReleasedRejection,
  rejectedBy,
  settleNote,
  type NoteContent,
  type NoteIdentity,
  type NoteTitle,
  type OpenNote,
  type ReleasedObject,
  type StudyOfNote,
} from '#station/4-review/index.ts';
import type { Review } from '#station/4-review/index.ts';
import { whoMayHaveGot, type Forward } from '#station/5-forward/index.ts';
import type { Store } from '#station/2-store/index.ts';
import type { Catalog } from '#station/3-catalog/index.ts';
import { openPart10, readerOfHead, readHeader } from '#station/dicom/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import { newUid } from '#station/kit/ids.ts';
import type { Log } from '#station/kit/log.ts';
import { Problem } from '#station/kit/problem.ts';
import type { ObjectHeader } from '#station/model/object-header.ts';
import { storeMade } from './made-objects.ts';
import type { DecisionRooms } from './when-exam-corrected.ts';

export type AfterReleaseRooms = DecisionRooms & {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Pick<Store, 'begin' | 'forget'>;
  readonly catalog: Pick<Catalog, 'record' | 'refreshProblems'>;
  readonly review: Review;
  readonly forward: Pick<Forward, 'enqueue' | 'withdrawRejected' | 'mayHaveLeft'>;
  readonly station: () => NoteContent['station'];
};

export type RejectReleased = {
  readonly objectIds: readonly string[];
  /** A code of `rejectReasons`; one that has no title cannot be told to an archive. */
  readonly reason: string;
  readonly text: string;
  readonly by: string;
  readonly commandId?: string | undefined;
};

export type AfterRelease = {
  /** True when the object is approved: it is rejected here and not by Review. */
  concerns(objectId: string): boolean;
  /**
   * Durable when it resolves. Of one exam.
   * @throws Problem 'not-found', 'reason-unknown', 'already-approved' when it was decided anew meanwhile
   */
  reject(command: RejectReleased): Promise<void>;
  /** Goes on with notes that are not everywhere yet; after deliveries moved. Never throws. */
  advance(): void;
  /** Resolves when nothing can be done at the moment. */
  settled(): Promise<void>;
  close(): Promise<void>;
};

export function openAfterRelease(rooms: AfterReleaseRooms): AfterRelease {
  const { book, log } = rooms;
  let running: Promise<void> | undefined;
  let again = false;
  let isClosed = false;
  const work = async (): Promise<void> => {
    do {
      again = false;
      for (const note of readOpenNotes(book)) {
        if (isClosed) return;
        try {
          await goOn(rooms, note);
        } catch (error) {
          // It stays open and is looked at again when anything moves, and at the next start.
          log.error('rejection-note-failed', {}, error);
        }
      }
    } while (again);
  };
  const advance = (): void => {
    if (isClosed) return;
    again = true;
    running ??= new Promise<void>((resolve) => setImmediate(resolve))
      .then(() => (isClosed ? undefined : work()))
      .finally(() => (running = undefined));
  };
  return {
    concerns: (objectId) => readReleased(book, objectId) !== null,
    reject: async (command) => {
      const rejection = await prepareRejection(rooms, command);
      book.transaction(() => carryOut(rooms, rejection));
      advance();
    },
    advance,
    settled: async () => {
      while (running) await running;
    },
    close: async () => {
      isClosed = true;
      await running;
    },
  };
}

type Prepared = RejectReleased & { readonly objects: readonly Left[] };
/** An object with what its bytes say of themselves as they left. */
type Left = ReleasedObject & { readonly header: ObjectHeader };

async function prepareRejection(rooms: AfterReleaseRooms, command: RejectReleased): Promise<Prepared> {
  const known = findRejectReason(command.reason);
  if (!known || known.title === null) throw new Problem('reason-unknown', { reason: command.reason.slice(0, 16) });
  const objects: Left[] = [];
  for (const objectId of new Set(command.objectIds)) {
    const object = readReleased(rooms.book, objectId);
    if (object === null) throw new Problem('already-approved');
    if (isNote(rooms.book, objectId)) {
      throw new Problem('input-invalid', { field: 'objectIds', expected: 'images, no rejection notes' });
    }
    objects.push({ ...object, header: await headerAsLeft(rooms, object.revisionId) });
  }
  if (objects.length === 0 || new Set(objects.map(({ examId }) => examId)).size > 1) {
    throw new Problem('input-invalid', { field: 'objectIds', expected: 'images of one exam' });
  }
  return { ...command, objects };
}

async function headerAsLeft({ review }: AfterReleaseRooms, revisionId: string): Promise<ObjectHeader> {
  const { sizeBytes, pieces } = await review.openRevision(revisionId);
  const more = async (offset: number, length: number): Promise<Buffer> => {
    const taken: Buffer[] = [];
    let bytes = 0;
    for await (const piece of pieces(offset)) {
      taken.push(Buffer.from(piece.subarray(0, length - bytes)));
      bytes += piece.length;
      if (bytes >= length) break;
    }
    return Buffer.concat(taken);
  };
  const head = await more(0, Math.min(sizeBytes, 65_536));
  return readHeader(await openPart10(readerOfHead(head, sizeBytes, more), { name: revisionId }));
}

function carryOut(rooms: AfterReleaseRooms, { objects, reason, text: said, by, commandId }: Prepared): void {
  const { book, clock, audit, forward } = rooms;
  const text = said.trim().slice(0, 1024);
  // Asked in the transaction: what leaves between is told of, what never left needs no note.
  const left = objects.filter(({ objectId }) => forward.mayHaveLeft(objectId));
  const notes = notesOf(left, { reason, text, by, at: localDateTime(clock.epochMs()), station: rooms.station() });
  if (!recordReleasedRejection({ book, clock }, { objects, reason, text, by, commandId, notes })) return;
  forward.withdrawRejected(objects.map(({ objectId }) => objectId));
  const [examId = ''] = objects.map((object) => object.examId);
  for (const { objectId } of objects) {
    const params = { reason, ...(text === '' ? {} : { text }), afterRelease: left.length > 0 ? 'yes' : 'no' };
    audit.append({ by, action: 'object-rejected', examId, objectId, params });
  }
  rooms.refreshProblems(examId);
  book.afterCommit(() => rooms.examChanged(examId));
}

type Circumstances = Pick<NoteContent, 'text' | 'by' | 'at' | 'station'> & { readonly reason: string };

/** One for each study that the objects left in; each names the others, and all of them say the same. */
function notesOf(left: readonly Left[], { reason, ...circumstances }: Circumstances) {
  const title = findRejectReason(reason)?.title as NoteTitle;
  const byStudy = Map.groupBy(left, ({ header }) => header.StudyInstanceUID);
  const rejected = [...byStudy].map(([study, objects]) => studyOf(study, objects));
  const places = [...byStudy.keys()].map((StudyInstanceUID) => ({
    ...{ StudyInstanceUID, SeriesInstanceUID: newUid(), SOPInstanceUID: newUid() },
  }));
  return places.map((place) => {
    const objects = byStudy.get(place.StudyInstanceUID) ?? [];
    const content: NoteContent = {
      ...circumstances,
      ...place,
      ...{ title, rejected, reason: title === '113001' ? reason : null },
      identity: identityOf(objects),
      identical: places.filter((other) => other !== place),
    };
    return { content, objectIds: objects.map(({ objectId }) => objectId) };
  });
}

function studyOf(StudyInstanceUID: string, objects: readonly Left[]): StudyOfNote {
  const bySeries = Map.groupBy(objects, ({ header }) => header.SeriesInstanceUID);
  return {
    StudyInstanceUID,
    series: [...bySeries].map(([SeriesInstanceUID, inSeries]) => ({
      SeriesInstanceUID,
      objects: inSeries.map(({ SOPClassUID, SOPInstanceUID, hasPixelData }) => ({
        ...{ SOPClassUID, SOPInstanceUID },
        valueType: hasPixelData ? 'IMAGE' : SOPClassUID.startsWith(waveforms) ? 'WAVEFORM' : 'COMPOSITE',
      })),
    })),
  };
}

const waveforms = '1.2.840.10008.5.1.4.1.1.9.';

/** As the archive has it: what is said of the patient here by now does not matter to it. */
function identityOf([first]: readonly Left[]): NoteIdentity {
  const keywords = [
    ...(['PatientName', 'PatientID', 'IssuerOfPatientID', 'PatientBirthDate', 'PatientSex', 'StudyDate'] as const),
    ...(['StudyTime', 'StudyID', 'AccessionNumber', 'ReferringPhysicianName', 'StudyDescription'] as const),
  ];
  return Object.fromEntries(keywords.map((keyword) => [keyword, first?.header[keyword] ?? ''])) as NoteIdentity;
}

/** YYYYMMDDHHMMSS in the zone of this machine. */
function localDateTime(epochMs: number): string {
  const at = new Date(epochMs);
  const parts = [at.getMonth() + 1, at.getDate(), at.getHours(), at.getMinutes(), at.getSeconds()];
  return `${at.getFullYear()}${parts.map((part) => String(part).padStart(2, '0')).join('')}`;
}

/** Makes the note when it is not there, and gives it to every destination whose turn it is. */
async function goOn(rooms: AfterReleaseRooms, note: OpenNote): Promise<void> {
  const objectId = note.objectId ?? (await makeNote(rooms, note));
  const { book, clock, forward } = rooms;
  book.transaction(() => {
    const objectIds = rejectedBy(book, note.id);
    forward.withdrawRejected(objectIds);
    const revision = book.sql<{ id: string }>('SELECT id FROM revision WHERE objectId = ?').get(objectId);
    if (!revision) return;
    let open = false;
    for (const { destinationId, underWay, there } of whoMayHaveGot(book, objectIds)) {
      const has = book
        .sql('SELECT 1 FROM delivery WHERE revisionId = ? AND destinationId = ?')
        .get(revision.id, destinationId);
      if (has !== undefined) continue;
      open ||= underWay || !there;
      if (underWay || !there) continue;
      const destinations = [{ id: destinationId, required: true }];
      forward.enqueue(note.examId, [{ id: revision.id, objectId }], { destinations });
    }
    if (!open) settleNote({ book, clock }, note.id);
  });
}

async function makeNote(rooms: AfterReleaseRooms, note: OpenNote): Promise<string> {
  const { book, clock, catalog } = rooms;
  const decide = (objectId: string): string => {
    recordNoteObject({ book, clock }, note, objectId);
    catalog.refreshProblems(note.examId);
    book.afterCommit(() => rooms.examChanged(note.examId));
    return objectId;
  };
  // The station ended when the file was there and the row was not: the start has found it.
  const found = findNoteObject(book, note.content.SOPInstanceUID);
  if (found !== undefined) return book.transaction(() => decide(found));
  const { bytes, dataSetOffset } = buildRejectionNote(note.content);
  return storeMade(rooms, { pieces: [bytes], dataSetOffset }, (recorded) => decide(recorded.objectId));
}
