// Somebody wants to read what is no picture: the header of an object, a report, a document, a waveform, a video.
//
// Everything is read from the received file when it is asked for, and nothing is kept. What it refers to is looked for here.
// Refuses by Problem 'not-found' what is not there; a file that is damaged gives what can be read of it.
import type { HeaderAnswer, HeaderLine, Paper, Reference, Waveform } from '#contract/shapes/documents.ts';
import { mostHeaderLines } from '#contract/shapes/documents.ts';
import type { Exam } from '#contract/shapes/exam.ts';
import type { Catalog } from '#station/3-catalog/index.ts';
import type { Review } from '#station/4-review/index.ts';
import { openPart10, tagOf, vrOf, type Part10 } from '#station/dicom/index.ts';
import {
  compareHeaders,
  findEnclosed,
  findVideo,
  readPaper,
  readSamples,
  readTree,
  readWaveform,
  searchHeader,
  streamVideo,
  type BareReference,
  type Tree,
} from '#station/dicom/documents/index.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import { openAsLeft } from './open-as-left.ts';

export type DocumentRooms = {
  readonly book: Book;
  readonly catalog: Pick<Catalog, 'objectFile' | 'objectRow'>;
  readonly review: Pick<Review, 'openLatest'>;
  readonly readExam: (examId: string) => Pick<Exam, 'corrected' | 'objectCorrections'>;
  readonly pathOf: (file: string) => string;
};

/** Bytes of something that lies in a file; `stream` gives `from` up to, not with, `to`, and lets go of the file at its end. */
export type Stretch = {
  readonly sizeBytes: number;
  readonly mediaType: string;
  stream(from: number, to: number): AsyncGenerator<Buffer>;
};

export type Documents = {
  header(objectId: string, search: string): Promise<HeaderAnswer>;
  text(objectId: string): Promise<Paper>;
  waveform(objectId: string): Promise<Waveform>;
  /** See `readSamples`. */
  samples(objectId: string, group: number, from: number, count: number): Promise<Buffer>;
  /** A document that the object encloses. */
  enclosed(objectId: string): Promise<Stretch>;
  video(objectId: string): Promise<Stretch>;
};

/** So much of an outgoing copy is read at once. */
const headBytes = 1_048_576;
const pieceBytes = 262_144;

export function openDocuments(rooms: DocumentRooms): Documents {
  const opened = async (objectId: string): Promise<Part10> => {
    const { file } = rooms.catalog.objectFile(objectId);
    try {
      return await openPart10(rooms.pathOf(file), { name: objectId });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new Problem('object-file-missing', { object: objectId }, { cause: error });
    }
  };
  const reading = async <T>(objectId: string, read: (object: Part10, tree: Tree) => Promise<T> | T): Promise<T> => {
    const object = await opened(objectId);
    try {
      return await read(object, await readTree(object));
    } finally {
      await object.close();
    }
  };
  return {
    header: (objectId, search) =>
      reading(objectId, async (_object, received) => {
        const { lines, stage } = await compared(rooms, objectId, received);
        const found = searchHeader(lines, search);
        const total = lines.length;
        const { stopped } = received;
        return { objectId, stage, lines: found.slice(0, mostHeaderLines), found: found.length, total, stopped };
      }),
    text: (objectId) =>
      reading(objectId, async (object, tree) => {
        const paper = await readPaper(object, tree);
        if (paper.kind === 'report') {
          const lines = paper.lines.map((line) => ({
            ...line,
            reference: line.reference === null ? null : resolve(rooms.book, line.reference),
          }));
          return { ...paper, lines };
        }
        if (paper.kind !== 'presentation') return paper;
        return { ...paper, references: paper.references.map((one) => resolve(rooms.book, one)) };
      }),
    waveform: (objectId) =>
      reading(objectId, (_object, tree) => {
        const { notes, groups, stopped } = readWaveform(tree);
        return { objectId, notes: [...notes], stopped, groups: groups.map(({ place: _place, ...group }) => group) };
      }),
    samples: (objectId, number, from, count) =>
      reading(objectId, (_object, tree) => {
        const group = readWaveform(tree).groups[number];
        if (group === undefined) throw new Problem('not-found', { what: 'waveform' });
        return readSamples(tree, group, from, count);
      }),
    enclosed: async (objectId) => {
      const found = await reading(objectId, (_object, tree) => findEnclosed(tree));
      if (found === null) throw new Problem('not-found', { what: 'document' });
      const { sizeBytes, mediaType, offset } = found;
      return {
        ...{ sizeBytes, mediaType },
        stream: (from, to) => draining(opened(objectId), (object) => stretchOf(object, offset + from, offset + to)),
      };
    },
    video: async (objectId) => {
      const object = await opened(objectId);
      const place = await findVideo(object).finally(() => object.close());
      if (place === null) throw new Problem('not-found', { what: 'video' });
      return {
        ...{ sizeBytes: place.sizeBytes, mediaType: 'video/mp4' },
        stream: (from, to) => draining(opened(objectId), (file) => streamVideo(file, place, from, to)),
      };
    },
  };
}

