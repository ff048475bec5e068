// All that people decide about exams and images, wired once: orders, drawings, judgements, rearrangements, approval, and
// what comes after release.
import type { Settings } from '#contract/shapes/settings.ts';
import type { Exam } from '#contract/shapes/exam.ts';
import type { Store } from '#station/2-store/index.ts';
import type { Forward } from '#station/5-forward/index.ts';
import type { FrameReader } from '#station/dicom/codecs/index.ts';
import type { Audit } from '#station/audit/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { ClosingStack } from '#station/kit/closing.ts';
import type { Log } from '#station/kit/log.ts';
import type { Orders } from '#station/orders/index.ts';
import type { Devices } from './devices.ts';
import { examsDesk, type ExamsDesk } from './exams-desk.ts';
import { siteRule } from './given-by-rule.ts';
import type { Hl7Flow } from './hl7.ts';
import { openJudging, type JudgingFlow } from './judging.ts';
import { openMatching, type Matching } from './matching.ts';
import { openOrdersOfExams, type OrdersOfExams } from './orders-of-exams.ts';
import { openPresentation, type PresentationFlow } from './presentation.ts';
import { openReaderNotes, type ReaderNoteRooms, type ReaderNotes } from './reader-notes.ts';
import { openReleased, type Released } from './released.ts';
import type { LateRooms } from './when-late-images-are-judged.ts';
import { openRearrangingFlow, type RearrangingFlow } from './when-objects-are-rearranged.ts';

export type DecidingRooms = {
  /** What each decision needs. */
  readonly decisions: LateRooms;
  readonly home: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly audit: Audit;
  readonly store: Store;
  readonly frames: FrameReader;
  readonly forward: Forward;
  readonly devices: Pick<Devices, 'priorityOf'>;
  readonly orders: Orders;
  readonly hl7: Pick<Hl7Flow, 'find'>;
  readonly settings: () => Settings;
  readonly station: ReaderNoteRooms['station'];
  readonly by: () => string;
  /** Whether the background had better wait. */
  readonly isBusy: () => boolean;
  /** Called when it is durable. */
  readonly examsChanged: (examIds: readonly string[]) => void;
};

export type Deciding = {
  readonly released: Released;
  readonly readerNotes: ReaderNotes;
  readonly rearranging: RearrangingFlow;
  readonly presentation: PresentationFlow;
  readonly ordersOfExams: OrdersOfExams;
  readonly matching: Matching;
  readonly judging: JudgingFlow;
  /** What the desk asks of exams. */
  readonly exams: ExamsDesk;
  /** What the desk asks of single images. */
  readonly objects: Pick<JudgingFlow, 'reject' | 'keep'> & {
    readonly row: LateRooms['catalog']['objectRow'];
    readonly correct: OrdersOfExams['correctObjects'];
  };
  /** An exam with its order and its history. @throws Problem 'not-found' */
  readExam(examId: string): Exam;
  /** After something arrived in these exams, or changed. Never throws. */
  look(examIds: readonly string[]): void;
  /** Begins to look, and goes on with what was not told yet. To be called when everything is open. */
  start(): void;
};

/** What each decision needs: corrections are remembered for late images for as long as the settings say. */
export function decisionRooms(
  rooms: Omit<LateRooms, 'refreshProblems' | 'remember'> & { readonly settings: () => Settings },
): LateRooms {
  const { book, review, audit, catalog, settings, examChanged } = rooms;
  return {
    ...{ book, review, audit, catalog, examChanged, refreshProblems: catalog.refreshProblems },
    remember: (examId, who) =>
      catalog.decisions.remember(examId, who, settings().station.rememberDecisionsHours * 3_600_000),
  };
}

/** @param opened closes what is opened here, before the rooms that are handed in */
export function openDeciding(opened: ClosingStack, rooms: DecidingRooms): Deciding {
  const { decisions, home, clock, log, audit, store, frames, forward, settings, station, by, examsChanged } = rooms;
  const { book, catalog, review } = decisions;
  const released = opened.add(
    openReleased({ ...{ ...decisions, clock, log, store, forward, by, pathOf: store.pathOf }, station }),
  );
  const readerNotes = opened.add(
    openReaderNotes({
      ...{ ...decisions, clock, log, store, forward, by, setting: () => settings().station.notes },
      station,
    }),
  );
  const rearranging = opened.add(
    openRearrangingFlow({
      pathOf: store.pathOf,
      ...{ book, clock, log, catalog, review, audit, mayHaveLeft: forward.mayHaveLeft },
      ...{ duplicate: store.duplicate, forget: store.forget, examsChanged },
      released: released.corrections,
    }),
  );
  const presentation = opened.add(
    openPresentation({
      ...{ home, book, clock, store, catalog, frames, by, refreshProblems: catalog.refreshProblems },
      ...{ station, setting: () => settings().presentation, examsChanged },
    }),
  );
  presentation.start();
  const orderRooms = {
    ...decisions,
    forget: (examId: string) => void catalog.decisions.endOf(examId),
    adoptsStudyUid: () => settings().orders.studyUid === 'of-order',
  };
  const ordersOfExams = openOrdersOfExams(orderRooms, by);
  const readExam = (examId: string) =>
    ordersOfExams.complete({ ...catalog.exam(examId), history: audit.historyOf(examId) });
  const matching = opened.add(
    openMatching({
      ...{ book, clock, log, audit, settings, catalog, readExam, by, orders: rooms.orders },
      findPatients: rooms.hl7.find,
      give: openOrdersOfExams(orderRooms, () => siteRule).apply,
      onChanged: examsChanged,
    }),
  );
  const judging = opened.add(
    openJudging({
      ...{ ...decisions, clock, log, frames, afterRelease: released, by, pathOf: store.pathOf },
      ...{ settings: () => settings().judging, isBusy: rooms.isBusy, examsChanged },
    }),
  );
  const { devices } = rooms;
  const desk = { ...released.desk, correct: matching.guarded(released.desk.correct) };
  return {
    ...{
      released: { ...released, desk },
      readerNotes,
      rearranging,
      presentation,
      ordersOfExams,
      matching,
      judging,
      readExam,
    },
    exams: examsDesk({
      ...{ decisions, by, readExam, devices, forward },
      ...{ ordersOfExams, presentation, matching, judging, readerNotes },
    }),
    objects: {
      row: catalog.objectRow,
      correct: ordersOfExams.correctObjects,
      reject: judging.reject,
      keep: judging.keep,
    },
    look: (examIds) => {
      matching.look(examIds);
      released.look(examIds);
      judging.nudge();
    },
    start: () => {
      judging.nudge();
      released.advance();
      readerNotes.advance();
    },
  };
}
