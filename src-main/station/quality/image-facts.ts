// What every image is counted by, as rows that outlive its file, and what checks noticed. Runs inside transactions of the
// caller; files were read before.
import type { CheckCode, Hint } from '#contract/shapes/judging.ts';
import { localDay } from '#station/kit/local-time.ts';
import type { Book } from '#station/records/index.ts';
import { computeDeviation } from './exposure.ts';
import { copyFacts, type QualityDesk } from './judgements.ts';
import type { FileFact } from './read-image-fact.ts';
import { isReceived } from './received-image.ts';

/** An object that the background comes by, in the order of arrival. */
export type NextImage = {
  readonly row: number;
  readonly objectId: string;
  readonly examId: string;
  /** False for what is no image, a second copy of the same bytes, or made by the station itself. */
  readonly isImage: boolean;
  readonly isUndecided: boolean;
};

/** What comes after the mark, at most `most`. */
export function readNextImages(book: Book, most: number): NextImage[] {
  const mark = book.sql<{ lastRow: number }>('SELECT lastRow FROM image_fact_mark WHERE one = 1').get();
  return book
    .sql<Omit<NextImage, 'isImage' | 'isUndecided'> & { readonly image: number; readonly state: string }>(
      `SELECT rowid AS row, id AS objectId, examId, state, hasPixelData = 1 AND sameAs IS NULL
         AND ${isReceived('object')} AS image FROM object
       WHERE rowid > ? ORDER BY rowid LIMIT ?`,
    )
    .all(mark?.lastRow ?? 0, most)
    .map(({ image, state, ...next }) => ({ ...next, isImage: image !== 0, isUndecided: state === 'received' }));
}

/** Images of an exam that nothing is known of yet. */
export function readUnknownImages(book: Book, examId: string, most: number): NextImage[] {
  return book
    .sql<{ row: number; objectId: string; state: string }>(
      `SELECT object.rowid AS row, id AS objectId, state FROM object
       WHERE examId = ? || '' AND hasPixelData = 1 AND sameAs IS NULL
         AND NOT EXISTS (SELECT 1 FROM image_fact WHERE image_fact.objectId = object.id)
         AND ${isReceived('object')} ORDER BY object.rowid LIMIT ?`,
    )
    .all(examId, most)
    .map(({ state, ...next }) => ({ ...next, examId, isImage: true, isUndecided: state === 'received' }));
}

/** Everything up to a row has been looked at. */
export function moveMark(book: Book, row: number): void {
  book
    .sql('INSERT INTO image_fact_mark VALUES (1, ?) ON CONFLICT DO UPDATE SET lastRow = max(lastRow, excluded.lastRow)')
    .run(row);
}

/** Once for each image; a second time changes nothing. Judgements that came before it learn of it. */
export function recordFact({ book }: QualityDesk, objectId: string, fact: FileFact): void {
  const object = book
    .sql<{ arrivedAt: string; sourceId: string; header: string }>(
      'SELECT arrivedAt, sourceId, header FROM object WHERE id = ?',
    )
    .get(objectId);
  if (!object) return;
  const header = JSON.parse(object.header) as Readonly<Record<string, unknown>>;
  const text = (keyword: string) => String(header[keyword] ?? '').slice(0, 64);
  const at = new Date(object.arrivedAt);
  const deviation = computeDeviation(fact.ExposureIndex, fact.TargetExposureIndex) ?? fact.DeviationIndex;
  book
    .sql(
      `INSERT OR IGNORE INTO image_fact (objectId, sourceId, arrivedAt, day, hour, Modality, BodyPartExamined, ViewPosition,
         ImageLaterality, OperatorsName, StationName, ExposureIndex, TargetExposureIndex, DeviationIndex, deviation)
       VALUES (:objectId, :sourceId, :arrivedAt, :day, :hour, :Modality, :BodyPartExamined, :ViewPosition,
         :ImageLaterality, :OperatorsName, :StationName, :ExposureIndex, :TargetExposureIndex, :DeviationIndex, :deviation)`,
    )
    .run({
      ...{ objectId, day: localDay(at), hour: at.getHours(), deviation },
      ...{ sourceId: object.sourceId, arrivedAt: object.arrivedAt },
      Modality: text('Modality'),
      BodyPartExamined: text('BodyPartExamined'),
      OperatorsName: text('OperatorsName'),
      StationName: text('StationName'),
      ...fact,
      ViewPosition: fact.ViewPosition.slice(0, 16),
    });
  copyFacts(book, objectId);
}

/** An image that is to be looked at; what is looked at by these rules already stays. */
export function waitForCheck(book: Book, objectId: string): void {
  book.sql(`INSERT OR IGNORE INTO image_check VALUES (?, 0, '', 'waits', '')`).run(objectId);
}

