// What must be known of a data set before one of its frames can be drawn: geometry, colour model, look-up tables,
// window, and where the pixels lie. Read from the file itself with the room's element walk; values that are not needed
// are not read. For enhanced objects the functional groups of the frame asked for are taken (PS3.3 C.7.6.16).
//
// Refuses by CannotDraw what has no pixels or no usable geometry.
import type { VoiWindow } from '#station/model/raw-frame.ts';
import type { ByteReader } from '../byte-reader.ts';
import { mostElements, pixelDataTag, undefinedLength, walkElements, WalkStop, type Spot } from '../element-walk.ts';
import { transferSyntaxOf, type TransferSyntax } from '../transfer-syntax.ts';
import { CannotDraw } from './not-drawable.ts';

export type LookUpTable = { readonly first: number; readonly bits: number; readonly values: Uint16Array };

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
  readonly windows: readonly VoiWindow[];
  readonly voiFunction: 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID';
  readonly rescale: { readonly slope: number; readonly intercept: number };
  readonly modalityLut?: LookUpTable;
  readonly palette?: readonly [LookUpTable, LookUpTable, LookUpTable];
  readonly padding?: { readonly from: number; readonly to: number };
  readonly spacingMm?: readonly [number, number];
  readonly pixelAspect: number;
  /** Offset of the value, its length in bytes; null when it is in fragments. */
  readonly pixels: { readonly offset: number; readonly length: number | null; readonly vr: string };
  readonly extendedOffsets?: { readonly offsets: readonly number[]; readonly lengths: readonly number[] };
};

const tags = {
  sopClass: 0x00080016,
  intensityRelationship: 0x00281040,
  samples: 0x00280002,
  photometric: 0x00280004,
  planar: 0x00280006,
  frames: 0x00280008,
  rows: 0x00280010,
  columns: 0x00280011,
  spacing: 0x00280030,
  aspect: 0x00280034,
  imagerSpacing: 0x00181164,
  bitsAllocated: 0x00280100,
  bitsStored: 0x00280101,
  highBit: 0x00280102,
  representation: 0x00280103,
  padding: 0x00280120,
  paddingLimit: 0x00280121,
  center: 0x00281050,
  width: 0x00281051,
  windowName: 0x00281055,
  voiFunction: 0x00281056,
  intercept: 0x00281052,
  slope: 0x00281053,
  lutDescriptor: 0x00283002,
  lutValues: 0x00283006,
  redDescriptor: 0x00281101,
  greenDescriptor: 0x00281102,
  blueDescriptor: 0x00281103,
  red: 0x00281201,
  green: 0x00281202,
  blue: 0x00281203,
  segmentedRed: 0x00281221,
  segmentedGreen: 0x00281222,
  segmentedBlue: 0x00281223,
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
} as const;

const wantedTags = new Set<number>(Object.values(tags));
const enteredSequences = new Set<number>(Object.values(sequences));
const longestValueBytes = 4 * 1024 * 1024;

type Found = { readonly tag: number; readonly vr: string; readonly bytes: Buffer; readonly little: boolean };
/** Values by where they were found: '' at the top, else the tag of the sequence they mean. */
type Findings = Map<string, Map<number, Found>>;

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
  const findings: Findings = new Map();
  let pixels: PixelHeader['pixels'] | undefined;
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
          if (spot.depth > 0 || spot.tag !== pixelDataTag) return undefined;
          const length = spot.length === undefinedLength ? null : spot.length;
          pixels = { offset: spot.valueOffset, length, vr: spot.vr };
          return 'stop';
        },
        wants: (spot) => (wantedTags.has(spot.tag) && placeOf(spot, frame) !== undefined ? longestValueBytes : 0),
        element: (spot, value) => {
          if (value) keep(spot, value);
          return undefined;
        },
        sequence: (spot) => (enteredSequences.has(spot.tag) ? 'enter' : 'skip'),
      },
    );
  } catch (error) {
    if (!(error instanceof WalkStop)) throw error;
    if (!pixels) throw new CannotDraw(error.reason === 'truncated' ? 'truncated' : 'header-broken', { cause: error });
  }
  if (!pixels) throw new CannotDraw('no-pixels');
  return headerFrom(findings, syntax, pixels);
}

/** Which finding an element belongs to: '' top, 'modality', 'voi', 'group' of this frame; undefined when not ours. */
function placeOf(spot: Spot, frame: number): 'top' | 'modality' | 'voi' | 'group' | undefined {
  if (spot.parent === null) return 'top';
  let outermost: 'modality' | 'voi' | 'group' | undefined;
  for (let item: Spot | null = spot.parent; item; item = item.parent?.parent ?? null) {
    const sequence = item.parent?.tag;
    if (sequence === sequences.perFrame) {
      if (item.index !== frame) return undefined;
    } else if (item.index !== 0) return undefined;
    if (sequence === sequences.modalityLut) outermost = 'modality';
    else if (sequence === sequences.voiLut) outermost = 'voi';
    else if (sequence !== undefined && enteredSequences.has(sequence)) outermost = 'group';
    else return undefined;
  }
  return outermost;
}

