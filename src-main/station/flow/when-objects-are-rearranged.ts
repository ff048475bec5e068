// Images go to another exam, exams are joined or divided: one transaction with the trail, or nothing of it. Durable when
// it returns; a repeat with the same command changes nothing.
//
// The files of copies are durable before the transaction that speaks of them; a crash in between leaves a second name for
// bytes that are here, which the next start recognises as such and takes away. Where the images are of another patient,
// a person's word makes them the target's, as a correction of the target that goes back together with the rearrangement.
import type {
  ExamHistoryLine,
  MovedObject,
  PatientGroup,
  RearrangedAnswer,
  RearrangeWish,
} from '#contract/shapes/rearranging.ts';
import type { Attributes } from '#contract/shapes/identity.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import {
  openRearranging,
  type Catalog,
  type Rearranged,
  type Rearranging,
  type Wish,
} from '#station/3-catalog/index.ts';
import { followReferences, type Review } from '#station/4-review/index.ts';
import type { Audit } from '#station/audit/index.ts';
import { refuseUnseen } from './when-exam-corrected.ts';

export type RearrangingRooms = {
  readonly book: Book;
  readonly clock: Clock;
  readonly log: Log;
  readonly catalog: Catalog;
  readonly review: Pick<Review, 'correct'>;
  readonly audit: Audit;
  readonly mayHaveLeft: (objectId: string) => boolean;
  /** A second name for the bytes of an object, durable when it resolves. */
  readonly duplicate: (file: string) => Promise<{ readonly objectId: string; readonly file: string }>;
  readonly forget: (file: string) => Promise<void>;
  /** What goes back with a rearrangement that took the place of images that left. */
  readonly released?: {
    mayUndo(rearrangementId: string): boolean;
    undone(rearrangementId: string, originals: readonly string[]): void;
  };
  /** Absolute path of a name in the store. */
  readonly pathOf: (file: string) => string;
  /** Told after the commit. */
  readonly examsChanged: (examIds: readonly string[]) => void;
};

export type RearrangeAsked = {
  readonly wish: RearrangeWish;
  readonly by: string;
  readonly otherPatient?: boolean | undefined;
  /** How many objects the screen showed of an exam; 'changed-meanwhile' when it is another number by now. */
  readonly seen?: { readonly examId: string; readonly objects: number } | undefined;
  readonly commandId?: string | undefined;
};

export type RearrangingFlow = {
  /** Throws what Rearranging.rearrange throws; 'changed-meanwhile', 'object-file-missing', 'no-room', 'disk-failed'. */
  apply(asked: RearrangeAsked): Promise<RearrangedAnswer>;
  /** Throws what Rearranging.undo throws. */
  undo(id: string, by: string): Promise<RearrangedAnswer>;
  /** Late images of a divided exam stay where they are. */
  keepHere(examId: string, by: string): void;
  patients(examId: string): PatientGroup[];
  /** Newest first. @throws Problem 'not-found' */
  history(examId: string): ExamHistoryLine[];
  readonly objectsAround: Rearranging['objectsAround'];
  /** Resolves when it is known what the objects concerned refer to. */
  settled(): Promise<void>;
  /** Gives up what is being looked at. */
  close(): Promise<void>;
};

/** What the desk asks, in the name of whoever works here. */
export type RearrangingDesk = {
  apply(asked: Omit<RearrangeAsked, 'by'>): Promise<RearrangedAnswer>;
  undo(id: string): Promise<RearrangedAnswer>;
  keepHere(examId: string): void;
  patients(examId: string): PatientGroup[];
  history(examId: string): ExamHistoryLine[];
};

export function rearrangingDesk(flow: RearrangingFlow, by: () => string): RearrangingDesk {
  return {
    apply: (asked) => flow.apply({ ...asked, by: by() }),
    undo: (id) => flow.undo(id, by()),
    keepHere: (examId) => flow.keepHere(examId, by()),
    patients: flow.patients,
    history: flow.history,
  };
}

const actions = {
  split: 'exam-split',
  move: 'images-moved',
  merge: 'exams-merged',
  'split-series': 'series-split',
  copy: 'images-copied',
  late: 'late-image-followed',
} as const;

