// The background that looks at every image: first what it is counted by, then what there is to notice about its picture.
//
// Guarantees: lowest priority. It rests as long as it worked, waits while devices send (unless somebody has the exam open) and
// while somebody scrolls through pictures (though not for ever),
// holds one reduced picture at a time, and gives each one a few seconds. What it has not come to is gone on with at the
// next start. Nothing waits for it, and nothing it finds stops anything.
import type { DigestAnswer, FrameAnswer, FrameRequest } from '#station/model/raw-frame.ts';
import type { Log } from '#station/kit/log.ts';
import { isProblem } from '#station/kit/problem.ts';
import { isSlice, type AboutImage } from './checks/about.ts';
import { openCheckRunner, type CheckRunner } from './checks/check-runner.ts';
import { checkedSide, rulesNumber } from './checks/picture-checks.ts';
import {
  findLaterCopies,
  findSamePixels,
  moveMark,
  nextToCheck,
  readNextImages,
  readUnknownImages,
  recordChecked,
  recordFact,
  sayCopy,
  waitForCheck,
  type CheckedImage,
  type NextImage,
} from './image-facts.ts';
import type { QualityDesk } from './judgements.ts';
import { noFileFact, readFileFact, type FileFact } from './read-image-fact.ts';
import { linkRepeats } from './repeats.ts';

export type ImageWatchPorts = QualityDesk & {
  readonly log: Log;
  /** Path, offset of the data set and transfer syntax. Throws a Problem when the file is gone. */
  readonly fileOf: (objectId: string) => Pick<FrameRequest, 'path' | 'dataSetOffset' | 'transferSyntax'>;
  readonly frame: (request: FrameRequest) => Promise<FrameAnswer>;
  readonly digest: (request: FrameRequest) => Promise<DigestAnswer>;
  /** True while devices send: the machine is theirs. */
  readonly isBusy: () => boolean;
  /** Milliseconds since a person last waited for a picture. */
  readonly sinceLookedMs: () => number;
  /** Facts, links or hints of an exam changed. */
  readonly onChanged: (examIds: readonly string[]) => void;
  readonly runner?: CheckRunner;
};

export type ImageWatch = {
  /** Something came. Returns at once. */
  nudge(): void;
  /** Somebody looks at this exam: its images come first. */
  prefer(examId: string): void;
  /** Resolves when there is nothing left to look at. */
  settled(): Promise<void>;
  close(): Promise<void>;
};

const batch = 32;
const debounceMs = 400;
const busyMs = 2_000;
/** Who looks at one picture after the other has the machine: the next one is wanted within this time. */
const lookingMs = 600;
/** A cine that plays on and on does not hold everything up. */
const longestWaitMs = 20_000;
const mostPreferred = 8;
const shortestRestMs = 10;
const longestRestMs = 2_000;
/** A frame beyond this is not read a second time for its digest. */
const mostDigestPixels = 64e6;

export function openImageWatch(ports: ImageWatchPorts): ImageWatch {
  const { clock, log } = ports;
  const runner = ports.runner ?? openCheckRunner();
  let isClosed = false;
  let isAgain = false;
  let running: Promise<void> | undefined;
  let forget: (() => void) | undefined;
  let wake: (() => void) | undefined;
  let preferred: string[] = [];

  const rest = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      if (isClosed) return resolve();
      const take = clock.after(ms, done);
      function done(): void {
        wake = undefined;
        take();
        resolve();
      }
      wake = done;
    });

  const work = async (): Promise<void> => {
    let workedAt = clock.monotonicMs();
    do {
      isAgain = false;
      while (!isClosed) {
        if (preferred.length === 0 && ports.isBusy()) {
          await rest(busyMs);
          continue;
        }
        if (ports.sinceLookedMs() < lookingMs && clock.monotonicMs() - workedAt < longestWaitMs) {
          await rest(lookingMs / 2);
          continue;
        }
        const began = clock.monotonicMs();
        workedAt = began;
        const [first] = preferred;
        const wasPreferred =
          first !== undefined && ((await learnOfExam(ports, first)) || (await lookAtNext(ports, runner, first)));
        if (first !== undefined && !wasPreferred) preferred = preferred.filter((examId) => examId !== first);
        const did =
          (await learnFacts(ports)) || wasPreferred || (first === undefined && (await lookAtNext(ports, runner)));
        if (!did && preferred.length === 0) break;
        await rest(Math.min(longestRestMs, Math.max(shortestRestMs, clock.monotonicMs() - began)));
      }
    } while (isAgain && !isClosed);
  };

  const begin = (): void => {
    if (isClosed) return;
    isAgain = true;
    running ??= work()
      .catch((error: unknown) => log.error('image-watch-failed', {}, error))
      .finally(() => {
        running = undefined;
        if (isAgain && !isClosed) begin();
      });
  };

  return {
    nudge: () => {
      forget ??= clock.after(debounceMs, () => {
        forget = undefined;
        begin();
      });
    },
    prefer: (examId) => {
      preferred = [examId, ...preferred.filter((id) => id !== examId)].slice(0, mostPreferred);
      wake?.();
      begin();
    },
    settled: async () => {
      begin();
      while (running) await running;
    },
    close: async () => {
      isClosed = true;
      forget?.();
      wake?.();
      await running;
      await runner.close();
    },
  };
}

