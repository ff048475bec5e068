// A problem as it crosses the letterbox.
import { z } from 'zod';
import { problemKinds, type ProblemCode } from '../problems.ts';

export const problemNoteShape = z.strictObject({
  code: z.enum(Object.keys(problemKinds) as [ProblemCode, ...ProblemCode[]]),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
  incident: z.string().optional(),
});

/** A problem that stands against an exam or one of its objects until somebody has dealt with it. */
export const standingProblemShape = problemNoteShape.extend({
  id: z.string(),
  objectId: z.string().nullable(),
  since: z.string(),
  /** True when a correction of the exam already answers it: it is shown, and no longer stops the approval. */
  answered: z.boolean(),
});
export type StandingProblem = z.infer<typeof standingProblemShape>;
