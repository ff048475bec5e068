// Associations that we open.
import type { AssociationRequest, Opening } from './requesting.ts';
import { bug } from '#station/kit/problem.ts';

/** Opens an association. Ends with an outcome within the time-outs; throws AbortError only for its signal. */
export async function openAssociation(_request: AssociationRequest): Promise<Opening> {
  throw bug('not yet');
}
