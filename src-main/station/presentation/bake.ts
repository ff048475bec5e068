// A derived picture: a received one with what a person chose in its pixels, as a new object of the same class (PS3.3
// C.7.6.1.1.2). Its header is the received one, element by element, but for what a new object must say.
//
// Reads native little endian files; what is compressed is taken out of its compression before, so that nothing is lost that was
// not lost already. One frame is held at a time. Refuses, by a reason, what cannot be said in its pixels.
import type { Markup } from '#contract/shapes/markup.ts';
import { openNativePixels, type NativePixels } from '#station/dicom/codecs/index.ts';
import {
  buildFileMeta,
  encodeElement,
  openPart10,
  openSplicedStream,
  pixelDataTag,
  planSplice,
  walkElements,
  type Edit,
  type NewElement,
  type Part10,
  type Recipe,
  type Segment,
} from '#station/dicom/index.ts';
import type { RawFrame } from '#station/model/raw-frame.ts';
import { drawMask, type Mask, type MaskThing } from '#station/picture/index.ts';
import { bytesAfter, changeOf, refusalOf, type BakeReason } from './bake-limits.ts';
import { bakedTags, headerEdits, type HeaderWish } from './baked-header.ts';
import { overlaysAfter } from './baked-overlays.ts';
import { bakeFrame, tonesOf, type BakeWish } from './baked-pixels.ts';
import { colourTableOf } from './colour-table.ts';
import { drawingsOf, type DrawnThing } from './drawn-lines.ts';
import { readElements } from './found-elements.ts';
import { findHiddenPictures, nothingHidden } from './hidden-pictures.ts';
import { packBits } from './packed-bits.ts';
import { pixelBox } from './markup-rules.ts';
import { shuttersOf } from './shutter-elements.ts';
import { geometryOf, type Change } from './turns.ts';

export type BakeSource = {
  /** A native little endian file. */
  readonly path: string;
  readonly objectId: string;
  /** The first frame, as it is decoded. */
  readonly frame: Omit<RawFrame, 'bytes' | 'attached'>;
  readonly SOPClassUID: string;
  /** Private sequences with pictures in them that the received file has and this one has not any more. */
  readonly privateLeftOut?: number;
};

export type Baked = {
  readonly dataSetOffset: number;
  readonly sizeBytes: number;
  /** To be read once; `close` ends it. Throws when the source cannot be read to its end. */
  readonly pieces: AsyncGenerator<Buffer, void, void>;
  /** Size of its pictures, and how the source was cropped. */
  readonly rows: number;
  readonly columns: number;
  readonly change: Change;
};

type HeaderPart = Omit<HeaderWish, 'found' | 'change' | 'photometric' | 'samples' | 'source' | 'hidden'> & {
  readonly source: HeaderWish['source'];
};

/** @throws Problem of the splice; what the file system throws */
export async function bake(source: BakeSource, wish: HeaderPart): Promise<Baked | { readonly reason: BakeReason }> {
  const object = await openPart10(source.path, { name: source.objectId });
  let isTaken = false;
  try {
    const { reader, dataSetOffset, syntax } = object;
    const pixels = await openNativePixels(reader, dataSetOffset, syntax.uid);
    if ('reason' in pixels) return { reason: 'pixels-of-this-kind' };
    const planned = await plan(object, pixels, source, wish);
    if ('reason' in planned) return planned;
    isTaken = true;
    return planned;
  } finally {
    if (!isTaken) await object.close();
  }
}

