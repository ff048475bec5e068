// Where an exam stands, from its counts and the clock. Pure.
import type { ExamState } from '#contract/shapes/exam.ts';

export type ExamStanding = {
  readonly stage: 'held' | 'open' | 'approved' | 'rejected';
  /** ISO; later than this it counts as arrived. */
  readonly completeAt: string;
  /** Required deliveries that are not proved yet. */
  readonly openDeliveries: number;
  /** Of all destinations, required or not. */
  readonly deliveries: readonly { readonly total: number; readonly confirmed: number; readonly cancelled: number }[];
};

export function stateOfExam(exam: ExamStanding, now: string): ExamState {
  if (exam.stage === 'open') return exam.completeAt > now ? 'arriving' : 'review';
  if (exam.stage === 'approved') return exam.openDeliveries > 0 || isUnproved(exam) ? 'approved' : 'confirmed';
  return exam.stage;
}

/** Something is on its way and nobody has proved anything: that no destination is required does not make it a proof. */
function isUnproved({ deliveries }: ExamStanding): boolean {
  const open = deliveries.some(({ total, confirmed, cancelled }) => total > confirmed + cancelled);
  return open && deliveries.every(({ total, confirmed }) => total === 0 || confirmed < total);
}
