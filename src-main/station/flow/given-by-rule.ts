// Orders that the site's rule gives to exams without a person: only the single sure one, only to an exam that is complete
// and undecided, and never again to an exam from which a person took an order. Off unless the site says otherwise.
import type { Exam } from '#contract/shapes/exam.ts';
import type { Candidate, MatchingSetting } from '#contract/shapes/matching.ts';
import { isProblem } from '#station/kit/problem.ts';
import { onlySure } from '#station/orders/index.ts';

/** Stands as the one who did it, in the trail and beside the order. */
export const siteRule = 'site rule';

export type RuleParts = {
  readonly setting: () => MatchingSetting;
  readonly readExam: (examId: string) => Exam;
  readonly candidatesOf: (exam: Exam) => readonly Candidate[];
  /** Gives the order as the site's rule. */
  readonly give: (command: { examId: string; orderId: string; seenObjects: number }) => void;
  /** What cannot be given is left to a person. */
  readonly onLeft: (error: unknown) => void;
};

/** Looks at exams that changed. */
export function giveByRule(parts: RuleParts, examIds: readonly string[]): void {
  const { applyAlone, accessionRequired } = parts.setting();
  if (applyAlone === 'off') return;
  for (const examId of examIds) {
    try {
      const exam = parts.readExam(examId);
      const isFree = exam.state === 'review' && exam.counts.approved === 0 && exam.appliedOrder === undefined;
      const isUntouched =
        Object.keys(exam.corrected).length === 0 && !exam.history.some(({ action }) => action === 'order-removed');
      if (!isFree || !isUntouched) continue;
      const only = onlySure(parts.candidatesOf(exam), accessionRequired);
      if (only) parts.give({ examId, orderId: only.order.id, seenObjects: exam.counts.objects });
    } catch (error) {
      if (!isProblem(error)) parts.onLeft(error);
    }
  }
}
