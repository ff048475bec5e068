// A frame as the viewer keeps it: values that can be averaged, and ever smaller copies of them for drawing small.
import type { FrameHeader } from '#contract/shapes/frame-header.ts';
import { readAttachments, type Attachments, type Lut } from './attachments.ts';

/** A frame as it is handed over. The viewer does not ask where it came from. */
export type Frame = {
  readonly header: FrameHeader;
  /** The values, and behind them the tables and planes that the header tells of. */
  readonly bytes: ArrayBuffer;
};

/**
 * Centre and width in units after rescale; in their place the look-up table that stands there in the object, where one is
 * given, or what a presentation state says of the way from stored values to light.
 */
export type Window = {
  readonly center: number;
  readonly width: number;
  readonly name?: string;
  readonly lut?: number;
  readonly state?: StateTones;
};

/**
 * How a presentation state leads from stored values to light (PS3.4 N.2): by what it says itself, whatever the object says of
 * rescale, function and photometric interpretation.
 */
export type StateTones = {
  /** Undefined where it has a table, or one that cannot be read: that of the object holds then. */
  readonly rescale?: Frame['header']['rescale'];
  /** In place of the rescale: what values from `first` on become, as they are stored. */
  readonly modality?: { readonly first: number; readonly values: Uint16Array };
  readonly voiFunction: Frame['header']['voiFunction'];
  readonly table?: Pick<Lut, 'first' | 'levels'>;
  /** Levels for the whole range that a window makes (PS3.3 C.11.6); those of `table` are led through it already. */
  readonly presentation?: Uint8Array;
};

export type Values = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array;

/** One size of a picture. `values` has `samples` values a pixel. */
export type Level = { readonly width: number; readonly height: number; readonly values: Values };

export type Picture = Omit<Attachments, 'stored'> & {
  readonly samples: 1 | 3;
  readonly width: number;
  readonly height: number;
  readonly pixelAspect: number;
  readonly header: Frame['header'];
  /** The window to show at first. */
  readonly window: Window;
  /** Every look-up table and window that the object itself offers, tables first; empty for colour. */
  readonly choices: readonly Window[];
  /** Level 0 is the whole picture, each next one half as wide and high. Grown when it is first asked for. */
  readonly levels: Level[];
  /** The same by its stored values, for presentation states; only where a modality table of the object lies between. */
  readonly stored?: Picture;
  readonly sizeBytes: number;
};

const wholeColour: Window = { center: 128, width: 256 };

/** A picture that came and cannot be put on the screen, in the form of a problem, so that it is told as what it is. */
export class CannotShow extends Error {
  readonly code = 'picture-undecodable';
  readonly params = { reason: 'not-shown' };

  constructor(cause: unknown) {
    super('not shown', { cause });
    this.name = 'CannotShow';
  }
}

/** Takes a frame over. Throws RangeError when there are fewer bytes than the header says. */
export function toPicture(frame: Frame): Picture {
  const { rows, columns, samples } = frame.header;
  const needed = rows * columns * samples * (frame.header.bitsAllocated / 8);
  if (rows < 1 || columns < 1 || frame.bytes.byteLength < needed) throw new RangeError('fewer bytes than pixels');
  const { header } = frame;
  const count = rows * columns * samples;
  const values = readValues(frame, count);
  const { stored, ...attachments } = readAttachments(header, { bytes: frame.bytes, from: needed, count });
  const choices = samples === 3 ? [] : choicesOf(header, attachments);
  return {
    ...attachments,
    samples,
    width: columns,
    height: rows,
    pixelAspect: header.pixelAspect > 0 ? header.pixelAspect : 1,
    header,
    window: samples === 3 ? wholeColour : (choices[0] ?? usable(header.windows)[0] ?? spanOf(header)),
    choices,
    levels: [{ width: columns, height: rows, values }],
    ...(stored === undefined ? {} : { stored: toPicture({ header: headerOfStored(header), bytes: stored }) }),
    sizeBytes: values.byteLength * 1.34 + (frame.bytes.byteLength - needed),
  };
}

/** Nothing else lies behind stored values, and they have no padding but their own. */
function headerOfStored(header: Frame['header']): Frame['header'] {
  const { stored, padding: _padding, luts: _luts, overlays: _overlays, supplemental: _colours, ...rest } = header;
  if (stored === undefined) return rest;
  const { at: _at, ...said } = stored;
  return { ...rest, ...said };
}

const usable = (windows: readonly Window[]) => windows.filter(({ width }) => width > 0);

/** Tables first: who writes both means the window for viewers that know no tables. */
function choicesOf(header: Frame['header'], { luts }: Attachments): readonly Window[] {
  const tables = luts.map(({ item: lut, name, first, levels }): Window => {
    const width = Math.max(2, levels.length);
    return { center: first + width / 2, width, lut, ...(name === '' ? {} : { name }) };
  });
  const isOwn = header.windowsFrom !== 'computed' && !isStandIn(header);
  return [...tables, ...(isOwn ? usable(header.windows) : [])];
}

