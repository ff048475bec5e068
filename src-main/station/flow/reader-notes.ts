// Notes to the reader: kept with the exam, and where the site wants it made into an object that leaves with its images.
//
// Guarantees: what is to leave is a row of the transaction that approves. The object is made after it, with patient and study as
// the images left and all of them as evidence, read back and compared before it has a row, and goes where they go. A stop in
// between is gone on with at the next start; the same text leaves once. Refuses to send what is not written.
import type { NotesSetting, ReaderNote } from '#contract/shapes/reader-notes.ts';
import type { Catalog } from '#station/3-catalog/index.ts';
import type { Store } from '#station/2-store/index.ts';
import {
  buildReaderNote,
  destinationsOfExam,
  hideNotes,
  isStillAsRead,
  findNoteObject,
  objectsForNote,
  orderReaderNote,
  readOpenReaderNotes,
  readReaderNote,
  readReleased,
  recordReaderNoteContent,
  recordReaderNoteObject,
  saveReaderNote,
  type OpenReaderNote,
  type ReaderNoteContent,
  type Review,
} from '#station/4-review/index.ts';
import type { Forward } from '#station/5-forward/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import { localDateTime } from '#station/kit/local-time.ts';
import { newUid } from '#station/kit/ids.ts';
import type { Log } from '#station/kit/log.ts';
import { bug } from '#station/kit/problem.ts';
import { placeMade, recordMade } from './made-objects.ts';
import { openAdvancing } from './advancing.ts';
import { identityOf, readLeft, studyOf, type Left } from './released-notes.ts';
import type { DecisionRooms } from './when-exam-corrected.ts';

/** So long after the last word of the same person, writing is told anew. */
const trailMs = 300_000;

export type ReaderNoteRooms = Pick<DecisionRooms, 'book' | 'audit' | 'examChanged'> & {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Pick<Store, 'begin' | 'forget'>;
  readonly catalog: Pick<Catalog, 'record' | 'refreshProblems'>;
  readonly review: Pick<Review, 'openRevision'>;
  readonly forward: Pick<Forward, 'enqueue'>;
  readonly setting: () => NotesSetting;
  readonly by: () => string;
  readonly station: () => ReaderNoteContent['station'];
};

export type ReaderNotes = {
  /** An exam is approved: its note leaves, if the site wants that. Inside the transaction of the approval. */
  approved(examId: string): void;
  readonly desk: {
    read(examId: string): ReaderNote;
    /** Durable when it returns. @throws Problem 'not-found' */
    save(examId: string, text: string, send: boolean): ReaderNote;
  };
  /** Goes on with what is not made yet. Never throws. */
  advance(): void;
  /** Resolves when nothing can be done at the moment. */
  settled(): Promise<void>;
  close(): Promise<void>;
};

export function openReaderNotes(rooms: ReaderNoteRooms): ReaderNotes {
  const { book, log, setting } = rooms;
  const { advance, settled, close } = openAdvancing({
    open: () => readOpenReaderNotes(book),
    // What was approved or corrected while it was made is seen: it is looked at again.
    goOn: (note) => makeNote(rooms, note),
    onFailed: (error) => log.error('reader-note-failed', {}, error),
  });
  const order = (examId: string): void => {
    const kind = setting();
    if (kind !== 'kept' && orderReaderNote(rooms, examId, kind)) book.afterCommit(advance);
  };
  const read = (examId: string): ReaderNote => readReaderNote(book, examId, setting());
  return {
    approved: order,
    desk: {
      read,
      save: (examId, typed, send) => {
        const text = typed.replace(/\r\n?/g, '\n').trim();
        book.transaction(() => {
          const before = read(examId);
          if (before.text !== text) {
            const by = rooms.by();
            saveReaderNote(rooms, { examId, text, by });
            // It comes as it is typed; the trail says once that somebody is at it.
            if (before.by !== by || rooms.clock.epochMs() - Date.parse(before.at) > trailMs) {
              rooms.audit.append({ by, action: 'note-written', examId, params: {} });
            }
            book.sql('UPDATE exam SET version = version + 1 WHERE id = ?').run(examId);
          }
          if (send && before.isReleased) order(examId);
          book.afterCommit(() => rooms.examChanged(examId));
        });
        return read(examId);
      },
    },
    advance,
    settled,
    close,
  };
}

/** False when the images are others by now than those that it was made for: nothing of it stays. */
async function makeNote(rooms: ReaderNoteRooms, open: OpenReaderNote): Promise<boolean> {
  const { book, clock, catalog, forward, store } = rooms;
  const content = open.content ?? (await contentOf(rooms, open));
  if (content === null) return true;
  const note = { ...open, content };
  const decide = (objectId: string): void => {
    const revisionId = recordReaderNoteObject({ book, clock }, note, objectId);
    const destinations = destinationsOfExam(book, note.examId);
    if (destinations.length > 0) forward.enqueue(note.examId, [{ id: revisionId, objectId }], { destinations });
    rooms.audit.append({
      by: note.by,
      action: 'note-left',
      examId: note.examId,
      objectId,
      params: { kind: note.kind },
    });
    catalog.refreshProblems(note.examId);
    book.afterCommit(() => rooms.examChanged(note.examId));
  };
  // The station ended when the file was there and the row was not: the start has found it.
  const found = findNoteObject(book, content.SOPInstanceUID);
  if (found !== undefined) {
    return book.transaction(() => {
      const isRight = isStillAsRead(book, note);
      if (isRight) decide(found);
      else {
        hideNotes(book, note.examId, [found], clock.now());
        catalog.refreshProblems(note.examId);
      }
      return isRight;
    });
  }
  const { bytes, dataSetOffset } = buildReaderNote(content);
  const placed = await placeMade(rooms, { pieces: [bytes], dataSetOffset, examId: note.examId });
  try {
    for (const [keyword, value] of Object.entries({
      ...content.identity,
      StudyInstanceUID: content.StudyInstanceUID,
    })) {
      const said = placed.header[keyword as keyof typeof content.identity];
      if (said !== value.trim()) throw bug(`a note that says another ${keyword} than its images`);
    }
    const isRight = book.transaction(() => {
      if (!isStillAsRead(book, note)) return false;
      decide(recordMade(rooms, placed).objectId);
      return true;
    });
    if (!isRight) await store.forget(placed.file);
    return isRight;
  } catch (error) {
    if (!book.isDoubtful) await store.forget(placed.file);
    throw error;
  }
}

/** Null when nothing of the exam is approved any more: then there is nothing that it could go with. */
async function contentOf(rooms: ReaderNoteRooms, note: OpenReaderNote): Promise<ReaderNoteContent | null> {
  const { book, clock, review } = rooms;
  const left: Left[] = [];
  for (const objectId of objectsForNote(book, note.examId)) {
    const released = readReleased(book, objectId);
    if (released !== null) left.push(await readLeft(review, released));
  }
  const [first] = left;
  if (first === undefined) return null;
  const byStudy = Map.groupBy(left, ({ header }) => header.StudyInstanceUID);
  const content: ReaderNoteContent = {
    ...{
      kind: note.kind,
      text: note.text,
      by: note.by,
      at: localDateTime(new Date(clock.epochMs())),
      station: rooms.station(),
    },
    ...{ identity: identityOf(left), StudyInstanceUID: first.header.StudyInstanceUID },
    ...{ SeriesInstanceUID: newUid(), SOPInstanceUID: newUid() },
    studies: [...byStudy].map(([study, objects]) => studyOf(study, objects)),
  };
  book.transaction(() => recordReaderNoteContent(book, note.id, content));
  return content;
}