/** Facts of the next images; false when there are none. */
async function learnFacts(ports: ImageWatchPorts): Promise<boolean> {
  const next = readNextImages(ports.book, batch);
  const last = next.at(-1);
  if (last === undefined) return false;
  await learn(ports, next, last.row);
  return true;
}

/** Facts of an exam that somebody looks at, whatever came before it; false when all are known. */
async function learnOfExam(ports: ImageWatchPorts, examId: string): Promise<boolean> {
  const next = readUnknownImages(ports.book, examId, batch);
  if (next.length === 0) return false;
  await learn(ports, next);
  return true;
}

async function learn(ports: ImageWatchPorts, next: readonly NextImage[], lastRow?: number): Promise<void> {
  const { book } = ports;
  const facts = new Map<string, FileFact>();
  for (const { objectId, isImage } of next) if (isImage) facts.set(objectId, await factOf(ports, objectId));
  const { result: touched, durable } = book.transactionSoon(() => {
    for (const { objectId, isUndecided } of next) {
      const fact = facts.get(objectId);
      if (fact === undefined) continue;
      recordFact(ports, objectId, fact);
      if (isUndecided) waitForCheck(book, objectId);
    }
    if (lastRow !== undefined) moveMark(book, lastRow);
    const exams = [...new Set(next.filter(({ isImage }) => isImage).map(({ examId }) => examId))];
    for (const examId of exams) linkRepeats(ports, examId);
    return exams;
  });
  await durable;
  if (touched.length > 0) ports.onChanged(touched);
}

async function factOf({ fileOf, log }: ImageWatchPorts, objectId: string) {
  try {
    return await readFileFact(fileOf(objectId).path);
  } catch (error) {
    if (!isProblem(error)) log.error('image-fact-failed', { objectId }, error);
    return noFileFact;
  }
}

/** Looks at one picture; false when none waits. */
async function lookAtNext(ports: ImageWatchPorts, runner: CheckRunner, examId?: string): Promise<boolean> {
  const { book } = ports;
  const objectId = nextToCheck(book, rulesNumber, examId);
  if (objectId === undefined) return false;
  const checked = await lookAt(ports, runner, objectId);
  const { result: exams, durable } = book.transactionSoon(() => {
    recordChecked(ports, checked);
    const same = findSamePixels(book, objectId, checked.pixelSha256);
    if (same !== undefined) sayCopy(book, objectId, same);
    // The newest is looked at first: what came after this one may be a copy of it.
    const later = findLaterCopies(book, objectId, checked.pixelSha256);
    for (const copy of later) sayCopy(book, copy, objectId);
    const said = [...(checked.hints.length > 0 || same !== undefined ? [objectId] : []), ...later];
    return [...new Set(said.flatMap((id) => book.sql<{ examId: string }>(examOf).get(id)?.examId ?? []))];
  });
  await durable;
  if (exams.length > 0) ports.onChanged(exams);
  return true;
}

const examOf = 'SELECT examId FROM object WHERE id = ?';

async function lookAt(ports: ImageWatchPorts, runner: CheckRunner, objectId: string): Promise<CheckedImage> {
  const nothing = { objectId, rules: rulesNumber, pixelSha256: '', hints: [] };
  try {
    const about = readAbout(ports, objectId);
    const file = ports.fileOf(objectId);
    const frame = Math.floor(Math.max(0, about.frames - 1) / 2);
    const answer = await ports.frame({ ...file, frame, longestSide: checkedSide });
    if (answer.kind === 'not-drawable') return { ...nothing, outcome: answer.reason };
    const { ofRows, ofColumns, min, max } = answer;
    // Pictures of one shade are all the same and no copies of each other.
    const mayBeCopied = about.frames <= 1 && max > min && ofRows * ofColumns <= mostDigestPixels;
    const found = isSlice(about) && answer.samples === 1 ? [] : await runner.check({ frame: answer, about });
    if (typeof found === 'string') return { ...nothing, outcome: found };
    const digest = mayBeCopied ? await ports.digest({ ...file, frame: 0 }) : undefined;
    const pixelSha256 = digest?.kind === 'digest' ? digest.sha256 : '';
    return { ...nothing, outcome: 'checked', pixelSha256, hints: found };
  } catch (error) {
    if (!isProblem(error)) ports.log.error('image-check-failed', { objectId }, error);
    return { ...nothing, outcome: 'file-missing' };
  }
}

function readAbout({ book }: ImageWatchPorts, objectId: string): AboutImage {
  const row = book
    .sql<{ header: string; frames: number; side: string | null }>(
      `SELECT header, frames, (SELECT ImageLaterality FROM image_fact WHERE objectId = object.id) AS side
       FROM object WHERE id = ? || ''`,
    )
    .get(objectId);
  const header = JSON.parse(row?.header ?? '{}') as Readonly<Record<string, unknown>>;
  const text = (keyword: string) => String(header[keyword] ?? '');
  return {
    Modality: text('Modality'),
    frames: row?.frames ?? 1,
    BurnedInAnnotation: text('BurnedInAnnotation'),
    ImageLaterality: row?.side ?? '',
    PhotometricInterpretation: text('PhotometricInterpretation'),
    bitsStored: Number(header['BitsStored'] ?? 0),
  };
}