/** The one window that only stands for a table, for whoever draws no tables. */
const isStandIn = ({ luts, windows }: Frame['header']) => {
  const [lut, only] = [luts?.[0], windows[0]];
  return lut !== undefined && only !== undefined && windows.length === 1 && only.center === lut.first + lut.entries / 2;
};

/** From one value to the next, as they are after rescale; floating-point numbers have thousands between their ends. */
export function finestStep({ header }: Pick<Picture, 'header'>): number {
  const slope = Math.abs(header.rescale.slope) || 1;
  if (header.float !== true) return Math.min(1, slope);
  const span = (header.max - header.min) * slope;
  return Number.isFinite(span) && span > 0 ? span / 4096 : 1;
}

/** LINEAR knows no window of less than 1 (PS3.3 C.11.2.1.2.1). */
export const narrowest = (picture: Pick<Picture, 'header'>): number =>
  picture.header.voiFunction === 'LINEAR' ? 1 : finestStep(picture);

function spanOf(header: Frame['header']): Window {
  const { slope, intercept } = header.rescale;
  const low = header.min * slope + intercept;
  const high = header.max * slope + intercept;
  return { center: (low + high) / 2, width: Math.max(narrowest({ header }), Math.abs(high - low)) };
}

function readValues({ header, bytes }: Frame, count: number): Values {
  const { bitsAllocated, signed } = header;
  if (bitsAllocated === 8) return signed ? new Int8Array(bytes, 0, count) : new Uint8Array(bytes, 0, count);
  if (bitsAllocated === 16) return signed ? new Int16Array(bytes, 0, count) : new Uint16Array(bytes, 0, count);
  if (header.float === true) return new Float32Array(bytes, 0, count);
  return signed ? new Int32Array(bytes, 0, count) : new Uint32Array(bytes, 0, count);
}

/** The level for a zoom: the smallest that still has at least one pixel for each on screen. */
export function levelFor(picture: Picture, zoom: number): { readonly level: Level; readonly factor: number } {
  let n = 0;
  while (n < 12 && zoom * 2 ** (n + 1) <= 1) {
    const next = picture.levels[n + 1] ?? grow(picture, n);
    if (next === undefined) break;
    n += 1;
  }
  return { level: picture.levels[n] as Level, factor: 2 ** n };
}

function grow(picture: Picture, from: number): Level | undefined {
  const level = picture.levels[from];
  if (level === undefined || level.width < 2 || level.height < 2) return undefined;
  const half = picture.samples === 1 ? halveGrey(level) : halveColour(level);
  picture.levels.push(half);
  return half;
}

/** Averages squares of four. An odd last row or column goes with its neighbour. */
function halveGrey(level: Level): Level {
  const { width, height, values } = level;
  if (values.BYTES_PER_ELEMENT > 2) return halveWide(level);
  const w = width >> 1;
  const h = height >> 1;
  const out = sameKind(values, w * h);
  for (let y = 0; y < h; y += 1) {
    let a = 2 * y * width;
    let b = a + width;
    for (let x = 0, to = y * w; x < w; x += 1, a += 2, b += 2, to += 1) {
      out[to] =
        ((values[a] as number) + (values[a + 1] as number) + (values[b] as number) + (values[b + 1] as number)) >> 2;
    }
  }
  return { width: w, height: h, values: out };
}

/** Sums of four may have more than 32 bits. */
function halveWide({ width, height, values }: Level): Level {
  const w = width >> 1;
  const h = height >> 1;
  const out = sameKind(values, w * h);
  for (let y = 0, to = 0; y < h; y += 1) {
    for (let x = 0, a = 2 * y * width; x < w; x += 1, a += 2, to += 1) {
      const upper = (values[a] as number) + (values[a + 1] as number);
      out[to] = (upper + (values[a + width] as number) + (values[a + width + 1] as number)) / 4;
    }
  }
  return { width: w, height: h, values: out };
}

function halveColour({ width, height, values }: Level): Level {
  const w = width >> 1;
  const h = height >> 1;
  const out = new Uint8Array(w * h * 3);
  for (let y = 0; y < h; y += 1) {
    let a = 6 * y * width;
    let b = a + 3 * width;
    let to = y * w * 3;
    for (let x = 0; x < w; x += 1, a += 3, b += 3) {
      for (let c = 0; c < 3; c += 1, a += 1, b += 1, to += 1) {
        out[to] =
          ((values[a] as number) + (values[a + 3] as number) + (values[b] as number) + (values[b + 3] as number)) >> 2;
      }
    }
  }
  return { width: w, height: h, values: out };
}

function sameKind(values: Values, length: number): Values {
  return new (values.constructor as { new (length: number): Values })(length);
}
