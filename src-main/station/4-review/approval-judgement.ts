// What stands against an approval, in the order in which a person should deal with it. Pure.
import type { ProblemCode, ProblemParams } from '#contract/problems.ts';
import { problemKinds } from '#contract/problems.ts';
import type { StandingProblem } from '#contract/shapes/problem.ts';

export type ApprovalFacts = {
  readonly now: string;
  readonly held: boolean;
  readonly heldBy: string;
  /** When the quiet time after the last arrival is over. */
  readonly completeAt: string;
  /** Ids of the objects that would leave. */
  readonly undecided: ReadonlySet<string>;
  /** Ids of objects that share a UID with another one. */
  readonly conflicts: ReadonlySet<string>;
  /** That there are, and that the rules send it to. */
  readonly destinations: number;
  readonly goesTo: number;
  /** That the rules name and that are not there. */
  readonly missingDestinations: readonly string[];
  readonly standing: readonly StandingProblem[];
};

/**
 * An exam may be approved when the result is empty. Problems of objects that do not leave, problems that a correction
 * answers and those that are only said do not count. While objects still arrive it is refused: the exam would be torn.
 */
export function judgeApproval(facts: ApprovalFacts): StandingProblem[] {
  const own = (code: ProblemCode, params: ProblemParams = {}): StandingProblem => ({
    id: code,
    objectId: null,
    code,
    params,
    since: facts.now,
    answered: false,
  });
  const against: StandingProblem[] = [];
  if (facts.held) against.push(own('held', { by: facts.heldBy }));
  // A conflict says for itself what is to be done.
  if (facts.undecided.size + facts.conflicts.size === 0) against.push(own('nothing-to-approve'));
  const seconds = Math.ceil((Date.parse(facts.completeAt) - Date.parse(facts.now)) / 1000);
  if (seconds > 0) against.push(own('still-arriving', { seconds }));
  if (facts.destinations === 0) against.push(own('no-destination'));
  else if (facts.missingDestinations.length === 0 && facts.goesTo === 0) against.push(own('no-route'));
  for (const destination of facts.missingDestinations) against.push(own('route-not-ready', { destination }));
  for (const problem of facts.standing) {
    if (problem.answered || problemKinds[problem.code].weight !== 'stop') continue;
    if (problem.objectId === null || facts.undecided.has(problem.objectId) || facts.conflicts.has(problem.objectId)) {
      against.push(problem);
    }
  }
  return against;
}
