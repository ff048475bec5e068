// Whom a screen showed when a person decided. Each value as it would leave; what was not shown is left out.
import { z } from 'zod';

export const seenIdentityShape = z.strictObject({
  PatientName: z.string().max(1024).optional(),
  PatientID: z.string().max(1024).optional(),
  PatientBirthDate: z.string().max(1024).optional(),
});
export type SeenIdentity = z.infer<typeof seenIdentityShape>;
