// What people judge of single images, what exposure and checks say of them, and how a site sets all that.
import { z } from 'zod';
import { rejectReasons } from './reject-reasons.ts';

/** `repeated`: rejected, and taken again. Acceptance is a word of its own; what has none is not judged. */
export const verdictShape = z.enum(['accepted', 'repeated', 'rejected']);
export type Verdict = z.infer<typeof verdictShape>;

export const judgementShape = z.strictObject({
  verdict: verdictShape,
  /** A code of `rejectReasons`; '' when accepted. */
  reason: z.string(),
  /** What the site calls the reason; '' by our own words. */
  ownLabel: z.string(),
  text: z.string(),
  technologist: z.string(),
  at: z.string(),
});
export type Judgement = z.infer<typeof judgementShape>;

/**
 * How far an exposure is from what was wanted, by the deviation index (IEC 62494-1). With the limits as shipped these are the
 * ranges of AAPM report 116: `target` within 0.5, `near` within 1, `over` and `under` beyond 1, `far-` beyond 3.
 */
export const exposureBandShape = z.enum(['far-under', 'under', 'near', 'target', 'over', 'far-over']);
export type ExposureBand = z.infer<typeof exposureBandShape>;

export const exposureShape = z.strictObject({
  /** (0018,1411), (0018,1412), (0018,1413) as the device says them; null when it does not. */
  ExposureIndex: z.number().nullable(),
  TargetExposureIndex: z.number().nullable(),
  DeviationIndex: z.number().nullable(),
  /** 10 log10 (index / target) where both are there, else what the device says; null without either. */
  deviation: z.number().nullable(),
  from: z.enum(['computed', 'device']).nullable(),
  /** True when what the device says is more than 0.15 from what its own two numbers give. */
  disagrees: z.boolean(),
  band: exposureBandShape.nullable(),
});
export type Exposure = z.infer<typeof exposureShape>;

export const checkCodes = [
  'nearly-black',
  'nearly-white',
  'clipped',
  'blurred',
  'no-marker',
  'burned-in-text',
  'photometric',
  'duplicate',
] as const;
export const checkCodeShape = z.enum(checkCodes);
export type CheckCode = z.infer<typeof checkCodeShape>;

/** What a check noticed: never a verdict. */
export const hintShape = z.strictObject({
  code: checkCodeShape,
  /** The numbers it rests on; names are those of the words in text/. */
  numbers: z.record(z.string(), z.number()),
  /** Where on the picture, in parts of its width and height from the top left; null for the whole of it. */
  place: z.strictObject({ x: z.number(), y: z.number(), width: z.number(), height: z.number() }).nullable(),
  /** The other object, of a duplicate. */
  other: z.strictObject({ objectId: z.string(), examId: z.string() }).nullable(),
});
export type Hint = z.infer<typeof hintShape>;

export const imageQualityShape = z.strictObject({
  objectId: z.string(),
  judgement: judgementShape.nullable(),
  /** A repeated image that waits for its new one. */
  waits: z.boolean(),
  repeatedBy: z.string().nullable(),
  /** The image that this one was taken instead of. */
  repeatOf: z.string().nullable(),
  exposure: exposureShape.nullable(),
  hints: z.array(hintShape),
  /** Whether checks have looked at it: `waits`, `checked`, or why there is nothing to say. */
  checks: z.string(),
});
export type ImageQuality = z.infer<typeof imageQualityShape>;

export const examQualityShape = z.strictObject({
  examId: z.string(),
  /** Images only, in the order of arrival. */
  images: z.array(imageQualityShape),
  /** How many are accepted, of how many that are neither rejected nor repeated. */
  accepted: z.int(),
  toAccept: z.int(),
});
export type ExamQuality = z.infer<typeof examQualityShape>;

const codes = new Set<string>(rejectReasons.map(({ code }) => code));
const reasonCodeShape = z.string().refine((code) => codes.has(code), 'a code of the list of reasons');

const deviationLimit = z.number().min(0.1).max(10);

/** How images are judged here. */
export const judgingSettingShape = z.strictObject({
  /** An exam is approved only when every image that leaves was accepted. */
  acceptBeforeApproval: z.boolean().default(false),
  /** The site's own reasons, in the order in which they are offered; they come before all others. */
  ownReasons: z
    .array(
      z.strictObject({
        label: z
          .string()
          .trim()
          .min(1)
          .max(64)
          .regex(/^[^;\p{Cc}]*$/u, 'no semicolon, no control character'),
        code: reasonCodeShape,
      }),
    )
    .max(60)
    .default([])
    .refine((own) => new Set(own.map(({ label }) => label)).size === own.length, 'labels that differ'),
  /** Reasons that are not offered under our own words. */
  hiddenReasons: z.array(reasonCodeShape).max(64).default([]),
  /** How far a deviation index may be from 0: beyond `look` it is said, beyond `act` loudly. */
  deviation: z
    .strictObject({ look: deviationLimit.default(1), act: deviationLimit.default(3) })
    .prefault({})
    .refine(({ look, act }) => look <= act, 'the first limit not above the second'),
  /** Checks that are switched off. */
  checksOff: z.array(checkCodeShape).max(checkCodes.length).default([]),
});
export type JudgingSetting = z.infer<typeof judgingSettingShape>;
