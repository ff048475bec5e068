// Presentation states made by the station's own code for a file, and the picture that DCMTK draws by them beside the one that
// the viewer's own code draws.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { markupShape, type Markup } from '#contract/shapes/markup.ts';
import { openFrameReader, type FrameReader } from '#station/dicom/codecs/index.ts';
import { readPaper, readTree } from '#station/dicom/documents/index.ts';
import { openPart10, readHeader } from '#station/dicom/index.ts';
import { newUid } from '#station/kit/ids.ts';
import type { RawFrame } from '#station/model/raw-frame.ts';
import { isShown, shuttersOf } from '#station/presentation/shutter-elements.ts';
import { buildSoftcopyState, readPictureFacts, type StatePicture } from '#station/presentation/index.ts';
import { axesOf } from '#ui/viewer/mapping.ts';
import type { Picture } from '#ui/viewer/picture.ts';
import { lookBy, type PresentedFrame } from '#ui/viewer/presented.ts';
import { makeToneRoom, tone } from '#ui/viewer/tones.ts';
import { asFetched } from './pixel-truth.ts';
import { run } from './run.ts';

export type Chosen = Partial<Markup>;

export const asMarkup = (chosen: Chosen): Markup => markupShape.parse(chosen);

/** A grey picture as bytes, row after row. */
export type Grey = { readonly width: number; readonly height: number; readonly values: Uint8Array };

export type MadeState = { readonly file: string; readonly picture: StatePicture; readonly raw: RawFrame };

/** Writes the state of one file into `folder`; a word when there is no picture. */
export async function makeState(
  reader: FrameReader,
  source: string,
  chosen: Chosen,
  folder: string,
): Promise<MadeState | string> {
  const opened = await openPart10(source);
  const header = await readHeader(opened);
  await opened.close();
  const { dataSetOffset } = opened;
  const place = { path: source, dataSetOffset, transferSyntaxUid: opened.syntax.uid };
  const facts = await readPictureFacts(reader, place);
  if ('reason' in facts) return facts.reason;
  const raw = await reader.frame({ path: source, dataSetOffset, transferSyntax: opened.syntax.uid, frame: 0 });
  if (raw.kind !== 'frame') return raw.reason;
  const { SOPClassUID, SOPInstanceUID, SeriesInstanceUID, StudyInstanceUID } = header;
  const frames = Math.max(1, header.NumberOfFrames ?? 1);
  const picture = { SOPClassUID, SOPInstanceUID, SeriesInstanceUID, frames, markup: asMarkup(chosen), ...facts };
  const { pieces } = buildSoftcopyState({
    ...{ pictures: [picture], header, StudyInstanceUID, number: 1, by: 'Anna Beispiel', at: '20261123100000' },
    ...{ SeriesInstanceUID: newUid(), SOPInstanceUID: newUid() },
    station: { name: 'ROOM2', institution: 'Klinik', softwareVersion: '0.1.0' },
  });
  const file = path.join(folder, `${newUid()}.dcm`);
  writeFileSync(file, Buffer.concat(pieces));
  return { file, picture, raw };
}

/** What the viewer shows: toned as it is on the screen, turned by its own axes, shut. */
export function drawnHere(raw: RawFrame, markup: Markup, found: StatePicture['found'] = new Map()): Grey {
  const picture = asFetched(raw);
  const { width, height } = picture;
  const out = new Uint32Array(width * height);
  const window = markup.window ?? picture.window;
  tone({ picture, window, inverted: markup.inverted }, picture.levels[0]!.values, out, makeToneRoom());
  const grey = new Uint8Array(out.length);
  for (let i = 0; i < out.length; i++) grey[i] = (out[i] ?? 0) & 0xff;
  if (markup.shutter) {
    const shutters = shuttersOf(markup.shutter, found);
    for (let i = 0; i < grey.length; i++) if (!isShown(shutters, i % width, Math.floor(i / width))) grey[i] = 0;
  }
  return turned(picture, grey, markup);
}

