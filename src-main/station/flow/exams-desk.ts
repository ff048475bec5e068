// What the desk asks of exams, in the name of whoever works here.
import type { ApprovalForecast, Exam, ExamFilter, ExamPage, ExamRow } from '#contract/shapes/exam.ts';
import type { Attributes, CorrectionReason } from '#contract/shapes/identity.ts';
import type { PresentationWay } from '#contract/shapes/markup.ts';
import type { Code } from '#contract/shapes/order.ts';
import type { Verification } from '#contract/shapes/verification.ts';
import type { Forward } from '#station/5-forward/index.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Devices } from './devices.ts';
import type { JudgingFlow } from './judging.ts';
import type { Matching } from './matching.ts';
import type { OrdersOfExams } from './orders-of-exams.ts';
import type { PresentationFlow } from './presentation.ts';
import type { ReaderNotes } from './reader-notes.ts';
import { whenExamApproved, type ApprovalCommand } from './when-exam-approved.ts';
import { whenExamCorrected } from './when-exam-corrected.ts';
import {
  whenExamIsComplete,
  whenFollowingIsUndone,
  whenSameDecisionIsChosen,
  type LateRooms,
} from './when-late-images-are-judged.ts';
import { whenExamHeld } from './when-object-judged.ts';

export type ExamsDesk = {
  complete(examId: string): void;
  repeatDecision(examId: string, seenObjects?: number): void;
  undoFollowing(examId: string): void;
  list(query: { filter: ExamFilter; search: string; limit: number; offset: number }): ExamPage;
  read(examId: string): Exam;
  row(examId: string): ExamRow;
  correct(command: {
    readonly examId: string;
    readonly attributes: Attributes;
    readonly procedureCode?: Code | null | undefined;
    readonly reason: CorrectionReason;
    readonly seenObjects?: number | undefined;
    readonly commandId?: string | undefined;
  }): Promise<void>;
  applyOrder(command: {
    readonly examId: string;
    readonly orderId: string;
    readonly reason?: CorrectionReason | undefined;
    readonly seenObjects?: number | undefined;
    readonly commandId?: string | undefined;
  }): void;
  keepOrder(examId: string): void;
  removeOrder(command: {
    readonly examId: string;
    readonly seenObjects?: number | undefined;
    readonly commandId?: string | undefined;
  }): void;
  forecast(examId: string, presentation?: PresentationWay): Promise<ApprovalForecast>;
  verification(examId: string): Promise<Verification>;
  approve(examId: string, seen: Omit<ApprovalCommand, 'examId' | 'by'>): Promise<void>;
  hold(examId: string, held: boolean): Promise<void>;
};

export type ExamsDeskRooms = {
  readonly decisions: LateRooms;
  readonly by: () => string;
  readonly readExam: (examId: string) => Exam;
  readonly devices: Pick<Devices, 'priorityOf'>;
  readonly forward: Pick<Forward, 'enqueue'>;
  readonly ordersOfExams: OrdersOfExams;
  readonly presentation: Pick<PresentationFlow, 'make' | 'withMade'>;
  readonly matching: Pick<Matching, 'refuseUnchecked' | 'dropDrafts'>;
  readonly judging: Pick<JudgingFlow, 'forecast' | 'refuseUnaccepted'>;
  readonly readerNotes: Pick<ReaderNotes, 'approved'>;
};

export function examsDesk(rooms: ExamsDeskRooms): ExamsDesk {
  const { decisions, by, readExam, devices, forward, ordersOfExams, presentation, matching, judging } = rooms;
  const { catalog, review } = decisions;
  return {
    list: catalog.list,
    read: readExam,
    applyOrder: ordersOfExams.apply,
    removeOrder: ordersOfExams.remove,
    keepOrder: ordersOfExams.keep,
    row: (examId) => {
      const [row] = catalog.examRows([examId]);
      if (!row) throw new Problem('not-found', { what: 'exam' });
      return row;
    },
    correct: async ({ seenObjects, ...command }) => whenExamCorrected(decisions, { ...command, by: by() }, seenObjects),
    forecast: (examId, way) => presentation.withMade(judging.forecast(review.forecast(examId), examId), examId, way),
    verification: review.examine,
    approve: async (examId, { seenObjects, seenDestinations, seenIdentity, presentation: way }) => {
      await whenExamApproved(
        {
          ...{ ...decisions, make: presentation.make },
          refuse: (id) => {
            matching.refuseUnchecked(id);
            judging.refuseUnaccepted(id);
          },
          enqueue: (id, revisions, destinations) => {
            forward.enqueue(id, revisions, { priority: devices.priorityOf(id), destinations });
            rooms.readerNotes.approved(id);
            matching.dropDrafts(id);
          },
        },
        { examId, by: by(), seenObjects, seenDestinations, seenIdentity, presentation: way },
      );
    },
    complete: (examId) => whenExamIsComplete(decisions, { examId, by: by() }),
    repeatDecision: (examId, seenObjects) => whenSameDecisionIsChosen(decisions, { examId, by: by(), seenObjects }),
    undoFollowing: (examId) => whenFollowingIsUndone(decisions, { examId, by: by() }),
    hold: async (examId, held) => whenExamHeld(decisions, examId, held, by()),
  };
}