async function* draining(
  opening: Promise<Part10>,
  read: (object: Part10) => AsyncGenerator<Buffer>,
): AsyncGenerator<Buffer> {
  const object = await opening;
  try {
    yield* read(object);
  } finally {
    await object.close();
  }
}

async function* stretchOf({ elements: { reader } }: Part10, from: number, to: number): AsyncGenerator<Buffer> {
  for (let at = from; at < to;) {
    const most = Math.min(pieceBytes, to - at);
    const piece = (await reader.read(at, most)).subarray(0, most);
    if (piece.length === 0) return;
    yield piece;
    at += piece.length;
  }
}

function resolve(book: Book, reference: BareReference): Reference {
  const held = book
    .sql<{ id: string; examId: string }>(
      'SELECT id, examId FROM object WHERE SOPInstanceUID = ? AND sameAs IS NULL ORDER BY rowid LIMIT 1',
    )
    .get(reference.SOPInstanceUID);
  return { ...reference, objectId: held?.id ?? null, examId: held?.examId ?? null };
}

async function compared(
  rooms: DocumentRooms,
  objectId: string,
  received: Tree,
): Promise<Pick<HeaderAnswer, 'lines' | 'stage'>> {
  const { revisionId } = rooms.catalog.objectRow(objectId);
  if (revisionId !== null) {
    const leaves = await openAsLeft(await rooms.review.openLatest(objectId), objectId, headBytes);
    return { stage: 'left', lines: compareHeaders(received, await readTree(leaves)) };
  }
  const { examId } = rooms.catalog.objectFile(objectId);
  const { corrected, objectCorrections = [] } = rooms.readExam(examId);
  const own = objectCorrections.find((one) => one.objectId === objectId)?.attributes ?? {};
  return { stage: 'would-leave', lines: withCorrections(compareHeaders(received, null), { ...corrected, ...own }) };
}

/** What is corrected by now, beside what was received. */
function withCorrections(lines: readonly HeaderLine[], said: Readonly<Record<string, unknown>>): HeaderLine[] {
  const open = new Map(
    Object.entries(said).flatMap(([keyword, value]) => {
      const tag = tagOf(keyword);
      return tag === undefined || typeof value !== 'string' ? [] : [[hexOf(tag), { keyword, value, tag }] as const];
    }),
  );
  const out: HeaderLine[] = [];
  const add = (before: string): void => {
    for (const [tag, { keyword, value, tag: number }] of [...open].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (tag >= before) continue;
      open.delete(tag);
      if (value === '') continue;
      out.push({
        ...{ tag, keyword, creator: '', vr: vrOf(number), depth: 0, item: null, sizeBytes: null },
        ...{ received: null, leaves: value, cut: false },
      });
    }
  };
  for (const line of lines) {
    if (line.depth > 0) {
      out.push(line);
      continue;
    }
    add(line.tag);
    const found = open.get(line.tag);
    open.delete(line.tag);
    out.push(found === undefined || found.value === line.received ? line : { ...line, leaves: found.value });
  }
  add('~');
  return out;
}

const hexOf = (tag: number): string => tag.toString(16).padStart(8, '0').toUpperCase();