async function plan(
  object: Part10,
  pixels: NativePixels,
  { path, objectId, frame, SOPClassUID, privateLeftOut = 0 }: BakeSource,
  asked: HeaderPart,
): Promise<Baked | { readonly reason: BakeReason }> {
  const wish = { ...asked, markup: withDrawnTable(asked.markup, frame) };
  const { markup, looks } = wish;
  const change = changeOf(markup, pixels, looks);
  const found = await readElements(object, bakedTags);
  const refusal = refusalOf(pixels, found, { markup, looks });
  if (refusal !== null) return { reason: refusal };
  const redactions = markup.redactions.flatMap((box) => pixelBox(box, pixels) ?? []);
  const overlays = overlaysAfter(found, change, redactions);
  if (overlays === null) return { reason: 'overlay-cannot-follow' };
  const { min, max, supplemental } = frame;
  // Beyond the first value of a supplemental palette all is colour.
  const grey = supplemental ? { min, max: Math.min(max, supplemental.first - 1) } : { min, max };
  const tones = tonesOf(pixels, grey, isShownInverse(frame, pixels));
  const colourTable = looks ? colourTableOf(markup, pixels) : null;
  if (colourTable === 'cannot') return { reason: 'colour-cannot-be-windowed' };
  const toRgb = colourTable !== null && pixels.photometric === 'YBR_FULL';

  // What is cut off or black in the picture is not to be seen in another one of it.
  const hides = markup.crop !== null || redactions.length > 0;
  const others = hides ? await findHiddenPictures(object) : nothingHidden;
  const hidden = { ...others, privateValues: others.privateValues + privateLeftOut };
  const to = geometryOf(change);
  const { photometric, samples, frames } = pixels;
  const edits: Edit[] = [
    ...headerEdits({ ...wish, found, change, photometric, samples, hidden }),
    ...hidden.edits,
    ...coloursAfter(pixels, toRgb),
    ...overlays.map((element): Edit => ({ kind: 'put', element })),
  ];
  const cut = upTo(await pixelsBegin(object, pixels.tag), (await planSplice(object, edits, { objectId })).recipe);
  if (!cut) return { reason: 'pixels-of-this-kind' };
  const before: Recipe = cut;
  const evenBytes = bytesAfter(pixels, change);
  const masks = looks ? maskMaker(markup, frame, change) : null;
  if (masks && (await masks.isWordless())) return { reason: 'no-typeface' };
  const { uid, explicit, littleEndian } = object.syntax;
  const meta = buildFileMeta({ sopClassUid: SOPClassUID, sopInstanceUid: wish.SOPInstanceUID, transferSyntaxUid: uid });
  const head = pixelHead(pixels, evenBytes, { explicit, littleEndian });
  const baking: Omit<BakeWish, 'mask'> = {
    ...{ pixels, change, redactions, colourTable, toRgb },
    tones: tones ?? { black: [], white: [] },
    shutters: looks && markup.shutter ? shuttersOf(markup.shutter, found) : null,
  };
  async function* drawnFrames(): AsyncGenerator<Buffer, void, void> {
    for (let at = 0; at < frames; at++) yield await bakeFrame({ ...baking, mask: await masks?.of(at) }, at);
  }
  async function* pieces(): AsyncGenerator<Buffer, void, void> {
    try {
      yield meta;
      for await (const piece of openSplicedStream(before, path, before.dataSetOffset)) yield Buffer.from(piece);
      yield head;
      const drawn = drawnFrames();
      let written = 0;
      for await (const piece of pixels.inBits ? packBits(drawn) : drawn) {
        written += piece.length;
        yield piece;
      }
      if (written < evenBytes) yield Buffer.alloc(1);
    } finally {
      await object.close();
    }
  }
  return {
    dataSetOffset: meta.length,
    sizeBytes: meta.length + before.sizeBytes - before.dataSetOffset + head.length + evenBytes,
    pieces: pieces(),
    ...{ rows: to.rows, columns: to.columns, change },
  };
}

/** Colours of every other pixel were filled in between, as every viewer does it; tables of light are for red, green and blue. */
function coloursAfter({ wasSubsampled }: NativePixels, toRgb: boolean): Edit[] {
  if (!wasSubsampled && !toRgb) return [];
  const put = (element: NewElement): Edit => ({ kind: 'put', element });
  return [
    put({ keyword: 'PhotometricInterpretation', value: toRgb ? 'RGB' : 'YBR_FULL' }),
    ...(wasSubsampled ? [put({ keyword: 'PlanarConfiguration', value: 0 })] : []),
  ];
}

/** A table that the viewer could not draw was not seen: the window in its place was. */
function withDrawnTable(markup: Markup, { luts = [] }: BakeSource['frame']): Markup {
  const { window } = markup;
  if (window?.lut === undefined || luts.some(({ item }) => item === window.lut)) return markup;
  const { center, width } = window;
  return { ...markup, window: { center, width } };
}

/** The lowest value is white: MONOCHROME1, or a rescale that runs down. What a person inverts is said in the header alone. */
const isShownInverse = ({ rescale }: BakeSource['frame'], { photometric }: NativePixels): boolean =>
  (photometric === 'MONOCHROME1') !== rescale.slope < 0;

/** Offset of the pixel element in the file. */
async function pixelsBegin(object: Part10, tag: number): Promise<number> {
  let found = -1;
  await walkElements(object.elements.reader, object.elements.region, {
    before: (spot) => {
      if (spot.depth > 0 || spot.tag < tag) return undefined;
      if (spot.tag === tag) found = spot.headerOffset;
      return 'stop';
    },
  });
  return found;
}

