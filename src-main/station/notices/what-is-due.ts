// What must be told of an exam now, from what was told before. Pure.
//
// A step begins with the first decision of a person: an order, a correction, a rejection or the approval itself; before that
// nobody knows whose exam it is. It is completed when nothing is open and something is approved, and says the approved
// objects that no step has said before; it is discontinued when all is rejected. After its end a step is never touched:
// what is approved later is a step of its own. A discontinuation that has not left is taken back when somebody keeps an
// image after all.
import type { PerformedExam } from './exam-facts.ts';

export type Step = {
  readonly stepUid: string;
  readonly state: 'in-progress' | 'completed' | 'discontinued';
  readonly objects: readonly string[];
  /** True while its end waits untried. */
  readonly endIsUntold: boolean;
};

export type Due =
  | { readonly kind: 'begin' }
  | { readonly kind: 'complete'; readonly stepUid: string; readonly objects: readonly string[] }
  | { readonly kind: 'discontinue'; readonly stepUid: string }
  | { readonly kind: 'resume'; readonly stepUid: string };

export function whatIsDue(exam: Pick<PerformedExam, 'decided' | 'objects'>, steps: readonly Step[]): Due | null {
  const inState = (state: string) => exam.objects.filter((object) => object.state === state).map(({ id }) => id);
  const told = new Set(steps.filter(({ state }) => state === 'completed').flatMap(({ objects }) => objects));
  const fresh = inState('approved').filter((id) => !told.has(id));
  const isOpen = inState('received').length + inState('conflict').length > 0;
  const allRejected = exam.objects.length > 0 && inState('rejected').length === exam.objects.length;
  const current = steps.find(({ state }) => state === 'in-progress');
  const last = steps.at(-1);
  if (last?.state === 'discontinued' && last.endIsUntold && !allRejected)
    return { kind: 'resume', stepUid: last.stepUid };
  // An exam of which the only rejection was taken back is as undecided as before it.
  if (!exam.decided) return null;
  if (!current) {
    const mayBegin = last === undefined || fresh.length > 0;
    return mayBegin ? { kind: 'begin' } : null;
  }
  if (isOpen) return null;
  if (fresh.length > 0) return { kind: 'complete', stepUid: current.stepUid, objects: fresh };
  return allRejected ? { kind: 'discontinue', stepUid: current.stepUid } : null;
}
