// How a destination is sent to: how many associations, how fast, when, and what people may do to what waits for it.
import { z } from 'zod';

/** Most urgent first. In the book and on the wire inside the house it is the place in this list. */
export const priorities = ['stat', 'urgent', 'routine', 'backlog'] as const;
export const priorityShape = z.enum(priorities);
export type Priority = z.infer<typeof priorityShape>;

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const timeOfDayShape = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'a time of day such as 22:30');

/** In the local time of the station. `until` at or before `from` is on the next day; a day is that of `from`. */
export const sendingWindowShape = z.strictObject({
  days: z.array(z.enum(weekdays)).min(1).max(7),
  from: timeOfDayShape,
  until: timeOfDayShape,
});
export type SendingWindow = z.infer<typeof sendingWindowShape>;

export const sendingScheduleShape = z.strictObject({
  windows: z.array(sendingWindowShape).min(1).max(28),
  /** What keeps to it; the rest goes at any time. 'stat' always does. */
  priorities: z
    .array(z.enum(['urgent', 'routine', 'backlog']))
    .min(1)
    .max(3)
    .default(['routine', 'backlog']),
});
export type SendingSchedule = z.infer<typeof sendingScheduleShape>;

/** Fields of a destination. */
export const sendingFields = {
  /** Associations at one time, at most; fewer are opened while fewer will do. 4 when left out. */
  associations: z.int().min(1).max(8).optional(),
  /** Of all associations together; as fast as it goes when left out. */
  bytesPerSecond: z.int().min(1_000).max(10_000_000_000).optional(),
  /** When it may be sent to; at any time when left out. */
  schedule: sendingScheduleShape.optional(),
};

/**
 * retry: now, whatever it waits for. hold and release: aside, and back. cancel: it need not be sent (reason). send-again:
 * one that arrived or was given up, the same bytes under the same UID. reroute: to `toDestinationId` in place of here
 * (reason). prioritise: `priority`.
 */
export const deliveryActionShape = z.enum([
  'retry',
  'hold',
  'release',
  'cancel',
  'send-again',
  'reroute',
  'prioritise',
]);
export type DeliveryAction = z.infer<typeof deliveryActionShape>;

/** What an action needs to know besides. */
export const deliveryActionFields = {
  action: deliveryActionShape,
  reason: z.string().max(1024).default(''),
  /** Of 'reroute'. */
  toDestinationId: z.string().max(32).optional(),
  /** Of 'prioritise'. */
  priority: priorityShape.optional(),
};