function headerFrom(findings: Findings, syntax: TransferSyntax, pixels: PixelHeader['pixels']): PixelHeader {
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
  const modality = appliesModalityLut(top) ? findings.get('modality') : undefined;
  const voi = findings.get('voi');
  const modalityLut = modality && plainTable(modality.get(tags.lutDescriptor), modality.get(tags.lutValues), signed);
  const windows = windowsFrom(nearest(tags.center), nearest(tags.width), nearest(tags.windowName));
  const voiTable = voi && plainTable(voi.get(tags.lutDescriptor), voi.get(tags.lutValues), signed);
  const slope = number(nearest(tags.slope)) ?? 1;
  const intercept = number(nearest(tags.intercept)) ?? 0;
  const padding = paddingFrom(top.get(tags.padding), top.get(tags.paddingLimit), signed);
  const spacing = spacingFrom(nearest(tags.spacing)) ?? spacingFrom(top.get(tags.imagerSpacing));
  const palette = photometric === 'PALETTE COLOR' ? paletteFrom(top) : undefined;
  const offsets = wholeNumbers64(top.get(tags.offsets));
  const lengths = wholeNumbers64(top.get(tags.lengths));
  const highBit = wholeNumber(top.get(tags.highBit)) ?? bitsStored - 1;
  return {
    syntax,
    rows,
    columns,
    frames: Math.max(1, Math.trunc(number(top.get(tags.frames)) ?? 1)),
    samples,
    bitsAllocated,
    bitsStored: bitsStored >= 1 && bitsStored <= bitsAllocated ? bitsStored : bitsAllocated,
    highBit: highBit >= bitsStored - 1 && highBit < bitsAllocated ? highBit : bitsStored - 1,
    signed,
    planar: wholeNumber(top.get(tags.planar)) === 1,
    photometric,
    windows: windows.length > 0 || !voiTable ? windows : [windowOver(voiTable)],
    voiFunction: voiFunctionFrom(text(nearest(tags.voiFunction))),
    // A slope of 0 would make one value of everything; the stored values are shown instead.
    rescale: modalityLut || slope === 0 ? { slope: 1, intercept: 0 } : { slope, intercept },
    ...(modalityLut ? { modalityLut } : {}),
    ...(palette ? { palette } : {}),
    ...(padding ? { padding } : {}),
    ...(spacing ? { spacingMm: spacing } : {}),
    pixelAspect: aspectFrom(top.get(tags.aspect), spacing),
    pixels,
    ...(offsets.length > 0 && offsets.length === lengths.length ? { extendedOffsets: { offsets, lengths } } : {}),
  };
}

const angiography = new Set(['1.2.840.10008.5.1.4.1.1.12.1', '1.2.840.10008.5.1.4.1.1.12.2']);

/** The LUT of logarithmic angiography serves subtraction, not showing (PS3.3 C.8.7.1.1.2). */
function appliesModalityLut(top: Map<number, Found>): boolean {
  const relationship = text(top.get(tags.intensityRelationship));
  return !(angiography.has(text(top.get(tags.sopClass))) && (relationship === 'LOG' || relationship === 'DISP'));
}

function text(found: Found | undefined): string {
  return found ? found.bytes.toString('latin1').split('\0')[0]!.trim() : '';
}

function texts(found: Found | undefined): string[] {
  const all = text(found);
  return all === '' ? [] : all.split('\\').map((one) => one.trim());
}

function number(found: Found | undefined): number | undefined {
  const first = texts(found)[0];
  if (first === undefined) return undefined;
  const value = found?.vr === 'FD' ? found.bytes[found.little ? 'readDoubleLE' : 'readDoubleBE'](0) : Number(first);
  if (Number.isFinite(value)) return value;
  const leading = Number.parseInt(first, 10);
  return Number.isFinite(leading) ? leading : undefined;
}

function wholeNumber(found: Found | undefined): number | undefined {
  return sixteenBits(found)[0];
}

function sixteenBits(found: Found | undefined): number[] {
  const values: number[] = [];
  if (!found) return values;
  for (let at = 0; at + 2 <= found.bytes.length; at += 2) {
    values.push(found.little ? found.bytes.readUInt16LE(at) : found.bytes.readUInt16BE(at));
  }
  return values;
}

function wholeNumbers64(found: Found | undefined): number[] {
  const values: number[] = [];
  if (!found || found.bytes.length / 8 > mostElements) return values;
  for (let at = 0; at + 8 <= found.bytes.length; at += 8) {
    values.push(Number(found.little ? found.bytes.readBigUInt64LE(at) : found.bytes.readBigUInt64BE(at)));
  }
  return values;
}

