// Turns what a room throws into what may cross the letterbox: code, parameters, incident number. Nothing else.
import { ORPCError, ValidationError } from '@orpc/server';
import { problemKinds } from '#contract/problems.ts';
import type { Log } from '#station/kit/log.ts';
import { newId } from '#station/kit/ids.ts';
import { Problem } from '#station/kit/problem.ts';

/** Data of every error that leaves the desk. */
export type ErrorData = { readonly params: Readonly<Record<string, string | number>>; readonly incident?: string };

export function toWireError(error: unknown, log: Log): ORPCError<string, ErrorData> {
  if (error instanceof Problem) return fromProblem(error);
  if (error instanceof ORPCError && error.code === 'BAD_REQUEST') return fromProblem(fromValidation(error));
  if (error instanceof ORPCError && error.status < 500) return error as ORPCError<string, ErrorData>;
  const incident = newId();
  log.error('desk-failed', { incident }, error);
  return new ORPCError('internal', { status: 500, message: 'internal', data: { params: { incident }, incident } });
}

function fromProblem(problem: Problem): ORPCError<string, ErrorData> {
  return new ORPCError(problem.code, {
    status: problem.kind.status,
    message: problem.code,
    data: { params: problem.params },
    cause: problem,
  });
}

function fromValidation(error: ORPCError<string, unknown>): Problem {
  const issue = error.cause instanceof ValidationError ? error.cause.issues[0] : undefined;
  const names = (issue?.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
  const unknown = (issue as { keys?: readonly string[] } | undefined)?.keys ?? [];
  const field = [...names, ...unknown].join('.') || 'input';
  return new Problem('input-invalid', { field, expected: issue?.message ?? 'JSON' }, { cause: error });
}

/** The body of an HTTP error: a problem note, nothing else. */
export function toErrorBody(error: ORPCError<string, unknown>): object {
  const data = (error.data ?? {}) as Partial<ErrorData>;
  return {
    code: error.code in problemKinds ? error.code : 'input-invalid',
    params: data.params ?? { field: 'request', expected: 'what /api/openapi.json says' },
    ...(data.incident === undefined ? {} : { incident: data.incident }),
  };
}
