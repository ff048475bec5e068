// Two objects under one identifier, side by side, and what may be decided about them.
import { z } from 'zod';
import { sourceShape } from './exam.ts';

/**
 * `keep-first`: the second is set aside. `use-second`: the first is set aside. `keep-both`: the second gets a new SOP
 * Instance UID. `accept`: it is taken as it is. What is set aside is kept and does not leave.
 */
export const conflictChoiceShape = z.enum(['keep-first', 'use-second', 'keep-both', 'accept']);
export type ConflictChoice = z.infer<typeof conflictChoiceShape>;

/**
 * `comparing`: not compared yet, heals by itself. `elsewhere`: the first is in another series or exam.
 * `rejected-earlier`: the first was rejected before the second came. `mismatch`: the second alone; what carried it
 * named another object.
 */
export const conflictKindShape = z.enum([
  'comparing',
  'other-pixels',
  'other-values',
  'other-patient',
  'rejected-earlier',
  'elsewhere',
  'mismatch',
]);

const sideShape = z.strictObject({
  objectId: z.string(),
  examId: z.string(),
  state: z.enum(['received', 'approved', 'rejected', 'conflict']),
  arrivedAt: z.string(),
  source: sourceShape,
  TransferSyntaxUID: z.string(),
  sizeBytes: z.int(),
  frames: z.int(),
  drawable: z.boolean(),
});

export const conflictShape = z.strictObject({
  kind: conflictKindShape,
  /** Under which both came. */
  SOPInstanceUID: z.string(),
  first: sideShape.nullable(),
  second: sideShape,
  pixels: z.enum(['comparing', 'same', 'other', 'unknown', 'none']),
  /** What differs apart from pixels; texts are for reading and cut to 96 characters. */
  differences: z.array(z.strictObject({ tag: z.string(), keyword: z.string(), first: z.string(), second: z.string() })),
  moreDifferences: z.int(),
  /** What may be decided now; empty while it is compared and once it is decided. */
  choices: z.array(conflictChoiceShape),
  /** Documents of the exam that may refer to the identifier: after `keep-both` they mean the first. */
  documents: z.int(),
  decided: z
    .strictObject({
      choice: conflictChoiceShape,
      by: z.string(),
      at: z.string(),
      /** SOP Instance UID that the second got, or ''. */
      givenUid: z.string(),
      /** False once one of them is approved. */
      undoable: z.boolean(),
    })
    .nullable(),
});
export type Conflict = z.infer<typeof conflictShape>;