export function openRearrangingFlow(rooms: RearrangingRooms): RearrangingFlow {
  const { book, clock, catalog, audit } = rooms;
  const rearranging = openRearranging({
    ...{ book, clock, mayHaveLeft: rooms.mayHaveLeft },
    refreshProblems: catalog.refreshProblems,
  });
  const look = openReferenceLook(rooms, rearranging);
  return {
    settled: look.settled,
    close: look.close,
    apply: async (asked) => {
      const wish = await prepareWish(rooms, rearranging, asked.wish);
      const files = wish.kind === 'copy' ? wish.copies.map(({ file }) => file) : [];
      let kept = false;
      try {
        const done = book.transaction(() => carryOut(rooms, rearranging, asked, wish));
        kept = done.kind === 'rearranged';
        if (done.kind === 'rearranged') look.at([...done.fromExamIds, ...done.toExamIds]);
        return answerOf(rooms, done);
      } finally {
        if (!kept && !book.isDoubtful) await forgetAll(rooms, files);
      }
    },
    undo: async (id, by) => {
      const done = book.transaction(() => {
        const undone = rearranging.undo(id, by);
        const { examIds, objectIds, what, corrections, copied } = undone;
        rooms.released?.undone(id, copied);
        const params = { what, objects: objectIds.length };
        for (const examId of examIds) audit.append({ by, action: 'rearrangement-undone', examId, params });
        for (const { examId } of corrections) catalog.refreshProblems(examId);
        book.afterCommit(() => rooms.examsChanged(examIds));
        return undone;
      });
      const { what, examIds, objectIds } = done;
      look.at(examIds);
      return {
        ...{ id, what, objects: objectIds.length, fromExamIds: [...examIds], toExamIds: [...examIds] },
        ...{ patient: '', emptied: examIds.filter((examId) => catalog.examRows([examId]).length === 0) },
      };
    },
    keepHere: (examId, by) =>
      book.transaction(() => {
        const objects = rearranging.keepHere(examId);
        if (objects === 0) return;
        audit.append({ by, action: 'late-images-stay', examId, params: { objects } });
        book.afterCommit(() => rooms.examsChanged([examId]));
      }),
    patients: (examId) => {
      catalog.exam(examId);
      return rearranging.patients(examId);
    },
    history: (examId) => {
      catalog.exam(examId);
      const undoable = new Set(
        rearranging.undoable(examId).flatMap(({ id }) => (rooms.released?.mayUndo(id) === false ? [] : [id])),
      );
      return audit
        .historyOf(examId)
        .map((entry) => ({
          ...entry,
          undo: entry.action === 'rearrangement-undone' ? null : idOf(entry.params, undoable),
        }))
        .reverse();
    },
    objectsAround: rearranging.objectsAround,
  };
}

const mostLookedAt = 2_000;

