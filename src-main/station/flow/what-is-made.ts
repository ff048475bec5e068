// What an approval makes of what people chose and drew: presentation states, and derived pictures that leave in the place of
// their sources.
//
// Guarantees: each made object is durable, and noted as made, before anything refers to it; it has a row among objects only
// when the approval that asked for it is recorded. An approval that is refused, or overtaken by another stroke of a pen,
// leaves nothing of it. Refuses with 'markup-cannot-leave' what cannot be made: an exam leaves whole or not.
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { Markup, PresentationWay } from '#contract/shapes/markup.ts';
import type { ApprovalForecast } from '#contract/shapes/exam.ts';
import type { Store } from '#station/2-store/index.ts';
import type { Catalog, ObjectFile } from '#station/3-catalog/index.ts';
import { forgetMade, noteMade, takeMade, type LeavesAlso, type MadeForApproval } from '#station/4-review/index.ts';
import { receivedAttributes } from '#station/3-catalog/index.ts';
import type { FrameReader, Transcoder } from '#station/dicom/codecs/index.ts';
import { explicitLittleEndian, implicitLittleEndian, isLossless } from '#station/dicom/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import { newId, newUid } from '#station/kit/ids.ts';
import { localDateTime } from '#station/kit/local-time.ts';
import { Problem } from '#station/kit/problem.ts';
import {
  bake,
  buildSoftcopyState,
  hasOnlyTone,
  isColour,
  isToned,
  leavingOf,
  markupAfter,
  parseMarkup,
  readPictureFacts,
  stateKey,
  type Leaving,
  type MadeBy,
  type StatePicture,
} from '#station/presentation/index.ts';
import type { Book } from '#station/records/index.ts';
import { isOnlySeen, whyNot, type Limits } from './picture-limits.ts';
import { placeMade, recordMade, type MadeBytes, type PlacedObject } from './made-objects.ts';

export type MakingRooms = {
  readonly book: Book;
  readonly clock: Clock;
  readonly store: Pick<Store, 'begin' | 'forget' | 'pathOf'>;
  readonly catalog: Pick<Catalog, 'record' | 'objectFile'>;
  readonly frames: Pick<FrameReader, 'frame'>;
  readonly station: () => MadeBy['station'];
  /** A folder for files that are gone again when something is made of them. */
  readonly workFolder: () => string;
  readonly transcode: Transcoder['transcode'];
  readonly limits: Pick<Limits, 'of'>;
};

/** What was made for one approval. */
export type Made = LeavesAlso & {
  readonly states: number;
  readonly baked: number;
  /** True when somebody drew something else since. */
  isStale(): boolean;
  /** Writes the rows; inside the transaction of the approval. */
  admit(): void;
  /** Forgets what was not admitted. Never throws. */
  discard(): Promise<void>;
};

type DrawnOn = {
  readonly id: string;
  readonly seriesId: string;
  readonly SOPClassUID: string;
  readonly text: string;
  readonly markup: Markup;
};
type Drawn = DrawnOn & { readonly leaving: Leaving };

/** Grey by what they are: nothing of them has to be read to know it. */
const greyClasses: ReadonlySet<string> = new Set(
  ['1', '1.1', '1.1.1', '1.2', '1.2.1', '2', '4', '20', '128', '12.1', '12.2'].map(
    (end) => `1.2.840.10008.5.1.4.1.1.${end}`,
  ),
);

/** What would be made of an exam now, without making it. What cannot be read is left to the approval. */
export async function forecastMade(
  { book, limits }: Pick<MakingRooms, 'book' | 'limits'>,
  examId: string,
  way: PresentationWay,
): Promise<ApprovalForecast['made']> {
  const drawn = readDrawn(book, examId, way);
  const baked = drawn.filter(({ leaving }) => leaving.bakes);
  const cannot: { objectId: string; reason: string }[] = [];
  let [states, onlySeen] = [0, 0];
  for (const { id, SOPClassUID, markup, leaving } of drawn) {
    const asks = leaving.bakes || (isToned(markup) && !greyClasses.has(SOPClassUID));
    const known = asks ? await limits.of(id).catch(() => undefined) : undefined;
    const isSeen = known !== undefined && isOnlySeen(markup, known, way);
    const reason = known && leaving.bakes ? whyNot(markup, known, !leaving.states) : undefined;
    if (reason !== undefined) cannot.push({ objectId: id, reason });
    if (isSeen) onlySeen += 1;
    if (leaving.states && !(isSeen && hasOnlyTone(markup))) states += 1;
  }
  return {
    ...{ way, picturesWithState: states, derived: baked.length, onlySeen, cannot },
    cropped: baked.filter(({ markup }) => markup.crop !== null).length,
    redacted: baked.filter(({ markup }) => markup.redactions.length > 0).length,
  };
}

