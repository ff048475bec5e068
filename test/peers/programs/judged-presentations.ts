// Presentation states and derived pictures of many files, made by the station's own code, and what DCMTK, pydicom and
// dciodvfy say of them.
import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openFrameReader, openTranscoder, type FrameReader, type Transcoder } from '#station/dicom/codecs/index.ts';
import {
  explicitLittleEndian,
  implicitLittleEndian,
  isLossless,
  openPart10,
  readHeader,
} from '#station/dicom/index.ts';
import { newUid } from '#station/kit/ids.ts';
import { bake, pixelBox, readPictureFacts } from '#station/presentation/index.ts';
import { isAllowedOfDerived, isAllowedOfStates, isOfTheSource } from './explained-errors.ts';
import { run } from './run.ts';
import { asMarkup, drawnByDcmtk, drawnHere, drawnInColour, makeState, type Chosen } from './states-drawn.ts';

export type Judged = {
  readonly name: string;
  readonly wish: string;
  readonly kind: 'state' | 'baked';
  /** Why nothing was made. */
  readonly reason?: string;
  /** Most levels between what is drawn here and there; undefined where that program draws nothing. */
  readonly dcmtk?: number;
  readonly pydicom?: number;
  /** Pixels that differ where they should not. */
  readonly wrong?: number;
  readonly faults: readonly string[];
  /** Errors of dciodvfy that the source does not have and the standard does not allow, and words of dcmpschk. */
  readonly newErrors: readonly string[];
  /** What another program said instead of an answer. */
  readonly silent?: string;
};

export type Wish = { readonly name: string; readonly kind: 'state' | 'baked'; readonly chosen: Chosen };
type Source = { readonly name: string; readonly file: string };
type Case = Readonly<Record<string, unknown>> & { readonly name: string };

