// Which image was taken instead of which: a repeated image waits for a new one of its exam, and gets it by itself where
// only one can be meant. A person's word counts over ours. Runs inside transactions of the caller.
//
// By itself: the new image came after the old one, into the same exam, of the same modality, and does not contradict in
// body part, view or side. Where the device says no view, it has to come after the old one was judged, on a modality that takes
// single pictures: of thirty ultrasound pictures nobody can say which one it was. One image repeats one image.
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import { readCorrected, type QualityDesk } from './judgements.ts';
import { isReceived, receivedImage } from './received-image.ts';

type Image = {
  readonly objectId: string;
  readonly row: number;
  readonly arrivedAt: string;
  readonly state: string;
  readonly rejectionReason: string | null;
  readonly Modality: string;
  readonly BodyPartExamined: string;
  readonly ViewPosition: string;
  readonly ImageLaterality: string;
  readonly verdict: string | null;
  readonly judgedAt: string | null;
  readonly repeatedByObjectId: string | null;
  /** Who said which image it was, or that it waits; '' nobody. */
  readonly repeatedLinkBy: string | null;
};

const singlePictures = new Set(['CR', 'DX', 'MG', 'RG', 'PX', 'IO', 'XC']);

/** Links what waits in an exam to what came; true when something was linked. */
export function linkRepeats(desk: QualityDesk, examId: string): boolean {
  const { book, clock } = desk;
  const waits = `SELECT 1 FROM object JOIN judgement ON judgement.objectId = object.id AND judgement.endedAt IS NULL
    WHERE object.examId = ? || '' AND judgement.verdict = 'repeated' AND repeatedByObjectId IS NULL LIMIT 1`;
  if (book.sql(waits).get(examId) === undefined) return false;
  const images = readImages(book, examId);
  const taken = new Set(images.flatMap(({ repeatedByObjectId }) => repeatedByObjectId ?? []));
  let linked = false;
  for (const old of images) {
    if (old.verdict !== 'repeated' || old.repeatedByObjectId !== null) continue;
    if (old.repeatedLinkBy !== '') continue;
    const fits = images.filter((image) => !taken.has(image.objectId) && mayRepeat(old, image));
    const [first] = fits.sort((a, b) => likeness(old, b) - likeness(old, a) || a.row - b.row);
    if (first === undefined) continue;
    taken.add(first.objectId);
    book
      .sql(
        `UPDATE judgement SET repeatedByObjectId = ?, repeatedAt = ?, repeatedLinkBy = ''
         WHERE objectId = ? AND endedAt IS NULL`,
      )
      .run(first.objectId, clock.now(), old.objectId);
    linked = true;
  }
  return linked;
}

/**
 * A person says which image it was; null: it waits again.
 * @throws Problem 'not-found', 'input-invalid' when it is not repeated, or the other one is no later image of its exam
 */
export function linkByHand(
  { book, clock }: QualityDesk,
  asked: { readonly objectId: string; readonly repeatedBy: string | null; readonly by: string },
): void {
  const { by } = asked;
  const objectId = receivedImage(book, asked.objectId);
  const repeatedBy = asked.repeatedBy === null ? null : receivedImage(book, asked.repeatedBy);
  const old = book
    .sql<{ examId: string; row: number }>('SELECT examId, rowid AS row FROM object WHERE id = ?')
    .get(objectId);
  if (!old) throw new Problem('not-found', { what: 'object' });
  if (repeatedBy !== null) {
    const other = book
      .sql<{ examId: string; image: number }>(
        `SELECT examId, hasPixelData = 1 AND ${isReceived('object')} AS image FROM object WHERE id = ?`,
      )
      .get(repeatedBy);
    if (!other) throw new Problem('not-found', { what: 'object' });
    if (other.examId !== old.examId || repeatedBy === objectId || other.image === 0)
      throw new Problem('input-invalid', { field: 'repeatedBy', expected: 'another image of the same exam' });
    book
      .sql(
        `UPDATE judgement SET repeatedByObjectId = NULL, repeatedAt = NULL, repeatedLinkBy = ''
         WHERE repeatedByObjectId = ? AND endedAt IS NULL`,
      )
      .run(repeatedBy);
  }
  const { changes } = book
    .sql(
      `UPDATE judgement SET repeatedByObjectId = ?, repeatedAt = ?, repeatedLinkBy = ?
       WHERE objectId = ? AND endedAt IS NULL AND verdict = 'repeated'`,
    )
    .run(repeatedBy, repeatedBy === null ? null : clock.now(), by, objectId);
  if (changes === 0) throw new Problem('input-invalid', { field: 'id', expected: 'an image that is repeated' });
}

function readImages(book: Book, examId: string): Image[] {
  return book
    .sql<Image>(
      `SELECT object.id AS objectId, object.rowid AS row, object.arrivedAt, object.state,
         object.rejectionReason, fact.Modality,
         fact.BodyPartExamined, fact.ViewPosition, fact.ImageLaterality, judgement.verdict, judgement.at AS judgedAt,
         judgement.repeatedByObjectId, judgement.repeatedLinkBy
       FROM object JOIN image_fact AS fact ON fact.objectId = object.id
       LEFT JOIN judgement ON judgement.objectId = object.id AND judgement.endedAt IS NULL
       WHERE object.examId = ? || '' AND object.sameAs IS NULL AND ${isReceived('object')} ORDER BY object.rowid`,
    )
    .all(examId)
    .map((image) => ({ ...image, ...readCorrected(book, image.objectId) }));
}

function mayRepeat(old: Image, image: Image): boolean {
  if (image.row <= old.row || image.state === 'conflict' || image.Modality !== old.Modality) return false;
  // What was rejected for another reason is nobody's new picture; one that was repeated again is.
  if (image.state === 'rejected' && image.verdict !== 'repeated' && image.rejectionReason !== 'replaced') return false;
  if (contradict(old.BodyPartExamined, image.BodyPartExamined)) return false;
  if (contradict(old.ViewPosition, image.ViewPosition)) return false;
  if (contradict(old.ImageLaterality, image.ImageLaterality)) return false;
  if (old.ViewPosition !== '' && image.ViewPosition !== '') return true;
  return singlePictures.has(old.Modality) && image.arrivedAt > (old.judgedAt ?? '');
}

const contradict = (a: string, b: string): boolean => a !== '' && b !== '' && a.toUpperCase() !== b.toUpperCase();

function likeness(old: Image, image: Image): number {
  const same = (['ViewPosition', 'ImageLaterality', 'BodyPartExamined'] as const).filter(
    (name) => old[name] !== '' && old[name].toUpperCase() === image[name].toUpperCase(),
  );
  return same.length;
}
