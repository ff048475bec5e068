// The four kinds of errors in code: outcomes are returned, problems are thrown as Problem, cancellation is an
// AbortError, a bug is thrown by bug().
import { problemKinds, type ProblemCode, type ProblemNote, type ProblemParams } from '#contract/problems.ts';

/** Something a person or the clock can put right. `code` and `params` cross the wire; the cause stays in the house. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly params: ProblemParams;

  constructor(code: ProblemCode, params: ProblemParams = {}, options: { cause?: unknown } = {}) {
    super(code, options);
    this.name = 'Problem';
    this.code = code;
    this.params = params;
  }

  get kind() {
    return problemKinds[this.code];
  }

  toNote(): ProblemNote {
    return { code: this.code, params: this.params };
  }
}

export function isProblem(error: unknown, code?: ProblemCode): error is Problem {
  return error instanceof Problem && (code === undefined || error.code === code);
}

export class Bug extends Error {
  override readonly name = 'Bug';
}

/** A state that the program should have made impossible. Never for anything that input can cause. */
export function bug(message: string, options: { cause?: unknown } = {}): Bug {
  return new Bug(message, options);
}
