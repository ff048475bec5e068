// What must be known of a data set before one of its frames can be drawn: geometry, colour model, look-up tables,
// window, and where the pixels lie. Read from the file itself with the room's element walk; values that are not needed
// are not read. For enhanced objects the functional groups of the frame asked for are taken (PS3.3 C.7.6.16).
//
// Refuses by CannotDraw what has no pixels or no usable geometry.
import type { VoiWindow } from '#station/model/raw-frame.ts';
import type { ByteReader } from '../byte-reader.ts';
import { pixelDataTag, undefinedLength, walkElements, WalkStop, type Spot } from '../element-walk.ts';
import { transferSyntaxOf, type TransferSyntax } from '../transfer-syntax.ts';
import { displayTags, mostChoices, mostRegions, readDisplay, type DisplayHeader } from './display-header.ts';
import {
  asSigned,
  number,
  numbers,
  text,
  texts,
  wholeNumber,
  wholeNumbers64,
  type Found,
  type Place,
} from './found-values.ts';
import { paletteFrom, paletteTags, plainTable, type LookUpTable, type Palette } from './lookup-tables.ts';
import { CannotDraw } from './not-drawable.ts';
import { isOverlayData, isOverlayTag, overlaysFrom, type OverlayData, type OverlayHeader } from './overlays.ts';

export type PixelHeader = {
  readonly syntax: TransferSyntax;
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  readonly samples: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  readonly planar: boolean;
  readonly photometric: string;
  /** Bits of a floating-point sample, where the pixels are such. */
  readonly float?: 32 | 64;
  readonly windows: readonly VoiWindow[];
  /** What is shown beside the values; its windows are those that the object names. */
  readonly display: DisplayHeader;
  readonly overlays: readonly OverlayHeader[];
  readonly rescale: { readonly slope: number; readonly intercept: number };
  readonly modalityLut?: LookUpTable;
  readonly palette?: Palette;
  /** A palette for the values beyond the grey ones (PS3.3 C.7.6.19). */
  readonly supplemental?: Palette;
  readonly brokenSupplemental: boolean;
  /** Palettes that are mixed by the values of several frames (PS3.3 C.7.6.23), which are not drawn. */
  readonly hasPalettesByValue: boolean;
  /** It names a rescale that is none. */
  readonly brokenRescale: boolean;
  readonly padding?: { readonly from: number; readonly to: number };
  readonly pixelAspect: number;
  /** Offset of the value, its length in bytes; null when it is in fragments. */
  readonly pixels: { readonly offset: number; readonly length: number | null; readonly vr: string };
  readonly extendedOffsets?: { readonly offsets: readonly number[]; readonly lengths: readonly number[] };
};

const tags = {
  ...displayTags,
  ...paletteTags,
  sopClass: 0x00080016,
  pixelPresentation: 0x00089205,
  intensityRelationship: 0x00281040,
  samples: 0x00280002,
  photometric: 0x00280004,
  planar: 0x00280006,
  frames: 0x00280008,
  rows: 0x00280010,
  columns: 0x00280011,
  aspect: 0x00280034,
  bitsAllocated: 0x00280100,
  bitsStored: 0x00280101,
  highBit: 0x00280102,
  representation: 0x00280103,
  padding: 0x00280120,
  paddingLimit: 0x00280121,
  intercept: 0x00281052,
  slope: 0x00281053,
  offsets: 0x7fe00001,
  lengths: 0x7fe00002,
} as const;

const sequences = {
  modalityLut: 0x00283000,
  voiLut: 0x00283010,
  shared: 0x52009229,
  perFrame: 0x52009230,
  pixelMeasures: 0x00289110,
  frameVoi: 0x00289132,
  pixelValues: 0x00289145,
  planePosition: 0x00209113,
  planeOrientation: 0x00209116,
  frameAnatomy: 0x00209071,
  regions: 0x00186011,
} as const;

/** Enhanced Palette Color Lookup Table Sequence. */
const palettesByValue = 0x0028140b;

const wantedTags = new Set<number>(Object.values(tags));
const enteredSequences = new Set<number>(Object.values(sequences));
const floatPixels = new Map<number, 32 | 64>([
  [0x7fe00008, 32],
  [0x7fe00009, 64],
]);
const longestValueBytes = 4 * 1024 * 1024;

/**
 * Reads the header for one frame.
 * @param frame counted from 0; only chooses the functional groups
 */
