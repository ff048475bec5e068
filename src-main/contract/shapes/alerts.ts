// Alerts: what a person must hear of until its reason is gone. They cannot be put away, only acknowledged.
import { z } from 'zod';
import { problemNoteShape } from './problem.ts';

const minutes = z.number().min(0.1).max(100_000);

/** How long an approved exam may wait before it is an alert. What keeps to hours that a person set is not counted then. */
export const alertSettingShape = z.strictObject({
  statMinutes: minutes.default(15),
  urgentMinutes: minutes.default(60),
  routineMinutes: minutes.default(240),
});
export type AlertSetting = z.infer<typeof alertSettingShape>;

export const alertShape = z.strictObject({
  /** The same for as long as it stands, also over a restart. */
  id: z.string(),
  /**
   * exams-waiting: longer than they may. destination-refuses: it turns this station away. objects-blocked: it does not
   * take them, and nothing more happens by itself. problem: of the station itself, with a code of problems.md.
   */
  kind: z.enum(['exams-waiting', 'destination-refuses', 'objects-blocked', 'problem']),
  level: z.enum(['amber', 'red']),
  since: z.string(),
  destinationId: z.string().nullable(),
  priority: z.enum(['stat', 'urgent', 'routine']).nullable(),
  /** How many exams, or objects, it is about; 1,000 at most are counted. */
  count: z.int(),
  /** Why, for 'exams-waiting' and 'destination-refuses': what the destination last said, or null. */
  answer: z
    .strictObject({ key: z.string(), params: z.record(z.string(), z.union([z.string(), z.number()])) })
    .nullable(),
  problem: problemNoteShape.nullable(),
  /** Gone again when it gets worse. */
  acknowledged: z.strictObject({ by: z.string(), at: z.string() }).nullable(),
});
export type Alert = z.infer<typeof alertShape>;

export const alertIdShape = z
  .string()
  .regex(/^[a-z0-9-]+(?::[a-z0-9-]+){1,3}$/, 'the id of an alert')
  .max(128);
