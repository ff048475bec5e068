// Where an exam stands, from its counts and the clock. Pure.
import type { ExamState } from '#contract/shapes/exam.ts';

export type ExamStanding = {
  readonly stage: 'held' | 'open' | 'approved' | 'rejected';
  /** ISO; later than this it counts as arrived. */
  readonly completeAt: string;
  /** Required deliveries that are not proved yet. */
  readonly openDeliveries: number;
};

export function stateOfExam(exam: ExamStanding, now: string): ExamState {
  if (exam.stage === 'open') return exam.completeAt > now ? 'arriving' : 'review';
  if (exam.stage === 'approved') return exam.openDeliveries > 0 ? 'approved' : 'confirmed';
  return exam.stage;
}
