// Judgements as rows: what stands of each image, who said so and when, with all that it is counted by. Runs inside
// transactions of the caller, which also moves the state of the object and keeps the trail.
//
// An object has at most one judgement that stands. A judgement is never changed into another one: it ends, and the new one
// begins, so that whoever counts a month later counts what stood. What is said of a copy or of a derived picture is said of
// the received image behind it.
import type { Judgement, Verdict } from '#contract/shapes/judging.ts';
import { localTimeOf } from '#station/kit/local-time.ts';
import type { Clock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import type { Book } from '#station/records/index.ts';
import { isReceived, receivedImage } from './received-image.ts';

export type QualityDesk = { readonly book: Book; readonly clock: Clock };

export type Said = {
  readonly verdict: Verdict;
  readonly reason: string;
  readonly ownLabel?: string | undefined;
  readonly text?: string | undefined;
  readonly by: string;
};

export type StandingJudgement = Judgement & { readonly objectId: string; readonly repeatedByObjectId: string | null };

const columns = 'objectId, verdict, reason, ownLabel, text, technologist, at, repeatedByObjectId';

export function readStanding(book: Book, objectId: string): StandingJudgement | undefined {
  return book
    .sql<StandingJudgement>(`SELECT ${columns} FROM judgement WHERE objectId = ? AND endedAt IS NULL`)
    .get(receivedImage(book, objectId));
}

/** Of the objects that are in the exam now. */
export function readStandingOfExam(book: Book, examId: string): StandingJudgement[] {
  return book
    .sql<StandingJudgement>(
      `SELECT ${columns
        .split(', ')
        .map((name) => `judgement.${name}`)
        .join(', ')}
       FROM object JOIN judgement ON judgement.objectId = object.id AND judgement.endedAt IS NULL
       WHERE object.examId = ? || ''`,
    )
    .all(examId);
}

/** False when the same was said before and nothing was written. */
export function recordJudgement({ book, clock }: QualityDesk, ofObject: string, said: Said): boolean {
  const objectId = receivedImage(book, ofObject);
  const { verdict, reason, ownLabel = '', text = '', by } = said;
  const standing = readStanding(book, objectId);
  if (standing && standing.verdict === verdict && standing.reason === reason && standing.text === text) {
    if (standing.ownLabel === ownLabel) return false;
  }
  endJudgement({ book, clock }, objectId, by);
  const now = clock.now();
  book
    .sql(
      `INSERT INTO judgement (id, objectId, examId, verdict, reason, ownLabel, text, technologist, at, timeZone, day, hour,
         sourceId, deviceKind, deviceLabel, deviceAddress, Modality, BodyPartExamined)
       SELECT :id, object.id, object.examId, :verdict, :reason, :ownLabel, :text, :by, :now, :timeZone, :day, :hour,
         source.id, source.kind, source.label, coalesce(source.address, ''),
         coalesce(json_extract(object.header, '$.Modality'), ''),
         coalesce(json_extract(object.header, '$.BodyPartExamined'), '')
       FROM object JOIN source ON source.id = object.sourceId WHERE object.id = :objectId || ''`,
    )
    .run({ id: newId(clock.epochMs()), objectId, verdict, reason, ownLabel, text, by, now, ...localTimeOf(now) });
  copyFacts(book, objectId);
  return true;
}

/** Takes what stands back; false when nothing does. */
export function endJudgement({ book, clock }: QualityDesk, objectId: string, by: string): boolean {
  return (
    book
      .sql('UPDATE judgement SET endedAt = ?, endedBy = ? WHERE objectId = ? AND endedAt IS NULL')
      .run(clock.now(), by, receivedImage(book, objectId)).changes > 0
  );
}

/** What is known of the image stands with its judgement; what people corrected counts over what the device said. */
export function copyFacts(book: Book, objectId: string): void {
  book
    .sql(
      `UPDATE judgement SET Modality = fact.Modality, BodyPartExamined = fact.BodyPartExamined,
         ViewPosition = fact.ViewPosition, ImageLaterality = fact.ImageLaterality, ExposureIndex = fact.ExposureIndex,
         TargetExposureIndex = fact.TargetExposureIndex, DeviationIndex = fact.deviation
       FROM image_fact AS fact
       WHERE judgement.objectId = ? || '' AND judgement.endedAt IS NULL AND fact.objectId = judgement.objectId`,
    )
    .run(objectId);
  const corrected = readCorrected(book, objectId);
  for (const column of ['BodyPartExamined', 'ViewPosition', 'ImageLaterality'] as const) {
    const value = corrected[column];
    if (value === undefined) continue;
    book
      .sql(`UPDATE judgement SET ${column} = ? WHERE objectId = ? AND endedAt IS NULL`)
      .run(value.slice(0, 64), objectId);
  }
}

export type CorrectedImage = Partial<Record<'BodyPartExamined' | 'ViewPosition' | 'ImageLaterality', string>>;

/** Body part, view and side that people said of an image; keys only for what they said. */
export function readCorrected(book: Book, objectId: string): CorrectedImage {
  const said: Record<string, string | null> = {};
  for (const { attributes } of book
    .sql<{ attributes: string }>('SELECT attributes FROM object_correction WHERE objectId = ? ORDER BY at, rowid')
    .all(objectId))
    Object.assign(said, JSON.parse(attributes) as Record<string, string | null>);
  const side = said['ImageLaterality'] ?? said['Laterality'];
  const { BodyPartExamined: part, ViewPosition: view } = said;
  return {
    ...(typeof part === 'string' && { BodyPartExamined: part }),
    ...(typeof view === 'string' && { ViewPosition: view }),
    ...(typeof side === 'string' && { ImageLaterality: side }),
  };
}

/** How many images of an exam that could leave are accepted, and how many there are. */
export function countAccepted(book: Book, examId: string): { readonly accepted: number; readonly toAccept: number } {
  const row = book
    .sql<{ accepted: number; toAccept: number }>(
      `SELECT count(judgement.id) AS accepted, count(*) AS toAccept FROM object
       LEFT JOIN judgement ON judgement.objectId = object.id AND judgement.endedAt IS NULL
         AND judgement.verdict = 'accepted'
       WHERE object.examId = ? || '' AND object.hasPixelData = 1 AND object.sameAs IS NULL
         -- One in whose place a derived picture left has left.
         AND (object.state IN ('received', 'approved') OR object.state = 'rejected' AND rejectionReason = 'replaced')
         AND ${isReceived('object')}`,
    )
    .get(examId);
  return { accepted: row?.accepted ?? 0, toAccept: row?.toAccept ?? 0 };
}

/** Of the images that an approval would let leave: how many there are, and how many are accepted. */
export function countToAccept(book: Book, examId: string): { readonly accepted: number; readonly images: number } {
  const row = book
    .sql<{ accepted: number; images: number }>(
      `SELECT count(judgement.id) AS accepted, count(*) AS images FROM object
       LEFT JOIN judgement ON judgement.objectId = object.id AND judgement.endedAt IS NULL
         AND judgement.verdict = 'accepted'
       WHERE object.examId = ? || '' AND object.hasPixelData = 1 AND object.state = 'received' AND ${isReceived('object')}`,
    )
    .get(examId);
  return row ?? { accepted: 0, images: 0 };
}

/** True the first time that a command of this id is carried out. */
export function isFirstTime({ book, clock }: QualityDesk, commandId: string | undefined): boolean {
  if (commandId === undefined) return true;
  return book.sql('INSERT OR IGNORE INTO command (id, at) VALUES (?, ?)').run(commandId, clock.now()).changes === 1;
}
