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
  isOpenNote,
  readOpenNotes,
  readReleased,
  recordNoteObject,
  recordReleasedRejection,
  rejectedBy,
  settleNote,
  type NoteContent,
  type OpenNote,
} from '#station/4-review/index.ts';
import type { Review } from '#station/4-review/index.ts';
import { whoMayHaveGot, type Forward } from '#station/5-forward/index.ts';
import type { Store } from '#station/2-store/index.ts';
import type { Catalog } from '#station/3-catalog/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import { localDateTime } from '#station/kit/local-time.ts';
import type { Log } from '#station/kit/log.ts';
import { Problem } from '#station/kit/problem.ts';
import { recordJudgement } from '#station/quality/index.ts';
import { storeMade } from './made-objects.ts';
import { openAdvancing } from './advancing.ts';
import { leftByBook, notesOf, type Left } from './released-notes.ts';
import type { DecisionRooms } from './when-exam-corrected.ts';

export type AfterReleaseRooms = DecisionRooms & {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Pick<Store, 'begin' | 'forget'>;
  readonly catalog: Pick<Catalog, 'record' | 'refreshProblems' | 'objectFile'>;
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
  /** What the site calls the reason, and whether the image is taken again; for what is counted. */
  readonly ownLabel?: string | undefined;
  readonly verdict?: 'rejected' | 'repeated' | undefined;
  readonly commandId?: string | undefined;
};

export type AfterRelease = {
  /** True when the object is approved: it is rejected here and not by Review. */
  concerns(objectId: string): boolean;
  /**
   * Durable when it resolves. Of one exam. `beside` is done in the same transaction, or neither is; not for a command that
   * was carried out before.
   * @throws Problem 'not-found', 'reason-unknown', 'already-approved' when it was decided anew meanwhile
   */
  reject(command: RejectReleased, beside?: () => void): Promise<void>;
  /** Goes on with notes that are not everywhere yet; after deliveries moved. Never throws. */
  advance(): void;
  /** Resolves when nothing can be done at the moment. */
  settled(): Promise<void>;
  close(): Promise<void>;
};

export function openAfterRelease(rooms: AfterReleaseRooms): AfterRelease {
  const { book, log } = rooms;
  const { advance, settled, close } = openAdvancing({
    open: () => readOpenNotes(book),
    goOn: (note) => goOn(rooms, note),
    onFailed: (error) => log.error('rejection-note-failed', {}, error),
  });
  return {
    concerns: (objectId) => readReleased(book, objectId) !== null,
    reject: async (command, beside) => {
      book.transaction(() => carryOutRejection(rooms, prepareRejection(rooms, command)) && beside?.());
      advance();
    },
    advance,
    settled,
    close,
  };
}

/** A rejection of which everything was read that its notes say. */
export type PreparedRejection = RejectReleased & { readonly objects: readonly Left[] };

/** Reads what left, from the book: what was let go here can be rejected too. @throws what AfterRelease.reject throws */
export function prepareRejection(
  { book }: Pick<AfterReleaseRooms, 'book'>,
  command: RejectReleased,
): PreparedRejection {
  const known = findRejectReason(command.reason);
  if (!known || known.title === null) throw new Problem('reason-unknown', { reason: command.reason.slice(0, 16) });
  const objects: Left[] = [];
  for (const objectId of new Set(command.objectIds)) {
    const object = readReleased(book, objectId);
    if (object === null) throw new Problem('already-approved');
    if (isNote(book, objectId)) {
      throw new Problem('input-invalid', { field: 'objectIds', expected: 'images, no rejection notes' });
    }
    objects.push(leftByBook(book, object));
  }
  if (objects.length === 0 || new Set(objects.map(({ examId }) => examId)).size > 1) {
    throw new Problem('input-invalid', { field: 'objectIds', expected: 'images of one exam' });
  }
  return { ...command, objects };
}

/**
 * Inside a transaction of the caller, who looks at the exam afterwards: rejects, writes its notes down, takes deliveries
 * back that have not begun. Null when the command was carried out before. @throws Problem 'already-approved'
 */
export function recordRejectionOf(
  rooms: AfterReleaseRooms,
  { objects, reason, text: said, by, commandId }: PreparedRejection,
): { readonly noteIds: readonly string[]; readonly left: ReadonlySet<string> } | null {
  const { book, clock, forward } = rooms;
  const text = said.trim().slice(0, 1024);
  // Asked in the transaction: what leaves between is told of, what never left needs no note.
  const left = objects.filter(({ objectId }) => forward.mayHaveLeft(objectId));
  const notes = notesOf(left, {
    reason,
    text,
    by,
    at: localDateTime(new Date(clock.epochMs())),
    station: rooms.station(),
  });
  const noteIds = recordReleasedRejection({ book, clock }, { objects, reason, text, by, commandId, notes });
  if (noteIds === null) return null;
  forward.withdrawRejected(objects.map(({ objectId }) => objectId));
  return { noteIds, left: new Set(left.map(({ objectId }) => objectId)) };
}

/** The same with its trail. False when the command was carried out before. */
export function carryOutRejection(rooms: AfterReleaseRooms, rejection: PreparedRejection): boolean {
  const { book, audit } = rooms;
  const { objects, reason, by } = rejection;
  const done = recordRejectionOf(rooms, rejection);
  if (done === null) return false;
  const text = rejection.text.trim().slice(0, 1024);
  const [examId = ''] = objects.map((object) => object.examId);
  for (const { objectId } of objects) {
    const { verdict = 'rejected', ownLabel } = rejection;
    recordJudgement(rooms, objectId, { verdict, reason, ownLabel, text, by });
    const params = {
      ...{ reason, ...(text === '' ? {} : { text }) },
      afterRelease: done.left.has(objectId) ? 'yes' : 'no',
    };
    audit.append({ by, action: 'object-rejected', examId, objectId, params });
  }
  rooms.refreshProblems(examId);
  book.afterCommit(() => rooms.examChanged(examId));
  return true;
}

/** Makes the note when it is not there, and gives it to every destination whose turn it is. */
async function goOn(rooms: AfterReleaseRooms, note: OpenNote): Promise<void> {
  const objectId = note.objectId ?? (await makeNote(rooms, note));
  if (objectId === null) return;
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

/** Null when the note was taken back meanwhile: nothing of it stays. */
async function makeNote(rooms: AfterReleaseRooms, note: OpenNote): Promise<string | null> {
  const { book, clock, catalog } = rooms;
  const decide = (objectId: string): string => {
    recordNoteObject({ book, clock }, note, objectId);
    catalog.refreshProblems(note.examId);
    book.afterCommit(() => rooms.examChanged(note.examId));
    return objectId;
  };
  // The station ended when the file was there and the row was not: the start has found it.
  const found = findNoteObject(book, note.content.SOPInstanceUID);
  if (found !== undefined) return book.transaction(() => (isOpenNote(book, note.id) ? decide(found) : null));
  const { bytes, dataSetOffset } = buildRejectionNote(note.content);
  const made = { pieces: [bytes], dataSetOffset, examId: note.examId };
  try {
    return await storeMade(rooms, made, ({ objectId }) => {
      if (!isOpenNote(book, note.id)) throw new TakenBack();
      return decide(objectId);
    });
  } catch (error) {
    if (error instanceof TakenBack) return null;
    throw error;
  }
}

class TakenBack extends Error {}
