// People decide: corrections, rejections, approval. What is approved becomes a revision; nothing received is changed.
import type { Clock } from '#station/kit/clock.ts';
import { PieceBuffers } from '#station/kit/piece-buffers.ts';
import type { Book } from '#station/records/index.ts';
import { dropRecipes, forecastApproval, prepareApproval, recordApproval } from './approvals.ts';
import { recordCorrection, recordHold, recordKeeping, recordRejection } from './decisions.ts';
import { readAppliedOrder, readOrderThatCounts, recordOrder, recordOrderTaken } from './exam-orders.ts';
import { readObjectCorrections, recordObjectCorrections } from './object-corrections.ts';
import { recordProcedureCode, standingProcedure } from './procedure-codes.ts';
import { reopenExam } from './reopening.ts';
import type { Review, ReviewPorts } from './review.ts';
import { openReceived, openRevision } from './revisions.ts';
import { readLastRevision } from './tables.ts';
import { Turns } from './turns.ts';
import { examineExam } from './verification.ts';

export {
  buildRejectionNote,
  keyObjectSelectionClass,
  noteTitles,
  type NoteContent,
  type NoteIdentity,
  type NoteTitle,
  type StudyOfNote,
} from './after-release/rejection-note.ts';
export {
  findNoteObject,
  isNote,
  isOpenNote,
  isRejectedForGood,
  readOpenNotes,
  readReleased,
  recordNoteObject,
  recordReleasedRejection,
  rejectedBy,
  settleNote,
  type OpenNote,
  type ReleasedObject,
} from './after-release/release-rows.ts';
export {
  findRejectedAfterLeaving,
  forgetReleaseCorrection,
  identityAsLeft,
  noteObjectsOf,
  placeAsLeft,
  readReleaseCorrection,
  recordReleaseCorrection,
  releasedObjects,
  type ReleaseCorrection,
} from './after-release/release-corrections.ts';
export {
  answerDeviceNote,
  imagesMeantBy,
  noteOtherKeyObject,
  openDeviceNotes,
  readDeviceNote,
  recordDeviceNote,
  unreadNotes,
  type DeviceNote,
} from './after-release/device-note-rows.ts';
export { readRejectionNote, type SaidByNote } from './after-release/read-note.ts';
export {
  forgetMade,
  hideNotes,
  hideUntaken,
  noteMade,
  replacedReason,
  takeMade,
  type MadeRow,
} from './made-objects.ts';
export { buildReaderNote, type ReaderNoteContent } from './reader-note/note-object.ts';
export {
  destinationsOfExam,
  isStillAsRead,
  objectsForNote,
  orderReaderNote,
  readOpenReaderNotes,
  readReaderNote,
  recordReaderNoteContent,
  recordReaderNoteObject,
  saveReaderNote,
  type OpenReaderNote,
} from './reader-note/note-rows.ts';
export { followReferences, type FollowedReferences } from './references/references.ts';
export type {
  CorrectionCommand,
  Judged,
  LeavesAlso,
  MadeForApproval,
  ObjectsCommand,
  OrderCommand,
  RecordedRevision,
  RejectionCommand,
  Review,
  ExamRoute,
  ReviewPorts,
  Unchanged,
} from './review.ts';

/** Opens the room. It keeps nothing in memory but whose turn it is, and what it reads files into. */
export function openReview(parts: { readonly book: Book; readonly clock: Clock; readonly ports: ReviewPorts }): Review {
  const desk = { ...parts, buffers: new PieceBuffers() };
  const turns = new Turns();
  return {
    correct: (command) => recordCorrection(desk, command),
    sayProcedure: (said) => recordProcedureCode(desk, said),
    applyOrder: (command) => recordOrder(desk, command),
    removeOrder: (command) => recordOrderTaken(desk, command),
    orderThatCounts: (examId) => readOrderThatCounts(parts.book, examId),
    correctObjects: (command) => recordObjectCorrections(desk, command),
    decided: (examId) => {
      const appliedOrder = readAppliedOrder(parts.book, examId);
      const objectCorrections = readObjectCorrections(parts.book, examId);
      const procedureCode = standingProcedure(parts.book, examId)?.code;
      return { ...(appliedOrder && { appliedOrder }), ...(procedureCode && { procedureCode }), objectCorrections };
    },
    reject: (command) => recordRejection(desk, command),
    keep: (objectId) => recordKeeping(desk, objectId),
    hold: (examId, held, by) => recordHold(desk, examId, held, by),
    reopen: (examId) => reopenExam(desk, examId),
    forecast: (examId) => forecastApproval(desk, examId),
    inTurn: (examId, work) => turns.take(examId, work),
    prepareApproval: (examId, by, also) => prepareApproval(desk, examId, by, also),
    recordApproval: (approval, admit) => recordApproval(desk, approval, admit),
    discardApproval: ({ revisions }) => dropRecipes(desk, revisions),
    examine: (examId) => turns.take(examId, () => examineExam(desk, examId)),
    openReceived: (objectId) => openReceived(desk, objectId),
    openLatest: async (objectId) => {
      const revisionId = readLastRevision(desk.book, objectId);
      return revisionId === null ? openReceived(desk, objectId) : openRevision(desk, revisionId);
    },
    openRevision: (revisionId) => openRevision(desk, revisionId),
  };
}
