// One picture of an object as it crosses from the decoder to whoever draws it: plain numbers, no compression, no
// DICOM encoding left. Grey stays as stored, so that a window can be chosen later; colour is always 8-bit RGB.

import type {
  FrameLack,
  FrameLut,
  FrameOverlay,
  FramePalette,
  FrameStored,
  PictureRegion,
  VoiWindow,
} from '#contract/shapes/frame-header.ts';

export type { FrameLack, FrameLut, FrameOverlay, FramePalette, FrameStored, PictureRegion, VoiWindow };

/** Distance of pixel centres in millimetres, between rows and between columns, and which attribute says so. */
export type PixelSpacing = {
  readonly mm: readonly [number, number];
  /** `ImagerPixelSpacing` holds in the plane of the detector, unless `magnification` was taken out of it. */
  readonly from: 'PixelMeasures' | 'PixelSpacing' | 'ImagerPixelSpacing' | 'NominalScannedPixelSpacing';
  readonly calibration?: string;
  readonly magnification?: number;
};

/** Where a row and a column lead: as unit vectors in the patient (x to the left, y to the back, z to the head) or in letters. */
export type FrameOrientation =
  | {
      readonly kind: 'vectors';
      readonly row: readonly [number, number, number];
      readonly column: readonly [number, number, number];
    }
  | { readonly kind: 'letters'; readonly row: string; readonly column: string };

/** How long this frame of several stays on the screen. */
export type FrameTiming = {
  readonly ms: number;
  readonly from: 'RecommendedDisplayFrameRate' | 'FrameTime' | 'FrameTimeVector' | 'CineRate';
  /** Sweeping, not looping (PreferredPlaybackSequencing). */
  readonly backAndForth?: true;
};

export type RawFrame = {
  readonly kind: 'frame';
  /** Size of `bytes` in pixels. Smaller than `ofRows` x `ofColumns` when a reduced frame was asked for. */
  readonly rows: number;
  readonly columns: number;
  readonly ofRows: number;
  readonly ofColumns: number;
  /** 1 is grey, 3 is RGB interleaved with 8 bits a sample. */
  readonly samples: 1 | 3;
  readonly bitsAllocated: 8 | 16 | 32;
  readonly signed: boolean;
  /** The 32 bits are floating-point numbers (PS3.3 C.7.6.24); some may be no number at all. */
  readonly float?: true;
  /** Little endian, top left first, no padding. Owns its buffer, so that it can be transferred. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly photometric: 'MONOCHROME1' | 'MONOCHROME2' | 'RGB';
  /** Never empty for grey, empty for colour. The first one is what to show at first. */
  readonly windows: readonly VoiWindow[];
  /** `computed` when the object names no usable window and it comes from the values of this frame. */
  readonly windowsFrom: 'object' | 'computed';
  readonly voiFunction: 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID';
  /** Stored value to what windows are measured in: value * slope + intercept. */
  readonly rescale: { readonly slope: number; readonly intercept: number };
  /** Values come out of the Modality LUT of the object. Without it that LUT is broken, or not for showing (C.8.7.1.1.2). */
  readonly modalityLutApplied?: true;
  /** Stored values that are not picture (PS3.3 C.7.5.1.1.2), both ends included. */
  readonly padding?: { readonly from: number; readonly to: number };
  /** Smallest and largest stored value of the frame, padding left out. */
  readonly min: number;
  readonly max: number;
  /** Distance of pixel centres in millimetres, between rows and between columns. */
  readonly spacingMm?: readonly [number, number];
  /** Height of a pixel divided by its width. */
  readonly pixelAspect: number;
  /** Where `spacingMm` comes from. */
  readonly spacing?: PixelSpacing;
  readonly regions?: readonly PictureRegion[];
  readonly orientation?: FrameOrientation;
  /** Centre of the first pixel in the patient. */
  readonly positionMm?: readonly [number, number, number];
  readonly frameOfReferenceUid?: string;
  readonly timing?: FrameTiming;
  /** What values are after rescale, as the object says: 'HU', 'BQML'. */
  readonly unit?: string;
  /** The side of the body, as the object says it: of the frame, of the image or of the series. */
  readonly laterality?: string;
  readonly lacks?: readonly FrameLack[];
  /** Not in reduced frames, like everything in `attached`. */
  readonly luts?: readonly FrameLut[];
  readonly overlays?: readonly FrameOverlay[];
  readonly supplemental?: FramePalette;
  readonly stored?: FrameStored;
  /** Tables and planes; on the wire they follow `bytes`. Owns its buffer. */
  readonly attached?: Uint8Array<ArrayBuffer>;
};

/** Why there is nothing to draw. The object is still whole and can be sent on. */
export type NotDrawableReason =
  | 'no-pixels'
  | 'video'
  | 'syntax-unknown'
  | 'geometry-lies'
  | 'too-large'
  | 'truncated'
  | 'no-such-frame'
  | 'frames-not-found'
  | 'colour-unknown'
  | 'palette-missing'
  | 'codestream-broken'
  | 'header-broken'
  | 'took-too-long'
  | 'decoder-crashed'
  | 'file-missing'
  | 'closed';

export type NotDrawable = { readonly kind: 'not-drawable'; readonly reason: NotDrawableReason };

export type FrameAnswer = RawFrame | NotDrawable;

/** SHA-256 of the stored values of a frame: the same in every transfer syntax that loses nothing. */
export type DigestAnswer = { readonly kind: 'digest'; readonly sha256: string } | NotDrawable;

export type FrameRequest = {
  readonly path: string;
  /** Where the data set begins: after the File Meta group, or 0 in a file without one. */
  readonly dataSetOffset: number;
  readonly transferSyntax: string;
  /** Counted from 0. */
  readonly frame: number;
  /** Asks for a picture whose longer side is at most so many pixels. Never enlarged. */
  readonly longestSide?: number;
  /** Asks for a digest of the stored values in the place of the frame. */
  readonly digestOnly?: true;
};