/** What the viewer shows of a frame by a state that was received, as it is read from its file; shutters and drawings left out. */
export async function drawnByReceived(raw: RawFrame, state: string, of: PresentedFrame): Promise<Grey> {
  const opened = await openPart10(state);
  const paper = await readPaper(opened, await readTree(opened)).finally(() => opened.close());
  if (paper.kind !== 'presentation') throw new Error(paper.kind);
  const look = lookBy(paper.shows, of);
  if (look.window === null) throw new Error(`no window; ${paper.lacks.join()}`);
  const fetched = asFetched(raw);
  const picture = fetched.stored ?? fetched;
  const out = new Uint32Array(picture.width * picture.height);
  tone({ picture, window: look.window, inverted: look.inverted }, picture.levels[0]!.values, out, makeToneRoom());
  return turned(
    picture,
    Uint8Array.from(out, (pixel) => pixel & 0xff),
    asMarkup({ ...look, window: null }),
  );
}

/** What the viewer shows of colour by a state, which says nothing of windows and tone: red, green and blue side by side. */
export function drawnInColour(raw: RawFrame, markup: Markup, found: StatePicture['found'] = new Map()): Grey {
  const picture = asFetched(raw);
  const { width, height } = picture;
  const out = new Uint32Array(width * height);
  tone({ picture, window: picture.window, inverted: false }, picture.levels[0]!.values, out, makeToneRoom());
  const shutters = markup.shutter ? shuttersOf(markup.shutter, found) : undefined;
  const planes = [0, 8, 16].map((shift) => {
    const plane = Uint8Array.from(out, (pixel) => (pixel >>> shift) & 0xff);
    if (shutters)
      for (let i = 0; i < plane.length; i++) if (!isShown(shutters, i % width, Math.floor(i / width))) plane[i] = 0;
    return turned(picture, plane, markup);
  }) as [Grey, Grey, Grey];
  const values = new Uint8Array(out.length * 3);
  planes.forEach((plane, n) => plane.values.forEach((value, i) => (values[i * 3 + n] = value)));
  return { ...planes[0], values };
}

function turned({ width, height }: Pick<Picture, 'width' | 'height'>, values: Uint8Array, markup: Markup): Grey {
  const { swapped, alongX, alongY } = axesOf(markup);
  const [across, down] = swapped ? [height, width] : [width, height];
  const drawn = new Uint8Array(values.length);
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      const [first, second] = [alongX > 0 ? x : across - 1 - x, alongY > 0 ? y : down - 1 - y];
      const [column, row] = swapped ? [second, first] : [first, second];
      drawn[y * across + x] = values[row * width + column] ?? 0;
    }
  }
  return { width: across, height: down, values: drawn };
}

/** What dcmp2pgm draws by a state; a word when it draws nothing. */
export async function drawnByDcmtk(source: string, state: string, out: string, frame = 1): Promise<Grey | string> {
  const ran = await run('dcmp2pgm', ['-f', String(frame), '-p', state, source, out]);
  if (ran.code !== 0) return ran.output.trim();
  return readGrey(out);
}

export function readGrey(file: string): Grey {
  const bytes = readFileSync(file);
  const found = /^P5\s+(?:#[^\n]*\n\s*)*(\d+)\s+(\d+)\s+(\d+)\s/.exec(bytes.subarray(0, 256).toString('latin1'));
  if (!found) throw new Error('no binary PGM');
  const [width, height] = [Number(found[1]), Number(found[2])];
  return { width, height, values: bytes.subarray(found[0].length, found[0].length + width * height) };
}

export { openFrameReader };

/** Entries of a look-up table: what `of` makes of 0 to 1, `bits` deep. */
export const curved = (entries: number, bits: number, of: (part: number) => number): number[] =>
  Array.from({ length: entries }, (_, n) => Math.round(of(n / (entries - 1)) * (2 ** bits - 1)));

/** Arguments of dcmodify that put a look-up table into an item. */
export const putTable = (at: string, first: number, bits: number, values: readonly number[]): string[] => [
  ...['-i', `${at}.LUTDescriptor=${values.length}\\${first}\\${bits}`],
  // Of OW it takes hexadecimal numbers.
  ...['-i', `${at}.LUTData=${values.map((value) => value.toString(16)).join('\\')}`],
];

/** A presentation table in the place of the shape that the states of this station have, as arguments of dcmodify. */
export const presentationTable: readonly string[] = [
  ...['-e', 'PresentationLUTShape'],
  ...putTable(
    'PresentationLUTSequence[0]',
    0,
    12,
    curved(4096, 12, (part) => part ** 1.6),
  ),
];