/** Says of objects that refer to what is elsewhere now, one after the other and behind everything else. */
function openReferenceLook(rooms: RearrangingRooms, rearranging: Rearranging) {
  const { book, catalog, log } = rooms;
  const waiting = new Set<string>();
  let running: Promise<void> | undefined;
  let isClosed = false;
  const lookAt = async (objectId: string, around: readonly MovedObject[]): Promise<boolean> => {
    const { file, header, StudyInstanceUID: own } = catalog.objectFile(objectId);
    const StudyInstanceUID = around.find((one) => one.objectId === objectId)?.is.StudyInstanceUID ?? own;
    const found = await followReferences(
      {
        ...{ objectId, path: rooms.pathOf(file), StudyInstanceUID, receivedStudy: header.StudyInstanceUID },
        ...{ characterSet: header.SpecificCharacterSet, received: {}, chosen: {} },
      },
      around,
    );
    return book.transaction(() => rearranging.noteReferences(objectId, found));
  };
  const work = async (): Promise<void> => {
    for (const examId of waiting) {
      waiting.delete(examId);
      const objects = book
        .sql<{ id: string }>(
          "SELECT id FROM object WHERE examId = ? AND sameAs IS NULL AND purgingAt IS NULL AND state <> 'rejected' LIMIT ?",
        )
        .all(examId, mostLookedAt);
      const around = rearranging.objectsAround(examId);
      let changed = false;
      for (const { id } of objects) {
        if (isClosed) return;
        try {
          changed = (await lookAt(id, around)) || changed;
        } catch (error) {
          // It says so when it is approved.
          log.error('references-unread', { objectId: id }, error);
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (changed) rooms.examsChanged([examId]);
    }
  };
  const at = (examIds: readonly string[]): void => {
    if (isClosed) return;
    for (const examId of examIds) waiting.add(examId);
    if (waiting.size === 0) return;
    running ??= work()
      .catch((error: unknown) => log.error('references-unread', {}, error))
      .finally(() => {
        running = undefined;
        // Told of between the last look and here.
        at([]);
      });
  };
  return {
    at,
    settled: async (): Promise<void> => {
      while (running) await running;
    },
    close: async (): Promise<void> => {
      isClosed = true;
      await running;
    },
  };
}

function idOf({ rearrangement }: ExamHistoryLine['params'], undoable: ReadonlySet<string>): string | null {
  return typeof rearrangement === 'string' && undoable.has(rearrangement) ? rearrangement : null;
}

/** What is asked, in the terms of the catalogue; the files of copies are made here. */
async function prepareWish(rooms: RearrangingRooms, rearranging: Rearranging, wish: RearrangeWish): Promise<Wish> {
  if (wish.kind === 'split-by-patient') {
    const [, ...others] = rearranging.patients(wish.examId);
    if (others.length === 0)
      throw new Problem('input-invalid', { field: 'examId', expected: 'an exam of two patients' });
    return { kind: 'split', groups: others.map(({ objectIds }) => objectIds) };
  }
  if (wish.kind !== 'copy') return wish;
  const copies: { of: string; objectId: string; file: string }[] = [];
  try {
    for (const of of new Set(wish.objectIds)) {
      copies.push({ of, ...(await rooms.duplicate(rooms.catalog.objectFile(of).file)) });
    }
  } catch (error) {
    await forgetAll(
      rooms,
      copies.map(({ file }) => file),
    );
    throw error;
  }
  return { kind: 'copy', copies, toExamId: wish.toExamId };
}

/** A name that stays is found at the next start. */
async function forgetAll({ forget, log }: RearrangingRooms, files: readonly string[]): Promise<void> {
  for (const file of files) await forget(file).catch((error: unknown) => log.error('forgetting-failed', {}, error));
}

function carryOut(rooms: RearrangingRooms, rearranging: Rearranging, asked: RearrangeAsked, wish: Wish): Rearranged {
  const { book, audit, catalog } = rooms;
  const { by, commandId, otherPatient, seen } = asked;
  if (seen) refuseUnseen(book, seen.examId, seen.objects);
  const done = rearranging.rearrange({ wish, by, commandId, otherPatient });
  if (done.kind === 'unchanged') return done;
  const { id, what, objectIds, identity } = done;
  if (identity) correctTarget(rooms, rearranging, { id, by, ...identity });
  const examIds = [...new Set([...done.fromExamIds, ...done.toExamIds])];
  for (const examId of examIds) {
    const isFrom = done.fromExamIds.includes(examId);
    const isTo = done.toExamIds.includes(examId);
    const way = isFrom && isTo ? 'within' : isFrom ? 'out' : 'in';
    audit.append({ by, action: actions[what], examId, params: { objects: objectIds.length, way, rearrangement: id } });
    catalog.refreshProblems(examId);
  }
  book.afterCommit(() => rooms.examsChanged(examIds));
  return done;
}

/** The identity follows the target: all its images say what it said before. */
function correctTarget(
  { review, audit, book }: RearrangingRooms,
  rearranging: Rearranging,
  asked: { readonly id: string; readonly by: string; readonly examId: string; readonly attributes: Attributes },
): void {
  const { id, by, examId, attributes } = asked;
  const former = book.sql<{ corrected: string }>('SELECT corrected FROM exam WHERE id = ?').get(examId)?.corrected;
  const outcome = review.correct({ examId, attributes, reason: 'CORRECT', by });
  if (outcome.kind === 'unchanged') return;
  rearranging.noteCorrection(id, {
    ...{ examId, correctionId: outcome.correctionId, given: outcome.attributes as Readonly<Record<string, string>> },
    former: JSON.parse(former ?? '{}') as Readonly<Record<string, string>>,
  });
  for (const [keyword, value] of Object.entries(outcome.attributes)) {
    const previous = (outcome.previous as Readonly<Record<string, string>>)[keyword] ?? '';
    audit.append({ by, action: 'exam-corrected', examId, params: { keyword, value, previous, reason: 'CORRECT' } });
  }
}

function answerOf({ catalog }: RearrangingRooms, done: Rearranged): RearrangedAnswer {
  if (done.kind === 'unchanged') {
    return { id: null, what: null, objects: 0, fromExamIds: [], toExamIds: [], patient: '', emptied: [] };
  }
  const { id, what, fromExamIds, toExamIds, objectIds } = done;
  const [row] = catalog.examRows(toExamIds.slice(0, 1));
  const { PatientName = '', PatientID = '' } = row ? { ...row.received, ...row.corrected } : {};
  return {
    ...{ id, what, objects: objectIds.length, fromExamIds: [...fromExamIds], toExamIds: [...toExamIds] },
    patient: PatientName === '' ? PatientID : PatientName,
    emptied: fromExamIds.filter((examId) => catalog.examRows([examId]).length === 0),
  };
}
