// Pixels come by address, not through the contract: a thumbnail is an image address, a frame is its raw bytes with
// a header that says how to read them.
import { troubleOf } from './trouble.ts';

type Span = { readonly center: number; readonly width: number; readonly name?: string };

/** How to read the bytes of a frame: stored values, little endian, samples interleaved. */
export type FrameHeader = {
  readonly rows: number;
  readonly columns: number;
  readonly samples: 1 | 3;
  readonly bitsAllocated: 8 | 16 | 32;
  readonly signed: boolean;
  readonly float?: true;
  readonly photometric: 'MONOCHROME1' | 'MONOCHROME2' | 'RGB';
  readonly windows: readonly Span[];
  readonly windowsFrom?: 'object' | 'computed';
  readonly voiFunction: 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID';
  readonly rescale: { readonly slope: number; readonly intercept: number };
  readonly padding?: { readonly from: number; readonly to: number };
  /** Least and greatest stored value. */
  readonly min: number;
  readonly max: number;
  /** Height of a pixel divided by its width. */
  readonly pixelAspect: number;
  /** In millimetres, between rows and between columns, and where that comes from. */
  readonly spacingMm?: readonly [number, number];
  readonly spacing?: { readonly from: string; readonly magnification?: number };
  readonly orientation?:
    | { readonly kind: 'vectors'; readonly row: readonly number[]; readonly column: readonly number[] }
    | { readonly kind: 'letters'; readonly row: string; readonly column: string };
  readonly timing?: { readonly ms: number; readonly backAndForth?: true };
  readonly unit?: string;
  /** The side of the body, as the object says it. */
  readonly laterality?: string;
  readonly luts?: readonly LutPlace[];
  readonly overlays?: readonly OverlayPlace[];
  readonly supplemental?: { readonly first: number; readonly entries: number; readonly at: number };
  /** Parts of an ultrasound picture with scales of their own (PS3.3 C.8.5.5). */
  readonly regions?: readonly Region[];
  readonly positionMm?: readonly [number, number, number];
  readonly frameOfReferenceUid?: string;
  /** What could not be shown although the picture can. */
  readonly lacks?: readonly (
    | 'voi-lut-broken'
    | 'window-unusable'
    | 'rescale-unusable'
    | 'overlay-broken'
    | 'orientation-lies'
    | 'palette-broken'
    | 'palette-by-values'
  )[];
};

/** Tables and planes lie behind the values; `at` counts from there. */
type LutPlace = {
  readonly item: number;
  readonly name?: string;
  readonly first: number;
  readonly bits: number;
  readonly entries: number;
  readonly at: number;
};
type OverlayPlace = {
  readonly group: number;
  readonly name?: string;
  readonly rows: number;
  readonly columns: number;
  readonly x: number;
  readonly y: number;
  readonly kind: 'graphic' | 'region';
  readonly at: number;
  readonly sizeBytes: number;
};
type Region = {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly spatialFormat: number;
  readonly dataType: number;
  readonly unitX: number;
  readonly unitY: number;
  readonly deltaX: number;
  readonly deltaY: number;
};

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