function readDrawn(book: Book, examId: string, way: PresentationWay): Drawn[] {
  return book
    .sql<Omit<DrawnOn, 'markup'>>(
      `SELECT object.id, seriesId, SOPClassUID, markup AS text FROM object JOIN object_markup ON objectId = object.id
       WHERE examId = ? || '' AND state = 'received' AND sameAs IS NULL ORDER BY object.rowid`,
    )
    .all(examId)
    .map((row) => ({ ...row, markup: parseMarkup(row.text) }))
    .map((row) => ({ ...row, leaving: leavingOf(row.markup, way) }))
    .filter(({ leaving }) => leaving.bakes || leaving.states);
}

const printOf = (drawn: readonly Drawn[]): string =>
  createHash('sha256')
    .update(JSON.stringify(drawn.map(({ id, text }) => [id, text])))
    .digest('hex');

/**
 * Makes all of it; durable when it resolves.
 * @throws Problem 'markup-cannot-leave', 'no-room', 'disk-failed', 'object-file-missing'; nothing is left then
 */
export async function makeWhatLeaves(
  rooms: MakingRooms,
  { examId, by, way }: { readonly examId: string; readonly by: string; readonly way: PresentationWay },
): Promise<Made> {
  const { book, clock, store } = rooms;
  const drawn = readDrawn(book, examId, way);
  const print = printOf(drawn);
  const placed: Placed[] = [];
  const discard = async (): Promise<void> => {
    for (const { object } of placed) await store.forget(object.file).catch(() => undefined);
    book.transaction(() =>
      forgetMade(
        book,
        placed.map(({ object }) => object.objectId),
      ),
    );
  };
  const desk: Desk = {
    ...rooms,
    ...{ examId, by, at: localDateTime(new Date(clock.epochMs())), nativeOf: (file) => nativeFile(rooms, file) },
    place: async (made, row) => {
      const object = await placeMade(rooms, { ...made, examId }, (objectId) =>
        book.transaction(() => noteMade(book, { ...row, objectId, examId, by }, clock.now())),
      );
      placed.push({ object, ...row });
      return object;
    },
  };
  try {
    const pictures = await picturesOf(desk, drawn);
    await makeStates(desk, pictures);
  } catch (error) {
    await discard();
    throw error;
  }
  const replaced = new Set(placed.flatMap(({ replaces, sources }) => (replaces ? sources : [])));
  return {
    made: placed.map((one) => asMadeForApproval(examId, one)),
    replaced,
    states: placed.filter(({ kind }) => kind === 'state').length,
    baked: placed.filter(({ kind }) => kind === 'baked').length,
    isStale: () => printOf(readDrawn(book, examId, way)) !== print,
    admit: () => admit(rooms, { examId, placed, replaced }),
    discard,
  };
}

type MadeKind = {
  readonly SOPInstanceUID: string;
  readonly kind: 'state' | 'baked';
  readonly sources: readonly [string, ...string[]];
  readonly replaces: boolean;
};
type Placed = MadeKind & { readonly object: PlacedObject };

type Desk = MakingRooms & {
  readonly examId: string;
  readonly by: string;
  readonly at: string;
  place(made: MadeBytes, row: MadeKind): Promise<PlacedObject>;
  nativeOf(file: ObjectFile): Promise<NativeFile>;
};

/** A picture for a state, with the object that it is of. */
type Shown = { readonly id: string; readonly file: ObjectFile; readonly picture: StatePicture };

