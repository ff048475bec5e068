// One object in another transfer syntax: from a file to a new file, and proof that both say the same. Runs in the
// transcode worker.
//
// Guarantees: the same source and target give the same bytes; every element keeps its value, the pixels every stored
// value of every frame; the new file is durable, and gone again when it cannot be proved. At most one frame and a few
// chunks are held. Refuses by CannotTranscode, and by CannotDraw for pixels that nothing here decodes.
import { closeSync, openSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';
import { encodeHeader, padded } from '../build-elements.ts';
import { openFileReader } from '../byte-reader.ts';
import { pixelDataTag, type Spot } from '../element-walk.ts';
import { buildFileMeta } from '../file-meta.ts';
import { explicitBigEndian, explicitLittleEndian, transferSyntaxOf } from '../transfer-syntax.ts';
import { CannotTranscode, type CannotTranscodeReason } from './cannot-transcode.ts';
import { nativeFrameBits } from './frame-locator.ts';
import { mostInflatedBytes, mostSamplesInByte } from './limits.ts';
import { CannotDraw } from './not-drawable.ts';
import { readPixelHeader, type PixelHeader } from './pixel-header.ts';
import { framesShown, printElements } from './transcode-check.ts';
import { elementWriter, type Edits } from './transcode-elements.ts';
import { labelsOf, nativeFrames, type NativeFrame } from './transcode-frames.ts';
import { transcodesOf } from './transcode-rules.ts';
import { openSink, type Sink } from './transcode-sink.ts';
import {
  isGroupLength,
  photometricTag,
  planarTag,
  speaksOfFragments,
  surveyForTranscode,
  walk,
  type Source,
  type Survey,
} from './transcode-survey.ts';

export type TranscodeRequest = {
  /** A file with the data set; what stands before it is not looked at. */
  readonly source: string;
  readonly dataSetOffset: number;
  readonly transferSyntaxUid: string;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly targetSyntaxUid: string;
  /** Also pixels that were compressed with loss may be taken out of their compression. */
  readonly mayDecompressLossy: boolean;
  /** Private sequences with compressed pictures may be left out: whoever makes another object of it has no use for them. */
  readonly mayLeaveOutPrivatePictures?: true;
  /** The new file. Not there yet; beside it a file with the ending `.inflated` may come and go. */
  readonly file: string;
};

export type Transcoded = {
  readonly kind: 'made';
  readonly dataSetOffset: number;
  readonly dataSetLength: number;
  /** SHA-256 of the data set, lower case hexadecimal. */
  readonly dataSetSha256: string;
  /** Frames that were decoded on both sides and compared; 0 when the pixels were not touched or there are none. */
  readonly framesCompared: number;
  /** Private sequences that were left out; absent: none. */
  readonly privateLeftOut?: number;
};

export type TranscodeAnswer = Transcoded | { readonly kind: 'cannot'; readonly reason: CannotTranscodeReason };

/** Does it. `onProgress` is called at least once a frame, and once a megabyte. Throws what the file system throws. */
export async function transcodeFile(request: TranscodeRequest, onProgress: () => void): Promise<TranscodeAnswer> {
  try {
    return await transcode(request, onProgress);
  } catch (error) {
    rmSync(request.file, { force: true });
    if (error instanceof CannotTranscode) return { kind: 'cannot', reason: error.reason };
    if (error instanceof CannotDraw) return { kind: 'cannot', reason: reasonOf(error) };
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return { kind: 'cannot', reason: 'no-room' };
    throw error;
  } finally {
    rmSync(`${request.file}.inflated`, { force: true });
  }
}

function reasonOf({ reason }: CannotDraw): CannotTranscodeReason {
  return reason === 'no-pixels' || reason === 'no-such-frame' ? 'frames-not-found' : reason;
}

async function transcode(request: TranscodeRequest, onProgress: () => void): Promise<Transcoded> {
  const { transferSyntaxUid, targetSyntaxUid } = request;
  const rule = request.mayDecompressLossy ? 'decompress' : 'lossless';
  if (!transcodesOf(transferSyntaxUid, rule).includes(targetSyntaxUid)) throw new CannotTranscode('syntax-unknown');
  const source = await openSource(request, onProgress);
  try {
    const survey = await surveyForTranscode(source, request.mayLeaveOutPrivatePictures);
    const { sopClassUid, sopInstanceUid } = request;
    const head = buildFileMeta({ sopClassUid, sopInstanceUid, transferSyntaxUid: targetSyntaxUid });
    const sink = openSink(request.file, head, onProgress);
    let written: Written;
    let finished: ReturnType<Sink['finish']>;
    try {
      written = await writeAll({ sink, source, survey, target: targetSyntaxUid });
      finished = sink.finish();
    } finally {
      sink.close();
    }
    const made: Transcoded = {
      kind: 'made',
      dataSetOffset: head.length,
      dataSetLength: finished.lengthBytes,
      dataSetSha256: finished.sha256,
      framesCompared: 0,
    };
    const privateLeftOut = [...survey.leftOut].filter(({ tag }) => ((tag >>> 16) & 1) === 1).length;
    const framesCompared = await prove(request, source, survey, { made, ...written, onProgress });
    return { ...made, framesCompared, ...(privateLeftOut > 0 && { privateLeftOut }) };
  } finally {
    closeSync(source.fd);
    await source.reader.close();
  }
}

/** The data set to read elements from; a deflated one is inflated into a file of its own. */
async function openSource(request: TranscodeRequest, onProgress: () => void): Promise<Source> {
  const { transferSyntaxUid } = request;
  const syntax = transferSyntaxOf(transferSyntaxUid);
  const path = syntax.deflated ? `${request.file}.inflated` : request.source;
  if (syntax.deflated) await inflateTo(path, request, onProgress);
  const reader = await openFileReader(path);
  const start = syntax.deflated ? 0 : request.dataSetOffset;
  const region = { explicit: syntax.explicit, littleEndian: syntax.littleEndian, start, end: reader.sizeBytes };
  // Once inflated it is explicit little endian.
  const actual = syntax.deflated ? explicitLittleEndian : transferSyntaxUid;
  return { reader, fd: openSync(path, 'r'), region, transferSyntaxUid: actual };
}

async function inflateTo(path: string, request: TranscodeRequest, onProgress: () => void): Promise<void> {
  const handle = await open(request.source, 'r');
  const deflatedBytes = (await handle.stat()).size - request.dataSetOffset;
  await handle.close();
  let total = 0;
  const counted = async function* (pieces: AsyncIterable<Buffer>) {
    for await (const piece of pieces) {
      total += piece.length;
      if (total > mostInflatedBytes || total > deflatedBytes * mostSamplesInByte.deflate)
        throw new CannotTranscode('too-large');
      onProgress();
      yield piece;
    }
  };
  try {
    const from = createReadStream(request.source, { start: request.dataSetOffset });
    await pipeline(from, createInflateRaw(), counted, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  } catch (error) {
    if (!String((error as NodeJS.ErrnoException).code).startsWith('Z_')) throw error;
    throw new CannotTranscode('codestream-broken', { cause: error });
  }
}

type Work = { readonly sink: Sink; readonly source: Source; readonly survey: Survey; readonly target: string };

/** What each frame showed when it was written; undefined when the pixels were not decoded. */
type Written = { readonly shown: readonly string[] | undefined };

async function writeAll(work: Work): Promise<Written> {
  const { source, survey } = work;
  const { fragments } = survey;
  if (!fragments) {
    await writePart(work, withoutPictures(survey), {});
    return { shown: undefined };
  }
  if (!transferSyntaxOf(source.transferSyntaxUid).encapsulated) throw new CannotTranscode('frames-not-found');
  const header = await readPixelHeader(source.reader, source.region.start, source.transferSyntaxUid, 0);
  const frames = nativeFrames(source.reader, header);
  // The label of the colours stands before them: the first frame is decoded before anything is written.
  const first = await frames.next();
  if (first.done) throw new CannotTranscode('frames-not-found');
  await writePart(work, editsFor(header, first.value, survey), { end: fragments.headerOffset });
  const shown = await writeFrames(work, header, first.value, frames);
  await writePart(work, new Map(), { start: fragments.end });
  return { shown };
}

const withoutPictures = ({ leftOut }: Survey): Map<number, Buffer | null> =>
  new Map([...leftOut].map(({ tag }) => [tag, null]));

function editsFor(header: PixelHeader, { colour }: NativeFrame, survey: Survey): Edits {
  const { photometric, interleaved } = labelsOf(header, colour);
  const edits = withoutPictures(survey);
  if (photometric) edits.set(photometricTag, padded('CS', Buffer.from(photometric, 'latin1')));
  if (interleaved) edits.set(planarTag, Buffer.alloc(2));
  for (const { tag } of survey.ofInterest) if (speaksOfFragments(tag)) edits.set(tag, null);
  return edits;
}

/** The elements of a part of the source, at the top. Where the layout stays, the bytes of each stay as they are. */
async function writePart(
  work: Work,
  edits: Edits,
  part: { readonly start?: number; readonly end?: number },
): Promise<void> {
  const { sink, source, survey, target } = work;
  const layout = transferSyntaxOf(target);
  if (!staysAsWritten(source, target)) {
    await walk(source, elementWriter({ sink, source, survey, edits, target: layout }), part);
    return;
  }
  const [start, end] = [part.start ?? source.region.start, part.end ?? source.region.end];
  let at = start;
  for (const spot of survey.ofInterest) {
    const edit = changeOf(spot, edits);
    if (edit === undefined || spot.headerOffset < start || spot.headerOffset >= end) continue;
    sink.copy(source.fd, at, spot.headerOffset - at, 1);
    if (edit) {
      sink.write(encodeHeader(spot.tag, spot.vr, edit.length, layout));
      sink.write(edit);
    }
    at = spot.end;
  }
  sink.copy(source.fd, at, end - at, 1);
}

function staysAsWritten({ region }: Source, target: string): boolean {
  const layout = transferSyntaxOf(target);
  return region.explicit === layout.explicit && region.littleEndian === layout.littleEndian;
}

const changedGroups: ReadonlySet<number> = new Set([0x00280000, 0x00880000, 0x7fe00000]);

/** Group lengths at the top go when something in their group changes. */
function changeOf(spot: Spot, edits: Edits): Buffer | null | undefined {
  if (!isGroupLength(spot.tag)) return edits.get(spot.tag);
  return edits.size > 0 && changedGroups.has(spot.tag) ? null : undefined;
}

async function writeFrames(
  { sink, target }: Work,
  header: PixelHeader,
  first: NativeFrame,
  rest: AsyncGenerator<NativeFrame, void, void>,
): Promise<readonly string[]> {
  const frameBytes = nativeFrameBits(header) / 8;
  const lengthBytes = Math.ceil(frameBytes * header.frames);
  const evenBytes = lengthBytes + (lengthBytes % 2);
  if (evenBytes >= 0xffffffff) throw new CannotTranscode('too-large');
  const layout = transferSyntaxOf(target);
  sink.write(
    encodeHeader(pixelDataTag, layout.explicit ? (header.bitsAllocated > 8 ? 'OW' : 'OB') : '', evenBytes, layout),
  );
  const shown: string[] = [];
  const put = (frame: NativeFrame) => {
    if (frame.colour !== first.colour) throw new CannotTranscode('colour-unknown');
    if (frame.bytes.length !== Math.ceil(frameBytes)) throw new CannotTranscode('geometry-lies');
    sink.write(frame.bytes);
    shown.push(frame.shows);
  };
  put(first);
  for await (const frame of rest) put(frame);
  if (evenBytes > lengthBytes) sink.write(Buffer.alloc(1));
  return shown;
}

type Made = { readonly made: Transcoded; readonly shown: readonly string[] | undefined; onProgress(): void };

/** Reads the new file again. Gives how many frames were compared. @throws CannotTranscode 'differs' */
async function prove(
  request: TranscodeRequest,
  source: Source,
  survey: Survey,
  { made, shown, onProgress }: Made,
): Promise<number> {
  const target = transferSyntaxOf(request.targetSyntaxUid);
  const withVrs = source.region.explicit && target.explicit;
  const withoutPixels = shown !== undefined;
  const alike = { survey, withoutPixels, withVrs, onProgress };
  const before = await printElements(source, { ...alike, withoutPictures: true, closedAreValues: false });
  const reader = await openFileReader(request.file);
  const fd = openSync(request.file, 'r');
  try {
    const region = { ...target, start: made.dataSetOffset, end: reader.sizeBytes };
    const result: Source = { reader, fd, region, transferSyntaxUid: target.uid };
    const closedAreValues = !staysAsWritten(source, target.uid);
    const after = await printElements(result, { ...alike, withoutPictures: false, closedAreValues });
    if (before !== after) throw new CannotTranscode('differs');
  } finally {
    closeSync(fd);
    await reader.close();
  }
  return compareFrames(request, source, { made, shown, onProgress });
}

async function compareFrames(
  request: TranscodeRequest,
  source: Source,
  { made, shown, onProgress }: Made,
): Promise<number> {
  // Where only the order of bytes changed, what both show is read anew; where nothing did, the bytes were compared.
  const expected = shown ?? (source.transferSyntaxUid === explicitBigEndian ? await shownBefore(source, request) : []);
  if (expected.length === 0) return 0;
  let frame = 0;
  const place = { path: request.file, dataSetOffset: made.dataSetOffset };
  for await (const shows of framesShown(place, transferSyntaxOf(request.targetSyntaxUid))) {
    if (shows !== expected[frame++]) throw new CannotTranscode('differs');
    onProgress();
  }
  if (frame !== expected.length) throw new CannotTranscode('differs');
  return frame;
}

/** None for an object without pixels, or with some that nobody can draw: their words were compared as values. */
async function shownBefore(source: Source, request: TranscodeRequest): Promise<readonly string[]> {
  const shown: string[] = [];
  const place = { path: request.source, dataSetOffset: source.region.start };
  try {
    for await (const shows of framesShown(place, transferSyntaxOf(source.transferSyntaxUid))) shown.push(shows);
  } catch (error) {
    if (error instanceof CannotDraw) return [];
    throw error;
  }
  return shown;
}
