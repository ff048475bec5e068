// Room on the disk and what may be forgotten: the settings of both, and what the desk says about them.
import { z } from 'zod';

/** When room counts as short. A volume smaller than what the bytes suppose is judged by its shares alone. */
export const spaceSettingShape = z.strictObject({
  /** Kept back for catalog, trail and corrections: no incoming object gets it. */
  reserveBytes: z
    .number()
    .min(0)
    .max(1e13)
    .default(256 * 2 ** 20),
  /** Below this nothing new is taken in. */
  redPercent: z.number().min(0).max(90).default(5),
  redBytes: z.number().min(0).max(1e15).default(5e9),
  redInodePercent: z.number().min(0).max(90).default(2),
  /** Below this, or with fewer hours left at today's rate, it is told and what may go goes sooner. */
  amberPercent: z.number().min(0).max(95).default(15),
  amberHours: z.number().min(0).max(8760).default(24),
});
export type SpaceSetting = z.infer<typeof spaceSettingShape>;

const days = z.int().min(0).max(36_500);

/** How long one kind of exam stays after it is proved everywhere. The first rule that fits counts. */
export const retentionRuleShape = z.strictObject({
  /** Any of these modalities; every exam when empty. */
  modalities: z
    .array(z.string().regex(/^[A-Z0-9_]{1,16}$/, 'a modality such as US'))
    .max(32)
    .default([]),
  /** Any of these sources (calling AE title); every one when empty. */
  sources: z.array(z.string().min(1).max(64)).max(64).default([]),
  keepDays: days,
});
export type RetentionRule = z.infer<typeof retentionRuleShape>;

export const retentionSettingShape = z.strictObject({
  /** False: nothing is ever removed. */
  automatic: z.boolean().default(true),
  /** Days after the last required destination has proved that it holds the whole exam. */
  keepDays: days.default(30),
  /** The same while room is short. */
  shortOfRoomDays: days.default(1),
  /** Rejected images are kept so long for analysis, and no shortage of room makes it shorter. Null: for ever. */
  rejectedDays: days.nullable().default(365),
  rules: z.array(retentionRuleShape).max(64).default([]),
  /** Destinations whose answer to a query counts as proof here. Chosen by the site; without it only a commitment does. */
  queryProves: z.array(z.string().max(32)).max(32).default([]),
});
export type RetentionSetting = z.infer<typeof retentionSettingShape>;

/** Why something stays, waits or goes. A key into text/. */
export const retentionReasons = [
  'not-automatic',
  'pinned',
  'held',
  'undecided',
  'problem',
  'no-required-destination',
  'not-confirmed',
  'confirmed-by-word-only',
  'confirmed-by-query-only',
  'cancelled',
  'still-leaving',
  'kept-until',
  'rejected-until',
  'rejected-for-ever',
  'goes-now',
  'goes-for-room',
  'on-its-way-out',
  'only-at-destination',
  'rejected-removed',
] as const;
export type RetentionReason = (typeof retentionReasons)[number];

export const retentionNoteShape = z.strictObject({
  reason: z.enum(retentionReasons),
  /** How many objects of the exam it is said of. */
  objects: z.int(),
  /** Name of the destination it hangs on, or ''. */
  destination: z.string(),
  /** When it goes, for what waits; when it went, for what is gone. */
  at: z.string().nullable(),
});
export type RetentionNote = z.infer<typeof retentionNoteShape>;

export const examRetentionShape = z.strictObject({
  pinned: z.boolean(),
  notes: z.array(retentionNoteShape),
});
export type ExamRetention = z.infer<typeof examRetentionShape>;

export const purgePreviewShape = z.strictObject({
  /** Exams of which something may go now, the oldest first; the first hundred. */
  exams: z.array(
    z.strictObject({
      examId: z.string(),
      PatientName: z.string(),
      PatientID: z.string(),
      StudyDate: z.string(),
      modalities: z.array(z.string()),
      objects: z.int(),
      sizeBytes: z.number(),
      reason: z.enum(retentionReasons),
    }),
  ),
  totalExams: z.int(),
  totalObjects: z.int(),
  totalBytes: z.number(),
  /** True when there are more than were looked through. */
  more: z.boolean(),
  /** What is already gone from here and proved elsewhere. */
  purgedObjects: z.int(),
  purgedBytes: z.number(),
});
export type PurgePreview = z.infer<typeof purgePreviewShape>;

/** What stays of an object whose file is gone. */
export const proofRowShape = z.strictObject({
  objectId: z.string(),
  examId: z.string(),
  PatientName: z.string(),
  PatientID: z.string(),
  StudyInstanceUID: z.string(),
  SOPInstanceUID: z.string(),
  SOPClassUID: z.string(),
  sizeBytes: z.number(),
  dataSetSha256: z.string(),
  purgedAt: z.string(),
  reason: z.enum(retentionReasons),
  /** Who vouched for it, for which bytes, and when. Empty for a rejected image. */
  proofs: z.array(
    z.strictObject({
      destinationId: z.string(),
      name: z.string(),
      confirmedBy: z.enum(['commitment', 'query']),
      confirmedAt: z.string(),
      SOPInstanceUID: z.string(),
      dataSetSha256: z.string(),
    }),
  ),
});
export type ProofRow = z.infer<typeof proofRowShape>;

export const proofPageShape = z.strictObject({ proofs: z.array(proofRowShape), total: z.int() });
export type ProofPage = z.infer<typeof proofPageShape>;