/** What the states speak of: the received pictures, or those that are made of them. */
async function picturesOf(desk: Desk, drawn: readonly Drawn[]): Promise<Shown[]> {
  const shown: Shown[] = [];
  const bakedSeries = new Map<string, string>();
  for (const { id, seriesId, markup, leaving } of drawn) {
    const file = desk.catalog.objectFile(id);
    const { SOPClassUID, SOPInstanceUID, SeriesInstanceUID, header } = file;
    const facts = await readPictureFacts(desk.frames, { ...file, path: desk.store.pathOf(file.file) });
    if ('reason' in facts) throw new Problem('markup-cannot-leave', { object: id, reason: facts.reason });
    const frames = Math.max(1, header.NumberOfFrames ?? 1);
    const received = { SOPClassUID, SOPInstanceUID, SeriesInstanceUID, frames, markup, ...facts };
    // Of colour no state can say a window or a tone: what has nothing else is only looked at.
    const states = leaving.states && !(isColour(received) && hasOnlyTone(markup));
    if (!leaving.bakes) {
      if (states) shown.push({ id, file, picture: received });
    } else {
      const series = bakedSeries.get(seriesId) ?? newUid();
      bakedSeries.set(seriesId, series);
      const { picture } = await makeBaked(desk, { id, file, picture: received, SeriesInstanceUID: series, leaving });
      if (states) shown.push({ id, file, picture });
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return shown;
}

type BakedWish = Shown & { readonly SeriesInstanceUID: string; readonly leaving: Leaving };

/** Makes the derived picture of one, and says what a state would speak of. */
async function makeBaked(
  desk: Desk,
  { id, file, picture, SeriesInstanceUID, leaving }: BakedWish,
): Promise<{ readonly picture: StatePicture }> {
  const { by, at } = desk;
  const { markup, frame, SOPClassUID } = picture;
  const SOPInstanceUID = newUid();
  const native = await desk.nativeOf(file);
  try {
    const baked = await bake(
      { path: native.path, privateLeftOut: native.privateLeftOut, objectId: id, frame, SOPClassUID },
      {
        ...{ markup, looks: !leaving.states, SeriesInstanceUID, SOPInstanceUID, station: desk.station(), by, at },
        StudyInstanceUID: file.StudyInstanceUID,
        source: { SOPClassUID, SOPInstanceUID: picture.SOPInstanceUID },
        wasLossy: !isLossless(file.transferSyntaxUid),
      },
    );
    if ('reason' in baked) throw new Problem('markup-cannot-leave', { object: id, reason: baked.reason });
    await desk.place(baked, { SOPInstanceUID, kind: 'baked', sources: [id], replaces: true });
    const { rows, columns, change } = baked;
    const size = { rows, columns, ofRows: rows, ofColumns: columns };
    const after = { ...picture, SOPInstanceUID, SeriesInstanceUID, markup: markupAfter(markup, change) };
    return { picture: { ...after, frame: { ...frame, ...size } } };
  } finally {
    await native.close();
  }
}

/** A file whose pixels are native and little endian: the received one, or one that is made for the while. */
async function nativeFile(rooms: MakingRooms, file: ObjectFile): Promise<NativeFile> {
  const path = rooms.store.pathOf(file.file);
  const { transferSyntaxUid, dataSetOffset, objectId, SOPClassUID, SOPInstanceUID } = file;
  if (transferSyntaxUid === explicitLittleEndian || transferSyntaxUid === implicitLittleEndian) {
    return { path, privateLeftOut: 0, close: () => Promise.resolve() };
  }
  const made = `${rooms.workFolder()}/${objectId}-${newId()}.dcm`;
  const answer = await rooms.transcode({
    ...{ source: path, dataSetOffset, transferSyntaxUid, sopClassUid: SOPClassUID, sopInstanceUid: SOPInstanceUID },
    ...{
      targetSyntaxUid: explicitLittleEndian,
      mayDecompressLossy: true,
      mayLeaveOutPrivatePictures: true,
      file: made,
    },
  });
  if (answer.kind === 'cannot') throw new Problem('markup-cannot-leave', { object: objectId, reason: answer.reason });
  return { path: made, privateLeftOut: answer.privateLeftOut ?? 0, close: () => rm(made, { force: true }) };
}

type NativeFile = { readonly path: string; readonly privateLeftOut: number; close(): Promise<void> };

async function makeStates(desk: Desk, shown: readonly Shown[]): Promise<void> {
  const { by, at } = desk;
  const SeriesInstanceUID = newUid();
  const alike = Map.groupBy(shown, ({ picture }) => stateKey(picture));
  let number = 0;
  for (const some of alike.values()) {
    const [first, ...rest] = some.map(({ picture }) => picture);
    const [source, ...others] = some.map(({ id }) => id);
    const file = some[0]?.file;
    if (!first || !source || !file) continue;
    const SOPInstanceUID = newUid();
    number += 1;
    const made = buildSoftcopyState({
      ...{ pictures: [first, ...rest], header: file.header, StudyInstanceUID: file.StudyInstanceUID },
      ...{ SeriesInstanceUID, SOPInstanceUID, number, station: desk.station(), by, at },
    });
    await desk.place(made, { SOPInstanceUID, kind: 'state', sources: [source, ...others], replaces: false });
  }
}

function asMadeForApproval(examId: string, { object, kind, sources }: Placed): MadeForApproval {
  const { header } = object;
  return {
    facts: {
      ...{ objectId: object.objectId, examId, file: object.file, sizeBytes: object.sizeBytes, header },
      ...{ dataSetOffset: object.dataSetOffset, dataSetSha256: object.dataSetSha256 },
      transferSyntaxUid: header.transferSyntaxUid,
      StudyInstanceUID: header.StudyInstanceUID,
      SeriesInstanceUID: header.SeriesInstanceUID,
      SOPInstanceUID: header.SOPInstanceUID,
      SOPClassUID: header.SOPClassUID,
    },
    received: receivedAttributes(header),
    ...(kind === 'baked' ? { like: sources[0] } : {}),
  };
}

function admit(
  rooms: MakingRooms,
  { examId, placed, replaced }: { examId: string; placed: readonly Placed[]; replaced: ReadonlySet<string> },
): void {
  const { book, clock } = rooms;
  for (const { object } of placed) {
    const recorded = recordMade(rooms, object);
    if (recorded.examId !== examId || recorded.objectId !== object.objectId) {
      throw new Problem('markup-cannot-leave', { object: object.objectId, reason: 'it is here already' });
    }
  }
  takeMade(
    book,
    placed.map(({ object }) => object.objectId),
    replaced,
    clock.now(),
  );
}
