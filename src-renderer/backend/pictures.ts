// Pixels come by address, not through the contract: a thumbnail is an image address, a frame is its raw bytes with
// a header that says how to read them.
import type { FrameHeader } from '#contract/shapes/frame-header.ts';
import { troubleOf } from './trouble.ts';

export const thumbnailAddress = (objectId: string): string => `/api/objects/${objectId}/thumbnail`;

/** Asks for frame `frame` (from 0) of an object. Throws TroubleError when it cannot be drawn. */
export const fetchFrame = (objectId: string, frame: number, signal: AbortSignal): Promise<FetchedFrame> =>
  fetchFrameAt(`/api/objects/${objectId}/frames/${frame}`, signal);

/** The same of an object of an earlier exam that an archive gave. */
export const fetchPriorFrame = (objectId: string, frame: number, signal: AbortSignal): Promise<FetchedFrame> =>
  fetchFrameAt(`/api/priors/${objectId}/frames/${frame}`, signal);

type FetchedFrame = { readonly header: FrameHeader; readonly bytes: ArrayBuffer };

async function fetchFrameAt(address: string, signal: AbortSignal): Promise<FetchedFrame> {
  const answer = await fetch(address, { signal, credentials: 'same-origin' });
  if (!answer.ok) throw await troubleOf(answer);
  const header = JSON.parse(answer.headers.get('X-Safelight-Frame') ?? 'null') as FrameHeader;
  return { header, bytes: await answer.arrayBuffer() };
}
