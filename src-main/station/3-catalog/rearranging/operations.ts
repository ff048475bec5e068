// What a person wants of images, as moves: which object goes where and under which UIDs (dicom-rules 3). Reads the book
// and changes nothing.
//
// A valid UID is changed only where the table says so: the series of what is moved, the SOP Instance UID of a copy, a
// series that collides in a merge. Refuses what was approved: what has left is somebody else's, and what waits to leave is
// on its way.
import { newId, newUid } from '#station/kit/ids.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import { readPlace, type Place } from './places.ts';
import type { Move, RearrangementKind } from './steps.ts';

export type Wish =
  /** Each group becomes an exam of its own. All of one exam, and something must stay. */
  | { readonly kind: 'split'; readonly groups: readonly (readonly string[])[] }
  | { readonly kind: 'move'; readonly objectIds: readonly string[]; readonly toExamId: string }
  | { readonly kind: 'merge'; readonly fromExamId: string; readonly toExamId: string }
  /** Part of one series becomes a series of its own. */
  | { readonly kind: 'split-series'; readonly objectIds: readonly string[] }
  | { readonly kind: 'copy'; readonly copies: readonly CopyWish[]; readonly toExamId: string }
  /** Copies take the place of images that have left: beside them, in an exam of their own, or in another one. */
  | { readonly kind: 'renew'; readonly copies: readonly CopyWish[]; readonly to: RenewedPlace };

export type RenewedPlace =
  { readonly kind: 'same-exam' } | { readonly kind: 'new-exam' } | { readonly kind: 'exam'; readonly examId: string };

export type CopyWish = {
  readonly of: string;
  /** The new object and its file in the store, which holds the same bytes and is durable. */
  readonly objectId: string;
  readonly file: string;
};

type Look = {
  readonly book: Book;
  /** True when the object may be at a destination. */
  readonly mayHaveLeft: (objectId: string) => boolean;
};

type Known = Place & { readonly id: string; readonly seriesId: string };

const mostObjects = 10_000;

/**
 * @throws Problem 'not-found', 'input-invalid', 'rearrange-after-release', 'already-approved'
 */
export function movesOf(look: Look, wish: Wish): { readonly kind: RearrangementKind; readonly moves: Move[] } {
  const { kind } = wish;
  switch (kind) {
    case 'split':
      return { kind, moves: split(look, wish.groups) };
    case 'move':
      return { kind, moves: move(look, wish.objectIds, wish.toExamId) };
    case 'merge':
      return { kind, moves: merge(look, wish.fromExamId, wish.toExamId) };
    case 'split-series':
      return { kind, moves: splitSeries(look, wish.objectIds) };
    case 'copy':
      return { kind, moves: copy(look, wish.copies, wish.toExamId) };
    case 'renew':
      return { kind: 'copy', moves: renew(look, wish.copies, wish.to) };
  }
}

function split(look: Look, groups: readonly (readonly string[])[]): Move[] {
  const all = groups.flat();
  const known = demandMovable(look, all);
  const examId = demandOneExam(known);
  const { objects } = look.book
    .sql<{ objects: number }>('SELECT count(*) AS objects FROM object WHERE examId = ? AND sameAs IS NULL')
    .get(examId) ?? { objects: 0 };
  if (new Set(all).size !== all.length || groups.some((group) => group.length === 0)) invalid('each image once');
  if (objects <= all.length) invalid('some images, not all of them');
  return groups.flatMap((group) => {
    const target = { examId: newId(), StudyInstanceUID: newUid() };
    const series = newSeries();
    return group.map((objectId) => {
      const from = demandKnown(known, objectId);
      return { objectId, to: { ...target, ...series(from), SOPInstanceUID: from.SOPInstanceUID } };
    });
  });
}

function move(look: Look, objectIds: readonly string[], toExamId: string): Move[] {
  const known = demandMovable(look, objectIds);
  const target = demandExam(look.book, toExamId);
  const series = newSeries();
  return [...known.values()].map((from) => {
    if (from.examId === toExamId) invalid('images of another exam');
    return { objectId: from.id, to: { ...target, ...series(from), SOPInstanceUID: from.SOPInstanceUID } };
  });
}

function merge(look: Look, fromExamId: string, toExamId: string): Move[] {
  const { book } = look;
  if (fromExamId === toExamId) invalid('two exams');
  demandExam(book, fromExamId);
  const target = demandExam(book, toExamId);
  const ids = book
    .sql<{ id: string }>('SELECT id FROM object WHERE examId = ? AND sameAs IS NULL ORDER BY rowid')
    .all(fromExamId)
    .map(({ id }) => id);
  const known = demandMovable(look, ids);
  const taken = new Set(
    book
      .sql<{ uid: string }>(
        `SELECT DISTINCT SeriesInstanceUID AS uid FROM series JOIN object ON object.seriesId = series.id
         WHERE series.examId = ? || ''`,
      )
      .all(toExamId)
      .map(({ uid }) => uid),
  );
  const series = newSeries();
  return [...known.values()].map((from) => {
    const collides = taken.has(from.SeriesInstanceUID);
    const { SeriesInstanceUID } = collides ? series(from) : from;
    return { objectId: from.id, to: { ...target, SeriesInstanceUID, SOPInstanceUID: from.SOPInstanceUID } };
  });
}

