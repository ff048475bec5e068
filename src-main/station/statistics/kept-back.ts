// The rejected and repeated images behind a figure, newest first. Reads only.
import type { KeptBack, KeptBackAsked, KeptBackPage } from '#contract/shapes/statistics.ts';
import type { Book } from '#station/records/index.ts';
import type { Span } from './spans.ts';
import { splitReason } from './sums.ts';

export type KeptBackWish = Pick<KeptBackAsked, 'axis' | 'key' | 'limit' | 'offset'> & {
  readonly span: Span;
  readonly hideTechnologists: boolean;
  /** Ids of all sources that count as one device. */
  readonly sourcesOf: (device: string) => readonly string[];
  readonly hoursOf: (shift: string) => readonly number[];
};

type Row = Omit<KeptBack, 'device' | 'isHere'> & { readonly sourceId: string; readonly isHere: 0 | 1 };

/** A page of them, with the id of the source in place of a device. */
export function keptBack(
  book: Book,
  wish: KeptBackWish,
): { readonly images: readonly Row[]; readonly total: KeptBackPage['total'] } {
  const { span, limit, offset, hideTechnologists } = wish;
  const { where, values } = conditionOf(wish);
  // It cannot have been judged before the day on which it came.
  const from = `FROM judgement INDEXED BY judgement_kept_back CROSS JOIN image_fact AS fact
       LEFT JOIN object ON object.id = fact.objectId
     WHERE judgement.endedAt IS NULL AND verdict <> 'accepted' AND judgement.day >= :firstDay || ''
       AND fact.objectId = judgement.objectId AND fact.day BETWEEN :firstDay || '' AND :lastDay || '' ${where}`;
  const bound = { ...span, ...values };
  const total = book.sql<{ n: number }>(`SELECT count(*) AS n ${from}`).get(bound)?.n ?? 0;
  const images = book
    .sql<Row>(
      `SELECT fact.objectId, coalesce(object.examId, judgement.examId) AS examId, judgement.at, verdict, reason,
         ownLabel AS reasonName, text, fact.sourceId, ${hideTechnologists ? "''" : 'technologist'} AS technologist,
         judgement.Modality AS modality,
         judgement.BodyPartExamined AS bodyPart, fact.deviation AS deviationIndex,
         object.purgedAt, object.id IS NOT NULL AND object.purgedAt IS NULL AS isHere
       ${from} ORDER BY judgement.day DESC, judgement.objectId DESC LIMIT :limit OFFSET :offset`,
    )
    .all({ ...bound, limit, offset });
  return { images, total };
}

type Condition = { readonly where: string; readonly values: Readonly<Record<string, string>> };

function conditionOf({ axis, key = '', hideTechnologists, sourcesOf, hoursOf }: KeptBackWish): Condition {
  const [code, label] = splitReason(key);
  switch (axis) {
    case undefined:
      return { where: '', values: {} };
    case 'reason':
      return { where: 'AND reason = :code AND ownLabel = :label', values: { code, label } };
    case 'technologist':
      // Whom nobody may see, nobody may ask for either.
      return hideTechnologists ? none : { where: 'AND technologist = :key', values: { key } };
    case 'bodyPart':
      return { where: 'AND judgement.BodyPartExamined = :key', values: { key } };
    case 'modality':
      return { where: 'AND judgement.Modality = :key', values: { key } };
    case 'device':
      return among('fact.sourceId', sourcesOf(key));
    case 'shift':
      return among('fact.hour', hoursOf(key));
  }
}

const none: Condition = { where: 'AND fact.hour < 0', values: {} };

const among = (column: string, values: readonly (string | number)[]): Condition => ({
  where: `AND ${column} IN (SELECT value FROM json_each(:values))`,
  values: { values: JSON.stringify(values) },
});