export async function readPixelHeader(
  reader: ByteReader,
  dataSetOffset: number,
  transferSyntax: string,
  frame: number,
): Promise<PixelHeader> {
  const syntax = transferSyntaxOf(transferSyntax);
  const findings = new Map<Place, Map<number, Found>>();
  const overlayData = new Map<number, OverlayData>();
  let pixels: PixelHeader['pixels'] | undefined;
  let hasPalettesByValue = false;
  const keep = (spot: Spot, value: Buffer) => {
    const place = placeOf(spot, frame);
    if (place === undefined) return;
    const here = findings.get(place) ?? new Map<number, Found>();
    findings.set(place, here);
    here.set(spot.tag, { tag: spot.tag, vr: spot.vr, bytes: Buffer.from(value), little: spot.littleEndian });
  };
  try {
    await walkElements(
      reader,
      { ...syntax, start: dataSetOffset, end: reader.sizeBytes },
      {
        before: (spot) => {
          const float = floatPixels.get(spot.tag);
          if (spot.depth > 0 || (spot.tag !== pixelDataTag && float === undefined)) return undefined;
          const length = spot.length === undefinedLength ? null : spot.length;
          pixels = { offset: spot.valueOffset, length, vr: spot.vr, ...(float ? { float } : {}) };
          return 'stop';
        },
        wants: (spot) => {
          const isOurs = wantedTags.has(spot.tag) ? placeOf(spot, frame) !== undefined : isTopOverlay(spot);
          return isOurs ? longestValueBytes : 0;
        },
        element: (spot, value) => {
          if (value) keep(spot, value);
          else if (spot.depth === 0 && isOverlayData(spot.tag)) {
            const { valueOffset: offset, length, vr, littleEndian: little } = spot;
            overlayData.set(spot.tag >>> 16, { offset, length, vr, little });
          }
          return undefined;
        },
        sequence: (spot) => {
          if (spot.depth === 0 && spot.tag === palettesByValue) hasPalettesByValue = true;
          return enteredSequences.has(spot.tag) ? 'enter' : 'skip';
        },
      },
    );
  } catch (error) {
    if (!(error instanceof WalkStop)) throw error;
    if (!pixels) throw new CannotDraw(error.reason === 'truncated' ? 'truncated' : 'header-broken', { cause: error });
  }
  if (!pixels) throw new CannotDraw('no-pixels');
  return headerFrom({ findings, overlayData, syntax, pixels, frame, hasPalettesByValue });
}

const isTopOverlay = (spot: Spot) => spot.depth === 0 && isOverlayTag(spot.tag);

/** Where an element was found; undefined when it is not ours: another frame's, or inside a sequence that means nothing here. */
function placeOf(spot: Spot, frame: number): Place | undefined {
  if (spot.parent === null) return 'top';
  let place: Place | undefined;
  for (let item: Spot | null = spot.parent; item; item = item.parent?.parent ?? null) {
    const sequence = item.parent?.tag;
    if (sequence === sequences.perFrame) {
      if (item.index !== frame) return undefined;
    } else if (sequence === sequences.voiLut) {
      if (item.index >= mostChoices) return undefined;
      place = `voi:${item.index}`;
      continue;
    } else if (sequence === sequences.regions) {
      if (item.index >= mostRegions) return undefined;
      place = `region:${item.index}`;
      continue;
    } else if (item.index !== 0) return undefined;
    if (sequence === sequences.modalityLut) place = 'modality';
    else if (sequence !== undefined && enteredSequences.has(sequence)) place ??= 'group';
    else return undefined;
  }
  return place;
}

type Gathered = {
  readonly findings: ReadonlyMap<Place, ReadonlyMap<number, Found>>;
  readonly overlayData: ReadonlyMap<number, OverlayData>;
  readonly syntax: TransferSyntax;
  readonly pixels: PixelHeader['pixels'] & { readonly float?: 32 | 64 };
  readonly frame: number;
  readonly hasPalettesByValue: boolean;
};

