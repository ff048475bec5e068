// A frame as the viewer keeps it: values that can be averaged, and ever smaller copies of them for drawing small.

/** A frame as it is handed over. The viewer does not ask where it came from. */
export type Frame = {
  readonly header: {
    readonly rows: number;
    readonly columns: number;
    /** 1 is grey, 3 is RGB interleaved with 8 bits a sample. */
    readonly samples: 1 | 3;
    readonly bitsAllocated: 8 | 16 | 32;
    readonly signed: boolean;
    readonly photometric: 'MONOCHROME1' | 'MONOCHROME2' | 'RGB';
    readonly windows: readonly Window[];
    readonly voiFunction: 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID';
    readonly rescale: { readonly slope: number; readonly intercept: number };
    readonly padding?: { readonly from: number; readonly to: number };
    readonly min: number;
    readonly max: number;
    readonly pixelAspect: number;
  };
  readonly bytes: ArrayBuffer;
};

/** Centre and width in units after rescale. */
export type Window = { readonly center: number; readonly width: number };

export type Values = Uint8Array | Int8Array | Uint16Array | Int16Array;

/** One size of a picture. `values` has `samples` values a pixel. */
export type Level = { readonly width: number; readonly height: number; readonly values: Values };

export type Picture = {
  readonly samples: 1 | 3;
  readonly width: number;
  readonly height: number;
  readonly pixelAspect: number;
  readonly header: Frame['header'];
  /** The window to show at first. */
  readonly window: Window;
  /** Level 0 is the whole picture, each next one half as wide and high. Grown when it is first asked for. */
  readonly levels: Level[];
  readonly sizeBytes: number;
};

const wholeColour: Window = { center: 128, width: 256 };

/** Takes a frame over. Throws RangeError when there are fewer bytes than the header says. */
export function toPicture(frame: Frame): Picture {
  const { rows, columns, samples } = frame.header;
  const needed = rows * columns * samples * (frame.header.bitsAllocated / 8);
  if (rows < 1 || columns < 1 || frame.bytes.byteLength < needed) throw new RangeError('fewer bytes than pixels');
  const read = readValues(frame, rows * columns * samples);
  const { header } = read;
  const first = header.windows[0];
  const range = spanOf(header);
  return {
    samples,
    width: columns,
    height: rows,
    pixelAspect: header.pixelAspect > 0 ? header.pixelAspect : 1,
    header,
    window: samples === 3 ? wholeColour : first !== undefined && first.width > 0 ? first : range,
    levels: [{ width: columns, height: rows, values: read.values }],
    sizeBytes: read.values.byteLength * 1.34,
  };
}

function spanOf(header: Frame['header']): Window {
  const { slope, intercept } = header.rescale;
  const low = header.min * slope + intercept;
  const high = header.max * slope + intercept;
  return { center: (low + high) / 2, width: Math.max(1, Math.abs(high - low)) };
}

function readValues({ header, bytes }: Frame, count: number): { values: Values; header: Frame['header'] } {
  if (header.bitsAllocated === 8) {
    return { values: header.signed ? new Int8Array(bytes, 0, count) : new Uint8Array(bytes, 0, count), header };
  }
  if (header.bitsAllocated === 16) {
    return { values: header.signed ? new Int16Array(bytes, 0, count) : new Uint16Array(bytes, 0, count), header };
  }
  return squeeze(header, header.signed ? new Int32Array(bytes, 0, count) : new Uint32Array(bytes, 0, count));
}

/** 32-bit values are spread over 16 bits: a screen shows 8 of them. Windows stay in their own units. */
function squeeze(header: Frame['header'], wide: Int32Array | Uint32Array): { values: Values; header: Frame['header'] } {
  const step = Math.max(1, (header.max - header.min) / 65_535);
  const values = new Uint16Array(wide.length);
  for (let i = 0; i < wide.length; i += 1)
    values[i] = Math.max(0, Math.min(65_535, ((wide[i] ?? 0) - header.min) / step));
  const { slope, intercept } = header.rescale;
  const rescale = { slope: slope * step, intercept: header.min * slope + intercept };
  const { padding: _padding, ...rest } = header;
  return { values, header: { ...rest, rescale, bitsAllocated: 16, signed: false, min: 0, max: 65_535 } };
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
function halveGrey({ width, height, values }: Level): Level {
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
  if (values instanceof Uint16Array) return new Uint16Array(length);
  if (values instanceof Int16Array) return new Int16Array(length);
  return values instanceof Int8Array ? new Int8Array(length) : new Uint8Array(length);
}
