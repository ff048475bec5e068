// Images that left are corrected: copies under new UIDs take their place, and what left is rejected with 113038, Incorrect
// Modality Worklist Entry (IHE IOCM; dicom-rules 3). The copies wait for a person, who approves them as anything else.
//
// Guarantees: copies, rejection, notes to be sent and the corrected values are one transaction with the trail. Deliveries
// that have not begun are cancelled in it; one that is under way ends, and the note comes after it. Where nothing may have
// left, the images themselves are opened again and nobody is told. Goes back, exactly, for as long as nobody was told and
// no copy is approved. The files of copies are durable before; what a crash leaves of them is taken away by the next start.
import type { CorrectedAfterRelease } from '#contract/shapes/after-release.ts';
import { keepsItsStudy } from '#contract/shapes/study-of-copies.ts';
import type { Attributes, CorrectionReason } from '#contract/shapes/identity.ts';
import {
  forgetReleaseCorrection,
  identityAsLeft,
  noteObjectsOf,
  readReleaseCorrection,
  recordReleaseCorrection,
  releasedObjects,
} from '#station/4-review/index.ts';
import { openRearranging, type CopyWish, type Rearranging, type RenewedPlace } from '#station/3-catalog/index.ts';
import { whoMayHaveGot, type Forward } from '#station/5-forward/index.ts';
import type { Store } from '#station/2-store/index.ts';
import type { Catalog } from '#station/3-catalog/index.ts';
import { Problem } from '#station/kit/problem.ts';
import {
  prepareRejection,
  recordRejectionOf,
  type AfterReleaseRooms,
  type PreparedRejection,
} from './after-release.ts';
import { refuseUnseen, whenExamCorrected } from './when-exam-corrected.ts';

export type ReleaseCorrectionRooms = Omit<AfterReleaseRooms, 'store' | 'catalog' | 'forward'> & {
  readonly store: Pick<Store, 'begin' | 'forget' | 'duplicate'>;
  readonly catalog: Pick<Catalog, 'record' | 'refreshProblems' | 'objectFile' | 'examRows'>;
  readonly forward: Pick<Forward, 'enqueue' | 'withdraw' | 'withdrawRejected' | 'giveBack' | 'mayHaveLeft'>;
  /** Goes on with the notes, after the commit. */
  readonly advance: () => void;
};

export type CorrectReleased = {
  readonly examId: string;
  readonly attributes: Attributes;
  readonly reason: CorrectionReason;
  readonly toExamId?: string | undefined;
  readonly objectIds?: readonly string[] | undefined;
  readonly seenObjects?: number | undefined;
  readonly by: string;
  readonly commandId?: string | undefined;
};

export type ReleaseCorrections = {
  /**
   * Durable when it resolves. @throws Problem 'not-found', 'nothing-released', 'input-invalid', 'changed-meanwhile',
   *   'target-names-nobody', 'object-file-missing', 'no-room'; and what Review.correct throws
   */
  correct(command: CorrectReleased): Promise<CorrectedAfterRelease>;
  /** False when others were told of what a rearrangement made, so that it does not go back. */
  mayUndo(rearrangementId: string): boolean;
  /** The rest of it goes back too; inside the transaction that took the copies back. @throws Problem 'after-release-told' */
  undone(rearrangementId: string, originals: readonly string[]): void;
};

/** Incorrect Modality Worklist Entry. */
const reason = '113038';
const mostAttempts = 3;

export function openReleaseCorrections(rooms: ReleaseCorrectionRooms): ReleaseCorrections {
  const { book, clock, forward, catalog } = rooms;
  const rearranging = openRearranging({
    ...{ book, clock, mayHaveLeft: forward.mayHaveLeft, refreshProblems: catalog.refreshProblems },
  });
  const wasTold = (rearrangementId: string): boolean => {
    const correction = readReleaseCorrection(book, rearrangementId);
    return correction !== undefined && noteObjectsOf(book, correction).some((id) => forward.mayHaveLeft(id));
  };
  return {
    correct: async (command) => {
      for (let attempt = 0; attempt < mostAttempts; attempt++) {
        const done = await correctOnce(rooms, rearranging, command);
        if (done !== 'changed') return done;
      }
      throw new Problem('already-approved');
    },
    mayUndo: (rearrangementId) => !wasTold(rearrangementId),
    undone: (rearrangementId, originals) => {
      const correction = readReleaseCorrection(book, rearrangementId);
      if (!correction) return;
      if (wasTold(rearrangementId)) throw new Problem('after-release-told');
      const [beside = ''] = originals;
      const notes = noteObjectsOf(book, correction);
      forward.withdrawRejected(notes, 'taken-back');
      forgetReleaseCorrection(book, correction, originals, clock.now());
      for (const note of notes) rearranging.takeBack(note, beside);
      forward.giveBack(originals);
      catalog.refreshProblems(correction.examId);
    },
  };
}