function headerFrom({ findings, overlayData, syntax, pixels, frame, hasPalettesByValue }: Gathered): PixelHeader {
  const top = findings.get('top') ?? new Map<number, Found>();
  const group = findings.get('group');
  const nearest = (tag: number) => group?.get(tag) ?? top.get(tag);
  const rows = wholeNumber(top.get(tags.rows));
  const columns = wholeNumber(top.get(tags.columns));
  if (!rows || !columns) throw new CannotDraw('geometry-lies');
  const bitsAllocated = wholeNumber(top.get(tags.bitsAllocated)) ?? 0;
  const bitsStored = wholeNumber(top.get(tags.bitsStored)) ?? bitsAllocated;
  const samples = wholeNumber(top.get(tags.samples)) ?? 1;
  const signed = wholeNumber(top.get(tags.representation)) === 1;
  const photometric = text(top.get(tags.photometric)) || (samples === 3 ? 'RGB' : 'MONOCHROME2');
  const frames = Math.max(1, Math.trunc(number(top.get(tags.frames)) ?? 1));
  const modality = appliesModalityLut(top) ? findings.get('modality') : undefined;
  const modalityLut = modality && plainTable(modality.get(tags.lutDescriptor), modality.get(tags.lutValues), signed);
  const display = readDisplay(findings, { frame, frames, signed: signed && !modalityLut });
  const slope = number(nearest(tags.slope)) ?? 1;
  const intercept = number(nearest(tags.intercept)) ?? 0;
  const isScaled = !modalityLut && slope !== 0 && isWithin(slope) && isWithin(intercept);
  const padding = pixels.float ? undefined : paddingFrom(top.get(tags.padding), top.get(tags.paddingLimit), signed);
  const palette = photometric === 'PALETTE COLOR' ? paletteFrom(top, signed) : undefined;
  const presentation = text(top.get(tags.pixelPresentation));
  const hasSupplement = photometric === 'MONOCHROME2' && (presentation === 'COLOR' || presentation === 'MIXED');
  const supplemental = hasSupplement && top.has(tags.redDescriptor) ? paletteFrom(top, signed) : undefined;
  const offsets = wholeNumbers64(top.get(tags.offsets));
  const lengths = wholeNumbers64(top.get(tags.lengths));
  const highBit = wholeNumber(top.get(tags.highBit)) ?? bitsStored - 1;
  return {
    syntax,
    rows,
    columns,
    frames,
    samples,
    bitsAllocated,
    bitsStored: bitsStored >= 1 && bitsStored <= bitsAllocated ? bitsStored : bitsAllocated,
    highBit: highBit >= bitsStored - 1 && highBit < bitsAllocated ? highBit : bitsStored - 1,
    signed,
    planar: wholeNumber(top.get(tags.planar)) === 1,
    photometric,
    ...(pixels.float ? { float: pixels.float } : {}),
    windows: display.windows.length > 0 ? display.windows : display.luts.slice(0, 1).map(windowOver),
    display,
    overlays: overlaysFrom(top, overlayData, texts(top.get(tags.characterSet))),
    // A slope of 0 would make one value of everything; the stored values are shown instead.
    rescale: isScaled ? { slope, intercept } : { slope: 1, intercept: 0 },
    brokenRescale: !modalityLut && !isScaled,
    ...(modalityLut ? { modalityLut } : {}),
    ...(palette ? { palette } : {}),
    ...(supplemental ? { supplemental } : {}),
    brokenSupplemental: hasSupplement && top.has(tags.redDescriptor) && !supplemental,
    hasPalettesByValue,
    ...(padding ? { padding } : {}),
    pixelAspect: aspectFrom(top.get(tags.aspect), display.spacing?.mm),
    pixels,
    ...(offsets.length > 0 && offsets.length === lengths.length ? { extendedOffsets: { offsets, lengths } } : {}),
  };
}

/** Values that are scaled by more have no end. */
const isWithin = (factor: number): boolean => Math.abs(factor) <= 1e30;

const angiography = new Set(['1.2.840.10008.5.1.4.1.1.12.1', '1.2.840.10008.5.1.4.1.1.12.2']);

/** The LUT of logarithmic angiography serves subtraction, not showing (PS3.3 C.8.7.1.1.2). */
function appliesModalityLut(top: ReadonlyMap<number, Found>): boolean {
  const relationship = text(top.get(tags.intensityRelationship));
  return !(angiography.has(text(top.get(tags.sopClass))) && (relationship === 'LOG' || relationship === 'DISP'));
}

function paddingFrom(value: Found | undefined, limit: Found | undefined, signed: boolean): PixelHeader['padding'] {
  const one = asSigned(wholeNumber(value), signed);
  if (one === undefined) return undefined;
  const other = asSigned(wholeNumber(limit), signed) ?? one;
  return { from: Math.min(one, other), to: Math.max(one, other) };
}

function aspectFrom(found: Found | undefined, spacing: readonly [number, number] | undefined): number {
  const [vertical, horizontal] = spacing ?? numbers(found);
  const aspect = vertical !== undefined && horizontal !== undefined ? vertical / horizontal : 1;
  return aspect > 0.01 && aspect < 100 ? aspect : 1;
}

/** The window that spans what a VOI LUT maps: the nearest that a plain window comes to it. */
function windowOver(table: LookUpTable): VoiWindow {
  return { center: table.first + table.values.length / 2, width: Math.max(1, table.values.length) };
}
