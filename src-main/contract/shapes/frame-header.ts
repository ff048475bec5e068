// How the bytes of a frame are to be read, as it crosses from the station to the window: types alone, one for both sides.

/** A window of the VOI LUT module, in units after rescale (PS3.3 C.11.2). */
export type VoiWindow = { readonly center: number; readonly width: number; readonly name?: string };

/** A VOI look-up table behind the values: `entries` numbers of 16 bits from byte `at` on, each at most 2^bits - 1. */
export type FrameLut = {
  /** Its place in the VOI LUT Sequence, from 0: tables that are broken are left out. */
  readonly item: number;
  readonly name?: string;
  /** The value after rescale that the first entry is for. */
  readonly first: number;
  readonly bits: number;
  readonly entries: number;
  readonly at: number;
};

/** An overlay plane behind the values (PS3.3 C.9.2): one bit a pixel, row after row without gaps, lowest bit of a byte first. */
export type FrameOverlay = {
  /** 0x6000 to 0x601e. */
  readonly group: number;
  readonly name?: string;
  readonly rows: number;
  readonly columns: number;
  /** Column and row of the picture on which its first pixel lies, from 0; may be negative. */
  readonly x: number;
  readonly y: number;
  readonly kind: 'graphic' | 'region';
  readonly at: number;
  readonly sizeBytes: number;
};

/** A supplemental palette behind the values: stored values from `first` on are shown in colour, three bytes each. */
export type FramePalette = { readonly first: number; readonly entries: number; readonly at: number };

/** Values as they are stored, where those in front came out of the modality table of the object. As many as those. */
export type FrameStored = {
  readonly bitsAllocated: 8 | 16 | 32;
  readonly signed: boolean;
  readonly padding?: { readonly from: number; readonly to: number };
  readonly min: number;
  readonly max: number;
  readonly at: number;
};

/** Tables and planes; each `at` counts from the end of the values. */
export type Attached = {
  readonly luts?: readonly FrameLut[];
  readonly overlays?: readonly FrameOverlay[];
  readonly supplemental?: FramePalette;
  readonly stored?: FrameStored;
};

/** Part of an ultrasound picture with a scale of its own, ends included; units and kinds by the codes of PS3.3 C.8.5.5.1. */
export type PictureRegion = {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly spatialFormat: number;
  readonly dataType?: number;
  /** 3 is centimetres, 4 seconds, 7 cm/s. */
  readonly unitX: number;
  readonly unitY: number;
  /** Units in one pixel. */
  readonly deltaX: number;
  readonly deltaY: number;
};

/** What of an object could not be shown although its picture can. */
export type FrameLack =
  | 'voi-lut-broken'
  | 'window-unusable'
  | 'rescale-unusable'
  | 'overlay-broken'
  | 'orientation-lies'
  | 'palette-broken'
  | 'palette-by-values';

/** Stored values, little endian, samples interleaved, and behind them what is attached. */
export type FrameHeader = Attached & {
  readonly rows: number;
  readonly columns: number;
  /** 1 is grey, 3 is RGB interleaved with 8 bits a sample. */
  readonly samples: 1 | 3;
  readonly bitsAllocated: 8 | 16 | 32;
  readonly signed: boolean;
  /** The 32 bits are floating-point numbers. */
  readonly float?: true;
  readonly photometric: 'MONOCHROME1' | 'MONOCHROME2' | 'RGB';
  readonly windows: readonly VoiWindow[];
  readonly windowsFrom?: 'object' | 'computed';
  readonly voiFunction: 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID';
  readonly rescale: { readonly slope: number; readonly intercept: number };
  readonly padding?: { readonly from: number; readonly to: number };
  /** Least and greatest stored value. */
  readonly min: number;
  readonly max: number;
  /** Height of a pixel divided by its width. */
  readonly pixelAspect: number;
  /** Distance of pixel centres in millimetres, between rows and between columns, and where that comes from. */
  readonly spacingMm?: readonly [number, number];
  readonly spacing?: { readonly from: string; readonly magnification?: number };
  /** Where a row and a column lead in the patient. */
  readonly orientation?:
    | { readonly kind: 'vectors'; readonly row: readonly number[]; readonly column: readonly number[] }
    | { readonly kind: 'letters'; readonly row: string; readonly column: string };
  /** How long the frame stays on the screen. */
  readonly timing?: { readonly ms: number; readonly backAndForth?: true };
  /** What values are after rescale. */
  readonly unit?: string;
  /** What could not be shown although the picture can. */
  readonly lacks?: readonly FrameLack[];
  /** The side of the body, as the object says it. */
  readonly laterality?: string;
  readonly regions?: readonly PictureRegion[];
  readonly positionMm?: readonly [number, number, number];
  readonly frameOfReferenceUid?: string;
};