/** The next one to look at: of one exam, else the newest that waits, else one that older rules looked at. */
export function nextToCheck(book: Book, rules: number, examId?: string): string | undefined {
  const of = (sql: string, ...values: (string | number)[]) =>
    book.sql<{ objectId: string }>(sql).get(...values)?.objectId;
  if (examId !== undefined) {
    return of(
      `SELECT object.id AS objectId FROM object LEFT JOIN image_check ON image_check.objectId = object.id
       WHERE object.examId = ? || '' AND object.hasPixelData = 1 AND object.sameAs IS NULL
         AND coalesce(image_check.rules, 0) < ?
         AND ${isReceived('object')} ORDER BY object.rowid LIMIT 1`,
      examId,
      rules,
    );
  }
  return (
    of('SELECT objectId FROM image_check WHERE rules = 0 ORDER BY objectId DESC LIMIT 1') ??
    of('SELECT objectId FROM image_check WHERE rules > 0 AND rules < ? ORDER BY rules, objectId LIMIT 1', rules)
  );
}

export type CheckedImage = {
  readonly objectId: string;
  readonly rules: number;
  readonly outcome: string;
  readonly pixelSha256: string;
  readonly hints: readonly Pick<Hint, 'code' | 'numbers' | 'place'>[];
};

export function recordChecked({ book, clock }: QualityDesk, checked: CheckedImage): void {
  const { objectId, rules, outcome, pixelSha256, hints } = checked;
  book
    .sql(
      `INSERT INTO image_check (objectId, rules, at, outcome, pixelSha256) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET rules = excluded.rules, at = excluded.at, outcome = excluded.outcome,
         pixelSha256 = excluded.pixelSha256`,
    )
    .run(objectId, rules, clock.now(), outcome, pixelSha256);
  book.sql('DELETE FROM image_hint WHERE objectId = ?').run(objectId);
  for (const { code, ...evidence } of hints)
    book.sql('INSERT INTO image_hint VALUES (?, ?, ?)').run(objectId, code, JSON.stringify(evidence));
}

/** Another image with the same stored values that was here before, or undefined. */
export function findSamePixels(book: Book, objectId: string, pixelSha256: string): string | undefined {
  if (pixelSha256 === '') return undefined;
  return book
    .sql<{ objectId: string }>(
      `SELECT earlier.id AS objectId FROM image_check
       JOIN object AS earlier ON earlier.id = image_check.objectId
       JOIN object AS this ON this.id = :objectId || ''
       WHERE pixelSha256 = :pixelSha256 || '' AND earlier.rowid < this.rowid AND earlier.sameAs IS NULL
       ORDER BY earlier.examId <> this.examId, earlier.rowid LIMIT 1`,
    )
    .get({ objectId, pixelSha256 })?.objectId;
}

/** Images that came later with the same stored values, and were looked at before this one. */
export function findLaterCopies(book: Book, objectId: string, pixelSha256: string): string[] {
  if (pixelSha256 === '') return [];
  return book
    .sql<{ objectId: string }>(
      `SELECT later.id AS objectId FROM image_check
       JOIN object AS later ON later.id = image_check.objectId
       JOIN object AS this ON this.id = :objectId || ''
       WHERE pixelSha256 = :pixelSha256 || '' AND later.rowid > this.rowid AND later.sameAs IS NULL LIMIT 100`,
    )
    .all({ objectId, pixelSha256 })
    .map((row) => row.objectId);
}

/** Says of one image that it is a copy, unless that is said. */
export function sayCopy(book: Book, objectId: string, otherObjectId: string): void {
  const evidence = JSON.stringify({ numbers: {}, place: null, otherObjectId });
  book.sql(`INSERT OR IGNORE INTO image_hint VALUES (?, 'duplicate', ?)`).run(objectId, evidence);
}

/** A person has looked at a hint, or wants it said again. False when nothing was written. */
export function recordHintLookedAt(
  { book, clock }: QualityDesk,
  hint: { readonly objectId: string; readonly code: CheckCode; readonly lookedAt: boolean; readonly by: string },
): boolean {
  const { objectId, code, lookedAt, by } = hint;
  const done = lookedAt
    ? book.sql('INSERT OR IGNORE INTO hint_looked_at VALUES (?, ?, ?, ?)').run(objectId, code, by, clock.now())
    : book.sql('DELETE FROM hint_looked_at WHERE objectId = ? AND code = ?').run(objectId, code);
  return done.changes > 0;
}

export type HintRow = { readonly objectId: string; readonly code: CheckCode; readonly evidence: string };

/** Without those that somebody has looked at. */
export function readHints(book: Book, examId: string): HintRow[] {
  return book
    .sql<HintRow>(
      `SELECT image_hint.objectId, code, evidence FROM object JOIN image_hint ON image_hint.objectId = object.id
       WHERE object.examId = ? || '' AND NOT EXISTS (SELECT 1 FROM hint_looked_at
         WHERE hint_looked_at.objectId = image_hint.objectId AND hint_looked_at.code = image_hint.code)
       ORDER BY object.rowid, code`,
    )
    .all(examId);
}