/** What stands before an offset of the received file; what stands behind the pixels speaks of other bytes. */
function upTo(offset: number, recipe: Recipe): Recipe | undefined {
  const segments: Segment[] = [];
  let sizeBytes = 0;
  for (const segment of recipe.segments) {
    const isLast = segment.kind === 'range' && offset >= segment.offset && offset <= segment.offset + segment.length;
    const cut = isLast ? { ...segment, length: offset - segment.offset } : segment;
    segments.push(cut);
    sizeBytes += cut.kind === 'bytes' ? cut.bytes.length : cut.length;
    if (isLast && offset < segment.offset + segment.length) return { ...recipe, segments, sizeBytes };
  }
  return undefined;
}

/** Length and VR of the pixels, without them. */
function pixelHead(
  { tag, bitsAllocated }: NativePixels,
  lengthBytes: number,
  layout: { readonly explicit: boolean; readonly littleEndian: boolean },
): Buffer {
  const vr = tag !== pixelDataTag ? 'OF' : bitsAllocated > 8 ? 'OW' : 'OB';
  const empty = encodeElement({ tag, vr, value: Buffer.alloc(0) }, { ...layout, characterSet: [] });
  empty.writeUInt32LE(lengthBytes, empty.length - 4);
  return empty;
}

type Masks = { of(frame: number): Promise<Mask['values'] | undefined>; isWordless(): Promise<boolean> };

/** Masks of drawings by frame; the last one is kept, because most frames show the same. */
function maskMaker(markup: Markup, frame: BakeSource['frame'], change: Change): Masks | null {
  if (markup.annotations.length === 0) return null;
  const to = geometryOf(change);
  const on = { ...frame, calibrationMm: markup.calibrationMm, rows: frame.ofRows, columns: frame.ofColumns };
  const drawings = drawingsOf(markup, on).map(({ frame: number, things }) => ({
    number,
    things: things.flatMap((thing) => movedThing(thing, to.pointOf)),
  }));
  const words = drawings.flatMap(({ things }) => things.filter(({ kind }) => kind === 'words'));
  let last: { readonly key: string; readonly mask: Mask['values'] | undefined } | undefined;
  return {
    isWordless: async () => {
      if (words.length === 0) return false;
      return (await drawMask(words.slice(0, 1), Math.min(2048, to.columns), Math.min(2048, to.rows))).isWordless;
    },
    of: async (at) => {
      const shown = drawings.filter(({ number }) => number === null || number === at + 1);
      const key = shown.map((drawing) => drawings.indexOf(drawing)).join();
      if (last?.key !== key) {
        const things = shown.flatMap((drawing) => drawing.things);
        last = { key, mask: things.length === 0 ? undefined : (await drawMask(things, to.columns, to.rows)).values };
      }
      return last.mask;
    },
  };
}

function movedThing(thing: DrawnThing, pointOf: ReturnType<typeof geometryOf>['pointOf']): MaskThing[] {
  if (thing.kind === 'words') return [{ ...thing, at: pointOf(thing.at) }];
  if (thing.kind === 'line') return [{ ...thing, points: thing.points.map(pointOf) }];
  const ends = [...thing.major, ...thing.minor].map((end) => pointOf(end));
  const across = ends.map(([x]) => x);
  const down = ends.map(([, y]) => y);
  const [left, right] = [Math.min(...across), Math.max(...across)];
  const [top, bottom] = [Math.min(...down), Math.max(...down)];
  return [
    {
      kind: 'ellipse',
      centre: [(left + right) / 2, (top + bottom) / 2],
      radii: [(right - left) / 2, (bottom - top) / 2],
    },
  ];
}

/** What of a markup still is to be said of a derived picture, in its pixels: what was cropped or made black is done. */
export function markupAfter(markup: Markup, change: Change): Markup {
  const { pointOf } = geometryOf({ ...change, rotation: 0, flipped: false });
  const move = (point: readonly [number, number]): [number, number] => {
    const [x, y] = pointOf([...point]);
    return [x, y];
  };
  const { shutter } = markup;
  return {
    ...markup,
    ...{ crop: null, redactions: [] },
    annotations: markup.annotations.map((one) => ({ ...one, points: one.points.map(move) })),
    shutter:
      shutter === null
        ? null
        : shutter.kind === 'circle'
          ? { ...shutter, center: move(shutter.center) }
          : shutter.kind === 'polygon'
            ? { ...shutter, points: shutter.points.map(move) }
            : {
                ...shutter,
                box: {
                  ...{ left: shutter.box.left - change.crop.left, right: shutter.box.right - change.crop.left },
                  ...{ top: shutter.box.top - change.crop.top, bottom: shutter.box.bottom - change.crop.top },
                },
              },
  };
}
