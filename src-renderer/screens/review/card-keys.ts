// Keys of the cards that wait for a word: an order that the hospital changed, a value of the former patient. Each does what the
// button of the first such card does, and nothing without a card.
import type { Actions } from '#ui/commands/index.ts';
import { canKeep, type WindowState } from '#ui/state/index.ts';
import type { ProblemCode } from '#contract/problems.ts';

export function cardKeys({ review, whose }: Pick<WindowState, 'review' | 'whose'>): Actions {
  const first = (...codes: readonly ProblemCode[]) =>
    review.exam?.problems.find(({ code, answered }) => !answered && codes.includes(code));
  const decide = (choice: 'keep' | 'blank') => {
    const problem = first('former-patient-value');
    if (problem !== undefined && (choice === 'blank' || canKeep(problem)))
      void review.decideFormerValue(problem, choice);
  };
  return {
    'apply-order-anew': () => {
      const order = review.exam?.appliedOrder;
      if (order !== undefined && first('order-changed') !== undefined) void whose.give(order.orderId);
    },
    'keep-order': () => {
      if (first('order-changed', 'order-cancelled') !== undefined) void review.keepOrder();
    },
    'keep-former-value': () => decide('keep'),
    'blank-former-value': () => decide('blank'),
  };
}