/** 'changed': something left, or was decided, while the copies were made. */
async function correctOnce(
  rooms: ReleaseCorrectionRooms,
  rearranging: Rearranging,
  command: CorrectReleased,
): Promise<CorrectedAfterRelease | 'changed'> {
  const { book, forward } = rooms;
  const { examId, by, commandId } = command;
  const again = carriedOutBefore(rooms, command);
  if (again) return again;
  if (rooms.catalog.examRows([examId]).length === 0) throw new Problem('not-found', { what: 'exam' });
  const released = releasedObjects(book, examId);
  if (released.length === 0) throw new Problem('nothing-released');
  const objectIds = command.objectIds ?? released;
  if (objectIds.some((id) => !released.includes(id))) throw new Problem('already-approved');
  const place = placeFor(rooms, command, objectIds);
  if (place.kind === 'same-exam' && objectIds.length < released.length) {
    throw new Problem('input-invalid', { field: 'objectIds', expected: 'all images, which stay one patient' });
  }
  const mayReopen = place.kind !== 'exam' && objectIds.length === released.length;
  if (mayReopen && !objectIds.some((id) => forward.mayHaveLeft(id))) return reopen(rooms, command, released);
  const rejection = prepareRejection(rooms, { objectIds, reason, text: '', by, commandId });
  const copies = await makeCopies(rooms, objectIds);
  let kept = false;
  try {
    const done = book.transaction(() => {
      // Read again: of what was approved meanwhile there is no copy.
      if (!isSame(releasedObjects(book, examId), released)) return 'changed';
      return carryOut(rooms, rearranging, { command, rejection, copies, place });
    });
    kept = done !== 'changed' && done.kind === 'copied';
    if (kept) rooms.advance();
    return done;
  } finally {
    if (!kept && !book.isDoubtful) await forgetAll(rooms, copies);
  }
}

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((id, n) => id === b[n]);

function carriedOutBefore(
  { book }: Pick<ReleaseCorrectionRooms, 'book'>,
  { commandId, examId }: CorrectReleased,
): CorrectedAfterRelease | undefined {
  if (commandId === undefined) return undefined;
  if (book.sql('SELECT 1 FROM command WHERE id = ?').get(commandId) === undefined) return undefined;
  return { kind: 'repeated', examId, study: 'same', objects: 0, told: [] };
}

/** An order is one patient's: whoever is somebody else after it, or of another order, gets a study of their own. */
function placeFor(
  { book }: Pick<ReleaseCorrectionRooms, 'book'>,
  { attributes, toExamId }: CorrectReleased,
  objectIds: readonly string[],
): RenewedPlace {
  const says = Object.keys(attributes).length > 0;
  if (toExamId !== undefined) {
    if (says) throw new Problem('input-invalid', { field: 'attributes', expected: 'nothing: the exam says it' });
    return { kind: 'exam', examId: toExamId };
  }
  if (!says) throw new Problem('input-invalid', { field: 'attributes', expected: 'what is other than it left with' });
  const stays = objectIds.every((id) => {
    const before = identityAsLeft(book, id);
    return keepsItsStudy(before, { ...before, ...attributes });
  });
  return stays ? { kind: 'same-exam' } : { kind: 'new-exam' };
}

/** Nothing may have left: the approval is taken back, and nobody is told. */
function reopen(
  rooms: ReleaseCorrectionRooms,
  command: CorrectReleased,
  released: readonly string[],
): CorrectedAfterRelease | 'changed' {
  const { book, review, forward, audit } = rooms;
  const { examId, attributes, by, commandId, seenObjects } = command;
  return book.transaction(() => {
    if (releasedObjects(book, examId).some((id) => forward.mayHaveLeft(id))) return 'changed';
    const objects = review.reopen(examId);
    forward.withdraw(examId);
    audit.append({ by, action: 'exam-reopened', examId, params: { objects } });
    whenExamCorrected(rooms, { examId, attributes, reason: command.reason, by, commandId }, seenObjects);
    rooms.refreshProblems(examId);
    book.afterCommit(() => rooms.examChanged(examId));
    return { kind: 'reopened', examId, study: 'same', objects: released.length, told: [] };
  });
}

