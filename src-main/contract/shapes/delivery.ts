// Deliveries: one revision of one object for one destination.
import { z } from 'zod';
import { priorityShape } from './couriers.ts';

/** reliability.md's chain, as stored. `committed` covers both ways of proof; `confirmedBy` says which. */
export const deliveryStateShape = z.enum([
  'ready',
  'sending',
  'backoff',
  'sent',
  'commit-requested',
  'committed',
  'blocked',
  'held',
  'cancelled',
]);
export type DeliveryState = z.infer<typeof deliveryStateShape>;

export const attemptOutcomeShape = z.enum([
  'underway',
  'sent',
  'sent-with-warning',
  'transient',
  'object-refused',
  'destination-refused',
  'unknown',
]);
export type AttemptOutcome = z.infer<typeof attemptOutcomeShape>;

export const deliveryRowShape = z.strictObject({
  id: z.string(),
  examId: z.string(),
  objectId: z.string(),
  revisionId: z.string(),
  destinationId: z.string(),
  SOPInstanceUID: z.string(),
  state: deliveryStateShape,
  priority: priorityShape,
  attempts: z.int(),
  /** What the peer last said: a key into text/ and its parameters. */
  lastAnswer: z
    .strictObject({ key: z.string(), params: z.record(z.string(), z.union([z.string(), z.number()])), at: z.string() })
    .nullable(),
  nextAttemptAt: z.string().nullable(),
  sentAt: z.string().nullable(),
  confirmedAt: z.string().nullable(),
  confirmedBy: z.enum(['commitment', 'query', 'none']).nullable(),
  createdAt: z.string(),
  /** It is a rejection note of ours; absent for images. */
  isNote: z.literal(true).optional(),
  /** It takes the place of an image that had left and was wrong; absent for others. */
  isCorrected: z.literal(true).optional(),
});
export type DeliveryRow = z.infer<typeof deliveryRowShape>;

export const deliveryPageShape = z.strictObject({ deliveries: z.array(deliveryRowShape), total: z.int() });

export const destinationStatusShape = z.strictObject({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['archive', 'cache', 'other']),
  aeTitle: z.string(),
  host: z.string(),
  port: z.int(),
  required: z.boolean(),
  confirm: z.enum(['commitment', 'query', 'none']),
  /** `well`: answered last time, or not asked yet. `silent`: does not answer; probed. `refusing`: misconfigured. `paused`: by a person. */
  state: z.enum(['well', 'silent', 'refusing', 'paused']),
  since: z.string(),
  lastAnswer: z
    .strictObject({ key: z.string(), params: z.record(z.string(), z.union([z.string(), z.number()])) })
    .nullable(),
  nextProbeAt: z.string().nullable(),
  /** Outside its hours: when what keeps to them goes on. */
  opensAt: z.string().nullable(),
  /** Open to it at this moment, for sending. */
  associations: z.int(),
  waiting: z.int(),
  waitingExams: z.int(),
  unconfirmed: z.int(),
  confirmedToday: z.int(),
  blocked: z.int(),
  /** Objects a second over the last ten seconds. */
  ratePerSecond: z.number(),
  /** Bytes a second over the last half minute. */
  bytesPerSecond: z.number(),
  waitingBytes: z.number(),
  /** At this rate; null while nothing moves, or nothing waits. */
  secondsUntilEmpty: z.number().nullable(),
  /** What waits for its hours; nothing when it may be sent to at any time. */
  keepsToHours: z.array(priorityShape),
  oldestWaitingSince: z.string().nullable(),
});
export type DestinationStatus = z.infer<typeof destinationStatusShape>;

/** One line of the Outbox. */
export const outboxLineShape = z.strictObject({
  examId: z.string(),
  received: z.record(z.string(), z.string()),
  corrected: z.record(z.string(), z.string()),
  modalities: z.array(z.string()),
  objects: z.int(),
  /** Where not all of them are images: images and all objects of the exam, and notes of ours among these. */
  contents: z.strictObject({ images: z.int(), objects: z.int(), notes: z.int() }).optional(),
  approvedAt: z.string(),
  destinations: z.array(
    z.strictObject({
      destinationId: z.string(),
      total: z.int(),
      sent: z.int(),
      confirmed: z.int(),
      blocked: z.int(),
      held: z.int(),
      cancelled: z.int(),
      /** Of what waits: the most urgent. Null when nothing waits. */
      priority: priorityShape.nullable(),
      waitingSince: z.string().nullable(),
      confirmedAt: z.string().nullable(),
      nextAttemptAt: z.string().nullable(),
      lastAnswer: z
        .strictObject({
          key: z.string(),
          params: z.record(z.string(), z.union([z.string(), z.number()])),
          at: z.string(),
        })
        .nullable(),
    }),
  ),
});
export type OutboxLine = z.infer<typeof outboxLineShape>;

export const outboxPageShape = z.strictObject({
  lines: z.array(outboxLineShape),
  total: z.int(),
  objectsWaiting: z.int(),
  oldestWaitingSince: z.string().nullable(),
});
export type OutboxPage = z.infer<typeof outboxPageShape>;
