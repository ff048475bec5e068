// Pixels come by address, not through the contract: a thumbnail is an image address, a frame is its raw bytes with
// a header that says how to read them.
import { troubleOf } from './trouble.ts';

type Span = { readonly center: number; readonly width: number };

/** How to read the bytes of a frame: stored values, little endian, samples interleaved. */
export type FrameHeader = {
  readonly rows: number;
  readonly columns: number;
  readonly samples: 1 | 3;
  readonly bitsAllocated: 8 | 16 | 32;
  readonly signed: boolean;
  readonly photometric: 'MONOCHROME1' | 'MONOCHROME2' | 'RGB';
  readonly windows: readonly Span[];
  readonly voiFunction: 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID';
  readonly rescale: { readonly slope: number; readonly intercept: number };
  readonly padding?: { readonly from: number; readonly to: number };
  /** Least and greatest stored value. */
  readonly min: number;
  readonly max: number;
  /** Height of a pixel divided by its width. */
  readonly pixelAspect: number;
};

export const thumbnailAddress = (objectId: string): string => `/api/objects/${objectId}/thumbnail`;

/** Asks for frame `frame` (from 0) of an object. Throws TroubleError when it cannot be drawn. */
export async function fetchFrame(
  objectId: string,
  frame: number,
  signal: AbortSignal,
): Promise<{ readonly header: FrameHeader; readonly bytes: ArrayBuffer }> {
  const answer = await fetch(`/api/objects/${objectId}/frames/${frame}`, { signal, credentials: 'same-origin' });
  if (!answer.ok) throw await troubleOf(answer);
  const header = JSON.parse(answer.headers.get('X-Safelight-Frame') ?? 'null') as FrameHeader;
  return { header, bytes: await answer.arrayBuffer() };
}
