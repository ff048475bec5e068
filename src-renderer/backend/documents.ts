// Documents, videos and samples by address, like pictures.
import { troubleOf } from './trouble.ts';

export const documentAddress = (objectId: string): string => `/api/objects/${objectId}/document`;
export const copyAddress = (objectId: string): string => `/api/objects/${objectId}/document?copy`;
export const videoAddress = (objectId: string): string => `/api/objects/${objectId}/video`;

/** Samples of one group, channel after channel, in the unit of each. Throws TroubleError. */
export async function fetchSamples(
  objectId: string,
  { group, from, count }: { readonly group: number; readonly from: number; readonly count: number },
): Promise<Float32Array> {
  const answer = await fetch(`/api/objects/${objectId}/samples/${group}?from=${from}&count=${count}`, {
    credentials: 'same-origin',
  });
  if (!answer.ok) throw await troubleOf(answer);
  return new Float32Array(await answer.arrayBuffer());
}
