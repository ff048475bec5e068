// What people decided about an exam beyond its texts: the order that was given to it, and values of single objects.
//
// Plain constants of the correctable attributes stand in object-correctable.ts, which the window needs without a validator.
import { z } from 'zod';
import { correctionReasonShape } from './identity.ts';
import { objectCodeKeywords, objectCorrectableKeywords } from './object-correctable.ts';
import { codeShape, orderContentShape } from './order.ts';

/** The order of an exam. `content` is what the order said when it was given; a later change of the order is not in it. */
export const appliedOrderShape = z.strictObject({
  /** Of this giving, not of the order. */
  id: z.string(),
  orderId: z.string(),
  content: orderContentShape,
  /** COERCE: an exam without order got one. CORRECT: it bore another one, a wrong worklist item for example. */
  reason: correctionReasonShape,
  /** What stands as StudyID: the Requested Procedure ID, or one that was made because the order has none. */
  StudyID: z.string(),
  /** Study Instance UID of the order, when the site wants it to be used; '' when the exam keeps its own. */
  StudyInstanceUID: z.string(),
  by: z.string(),
  at: z.string(),
});
export type AppliedOrder = z.infer<typeof appliedOrderShape>;

/** A text is the new value, an empty one takes the value away, null goes back to what was received. */
export const objectAttributesShape = z.partialRecord(
  z.enum(objectCorrectableKeywords),
  z.string().max(1024).nullable(),
);
export type ObjectAttributes = z.infer<typeof objectAttributesShape>;

/** The only item of a code sequence; null goes back to what was received. */
export const objectCodesShape = z.partialRecord(z.enum(objectCodeKeywords), codeShape.nullable());
export type ObjectCodes = z.infer<typeof objectCodesShape>;

/** What stands for one object now. */
export const objectCorrectionShape = z.strictObject({
  objectId: z.string(),
  attributes: z.partialRecord(z.enum(objectCorrectableKeywords), z.string()),
  codes: z.partialRecord(z.enum(objectCodeKeywords), codeShape),
  /** Of the last one. */
  by: z.string(),
  at: z.string(),
});
export type ObjectCorrection = z.infer<typeof objectCorrectionShape>;
