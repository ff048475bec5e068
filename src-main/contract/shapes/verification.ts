// What the verifier read of an exam as it leaves: the report that people see, print and save.
import { z } from 'zod';

/** One step of the way to an element: a sequence with the number of the item (from 1), or the element itself. */
const stepShape = z.strictObject({
  tag: z.string(),
  /** '' when PS3.6 does not know it: a private element. */
  keyword: z.string(),
  item: z.int().min(1).nullable(),
});
export type PlaceStep = z.infer<typeof stepShape>;

const findingShape = z.strictObject({ keyword: z.string(), place: z.array(stepShape) });

export const objectProofShape = z.strictObject({
  objectId: z.string(),
  SOPInstanceUID: z.string(),
  Modality: z.string(),
  SeriesNumber: z.string(),
  InstanceNumber: z.string(),
  /** 'left': the revision that was approved. 'would-leave': what an approval would make now. */
  stage: z.enum(['left', 'would-leave']),
  /** False when it leaves byte for byte as it was received. */
  changed: z.boolean(),
  outcome: z.enum(['proved', 'failed']),
  /** Why it failed: 'former-value', 'chosen-value', 'order-value', 'difference', 'digest', a problem's code ... or ''. */
  reason: z.string(),
  /** What was found of a former identity, or is not as it should be, and where. */
  findings: z.array(findingShape),
  /** Attributes that were proved to stand as chosen. */
  proved: z.array(z.string()),
  dataSetSha256: z.string(),
  notJudged: z.array(z.strictObject({ key: z.string(), places: z.array(z.array(stepShape)) })),
});
export type ObjectProof = z.infer<typeof objectProofShape>;

export const verificationShape = z.strictObject({
  examId: z.string(),
  examinedAt: z.string(),
  station: z.string(),
  softwareVersion: z.string(),
  outcome: z.enum(['proved', 'failed', 'nothing-leaves']),
  /** Values of patient and study as the verifier read them, with the number of objects that say so. */
  values: z.array(
    z.strictObject({
      keyword: z.string(),
      /** More than one: the objects do not agree. '' stands for absent and empty. */
      said: z.array(z.strictObject({ value: z.string(), objects: z.int() })),
      /** True when a disagreement keeps the exam here. */
      mustAgree: z.boolean(),
    }),
  ),
  /** Former values that were looked for; `everywhere` false: too common, only where patients are identified. */
  lookedFor: z.array(z.strictObject({ keyword: z.string(), value: z.string(), everywhere: z.boolean() })),
  objects: z.array(objectProofShape),
  /** Objects of the exam that do not leave: rejected, or in conflict. */
  stays: z.int(),
});
export type Verification = z.infer<typeof verificationShape>;
