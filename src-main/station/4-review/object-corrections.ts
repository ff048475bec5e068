// Values of single objects: body part, side, view and descriptions. Inside the transaction of the caller.
//
// They hold for the objects that are named, and those of a series for all of its series that are here and undecided. An image
// that comes later is not covered: nobody has looked at it.
import type { ObjectAttributes, ObjectCodes, ObjectCorrection } from '#contract/shapes/applied-order.ts';
import type { CorrectionReason } from '#contract/shapes/identity.ts';
import {
  objectCorrectableKeywords,
  objectCorrectableTerms,
  objectCorrectableVr,
  objectCodeKeywords,
  seriesCorrectableKeywords,
  type ObjectCodeKeyword,
  type ObjectCorrectableKeyword,
} from '#contract/shapes/object-correctable.ts';
import type { Code } from '#contract/shapes/order.ts';
import { checkValue } from '#contract/shapes/value-rules.ts';
import type { Clock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import { checkCode } from './order-rules.ts';
import type { ObjectsCommand, ObjectsCorrected, Unchanged } from './review.ts';
import { isFirstTime, readObject, type ObjectRecord } from './tables.ts';

type Desk = { readonly book: Book; readonly clock: Clock };
type Row = {
  readonly objectId: string;
  readonly attributes: string;
  readonly codes: string;
  readonly reason: CorrectionReason;
  readonly by: string;
  readonly at: string;
};

/** What stands for one object, with the reason of each value. */
export type ObjectDecision = {
  readonly attributes: ReadonlyMap<
    ObjectCorrectableKeyword,
    { readonly value: string; readonly reason: CorrectionReason }
  >;
  readonly codes: ReadonlyMap<ObjectCodeKeyword, { readonly value: Code; readonly reason: CorrectionReason }>;
};

const ofSeries: ReadonlySet<string> = new Set(seriesCorrectableKeywords);

/** See Review.correctObjects. */
export function recordObjectCorrections({ book, clock }: Desk, command: ObjectsCommand): ObjectsCorrected | Unchanged {
  const { reason, by, commandId } = command;
  const now = clock.now();
  const attributes = checkTexts(command.attributes);
  const codes = checkCodes(command.codes);
  const named = [...new Set(command.objectIds)].map((id) => readObject(book, id));
  const [first] = named;
  if (!first || named.some(({ examId }) => examId !== first.examId)) throw new Problem('not-found', { what: 'object' });
  const { examId } = first;
  const shared = pick(attributes, (keyword) => ofSeries.has(keyword));
  const own = pick(attributes, (keyword) => !ofSeries.has(keyword));
  const targets = new Map<string, { attributes: ObjectAttributes; codes: ObjectCodes }>();
  if (Object.keys(shared).length > 0) {
    for (const object of inSeriesOf(book, named)) targets.set(object.id, { attributes: shared, codes: {} });
  }
  for (const { id } of named) {
    targets.set(id, { attributes: { ...targets.get(id)?.attributes, ...own }, codes });
  }
  for (const id of targets.keys()) {
    if (readObject(book, id).state === 'approved') throw new Problem('already-approved');
  }
  if (!isFirstTime(book, commandId, now)) return { kind: 'unchanged' };
  let changed = 0;
  const standing = standingOf(book, examId);
  for (const [objectId, said] of targets) {
    const before = standing.get(objectId);
    const newAttributes = pick(
      said.attributes,
      (keyword, value) => value !== (before?.attributes.get(keyword)?.value ?? null),
    );
    const newCodes = pickCodes(said.codes, before);
    if (Object.keys(newAttributes).length + Object.keys(newCodes).length === 0) continue;
    changed++;
    book
      .sql(
        `INSERT INTO object_correction (id, examId, objectId, attributes, codes, reason, by, at)
         VALUES (:id, :examId, :objectId, :attributes, :codes, :reason, :by, :now)`,
      )
      .run({
        ...{ id: newId(clock.epochMs()), examId, objectId, reason, by, now },
        attributes: JSON.stringify(newAttributes),
        codes: JSON.stringify(newCodes),
      });
  }
  if (changed === 0) return { kind: 'unchanged' };
  book.sql('UPDATE exam SET version = version + 1 WHERE id = ?').run(examId);
  return { kind: 'objects-corrected', examId, objects: changed };
}

/** What stands for the objects of an exam, by object; those of which nobody has said anything are left out. */
export function standingOf(book: Book, examId: string): ReadonlyMap<string, ObjectDecision> {
  const found = new Map<string, OpenDecision>();
  for (const row of readRows(book, examId)) {
    const one: OpenDecision = found.get(row.objectId) ?? { attributes: new Map(), codes: new Map() };
    found.set(row.objectId, one);
    lay(one.attributes, JSON.parse(row.attributes) as object, row.reason);
    lay(one.codes, JSON.parse(row.codes) as object, row.reason);
  }
  return new Map([...found].filter(([, { attributes, codes }]) => attributes.size + codes.size > 0));
}

type Said<T> = { readonly value: T; readonly reason: CorrectionReason };
type OpenDecision = {
  readonly attributes: Map<ObjectCorrectableKeyword, Said<string>>;
  readonly codes: Map<ObjectCodeKeyword, Said<Code>>;
};

function lay<K extends string, T>(onto: Map<K, Said<T>>, said: object, reason: CorrectionReason): void {
  for (const [keyword, value] of Object.entries(said) as [K, T | null][]) {
    if (value === null) onto.delete(keyword);
    else onto.set(keyword, { value, reason });
  }
}

/** For the screen: what stands, and who said it last. */
export function readObjectCorrections(book: Book, examId: string): ObjectCorrection[] {
  const last = new Map(readRows(book, examId).map(({ objectId, by, at }) => [objectId, { by, at }]));
  return [...standingOf(book, examId)].map(([objectId, { attributes, codes }]) => ({
    objectId,
    attributes: Object.fromEntries([...attributes].map(([keyword, { value }]) => [keyword, value])),
    codes: Object.fromEntries([...codes].map(([keyword, { value }]) => [keyword, value])),
    ...(last.get(objectId) ?? { by: '', at: '' }),
  }));
}

function readRows(book: Book, examId: string): Row[] {
  return book
    .sql<Row>(
      'SELECT objectId, attributes, codes, reason, by, at FROM object_correction WHERE examId = ? ORDER BY rowid',
    )
    .all(examId);
}

function inSeriesOf(book: Book, named: readonly ObjectRecord[]): ObjectRecord[] {
  return [...new Set(named.map(({ seriesId }) => seriesId))].flatMap((seriesId) =>
    book
      .sql<ObjectRecord>('SELECT id, examId, seriesId, SOPInstanceUID, state, sameAs FROM object WHERE seriesId = ?')
      .all(seriesId),
  );
}

/** @throws Problem 'attribute-not-correctable', 'value-too-long', 'value-not-allowed' */
function checkTexts(said: ObjectAttributes): ObjectAttributes {
  const checked: ObjectAttributes = {};
  for (const [keyword, typed] of Object.entries(said) as [ObjectCorrectableKeyword, string | null][]) {
    if (!objectCorrectableKeywords.includes(keyword)) {
      throw new Problem('attribute-not-correctable', { keyword: String(keyword).slice(0, 64) });
    }
    const value = typed === null ? null : typed.normalize('NFC').trim();
    const verdict = checkValue(objectCorrectableVr[keyword], value ?? '', keyword);
    if (!verdict.ok) throw new Problem(verdict.code, verdict.params);
    const terms = objectCorrectableTerms[keyword];
    if (terms && value !== null && value !== '' && !terms.includes(value)) {
      throw new Problem('value-not-allowed', { keyword, expected: 'code' });
    }
    checked[keyword] = value;
  }
  return checked;
}

function checkCodes(said: ObjectCodes): ObjectCodes {
  for (const [keyword, code] of Object.entries(said) as [ObjectCodeKeyword, Code | null][]) {
    if (!objectCodeKeywords.includes(keyword)) {
      throw new Problem('attribute-not-correctable', { keyword: String(keyword).slice(0, 64) });
    }
    if (code !== null) checkCode(code, keyword);
  }
  return said;
}

function pick(
  from: ObjectAttributes,
  wanted: (keyword: ObjectCorrectableKeyword, value: string | null) => boolean,
): ObjectAttributes {
  const entries = Object.entries(from) as [ObjectCorrectableKeyword, string | null][];
  return Object.fromEntries(entries.filter(([keyword, value]) => wanted(keyword, value)));
}

function pickCodes(from: ObjectCodes, before: ObjectDecision | undefined): ObjectCodes {
  const entries = Object.entries(from) as [ObjectCodeKeyword, Code | null][];
  const stood = (keyword: ObjectCodeKeyword) => JSON.stringify(before?.codes.get(keyword)?.value ?? null);
  return Object.fromEntries(entries.filter(([keyword, code]) => JSON.stringify(code) !== stood(keyword)));
}