export async function judgePresentations(
  sources: readonly Source[],
  wishes: (size: Size) => readonly Wish[],
): Promise<Judged[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'presentations-'));
  const reader = openFrameReader({ workers: 1, timeoutMs: 120_000 });
  const transcoder = openTranscoder();
  const judged: Judged[] = [];
  try {
    for (const source of sources) {
      const made: { readonly row: Judged; readonly asked?: Case }[] = [];
      const size = await sizeOf(source.file).catch(() => null);
      if (!size) continue;
      for (const wish of wishes(size)) {
        const desk = { reader, transcoder, folder, source, wish };
        if (!size.isNamed) {
          made.push({ row: { ...rowOf(desk), reason: 'no-uids' } });
          continue;
        }
        made.push(
          await (wish.kind === 'state' ? judgeState(desk) : judgeBaked(desk)).catch((error: unknown) => ({
            row: { ...rowOf(desk), reason: String(error).slice(0, 120) },
          })),
        );
      }
      const answers = await askPython(
        folder,
        made.flatMap(({ asked }) => asked ?? []),
      );
      for (const { row } of made) {
        const { faults = [], most, wrong, silent } = answers.get(`${row.name} ${row.wish}`) ?? {};
        judged.push({
          ...row,
          faults: [...row.faults, ...faults],
          ...(typeof most === 'number' ? { pydicom: most } : {}),
          ...(wrong === undefined ? {} : { wrong }),
          ...(silent === undefined ? {} : { silent }),
        });
      }
    }
    return judged;
  } finally {
    await reader.close();
    await transcoder.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

type Desk = {
  readonly reader: FrameReader;
  readonly transcoder: Transcoder;
  readonly folder: string;
  readonly source: Source;
  readonly wish: Wish;
};
export type Size = {
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  /** It says who it is, and of which study and series: nothing can refer to it otherwise. */
  readonly isNamed: boolean;
};

const rowOf = ({ source, wish }: Desk): Judged => ({
  ...{ name: source.name, wish: wish.name, kind: wish.kind, faults: [], newErrors: [] },
});

async function sizeOf(file: string): Promise<Size | null> {
  const object = await openPart10(file);
  const header = await readHeader(object);
  await object.close();
  const { Rows: rows, Columns: columns, NumberOfFrames: frames } = header;
  const isNamed = [header.StudyInstanceUID, header.SeriesInstanceUID, header.SOPInstanceUID].every((uid) => uid !== '');
  return rows && columns && header.hasPixelData ? { rows, columns, frames: Math.max(1, frames ?? 1), isNamed } : null;
}

async function judgeState(desk: Desk): Promise<{ row: Judged; asked?: Case }> {
  const { reader, folder, source, wish } = desk;
  const row = rowOf(desk);
  const made = await makeState(reader, source.file, wish.chosen, folder);
  if (typeof made === 'string') return { row: { ...row, reason: made } };
  const markup = asMarkup(wish.chosen);
  const drawn = path.join(folder, `${newUid()}.raw`);
  // Neither program colours by a supplemental palette: what they draw is its grey (PS3.3 C.8.15.3.10).
  const { supplemental: _coloured, ...raw } = made.raw;
  const grey = raw.samples === 1;
  const [plain, shut] = grey
    ? [drawnHere(raw, { ...markup, shutter: null }), drawnHere(raw, markup, made.picture.found)]
    : [undefined, drawnInColour(raw, markup, made.picture.found)];
  if (shut) writeFileSync(drawn, shut.values);
  const native = await nativeOf(desk);
  // A picture in its header, such as an icon, is nothing that we take out of its compression.
  const byDcmtk = path.join(folder, 'by-dcmtk.dcm');
  const image =
    typeof native !== 'string'
      ? native.file
      : (await run('dcmdjpeg', [source.file, byDcmtk])).code === 0
        ? byDcmtk
        : source.file;
  // It draws no shutter: what lies within is compared by pydicom.
  const theirs = grey ? await drawnByDcmtk(image, made.file, path.join(folder, 'drawn.pgm')) : 'colour';
  const dcmtk = typeof theirs === 'string' || !plain ? undefined : mostDifferent(plain, theirs, raw);
  const checked = grey ? await run('dcmpschk', [made.file]) : { code: 0, output: '' };
  const { code } = checked;
  const before = await errorsIn(source.file);
  return {
    row: {
      ...row,
      ...(dcmtk === undefined ? {} : { dcmtk }),
      ...(typeof theirs === 'string' && grey ? { silent: theirs.split('\n').at(-1)?.slice(0, 80) ?? '' } : {}),
      // Of the patient and the study a state says what the picture says, with its faults.
      newErrors: [
        ...(await errorsIn(made.file)).filter((error) => !isOfTheSource(error, before) && !isAllowedOfStates(error)),
        ...(code === 0 ? [] : [checked.output.slice(0, 200)]),
      ],
    },
    ...(shut
      ? {
          asked: {
            ...{ kind: 'state', name: `${source.name} ${wish.name}`, image, state: made.file, drawn },
            ...{ width: shut.width, height: shut.height },
          },
        }
      : {}),
  };
}

/**
 * The source without compression, which neither program has to know then; that it is decoded rightly is proved by the pixel
 * truth. A word when it cannot be.
 */
async function nativeOf({ transcoder, folder, source, wish }: Desk): Promise<{ readonly file: string } | string> {
  const opened = await openPart10(source.file);
  const { SOPClassUID: sopClassUid, SOPInstanceUID: sopInstanceUid } = await readHeader(opened);
  await opened.close();
  const { dataSetOffset } = opened;
  const transferSyntaxUid = opened.syntax.uid;
  if (transferSyntaxUid === explicitLittleEndian || transferSyntaxUid === implicitLittleEndian) return source;
  const file = path.join(folder, `${createHash('sha256').update(`${source.name} ${wish.kind}`).digest('hex')}.dcm`);
  if (existsSync(file)) return { file };
  const answer = await transcoder.transcode({
    ...{ source: source.file, dataSetOffset, transferSyntaxUid, sopClassUid, sopInstanceUid },
    ...{ targetSyntaxUid: explicitLittleEndian, mayDecompressLossy: true, mayLeaveOutPrivatePictures: true, file },
  });
  return answer.kind === 'cannot' ? answer.reason : { file };
}

/** Padding is ground here, in either tone; DCMTK does not look at it. */
function mostDifferent(
  ours: { readonly values: Uint8Array; readonly width: number },
  theirs: { readonly values: Uint8Array; readonly width: number },
  raw: { readonly padding?: unknown },
): number {
  if (ours.width !== theirs.width || ours.values.length !== theirs.values.length) return 255;
  let most = 0;
  for (let i = 0; i < ours.values.length; i++) {
    const difference = Math.abs((ours.values[i] ?? 0) - (theirs.values[i] ?? 0));
    if (difference > most && !(raw.padding !== undefined && ours.values[i] === 0)) most = difference;
  }
  return most;
}

async function judgeBaked(desk: Desk): Promise<{ row: Judged; asked?: Case }> {
  const { reader, folder, source, wish } = desk;
  const row = rowOf(desk);
  const opened = await openPart10(source.file);
  const header = await readHeader(opened);
  await opened.close();
  const { dataSetOffset } = opened;
  const transferSyntaxUid = opened.syntax.uid;
  const facts = await readPictureFacts(reader, { path: source.file, dataSetOffset, transferSyntaxUid });
  if ('reason' in facts) return { row: { ...row, reason: facts.reason } };
  const { SOPClassUID, SOPInstanceUID } = header;
  const found = await nativeOf(desk);
  if (typeof found === 'string') return { row: { ...row, reason: found } };
  const native = found.file;
  const markup = asMarkup(wish.chosen);
  const baked = await bake(
    { path: native, objectId: 'x', frame: facts.frame, SOPClassUID },
    {
      ...{
        markup,
        looks: true,
        StudyInstanceUID: header.StudyInstanceUID,
        SeriesInstanceUID: newUid(),
        SOPInstanceUID: newUid(),
        by: 'Kim',
        at: '20261123100000',
      },
      ...{ source: { SOPClassUID, SOPInstanceUID }, wasLossy: !isLossless(transferSyntaxUid) },
      station: { name: 'ROOM2', institution: 'Klinik', softwareVersion: '0.1.0' },
    },
  );
  if ('reason' in baked) return { row: { ...row, reason: baked.reason } };
  const made = path.join(folder, `${newUid()}.dcm`);
  await pipeline(baked.pieces, createWriteStream(made));
  const size = { rows: facts.frame.ofRows, columns: facts.frame.ofColumns };
  const edges = (box: Parameters<typeof pixelBox>[0]) => {
    const found = pixelBox(box, size);
    return found ? [found.left, found.top, found.right, found.bottom] : [0, 0, 0, 0];
  };
  const before = await errorsIn(native);
  return {
    row: {
      ...row,
      newErrors: (await errorsIn(made)).filter((error) => !isOfTheSource(error, before) && !isAllowedOfDerived(error)),
    },
    asked: {
      ...{ kind: 'baked', name: `${source.name} ${wish.name}`, image: native, made },
      ...{ crop: markup.crop ? edges(markup.crop) : null, redactions: markup.redactions.map(edges) },
      ...{ rotation: markup.rotation, flipped: markup.flipped },
    },
  };
}

export async function errorsIn(file: string): Promise<string[]> {
  const { output } = await run('dciodvfy', [file]);
  return output.split('\n').filter((line) => line.startsWith('Error'));
}

type Answer = {
  readonly name: string;
  readonly faults?: readonly string[];
  readonly most?: number | null;
  readonly wrong?: number;
  readonly silent?: string;
};

async function askPython(folder: string, cases: readonly Case[]): Promise<ReadonlyMap<string, Answer>> {
  if (cases.length === 0) return new Map();
  const file = path.join(folder, 'cases.json');
  writeFileSync(file, JSON.stringify(cases));
  const judge = path.join(import.meta.dirname, '..', 'judge-presentation.py');
  const ran = await run('/usr/bin/python3', [judge, file], { withinMs: 600_000 });
  if (ran.code !== 0) throw new Error(ran.output);
  const answers = ran.output.split('\n').filter((line) => line.startsWith('{'));
  return new Map(answers.map((line) => JSON.parse(line) as Answer).map((answer) => [answer.name, answer]));
}