function windowsFrom(center: Found | undefined, width: Found | undefined, name: Found | undefined): VoiWindow[] {
  const centers = texts(center).map(Number);
  const widths = texts(width).map(Number);
  const names = texts(name);
  return centers.flatMap((each, index) => {
    const wide = widths[index];
    if (!Number.isFinite(each) || wide === undefined || !Number.isFinite(wide) || wide <= 0) return [];
    const called = names[index];
    return [{ center: each, width: wide, ...(called ? { name: called } : {}) }];
  });
}

function voiFunctionFrom(name: string): PixelHeader['voiFunction'] {
  return name === 'SIGMOID' || name === 'LINEAR_EXACT' ? name : 'LINEAR';
}

function paddingFrom(value: Found | undefined, limit: Found | undefined, signed: boolean): PixelHeader['padding'] {
  const one = asSigned(wholeNumber(value), signed);
  if (one === undefined) return undefined;
  const other = asSigned(wholeNumber(limit), signed) ?? one;
  return { from: Math.min(one, other), to: Math.max(one, other) };
}

function asSigned(value: number | undefined, signed: boolean): number | undefined {
  return value !== undefined && signed && value > 0x7fff ? value - 0x10000 : value;
}

function spacingFrom(found: Found | undefined): readonly [number, number] | undefined {
  const [row, column] = texts(found).map(Number);
  return row !== undefined && column !== undefined && row > 0 && column > 0 && Number.isFinite(row / column)
    ? [row, column]
    : undefined;
}

function aspectFrom(found: Found | undefined, spacing: readonly [number, number] | undefined): number {
  const [vertical, horizontal] = spacing ?? texts(found).map(Number);
  const aspect = vertical !== undefined && horizontal !== undefined ? vertical / horizontal : 1;
  return aspect > 0.01 && aspect < 100 ? aspect : 1;
}

/** A LUT of PS3.3 C.11.1.1: descriptor (entries, first value mapped, bits) and 8 or 16-bit entries. */
function plainTable(
  descriptor: Found | undefined,
  values: Found | undefined,
  signed: boolean,
): LookUpTable | undefined {
  const [entries, first, bits] = sixteenBits(descriptor);
  if (entries === undefined || first === undefined || bits === undefined || !values) return undefined;
  const count = entries === 0 ? 65_536 : entries;
  const table = tableValues(values, count);
  return table && { first: asSigned(first, signed) ?? 0, bits, values: table };
}

function tableValues(found: Found, count: number): Uint16Array | undefined {
  if (found.bytes.length >= count * 2) return Uint16Array.from(sixteenBits(found).slice(0, count));
  // Entries of 8 bits are packed two a word (PS3.3 C.7.6.3.1.6).
  if (found.bytes.length >= count) return Uint16Array.from(found.bytes.subarray(0, count));
  return undefined;
}

function paletteFrom(top: Map<number, Found>): PixelHeader['palette'] {
  const tables = (
    [
      [tags.redDescriptor, tags.red, tags.segmentedRed],
      [tags.greenDescriptor, tags.green, tags.segmentedGreen],
      [tags.blueDescriptor, tags.blue, tags.segmentedBlue],
    ] as const
  ).map(([descriptor, values, segmented]) => {
    const plain = plainTable(top.get(descriptor), top.get(values), false);
    return plain ?? segmentedTable(top.get(descriptor), top.get(segmented));
  });
  const [red, green, blue] = tables;
  return red && green && blue ? [red, green, blue] : undefined;
}

/** A segmented palette (PS3.3 C.7.9.2): discrete and linear segments; indirect ones are not drawn. */
function segmentedTable(descriptor: Found | undefined, segments: Found | undefined): LookUpTable | undefined {
  const [entries, first, bits] = sixteenBits(descriptor);
  if (entries === undefined || first === undefined || bits === undefined || !segments) return undefined;
  const count = entries === 0 ? 65_536 : entries;
  const words = sixteenBits(segments);
  const values = new Uint16Array(count);
  let filled = 0;
  for (let at = 0; at + 2 < words.length && filled < count;) {
    const kind = words[at]!;
    const length = words[at + 1]!;
    if (kind === 0) {
      for (let i = 0; i < length && filled < count; i++) values[filled++] = words[at + 2 + i] ?? 0;
      at += 2 + length;
    } else if (kind === 1 && filled > 0) {
      const from = values[filled - 1]!;
      const to = words[at + 2]!;
      for (let i = 1; i <= length && filled < count; i++) values[filled++] = from + ((to - from) * i) / length;
      at += 3;
    } else return undefined;
  }
  return { first, bits, values };
}

/** The window that spans what a VOI LUT maps: the nearest that a plain window comes to it. */
function windowOver(table: LookUpTable): VoiWindow {
  return { center: table.first + table.values.length / 2, width: Math.max(1, table.values.length) };
}
