// What may be done with a value that the images say of the former patient. Pure.
import type { StandingProblem } from '#contract/shapes/problem.ts';
import { checkValue } from '#contract/shapes/value-rules.ts';

/** False for a value that no image may leave with: it can only be left blank, or typed anew. */
export function canKeep({ params }: Pick<StandingProblem, 'params'>): boolean {
  const [keyword, value] = [String(params['keyword']), String(params['value'])];
  if (keyword === 'PatientSex') return ['M', 'F', 'O'].includes(value);
  return keyword !== 'PatientBirthDate' || checkValue('DA', value, keyword).ok;
}