function splitSeries(look: Look, objectIds: readonly string[]): Move[] {
  const known = demandMovable(look, objectIds);
  const series = new Set([...known.values()].map(({ seriesId }) => seriesId));
  if (series.size !== 1) invalid('images of one series');
  const [seriesId = ''] = series;
  const { objects } = look.book
    .sql<{ objects: number }>('SELECT count(*) AS objects FROM object WHERE seriesId = ? AND sameAs IS NULL')
    .get(seriesId) ?? { objects: 0 };
  if (objects <= known.size) invalid('some images of the series, not all of them');
  const SeriesInstanceUID = newUid();
  return [...known.values()].map(({ id, examId, StudyInstanceUID, SOPInstanceUID }) => ({
    objectId: id,
    to: { examId, StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID },
  }));
}

function copy(look: Look, copies: readonly CopyWish[], toExamId: string): Move[] {
  const target = demandExam(look.book, toExamId);
  if (copies.length === 0 || copies.length > mostObjects) invalid('1 to 10,000 images');
  const series = newSeries();
  return copies.map(({ of, objectId, file }) => {
    const from = readPlace(look.book, of);
    if (!from) throw new Problem('not-found', { what: 'object' });
    if (from.examId === toExamId) invalid('images of another exam');
    return { objectId, copy: { of, file }, to: { ...target, ...series(from), SOPInstanceUID: newUid() } };
  });
}

/** All of one exam. Each has new series and SOP Instance UIDs: an archive knows the others, and refuses them since. */
function renew(look: Look, copies: readonly CopyWish[], place: RenewedPlace): Move[] {
  if (copies.length === 0 || copies.length > mostObjects) invalid('1 to 10,000 images');
  const known = new Map<string, Known>();
  for (const { of } of copies) {
    const from = readPlace(look.book, of);
    if (!from) throw new Problem('not-found', { what: 'object' });
    known.set(of, from);
  }
  const examId = demandOneExam(known);
  if (place.kind === 'exam' && place.examId === examId) invalid('images of another exam');
  const target =
    place.kind === 'new-exam'
      ? { examId: newId(), StudyInstanceUID: newUid() }
      : demandExam(look.book, place.kind === 'exam' ? place.examId : examId);
  const series = newSeries();
  return copies.map(({ of, objectId, file }) => {
    const from = demandKnown(known, of);
    return { objectId, copy: { of, file }, to: { ...target, ...series(from), SOPInstanceUID: newUid() } };
  });
}

/** One new series for each that something comes from. */
function newSeries(): (from: Known) => { readonly SeriesInstanceUID: string } {
  const given = new Map<string, string>();
  return ({ seriesId }) => {
    const SeriesInstanceUID = given.get(seriesId) ?? newUid();
    given.set(seriesId, SeriesInstanceUID);
    return { SeriesInstanceUID };
  };
}

function demandMovable(look: Look, objectIds: readonly string[]): Map<string, Known> {
  if (objectIds.length === 0 || objectIds.length > mostObjects) invalid('1 to 10,000 images');
  const known = new Map<string, Known>();
  for (const objectId of objectIds) {
    const place = readPlace(look.book, objectId);
    const state = look.book.sql<{ state: string }>('SELECT state FROM object WHERE id = ?').get(objectId)?.state;
    if (!place || state === undefined) throw new Problem('not-found', { what: 'object' });
    if (look.mayHaveLeft(objectId)) throw new Problem('rearrange-after-release');
    if (state === 'approved') throw new Problem('already-approved');
    known.set(objectId, place);
  }
  return known;
}

function demandKnown(known: ReadonlyMap<string, Known>, objectId: string): Known {
  const place = known.get(objectId);
  if (!place) throw new Problem('not-found', { what: 'object' });
  return place;
}

function demandOneExam(known: ReadonlyMap<string, Known>): string {
  const exams = new Set([...known.values()].map(({ examId }) => examId));
  if (exams.size !== 1) invalid('images of one exam');
  return [...exams][0] ?? '';
}

/** One that has images: what was emptied is no exam any more. */
function demandExam(book: Book, examId: string): { readonly examId: string; readonly StudyInstanceUID: string } {
  const exam = book
    .sql<{ StudyInstanceUID: string }>('SELECT StudyInstanceUID FROM exam WHERE id = ? AND emptied = 0')
    .get(examId);
  if (!exam) throw new Problem('not-found', { what: 'exam' });
  return { examId, ...exam };
}

function invalid(expected: string): never {
  throw new Problem('input-invalid', { field: 'objectIds', expected });
}
