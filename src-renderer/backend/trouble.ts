// What went wrong with a question or a command, in the one form the window shows: a code of the catalogue with its
// parameters, or one of the three ways in which the station cannot be asked at all. Never free text from outside.
import type { ProblemCode, ProblemParams } from '#contract/problems.ts';

export type TroubleCode = ProblemCode | 'connection-lost' | 'locked-out';

export type Trouble = {
  readonly code: TroubleCode;
  readonly params: ProblemParams;
  readonly incident?: string;
};

/** Thrown by everything in `backend/` that ends otherwise than hoped. */
export class TroubleError extends Error {
  readonly trouble: Trouble;

  constructor(trouble: Trouble, cause?: unknown) {
    super(trouble.code, { cause });
    this.name = 'TroubleError';
    this.trouble = trouble;
  }
}

type Noted = { readonly code: string; readonly params?: ProblemParams; readonly incident?: string };

const isNoted = (value: unknown): value is Noted =>
  typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string';

/** Reads a problem out of whatever was thrown or answered. What carries no code of ours is a lost connection. */
export function readTrouble(thrown: unknown): Trouble {
  if (thrown instanceof TroubleError) return thrown.trouble;
  if (!isNoted(thrown)) return { code: 'connection-lost', params: {} };
  // An error of the contract keeps its parameters in `data`; the body of an HTTP answer has them beside its code.
  const more = ('data' in thrown ? thrown.data : thrown) as Partial<Noted> | undefined;
  const code = /^[a-z][a-z-]+$/.test(thrown.code) ? (thrown.code as TroubleCode) : (named[thrown.code] ?? 'internal');
  const params = more?.params ?? {};
  return more?.incident === undefined ? { code, params } : { code, params, incident: more.incident };
}

const named: Readonly<Record<string, TroubleCode>> = {
  BAD_REQUEST: 'input-invalid',
  NOT_FOUND: 'not-found',
  UNAUTHORIZED: 'locked-out',
  FORBIDDEN: 'not-allowed',
};

/** True when a request was given up because its answer is no longer wanted. That is no trouble. */
export const isAborted = (thrown: unknown): boolean => thrown instanceof Error && thrown.name === 'AbortError';

/** The problem that a refusing HTTP answer carries in its body. */
export async function troubleOf(answer: Response): Promise<TroubleError> {
  if (answer.status === 401) return new TroubleError({ code: 'locked-out', params: {} });
  const body: unknown = await answer.json().catch(() => undefined);
  return new TroubleError(isNoted(body) ? readTrouble(body) : { code: 'internal', params: {} });
}
