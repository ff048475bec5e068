// Who and what an exam is about: the attributes a technologist may see and correct, by their DICOM keywords.
import { z } from 'zod';
import { correctableKeywords, type CorrectableKeyword } from './correctable.ts';

export { correctableKeywords, correctableVr, type CorrectableKeyword } from './correctable.ts';

/** Values by keyword. A missing key means: says nothing about it. An empty text means: empty. */
export const attributesShape = z.partialRecord(z.enum(correctableKeywords), z.string().max(1024));
export type Attributes = Readonly<Partial<Record<CorrectableKeyword, string>>>;

/** Reason for the Attribute Modification (0400,0565), PS3.3 C.12.1.1.9. */
export const correctionReasonShape = z.enum(['CORRECT', 'COERCE']);
export type CorrectionReason = z.infer<typeof correctionReasonShape>;