type Copies = readonly CopyWish[];

async function makeCopies(rooms: ReleaseCorrectionRooms, objectIds: readonly string[]): Promise<Copies> {
  const copies: CopyWish[] = [];
  try {
    for (const of of objectIds) {
      copies.push({ of, ...(await rooms.store.duplicate(rooms.catalog.objectFile(of).file)) });
    }
    return copies;
  } catch (error) {
    await forgetAll(rooms, copies);
    throw error;
  }
}

/** A name that stays is found at the next start. */
async function forgetAll({ store, log }: ReleaseCorrectionRooms, copies: Copies): Promise<void> {
  for (const { file } of copies) {
    await store.forget(file).catch((error: unknown) => log.error('forgetting-failed', {}, error));
  }
}

type Prepared = {
  readonly command: CorrectReleased;
  readonly rejection: PreparedRejection;
  readonly copies: Copies;
  readonly place: RenewedPlace;
};

function carryOut(
  rooms: ReleaseCorrectionRooms,
  rearranging: Rearranging,
  { command, rejection, copies, place }: Prepared,
): CorrectedAfterRelease {
  const { book, audit, catalog, clock } = rooms;
  const { examId, by } = command;
  refuseUnseen(book, examId, command.seenObjects);
  const rejected = recordRejectionOf(rooms, rejection);
  if (rejected === null) return { kind: 'repeated', examId, study: 'same', objects: 0, told: [] };
  const done = rearranging.rearrange({ wish: { kind: 'renew', copies, to: place }, by, otherPatient: true });
  if (done.kind === 'unchanged') throw new Problem('already-approved');
  const [targetExamId = examId] = done.toExamIds;
  const study = place.kind === 'same-exam' ? 'same' : place.kind === 'new-exam' ? 'new' : 'other';
  const given = done.identity?.attributes ?? command.attributes;
  correctCopies(rooms, rearranging, { id: done.id, examId: targetExamId, given, command });
  const { noteIds, left } = rejected;
  recordReleaseCorrection(book, {
    ...{ rearrangementId: done.id, examId, targetExamId, study, noteIds, by, at: clock.now() },
  });
  const told = whoMayHaveGot(book, [...left]).map(({ destinationId }) => destinationId);
  const params = { objects: copies.length, study, to: told.join(', '), rearrangement: done.id };
  const examIds = [...new Set([examId, targetExamId])];
  for (const one of examIds) {
    const way = examIds.length === 1 ? 'within' : one === examId ? 'out' : 'in';
    audit.append({ by, action: 'corrected-after-release', examId: one, params: { ...params, way } });
    catalog.refreshProblems(one);
  }
  book.afterCommit(() => {
    for (const one of examIds) rooms.examChanged(one);
  });
  return { kind: 'copied', examId: targetExamId, study, objects: copies.length, told };
}

/** The copies say who they are of; that goes back with them. */
function correctCopies(
  { book, review, audit }: ReleaseCorrectionRooms,
  rearranging: Rearranging,
  asked: {
    readonly id: string;
    readonly examId: string;
    readonly given: Attributes;
    readonly command: CorrectReleased;
  },
): void {
  const { id, examId, given, command } = asked;
  const { by, reason: why } = command;
  if (Object.keys(given).length === 0) return;
  const former = book.sql<{ corrected: string }>('SELECT corrected FROM exam WHERE id = ?').get(examId)?.corrected;
  const attributes = given as Readonly<Record<string, string>>;
  const outcome = review.correct({ examId, attributes, reason: why, by });
  if (outcome.kind === 'unchanged') return;
  rearranging.noteCorrection(id, {
    ...{ examId, correctionId: outcome.correctionId, given: outcome.attributes as Readonly<Record<string, string>> },
    former: JSON.parse(former ?? '{}') as Readonly<Record<string, string>>,
  });
  for (const [keyword, value] of Object.entries(outcome.attributes)) {
    const previous = (outcome.previous as Readonly<Record<string, string>>)[keyword] ?? '';
    audit.append({ by, action: 'exam-corrected', examId, params: { keyword, value, previous, reason: why } });
  }
}
