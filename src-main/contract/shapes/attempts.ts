// Attempts to deliver one object, and what a person does to many deliveries at once.
import { z } from 'zod';
import { attemptOutcomeShape } from './delivery.ts';

export const attemptRowShape = z.strictObject({
  startedAt: z.string(),
  /** Null while it is under way, or when the station ended meanwhile. */
  endedAt: z.string().nullable(),
  outcome: attemptOutcomeShape,
  /** What the peer said: a key into text/ and its parameters. */
  answer: z
    .strictObject({ key: z.string(), params: z.record(z.string(), z.union([z.string(), z.number()])) })
    .nullable(),
});
export type AttemptRow = z.infer<typeof attemptRowShape>;

/** The newest first. */
export const attemptPageShape = z.strictObject({ attempts: z.array(attemptRowShape), total: z.int() });

export const manyChangedShape = z.strictObject({
  /** How many deliveries changed. */
  changed: z.int(),
  /** Exams, or deliveries, to which it did not apply. */
  unchanged: z.int(),
  /** What went to another state, so that it can be taken back; nothing when there are more than a thousand. */
  deliveryIds: z.array(z.string()),
});
export type ManyChanged = z.infer<typeof manyChangedShape>;
